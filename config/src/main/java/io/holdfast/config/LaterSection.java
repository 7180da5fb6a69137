package io.holdfast.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A section whose form is checked and whose content is kept as it is written, for the part of Holdfast that owns it.
 *
 * @param values its keys; each value a String, Integer, Long, Double, Boolean, List or Map. May hold secrets: it prints its keys only
 */
public record LaterSection(Map<String, Object> values) {
    /** Takes an immutable copy. */
    public LaterSection {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    @Override
    public String toString() {
        return "LaterSection" + values.keySet();
    }
}
