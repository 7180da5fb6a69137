package io.holdfast.replication.redis.io;

import java.util.HashMap;
import java.util.Map;

/** The answer to INFO: lines of {@code name:value}. */
final class InfoText {
    private final Map<String, String> values = new HashMap<>();

    InfoText(String text) {
        text.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0 && !line.startsWith("#")) {
                values.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
    }

    /** A value; empty where there is none. */
    String text(String name) {
        return values.getOrDefault(name, "");
    }

    /** A number; another one where there is none. */
    long number(String name, long otherwise) {
        try {
            return Long.parseLong(text(name));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    /** True for 1. */
    boolean flag(String name) {
        return number(name, 0) == 1;
    }
}
