package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.config.DurationText;
import io.holdfast.metrics.AlertRule;
import io.holdfast.metrics.AlertRule.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** That docs/alerts.md lists the rules and facts that there are. */
final class AlertsPageTest {
    private static final Path PAGE = Path.of("../docs/alerts.md").toAbsolutePath().normalize();

    @Test
    void listsTheShippedRules() throws IOException {
        assertEquals(rules(), table("| alert |"));
    }

    @Test
    void listsTheFacts() throws IOException {
        assertEquals(facts(), table("| fact |"));
    }

    static List<String> rules() {
        List<String> rows = new ArrayList<>();
        for (AlertRule rule : ShippedAlerts.all()) {
            AlertRule.Bound bound = rule.bound();
            rows.add("| `%s` | `%s` %s %s | %s | %s | %s | [%s](runbooks/%s.md) |".formatted(rule.name(), rule.metric(),
                    bound.side() == Side.ABOVE ? "above" : "below", number(bound.threshold()), number(bound.clear()),
                    DurationText.write(rule.pending()), rule.severity().name().toLowerCase(Locale.ROOT),
                    rule.runbook(), rule.runbook()));
        }
        return rows;
    }

    static List<String> facts() {
        return Arrays.stream(Fact.values())
                .map(fact -> "| `%s` | %s | %s |".formatted(fact.metric(), fact.meaning(),
                        fact.labels().isEmpty() ? "-" : "`" + String.join("`, `", fact.labels()) + "`"))
                .toList();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%,d", (long) value);
    }

    private static List<String> table(String head) throws IOException {
        return Files.readAllLines(PAGE)
                .stream()
                .dropWhile(line -> !line.startsWith(head))
                .skip(2)
                .takeWhile(line -> line.startsWith("| "))
                .toList();
    }
}
