package io.holdfast.agent.e2e;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code --name value} pairs and the rest, of programs that only people at this tree start. */
final class Arguments {
    private final Map<String, String> named = new LinkedHashMap<>();
    private final List<String> rest = new ArrayList<>();

    Arguments(String[] args, List<String> names) {
        for (int i = 0; i < args.length; i++) {
            if (!args[i].startsWith("--")) {
                rest.add(args[i]);
            } else if (names.contains(args[i].substring(2)) && i + 1 < args.length) {
                named.put(args[i].substring(2), args[++i]);
            } else {
                throw new IllegalArgumentException(args[i] + " is none of --" + String.join(" N, --", names) + " N");
            }
        }
    }

    String text(String name, String otherwise) {
        return named.getOrDefault(name, otherwise);
    }

    long number(String name, long otherwise) {
        String value = named.get(name);
        return value == null ? otherwise : Long.parseLong(value);
    }

    List<String> rest() {
        return List.copyOf(rest);
    }
}
