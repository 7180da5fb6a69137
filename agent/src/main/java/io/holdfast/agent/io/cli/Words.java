package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;

/** Fields of JSON as people read them. */
final class Words {
    private Words() {}

    /** The text; a dash for null or nothing. */
    static String orDash(JsonNode value) {
        return value.isNull() || value.isMissingNode() ? "-" : value.asText();
    }

    /** A time in UTC, to the second. */
    static String second(JsonNode at) {
        try {
            return Instant.parse(at.asText()).truncatedTo(ChronoUnit.SECONDS).toString();
        } catch (DateTimeParseException e) {
            return "-";
        }
    }

    /** A time in UTC, to the millisecond. */
    static String milli(JsonNode at) {
        try {
            return Instant.parse(at.asText()).truncatedTo(ChronoUnit.MILLIS).toString();
        } catch (DateTimeParseException e) {
            return "-";
        }
    }
}
