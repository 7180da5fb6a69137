package io.holdfast.sessions.io;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.Factor;
import io.holdfast.sessions.Permission;
import io.holdfast.sessions.TotpFactor;
import io.holdfast.sessions.UserName;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.RecordJson;
import java.time.Instant;

/** The records of logins as JSON. For any number of threads. */
final class SessionJson {
    private static final JsonMapper MAPPER = mapper();

    private SessionJson() {}

    private static JsonMapper mapper() {
        SimpleModule words = new SimpleModule("holdfast sessions");
        RecordJson.text(words, UserName.class, UserName::new);
        RecordJson.text(words, Instant.class, Instant::parse);
        RecordJson.text(words, Permission.class, word -> Permission.of(word)
                .orElseThrow(() -> new IllegalArgumentException("no permission: " + word)));
        return RecordJson.builder(words)
                .addMixIn(Factor.class, FactorShape.class)
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
                .build();
    }

    /** Which kind a device is stands in its {@code kind}. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes(@JsonSubTypes.Type(value = TotpFactor.class, name = "totp"))
    private interface FactorShape {}

    static String write(Object record) {
        try {
            return MAPPER.writeValueAsString(record);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a " + record.getClass().getSimpleName() + " cannot be written", e);
        }
    }

    /** Reads a record; throws HF-4020 when the text is none. Its message does not repeat the text. */
    static <T> T read(String text, Class<T> type) {
        try {
            T value = MAPPER.readValue(text, type);
            if (value != null) {
                return value;
            }
            throw unreadable(type).toException();
        } catch (JsonProcessingException e) {
            e.clearLocation();
            throw new HoldfastException(unreadable(type), e);
        }
    }

    static <T> Versioned<T> read(Entry entry, Class<T> type) {
        return new Versioned<>(read(entry.value(), type), entry.version());
    }

    private static Problem unreadable(Class<?> type) {
        return new Problem("HF-4020", "a record of logins is not a " + type.getSimpleName(),
                "it was written by a release that this one cannot work with, or by hand;"
                        + " run the same release on all members.");
    }
}
