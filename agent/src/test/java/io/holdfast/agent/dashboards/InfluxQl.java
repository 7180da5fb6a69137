package io.holdfast.agent.dashboards;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Questions in InfluxQL, with Grafana's variables in them. A definition names one of a few forms; each metric is a measurement with
 * a field {@code value}, a histogram one with {@code sum} and {@code count}.
 *
 * <ul>
 * <li>{@code graph}: what {@code take} (last) makes of the values of each interval, for each set of {@code by}
 * <li>{@code rate}: a counter's, a second; of the series told apart by {@code of}, {@code take} (sum) for each set of {@code by}
 * <li>{@code mean}: of what a histogram observed, by interval
 * <li>{@code took}: what a histogram observed, where it did
 * <li>{@code most}, {@code least}: of the last values of the series told apart by {@code of}
 * <li>{@code more}: by how much counters grew in the whole time
 * <li>{@code raw}: the question itself, with {@code $here} or {@code $everywhere} for the conditions that all have
 * </ul>
 *
 * <p>{@code where} is one more condition; {@code everywhere} leaves the chosen member out of account.
 */
final class InfluxQl {
    private static final Set<String> FORMS = Set.of("graph", "rate", "mean", "took", "most", "least", "more", "raw");
    private static final Set<String> OTHERS = Set.of("by", "of", "take", "where", "everywhere", "as", "tag");
    private static final String EVERYWHERE = "\"cluster\" =~ /^$cluster$/ AND $timeFilter";
    private static final String HERE = "\"cluster\" =~ /^$cluster$/ AND \"agent\" =~ /^$member$/ AND $timeFilter";
    private static final Pattern MEASUREMENT = Pattern.compile("FROM \"([a-z0-9_]+)\"");

    private InfluxQl() {}

    /** The question of a definition. */
    static String of(JsonNode ask) {
        Set<String> keys = keys(ask);
        Set<String> form = new TreeSet<>(keys);
        form.retainAll(FORMS);
        keys.removeAll(FORMS);
        keys.removeAll(OTHERS);
        if (form.size() != 1 || !keys.isEmpty()) {
            throw new IllegalArgumentException("one form is named, and nothing unknown: " + ask);
        }
        String name = form.iterator().next();
        String from = ask.path(name).asText();
        String where = (ask.path("everywhere").asBoolean() ? EVERYWHERE : HERE)
                + (ask.has("where") ? " AND " + ask.path("where").asText() : "");
        List<String> by = tags(ask, "by");
        List<String> of = ask.has("of") ? tags(ask, "of") : by;
        return switch (name) {
            case "graph" -> select(ask.path("take").asText("last") + "(\"value\")", from(from, where), each(by));
            case "rate" -> {
                String rate = select("non_negative_derivative(last(\"value\"), 1s) AS \"rate\"", from(from, where),
                        each(of));
                yield select(ask.path("take").asText("sum") + "(\"rate\")", within(rate), each(by));
            }
            // Where nothing was observed, the server takes the mean for 0.
            case "mean" ->
                observed(select("non_negative_difference(last(\"sum\")) / non_negative_difference(last(\"count\"))"
                        + " AS \"took\"", from(from, where), each(by)), by);
            case "took" -> observed(
                    select("non_negative_difference(last(\"sum\")) AS \"took\"", from(from, where), each(by)), by);
            case "most", "least" -> select((name.equals("most") ? "max" : "min") + "(\"now\")",
                    within("SELECT last(\"value\") AS \"now\" " + from(from, where) + group(of)), "");
            case "more" -> select("sum(\"more\")", within(
                    select("non_negative_difference(last(\"value\")) AS \"more\"", from(from, where), each(of))), "");
            default -> from.replace("$everywhere", EVERYWHERE).replace("$here", HERE);
        };
    }

    private static Set<String> keys(JsonNode node) {
        Set<String> keys = new TreeSet<>();
        node.fieldNames().forEachRemaining(keys::add);
        return keys;
    }

    /** The names that a definition has as a list. */
    static List<String> tags(JsonNode ask, String key) {
        List<String> tags = new ArrayList<>();
        ask.path(key).forEach(tag -> tags.add(tag.asText()));
        return tags;
    }

    private static String select(String what, String from, String end) {
        return "SELECT " + what + " " + from + end;
    }

    private static String from(String measurement, String where) {
        return "FROM \"" + measurement + "\" WHERE " + where;
    }

    private static String within(String question) {
        return "FROM (" + question + ") WHERE $timeFilter";
    }

    private static String observed(String question, List<String> by) {
        return "SELECT \"took\" FROM (" + question + ") WHERE \"took\" > 0 AND $timeFilter" + group(by);
    }

    private static String each(List<String> tags) {
        return " GROUP BY time($__interval)" + (tags.isEmpty() ? "" : ", " + quoted(tags)) + " fill(none)";
    }

    private static String group(List<String> tags) {
        return tags.isEmpty() ? "" : " GROUP BY " + quoted(tags);
    }

    private static String quoted(List<String> tags) {
        return "\"" + String.join("\", \"", tags) + "\"";
    }

    /** The metrics that a question is about. */
    static Set<String> metrics(String question) {
        Set<String> metrics = new TreeSet<>();
        MEASUREMENT.matcher(question).results().forEach(found -> metrics.add(found.group(1)));
        return metrics;
    }

    /** The question as Grafana asks it, once it has put its variables in: all members of all clusters. */
    static String asked(String question, Instant from, Instant to, String interval) {
        String time = "time >= " + from.toEpochMilli() + "ms and time <= " + to.toEpochMilli() + "ms";
        String asked = question;
        for (Map.Entry<String, String> one : Map.of("$timeFilter", time, "$__interval", interval, "$cluster$", ".*$",
                "$member$", ".*$").entrySet()) {
            asked = asked.replace(one.getKey(), one.getValue());
        }
        return asked;
    }
}
