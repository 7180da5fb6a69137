package io.holdfast.agent.io;

import io.holdfast.config.TlsConfig;
import io.holdfast.config.io.Certificates;
import io.holdfast.config.io.Certificates.Summary;
import io.holdfast.config.io.FileStamps;
import io.holdfast.statesync.EventType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the files of {@code tls} were replaced, and that they expire soon. The consensus reads them for each connection
 * by itself; PostgreSQL is told.
 */
final class CertificateWatch {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateWatch.class);
    private static final Duration BETWEEN = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofDays(14);
    private static final Duration BETWEEN_WARNINGS = Duration.ofDays(1);

    private final TlsConfig files;
    private final Callbacks.Events events;
    private final Runnable changed;
    private final Clock clock;
    private FileStamps seen;
    private @Nullable Read last;
    private @Nullable Instant warned;

    /**
     * What the files hold; empty for what cannot be read, or does not belong together.
     *
     * @param stamps of the files, as they were before they were read
     */
    private record Read(FileStamps stamps, Optional<Summary> own, Optional<Summary> authority) {
        boolean isWhole() {
            return own.isPresent() && authority.isPresent();
        }
    }

    /**
     * Of the files as they are now.
     *
     * @param changed whom to tell that they were replaced
     */
    CertificateWatch(TlsConfig files, Callbacks.Events events, Runnable changed, Clock clock) {
        this.files = files;
        this.events = events;
        this.changed = changed;
        this.clock = clock;
        this.seen = FileStamps.of(files);
    }

    /** One look; gives the pause until the next. */
    Duration turn() {
        Read now = read();
        if (!now.stamps().equals(seen) && now.isWhole()) {
            seen = now.stamps();
            warned = null;
            now.own().ifPresent(this::renewed);
        }
        Instant limit = clock.instant().plus(SOON);
        if (warned == null || !clock.instant().isBefore(warned.plus(BETWEEN_WARNINGS))) {
            now.own().filter(one -> one.end().isBefore(limit)).ifPresent(this::expires);
            now.authority().filter(one -> one.end().isBefore(limit)).ifPresent(this::expires);
        }
        return BETWEEN;
    }

    /** Reads them again only if they are others than before, or could not all be read. */
    private Read read() {
        FileStamps stamps = FileStamps.of(files);
        Read before = last;
        Read now = before != null && before.isWhole() && before.stamps().equals(stamps)
                ? before
                : new Read(stamps, Certificates.own(files), Certificates.authority(files));
        last = now;
        return now;
    }

    private void renewed(Summary own) {
        LOG.info("{} was replaced; it is valid until {}", own.file(), own.end());
        changed.run();
        events.append(EventType.CERTIFICATE_RENEWED,
                "new connections use the certificate of " + own.file() + ", valid until " + own.end(),
                Map.of("file", own.file().toString(), "serial", own.serial(), "end", own.end().toString()));
    }

    private void expires(Summary one) {
        warned = clock.instant();
        String text = one.file() + (one.end().isBefore(warned) ? " expired on " : " expires on ") + one.end();
        LOG.warn("HF-5070 {}. Hint: issue another and put it in its place; no restart is needed.", text);
        events.append(EventType.CERTIFICATE_EXPIRES, text,
                Map.of("file", one.file().toString(), "end", one.end().toString()));
    }
}
