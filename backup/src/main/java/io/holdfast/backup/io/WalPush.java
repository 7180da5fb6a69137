package io.holdfast.backup.io;

import io.holdfast.backup.ArchiveConflict;
import io.holdfast.backup.ArchiveConflict.There;
import io.holdfast.backup.Form;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.PushOutcome;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryException;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.WalFile;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Puts one file of {@code pg_wal} into the archive, and says that it is there only when it is. A standby, which has what its primary
 * has, lets the primary go first, and then looks before it puts: a segment is sealed and sent once, not by every member.
 */
final class WalPush {
    /** Less than PostgreSQL is kept waiting for. */
    private static final Duration HEAD_START = Duration.ofMillis(500);
    /** Within this a standby has begun to receive the timeline whose history it has fetched, or does not follow that one. */
    private static final Duration SETTLED = Duration.ofSeconds(10);

    private final Repository repository;
    private final WalOptions options;
    private final WalDirectory directory;
    private final Encryption sealing;
    private final Form form;

    WalPush(Repository repository, WalOptions options) {
        this(repository, options, new WalDirectory(options.data()));
    }

    WalPush(Repository repository, WalOptions options, WalDirectory directory) {
        this.repository = repository;
        this.options = options;
        this.directory = directory;
        this.sealing = options.sealing();
        this.form = Form.of(sealing);
    }

    /**
     * How it ended.
     *
     * @param stamp which file it was that was read; null when none was
     */
    record Pushed(PushOutcome outcome, WalSource.@Nullable Stamp stamp) {}

    Pushed push(WalFile file) {
        try {
            if (directory.isStandby()) {
                TimeUnit.NANOSECONDS.sleep(HEAD_START.minus(directory.waitsSince(file)).toNanos());
            }
            Optional<PushOutcome> already = withoutArchiving(file);
            if (already.isPresent()) {
                return new Pushed(already.get(), WalSource.Stamp.of(directory.of(file)));
            }
            WalSource source = WalSource.of(directory.of(file), file, options.layout().systemId(),
                    options.segmentSize());
            return new Pushed(store(file, source), source.stamp());
        } catch (HoldfastException e) {
            return new Pushed(new PushOutcome.Refused(e.problem()), null);
        } catch (IOException e) {
            return new Pushed(new PushOutcome.NotNow("it cannot be read: " + e), null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Pushed(new PushOutcome.NotNow("the archive is being closed"), null);
        }
    }

    /** What there is to say of a segment in which its timeline was left; empty for all that is to be archived. */
    private Optional<PushOutcome> withoutArchiving(WalFile file) throws IOException {
        if (!(file instanceof WalFile.Segment segment)) {
            return Optional.empty();
        }
        return switch (directory.leftBehind(segment, options.segmentSize())) {
            case NO -> Optional.empty();
            case YES -> Optional.of(new PushOutcome.Spared(
                    segment + " was left unfinished; all of it begins the segment of the next timeline"));
            case PERHAPS -> directory.isStandby() && directory.waitsSince(file).compareTo(SETTLED) < 0
                    ? Optional
                            .of(new PushOutcome.NotNow("whether " + segment + " was left unfinished is not clear yet"))
                    : Optional.empty();
        };
    }

    private PushOutcome store(WalFile file, WalSource source) throws IOException {
        There there = inOtherForm(file);
        if (there instanceof There.Gone && directory.isStandby()) {
            there = there(path(file, form), form);
        }
        if (there instanceof There.Opened || there instanceof There.Closed) {
            source.writeTo(OutputStream.nullOutputStream());
            return ArchiveConflict.decide(file, source.fingerprint(), there);
        }
        PushOutcome outcome = put(file, source);
        // The first put makes the repository: before, nobody can know what is in it.
        if (there instanceof There.Unknown && outcome instanceof PushOutcome.Durable) {
            There again = inOtherForm(file);
            return again instanceof There.Gone
                    ? outcome
                    : ArchiveConflict.decide(file, source.fingerprint(), again);
        }
        return outcome;
    }

    /** One of the other form would be a second file of the same name: how WAL is kept was changed meanwhile. */
    private There inOtherForm(WalFile file) throws IOException {
        Form other = form == Form.SEALED ? Form.COMPRESSED : Form.SEALED;
        return there(path(file, other), other);
    }

    private PushOutcome put(WalFile file, WalSource source) throws IOException {
        return switch (repository.put(path(file, form), SealedStream.seal(source, sealing))) {
            case PutResult.Stored _ -> new PushOutcome.Durable(source.fingerprint(), file.fileName() + " is archived");
            case PutResult.AlreadyThere _ ->
                new PushOutcome.Durable(source.fingerprint(), file.fileName() + " was archived before");
            case PutResult.Different _ ->
                ArchiveConflict.decide(file, source.fingerprint(), there(path(file, form), form));
            case PutResult.Failed(var failure) -> new PushOutcome.Away(failure);
        };
    }

    private RepositoryPath path(WalFile file, Form as) {
        return options.layout().wal(file, as);
    }

    /** What the archive has, opened by the node's own identity. */
    private There there(RepositoryPath path, Form as) throws IOException {
        return switch (repository.get(path)) {
            case GetResult.Missing _ -> new There.Gone();
            case GetResult.Failed(var failure) -> new There.Unknown(failure);
            case GetResult.Found found -> opened(found.stream(), path, as);
        };
    }

    private There opened(InputStream stored, RepositoryPath path, Form as) throws IOException {
        try (InputStream plain = SealedStream.open(stored, as, options.identity(), path.value())) {
            return new There.Opened(Fingerprinting.of(plain));
        } catch (RepositoryException e) {
            return new There.Unknown(e.failure());
        } catch (SealException e) {
            return new There.Closed(e.problem());
        }
    }
}
