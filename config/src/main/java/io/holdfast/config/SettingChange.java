package io.holdfast.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One setting of the cluster that became another.
 *
 * @param key its place, such as {@code lease} or {@code parameters.work_mem}
 * @param from its value before; null: it was not set
 * @param to its value from now on; null: it is not set any more
 */
public record SettingChange(String key, @Nullable String from, @Nullable String to) {

    /** What became of the one on the way to the other: values by place. */
    public static List<SettingChange> between(Map<String, String> from, Map<String, String> to) {
        TreeSet<String> keys = new TreeSet<>(from.keySet());
        keys.addAll(to.keySet());
        List<SettingChange> changes = new ArrayList<>();
        for (String key : keys) {
            if (!Objects.equals(from.get(key), to.get(key))) {
                changes.add(new SettingChange(key, from.get(key), to.get(key)));
            }
        }
        return changes;
    }

    /** {@code lease: 5s -> 10s}. */
    @Override
    public String toString() {
        return key + ": " + (from == null ? "not set" : from) + " -> " + (to == null ? "not set" : to);
    }
}
