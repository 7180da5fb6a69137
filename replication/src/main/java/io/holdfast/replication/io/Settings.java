package io.holdfast.replication.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of a PostgreSQL configuration file (manual, "Parameter Interaction via the Configuration File"). */
final class Settings {
    private static final Pattern LINE = Pattern.compile("\\s*([A-Za-z_][A-Za-z0-9_.$]*)\\s*=?\\s*(.*)");

    private Settings() {}

    /** A line that sets a parameter. */
    static String line(String name, String value) {
        return name + " = '" + value.replace("\\", "\\\\").replace("'", "''") + "'\n";
    }

    /** Lines that set parameters, in order. */
    static String lines(Map<String, String> parameters) {
        StringBuilder text = new StringBuilder();
        parameters.forEach((name, value) -> text.append(line(name, value)));
        return text.toString();
    }

    /** The parameters of a file that PostgreSQL or {@link #line} wrote; of one that is set twice, the last value. */
    static Map<String, String> parse(String text) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String line : text.lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                found.put(matcher.group(1).toLowerCase(Locale.ROOT), unquote(matcher.group(2).strip()));
            }
        }
        return found;
    }

    /** The file's text without the lines that set one of some parameters. */
    static String without(String text, Iterable<String> names) {
        List<String> drop = new ArrayList<>();
        names.forEach(drop::add);
        StringBuilder kept = new StringBuilder();
        for (String line : text.lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches() || !drop.contains(matcher.group(1).toLowerCase(Locale.ROOT))) {
                kept.append(line).append('\n');
            }
        }
        return kept.toString();
    }

    private static String unquote(String value) {
        if (!value.startsWith("'")) {
            int comment = value.indexOf('#');
            return (comment < 0 ? value : value.substring(0, comment)).strip();
        }
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\'' && (i + 1 >= value.length() || value.charAt(i + 1) != '\'')) {
                break;
            }
            if (c == '\'' || c == '\\') {
                i++;
            }
            if (i < value.length()) {
                text.append(value.charAt(i));
            }
        }
        return text.toString();
    }
}
