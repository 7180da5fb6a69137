package io.holdfast.config.io;

import java.util.ArrayList;
import java.util.List;

/**
 * A place in a document.
 *
 * @param steps from the root: a String for a key, an Integer for the index of a list
 */
record JsonPlace(List<Object> steps) {
    static final JsonPlace ROOT = new JsonPlace(List.of());

    JsonPlace {
        steps = List.copyOf(steps);
    }

    /** The place of these keys. */
    static JsonPlace of(String... keys) {
        return new JsonPlace(List.of((Object[]) keys));
    }

    JsonPlace then(Object step) {
        List<Object> longer = new ArrayList<>(steps);
        longer.add(step);
        return new JsonPlace(longer);
    }

    boolean isRoot() {
        return steps.isEmpty();
    }

    /** The place that holds this one; the root of the root. */
    JsonPlace parent() {
        return isRoot() ? this : new JsonPlace(steps.subList(0, steps.size() - 1));
    }

    /** {@code cluster.settings.lease} or {@code postgresql.hba[0]}; empty for the root. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Object step : steps) {
            if (step instanceof Integer) {
                text.append('[').append(step).append(']');
            } else {
                text.append(text.isEmpty() ? "" : ".").append(step);
            }
        }
        return text.toString();
    }
}
