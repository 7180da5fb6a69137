package io.holdfast.statesync.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.holdfast.statesync.Snapshot;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

    @Test
    void replacedCertificatesAreUsedByNewConnectionsWithoutARestart() throws IOException {
        TestCertificates first = new TestCertificates(directory.resolve("first"));
        TestCertificates second = new TestCertificates(directory.resolve("second"));
        Path used = Files.createDirectories(directory.resolve("used"));
        for (String name : new String[]{"db1", "db2", "db3"}) {
            place(used, name, first.issue(name));
        }
        try (Peers peers = new Peers(directory, 3,
                o -> o.withTls(files(used.resolve(o.self().value()))))) {
            peers.startAll();
            peers.stop("db2");
            for (String name : new String[]{"db1", "db3"}) {
                place(used, name, second.issue(name));
            }
            place(used, "db2", second.issue("db2"));
            // It trusts the second authority alone: who hears it now has read both files anew.
            RatisStateStore back = peers.start("db2");
            TxnResult.Applied applied = assertInstanceOf(TxnResult.Applied.class,
                    back.commit(Txn.when().put("a", "back").build(), Peers.LONG));
            Peers.eventually("it is told what the others agree on",
                    () -> back.local("").revision() >= applied.revision());
        }
    }

    private static RatisOptions.Tls files(Path own) {
        return new RatisOptions.Tls(own.resolve("ca.crt"), own.resolve("own.crt"), own.resolve("own.key"));
    }

    /** Each file is replaced as a whole, the key last. */
    private static void place(Path used, String name, RatisOptions.Tls files) throws IOException {
        Path own = Files.createDirectories(used.resolve(name));
        move(files.ca(), own.resolve("ca.crt"));
        move(files.cert(), own.resolve("own.crt"));
        move(files.key(), own.resolve("own.key"));
    }

    private static void move(Path from, Path to) throws IOException {
        Path next = to.resolveSibling("next");
        Files.copy(from, next);
        Files.move(next, to, StandardCopyOption.REPLACE_EXISTING);
    }
}
