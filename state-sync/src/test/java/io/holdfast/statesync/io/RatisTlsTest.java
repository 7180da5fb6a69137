package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RatisTlsTest {
    @TempDir
    private Path directory = Path.of("");

    @Test
    void peersTalkByMutualTlsAndHearNobodyOfAnotherAuthority() {
        TestCertificates ours = new TestCertificates(directory.resolve("ours"));
        TestCertificates others = new TestCertificates(directory.resolve("others"));
        try (Peers peers = new Peers(directory, 3, o -> o
                .withTls((o.self().value().equals("db3") ? others : ours).issue(o.self().value())))) {
            peers.start("db1");
            peers.start("db2");
            peers.awaitLeader();
            RatisStateStore stranger = peers.start("db3");
            for (String name : new String[]{"db1", "db2"}) {
                assertInstanceOf(TxnResult.Applied.class,
                        peers.get(name).commit(Txn.when().put("a", name).build(), Peers.LONG));
                Snapshot read = peers.get(name).range("a", Peers.LONG);
                assertFalse(read.stale());
                assertEquals(name, read.get("a").orElseThrow().value());
            }
            assertInstanceOf(TxnResult.Unknown.class,
                    stranger.commit(Txn.when().put("a", "stranger").build(), Duration.ofSeconds(2)));
            assertEquals(0, stranger.local("").revision());
        }
    }
}
