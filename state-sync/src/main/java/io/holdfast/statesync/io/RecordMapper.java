package io.holdfast.statesync.io;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import java.io.IOException;
import java.time.Instant;
import java.util.function.Function;

/** How the shared words look in JSON. The records themselves know nothing of it. */
final class RecordMapper {
    private RecordMapper() {}

    /** A mapper that knows the words. */
    static JsonMapper create() {
        SimpleModule words = new SimpleModule("holdfast words");
        text(words, MemberName.class, MemberName::new);
        text(words, Incarnation.class, Incarnation::new);
        text(words, MemberId.class, RecordMapper::memberId);
        text(words, Lsn.class, Lsn::parse);
        text(words, Instant.class, Instant::parse);
        words.addSerializer(new EpochWriter()).addDeserializer(Epoch.class, new EpochReader());
        return JsonMapper.builder()
                .addModule(words)
                .addMixIn(Attachment.class, AttachmentShape.class)
                .visibility(PropertyAccessor.GETTER, Visibility.NONE)
                .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
                .visibility(PropertyAccessor.FIELD, Visibility.ANY)
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
                .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
                .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
                .build();
    }

    /** Which of the two an attachment is stands in its {@code state}. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "state")
    @JsonSubTypes({@JsonSubTypes.Type(value = Attachment.Attached.class, name = "attached"),
            @JsonSubTypes.Type(value = Attachment.Severed.class, name = "severed")})
    private interface AttachmentShape {}

    private static MemberId memberId(String text) {
        int at = text.indexOf('@');
        if (at < 1 || at == text.length() - 1) {
            throw new IllegalArgumentException("not a member with its incarnation: '" + text + "'");
        }
        return MemberId.of(text.substring(0, at), text.substring(at + 1));
    }

    private static <T> void text(SimpleModule module, Class<T> type, Function<String, T> parse) {
        module.addSerializer(type, new ToStringSerializer(type));
        module.addDeserializer(type, new TextReader<>(type, parse));
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
            } catch (IllegalArgumentException | java.time.DateTimeException e) {
                throw context.weirdStringException(value, handledType(), String.valueOf(e.getMessage()));
            }
        }
    }

    private static final class EpochWriter extends StdSerializer<Epoch> {
        private static final long serialVersionUID = 1L;

        EpochWriter() {
            super(Epoch.class);
        }

        @Override
        public void serialize(Epoch epoch, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeNumber(epoch.number());
        }
    }

    private static final class EpochReader extends StdDeserializer<Epoch> {
        private static final long serialVersionUID = 1L;

        EpochReader() {
            super(Epoch.class);
        }

        @Override
        public Epoch deserialize(JsonParser in, DeserializationContext context) throws IOException {
            return new Epoch(in.getValueAsLong());
        }
    }
}
