package io.holdfast.statesync.io;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.holdfast.statesync.Attachment;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.HybridTime;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import java.io.IOException;
import java.time.Instant;

/** How the shared words look in JSON. The records themselves know nothing of it. */
final class RecordMapper {
    private RecordMapper() {}

    /** A mapper that knows the words. */
    static JsonMapper create() {
        SimpleModule words = new SimpleModule("holdfast words");
        RecordJson.text(words, MemberName.class, MemberName::new);
        RecordJson.text(words, Incarnation.class, Incarnation::new);
        RecordJson.text(words, MemberId.class, RecordMapper::memberId);
        RecordJson.text(words, Lsn.class, Lsn::parse);
        RecordJson.text(words, Instant.class, Instant::parse);
        RecordJson.text(words, HybridTime.class, HybridTime::parse);
        words.addSerializer(new EpochWriter()).addDeserializer(Epoch.class, new EpochReader());
        return RecordJson.builder(words)
                .addMixIn(Attachment.class, AttachmentShape.class)
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
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
