package io.holdfast.agent;

import io.holdfast.metrics.Alert;
import io.holdfast.metrics.Silence;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The alerts that there are: what {@code holdfast alert list} shows and the API answers.
 *
 * @param items alerts, those that fire first, of those the worst first
 * @param silences what nobody wants to be told of, as long as it holds
 */
public record AlertReport(List<Item> items, List<Silence> silences) {
    /** Nothing. */
    public static final AlertReport NOTHING = new AlertReport(List.of(), List.of());

    /** Takes immutable copies. */
    public AlertReport {
        items = List.copyOf(items);
        silences = List.copyOf(silences);
    }

    /**
     * One of them.
     *
     * @param alert the alert
     * @param lastKnown true when it was found by an agent that does not answer now: nobody knows whether it is still so
     * @param silencedBy why nobody is told of it; null: people are told
     */
    public record Item(Alert alert, boolean lastKnown, @Nullable Silence silencedBy) {
        /** True while it is somebody's business. */
        public boolean isFiring() {
            return alert.state() == Alert.State.FIRING && silencedBy == null;
        }
    }

    /** Those that are somebody's business now. */
    public List<Item> firing() {
        return items.stream().filter(Item::isFiring).toList();
    }

    /** For a line of the status: rule and member or other labels, such as {@code disk-low db1}. */
    public List<String> firingNames() {
        return firing().stream()
                .map(item -> (item.alert().rule() + " " + String.join(" ", item.alert().labels().values())).strip())
                .toList();
    }
}
