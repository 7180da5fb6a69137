package io.holdfast.agent.io.alerts;

import io.holdfast.agent.AlertReport;
import io.holdfast.config.HoldfastException;
import io.holdfast.metrics.Alert;
import io.holdfast.metrics.Silence;
import io.holdfast.metrics.Told;
import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.ClusterJson;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the shared state has of alerts. What is read is this agent's copy; what is written compares with what was read. */
public final class AlertBook {
    private static final Logger LOG = LoggerFactory.getLogger(AlertBook.class);
    private static final Duration STORE = Duration.ofSeconds(2);

    private final StateStore store;
    private final ClusterJson json;

    /** Of a store. */
    public AlertBook(StateStore store, ClusterJson json) {
        this.store = store;
        this.json = json;
    }

    /**
     * The alerts that one agent finds: those of the cluster, or of its own member.
     *
     * @param at when they were written down
     * @param alerts the alerts
     */
    public record Page(Instant at, List<Alert> alerts) {
        /** Takes an immutable copy. */
        public Page {
            alerts = List.copyOf(alerts);
        }
    }

    /** All pages by key. A page that cannot be read was written by a later release, and is passed over. */
    NavigableMap<String, Versioned<Page>> pages() {
        NavigableMap<String, Versioned<Page>> pages = new TreeMap<>();
        entries(Keys.ALERTS_OF).forEach((key, entry) -> read(entry, Page.class).ifPresent(one -> pages.put(key, one)));
        page(Keys.ALERTS_OF_CLUSTER).ifPresent(one -> pages.put(Keys.ALERTS_OF_CLUSTER, one));
        return pages;
    }

    Optional<Versioned<Page>> page(String key) {
        return Optional.ofNullable(entries(key).get(key)).flatMap(entry -> read(entry, Page.class));
    }

    /** Writes a page, if it is as it was read; an empty one is deleted. */
    TxnResult write(String key, long version, Page page) {
        Txn.Builder txn = Txn.when().versionIs(key, version);
        return store.commit((page.alerts().isEmpty() ? txn.delete(key) : txn.put(key, json.write(page))).build(),
                STORE);
    }

    /** As a page is kept, to know it again. */
    boolean isAs(String key, Page page) {
        Entry entry = entries(key).get(key);
        return page.alerts().isEmpty() ? entry == null : entry != null && entry.value().equals(json.write(page));
    }

    // ---- silences

    /** Those that are written down, also where their time is over. */
    List<Versioned<Silence>> silences() {
        List<Versioned<Silence>> silences = new ArrayList<>();
        entries(Keys.ALERTS_SILENCES).values().forEach(entry -> read(entry, Silence.class).ifPresent(silences::add));
        return silences;
    }

    /** Writes one down. */
    public TxnResult silence(Silence silence) {
        return store.commit(Txn.when()
                .versionIs(Keys.ALERTS_SILENCES + silence.id(), 0)
                .put(Keys.ALERTS_SILENCES + silence.id(), json.write(silence))
                .build(), STORE);
    }

    /** Ends one; nothing happens when there is none. */
    public TxnResult unsilence(String id) {
        return store.commit(Txn.when().delete(Keys.ALERTS_SILENCES + id).build(), STORE);
    }

    // ---- who was told

    private static String told(String alert, String receiver) {
        return Keys.ALERTS_TOLD + alert + "/" + receiver;
    }

    Optional<Versioned<Told>> told(Alert alert, String receiver) {
        String key = told(alert.id(), receiver);
        return Optional.ofNullable(entries(key).get(key)).flatMap(entry -> read(entry, Told.class));
    }

    TxnResult tell(Alert alert, String receiver, long version, Told told) {
        String key = told(alert.id(), receiver);
        return store.commit(Txn.when().versionIs(key, version).put(key, json.write(told)).build(), STORE);
    }

    /** All that is written down of who was told, to be {@link #clear}ed of alerts that a page read later does not have. */
    Map<String, Entry> allTold() {
        return entries(Keys.ALERTS_TOLD);
    }

    /** Deletes what is written down of alerts that nobody knows any more, and silences that are over. */
    void clear(Map<String, Entry> told, Predicate<String> isKnown, Instant now) {
        told.forEach((key, entry) -> {
            String id = key.substring(Keys.ALERTS_TOLD.length()).replaceFirst("/.*", "");
            if (!isKnown.test(id)) {
                store.commit(Txn.when().versionIs(key, entry.version()).delete(key).build(), STORE);
            }
        });
        for (Versioned<Silence> silence : silences()) {
            if (!now.isBefore(silence.value().until())) {
                unsilence(silence.value().id());
            }
        }
    }

    // ---- what people see

    /**
     * All there is.
     *
     * @param aside what this agent alone knows
     * @param isAlive whether the agent of a member is there
     */
    AlertReport report(List<Alert> aside, Predicate<String> isAlive, Instant now) {
        List<Silence> silences = silences().stream()
                .map(Versioned::value)
                .filter(one -> now.isBefore(one.until()))
                .toList();
        List<AlertReport.Item> items = new ArrayList<>();
        aside.forEach(alert -> items.add(item(alert, false, silences, now)));
        pages().forEach((key, page) -> {
            boolean gone = key.startsWith(Keys.ALERTS_OF) && !isAlive.test(key.substring(Keys.ALERTS_OF.length()));
            page.value().alerts().forEach(alert -> items.add(item(alert, gone, silences, now)));
        });
        items.sort(Comparator.comparing((AlertReport.Item item) -> rank(item.alert().state()))
                .thenComparing(item -> item.alert().severity(), Comparator.reverseOrder())
                .thenComparing(item -> item.alert().name()));
        return new AlertReport(items, silences);
    }

    private static int rank(Alert.State state) {
        return switch (state) {
            case FIRING -> 0;
            case PENDING -> 1;
            case RESOLVED -> 2;
        };
    }

    private static AlertReport.Item item(Alert alert, boolean lastKnown, List<Silence> silences, Instant now) {
        return new AlertReport.Item(alert, lastKnown && alert.state() != Alert.State.RESOLVED,
                by(alert, silences, now));
    }

    private static @Nullable Silence by(Alert alert, List<Silence> silences, Instant now) {
        return silences.stream().filter(one -> one.covers(alert, now)).findFirst().orElse(null);
    }

    private Map<String, Entry> entries(String prefix) {
        return store.local(prefix).entries();
    }

    private <T> Optional<Versioned<T>> read(Entry entry, Class<T> type) {
        try {
            return Optional.of(json.read(entry, type));
        } catch (HoldfastException e) {
            LOG.debug("{} is passed over", entry.key(), e);
            return Optional.empty();
        }
    }
}
