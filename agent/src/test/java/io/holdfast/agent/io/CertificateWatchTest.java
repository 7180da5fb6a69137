package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.TlsConfig;
import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.config.io.Certificates;
import io.holdfast.statesync.EventType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateWatchTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final List<String> events = new ArrayList<>();
    private final AtomicInteger changes = new AtomicInteger();
    private TlsConfig files = new TlsConfig(Path.of(""), Path.of(""), Path.of(""));

    @BeforeEach
    void issue() throws IOException {
        CertificateAuthority.init(directory.resolve("ca"));
        CertificateAuthority.issue(directory.resolve("ca"), "db1", List.of("127.0.0.1"), directory.resolve("old"));
        CertificateAuthority.issue(directory.resolve("ca"), "db1", List.of("127.0.0.1"), directory.resolve("new"));
        files = new TlsConfig(directory.resolve("ca/ca.crt"), directory.resolve("old/db1.crt"),
                directory.resolve("old/db1.key"));
    }

    @Test
    void aReplacementCountsOnceBothFilesBelongTogether() throws IOException {
        CertificateWatch watch = watch(Instant.now());
        watch.turn();
        replace("db1.crt");
        watch.turn();
        assertEquals(List.of(), events, "half a replacement is none");
        replace("db1.key");
        assertEquals(Duration.ofSeconds(10), watch.turn());
        watch.turn();
        assertEquals(1, changes.get());
        assertEquals(1, events.size());
        assertTrue(events.getFirst().startsWith("certificate-renewed "), events.toString());
    }

    @Test
    void anEndThatIsNearIsToldOnceADay() throws IOException {
        Instant end = Certificates.own(files).orElseThrow().end();
        watch(end.minus(Duration.ofDays(14)).minusSeconds(1)).turn();
        assertEquals(List.of(), events);
        SettableClock clock = new SettableClock(end.minus(Duration.ofDays(13)));
        CertificateWatch watch = new CertificateWatch(files, this::event, changes::incrementAndGet, clock);
        watch.turn();
        watch.turn();
        assertEquals(List.of("certificate-expires " + files.cert() + " expires on " + end), events);
        clock.now = clock.now.plus(Duration.ofDays(1));
        watch.turn();
        assertEquals(2, events.size());
        clock.now = end.plusSeconds(1);
        watch.turn();
        assertEquals("certificate-expires " + files.cert() + " expired on " + end, events.getLast());
    }

    @Test
    void anEndThatIsNearIsToldThoughTheAuthorityCannotBeRead() throws IOException {
        Instant end = Certificates.own(files).orElseThrow().end();
        Files.delete(files.ca());
        watch(end.minus(Duration.ofDays(13))).turn();
        assertEquals(List.of("certificate-expires " + files.cert() + " expires on " + end), events);
    }

    private CertificateWatch watch(Instant now) {
        return new CertificateWatch(files, this::event, changes::incrementAndGet, Clock.fixed(now, ZoneOffset.UTC));
    }

    private void replace(String name) throws IOException {
        Files.copy(directory.resolve("new").resolve(name), directory.resolve("next"));
        Files.move(directory.resolve("next"), directory.resolve("old").resolve(name),
                StandardCopyOption.REPLACE_EXISTING);
    }

    private void event(EventType type, String text, java.util.Map<String, String> details) {
        events.add(type.word() + " " + text);
    }

    private static final class SettableClock extends Clock {
        private Instant now;

        SettableClock(Instant now) {
            this.now = now;
        }

        @Override
        public java.time.ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(java.time.ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
