package io.holdfast.statesync.io;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.time.DateTimeException;
import java.util.function.Function;

/** How records look in JSON, of which they know nothing: their components, enums in lower case, what is a word as its text. */
public final class RecordJson {
    private RecordJson() {}

    /** What all that is kept as JSON has in common; a field of a later release is passed over. */
    public static JsonMapper.Builder builder(SimpleModule words) {
        return JsonMapper.builder()
                .addModule(words)
                .visibility(PropertyAccessor.GETTER, Visibility.NONE)
                .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
                .visibility(PropertyAccessor.FIELD, Visibility.ANY)
                .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    }

    /** Has a type written as its text, and read from it by what throws IllegalArgumentException for any other. */
    public static <T> void text(SimpleModule words, Class<T> type, Function<String, T> parse) {
        words.addSerializer(type, new ToStringSerializer(type));
        words.addDeserializer(type, new TextReader<>(type, parse));
    }

    private static final class TextReader<T> extends FromStringDeserializer<T> {
        private static final long serialVersionUID = 1L;

        private final transient Function<String, T> parse;

        TextReader(Class<T> type, Function<String, T> parse) {
            super(type);
            this.parse = parse;
        }

        @Override
        protected T _deserialize(String value, DeserializationContext context) throws IOException {
            try {
                return parse.apply(value);
            } catch (IllegalArgumentException | DateTimeException e) {
                throw context.weirdStringException(value, handledType(), String.valueOf(e.getMessage()));
            }
        }
    }
}
