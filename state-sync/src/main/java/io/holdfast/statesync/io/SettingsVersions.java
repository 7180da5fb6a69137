package io.holdfast.statesync.io;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.SettingsVersion;
import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The cluster's settings, and the versions before them. A version is written in the transaction that makes it the current one. */
public final class SettingsVersions {
    /** How many versions are remembered. */
    public static final int KEPT = 50;

    private final StateStore store;
    private final ClusterJson json;

    /** Of a store. */
    public SettingsVersions(StateStore store, ClusterJson json) {
        this.store = store;
        this.json = json;
    }

    /**
     * The settings as they are.
     *
     * @param settings all settings, JSON; empty when there are none yet
     * @param revision the version of their key, for compares
     * @param number the number of their version; 0 when they are older than versions
     */
    public record Current(String settings, long revision, long number) {}

    /** The settings that everybody agrees on now; empty when there is no majority to ask. */
    public Optional<Current> current(Duration within) {
        Snapshot settings = store.range(Keys.SETTINGS, within);
        Snapshot versions = store.range(Keys.SETTINGS_VERSIONS, within);
        if (settings.stale() || versions.stale()) {
            return Optional.empty();
        }
        Entry entry = settings.entries().get(Keys.SETTINGS);
        return Optional.of(new Current(entry == null ? "" : entry.value(), entry == null ? 0 : entry.version(),
                number(versions)));
    }

    /** The versions that are remembered, oldest first, as far as this member has heard. */
    public List<SettingsVersion> all() {
        return store.local(Keys.SETTINGS_VERSIONS)
                .entries()
                .values()
                .stream()
                .map(entry -> json.read(entry, SettingsVersion.class).value())
                .toList();
    }

    /**
     * Makes a version the current one, if the settings are still those that were read.
     *
     * @param before what was read
     * @param next its number is one greater
     */
    public TxnResult commit(Current before, SettingsVersion next, Duration within) {
        Txn.Builder txn = Txn.when()
                .versionIs(Keys.SETTINGS, before.revision())
                .put(Keys.SETTINGS, next.settings())
                .put(Keys.settingsVersion(next.number()), json.write(next));
        if (next.number() > KEPT) {
            txn.delete(Keys.settingsVersion(next.number() - KEPT));
        }
        return store.commit(txn.build(), within);
    }

    /** The last key has the greatest number. */
    private static long number(Snapshot versions) {
        return versions.entries().isEmpty()
                ? 0
                : Long.parseLong(versions.entries().lastKey().substring(Keys.SETTINGS_VERSIONS.length()));
    }
}
