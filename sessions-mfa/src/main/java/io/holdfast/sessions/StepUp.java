package io.holdfast.sessions;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Binds a code to the one action that it was entered for. */
public final class StepUp {
    private StepUp() {}

    /**
     * The digest of an action: of two that differ in anything it is another one.
     *
     * @param permission what kind of action
     * @param details all that it depends on, by name, such as the target of a restore
     */
    public static String digest(Permission permission, Map<String, String> details) {
        List<String> parts = new ArrayList<>(List.of(permission.word()));
        new TreeMap<>(details).forEach((name, value) -> {
            parts.add(name);
            parts.add(value);
        });
        return Digests.sha256("action", parts.toArray(String[]::new));
    }
}
