package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.holdfast.config.SettingChange;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.SettingsVersion;
import io.holdfast.statesync.TxnResult;
import io.holdfast.statesync.io.SettingsVersions.Current;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettingsVersionsTest {
    private static final Duration WITHIN = Duration.ofSeconds(2);

    private final MemoryStateStore store = new MemoryStateStore(() -> 0);
    private final SettingsVersions versions = new SettingsVersions(store, new ClusterJson());

    @Test
    void aVersionAndTheSettingsAreWrittenTogether() {
        assertEquals(new Current("", 0, 0), read());
        assertInstanceOf(TxnResult.Applied.class, versions.commit(read(), version(1), WITHIN));
        assertEquals("{\"acks\":1}", read().settings());
        assertEquals(1, read().number());
        assertEquals(List.of(version(1)), versions.all());
        assertEquals(read().revision(), store.local("").get(Keys.settingsVersion(1)).orElseThrow().version());
    }

    @Test
    void whoReadAnEarlierVersionChangesNothing() {
        Current early = read();
        versions.commit(early, version(1), WITHIN);
        assertInstanceOf(TxnResult.Conflict.class, versions.commit(early, version(1), WITHIN));
        assertEquals(1, versions.all().size());
    }

    @Test
    void theLastFiftyAreRemembered() {
        for (int i = 1; i <= SettingsVersions.KEPT + 3; i++) {
            versions.commit(read(), version(i), WITHIN);
        }
        assertEquals(SettingsVersions.KEPT, versions.all().size());
        assertEquals(4, versions.all().getFirst().number());
        assertEquals(SettingsVersions.KEPT + 3, read().number());
    }

    private Current read() {
        return versions.current(WITHIN).orElseThrow();
    }

    private static SettingsVersion version(int number) {
        return new SettingsVersion(number, Instant.EPOCH, new MemberName("db1"), "root", "because",
                List.of(new SettingChange("acks", "1", null)), "{\"acks\":" + number + "}");
    }
}
