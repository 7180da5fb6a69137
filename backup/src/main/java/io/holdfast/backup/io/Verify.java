package io.holdfast.backup.io;

import io.holdfast.backup.BackupEntry;
import io.holdfast.backup.Catalog;
import io.holdfast.backup.Form;
import io.holdfast.backup.Layout;
import io.holdfast.backup.Manifest;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.SignatureVerdict;
import io.holdfast.backup.StoredObject;
import io.holdfast.backup.TimelineHistory;
import io.holdfast.backup.TimelineId;
import io.holdfast.backup.WalFile;
import io.holdfast.backup.WalInventory;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.statesync.Lsn;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every object of a database: there, of the right size and bytes, signed; with an identity also opened, unpacked, and
 * compared with what its manifest or its name says. WAL has no manifest: without an identity that opens it only its names are looked
 * at.
 */
public final class Verify {
    /** Where the identifier of the database lies in the first page of a segment (xlog_internal.h, XLogLongPageHeaderData). */
    private static final int SYSTEM_ID_AT = 24;
    private static final int PAGE_ADDRESS_AT = 8;
    private static final int LONG_HEADER = 40;
    private static final String SEALED_FOR_OTHERS = "HF-2010";

    private final Layout layout;
    private final @Nullable Identity identity;
    private final @Nullable Identity node;
    private final StoredObjects objects;
    private final StoredObjects wal;
    private final List<Finding> findings = new ArrayList<>();
    private long looked;
    private long bytes;

    /**
     * Of a database.
     *
     * @param identity opens the objects; null to look at them from outside
     */
    public Verify(Repository repository, Layout layout, @Nullable Identity identity) {
        this(repository, layout, identity, null);
    }

    /**
     * Of a database.
     *
     * @param identity opens the objects; null to look at them from outside
     * @param node opens WAL where there is no other; what is not sealed for it is then looked at from outside
     */
    public Verify(Repository repository, Layout layout, @Nullable Identity identity, @Nullable Identity node) {
        this.layout = layout;
        this.identity = identity;
        this.node = node;
        this.objects = new StoredObjects(repository, identity);
        this.wal = new StoredObjects(repository, identity == null ? node : identity);
    }

    /**
     * Something that is wrong.
     *
     * @param path the object; the folder where one is missing that has no name
     * @param problem what is wrong with it
     */
    public record Finding(RepositoryPath path, Problem problem) {}

    /**
     * What was seen.
     *
     * @param objects how many were looked at
     * @param bytes what they have
     * @param findings what is wrong; empty for a good repository
     */
    public record Verdict(long objects, long bytes, List<Finding> findings) {
        /** Takes an immutable copy. */
        public Verdict {
            findings = List.copyOf(findings);
        }

        /** True when nothing is wrong. */
        public boolean isGood() {
            return findings.isEmpty();
        }
    }

    /** Looks at all of it; throws when the repository itself fails. */
    public Verdict run(Catalog catalog) throws IOException {
        for (BackupEntry entry : catalog.backups()) {
            backup(entry);
        }
        for (Map.Entry<WalFile.Segment, StoredObject> one : catalog.wal().segments().entrySet()) {
            wal(one.getKey(), one.getValue(), catalog);
        }
        for (Map.Entry<WalFile, StoredObject> one : catalog.wal().others().entrySet()) {
            wal(one.getKey(), one.getValue(), catalog);
        }
        gaps(catalog);
        return new Verdict(looked, bytes, findings);
    }

    private void backup(BackupEntry entry) throws IOException {
        switch (entry) {
            // It is being made, or was given up: not wrong, and of no use.
            case BackupEntry.Unfinished _ -> {
            }
            case BackupEntry.Damaged damaged ->
                findings.add(new Finding(layout.manifest(damaged.id()), damaged.problem()));
            case BackupEntry.Complete complete -> {
                Manifest manifest = complete.manifest();
                RepositoryPath path = layout.manifest(manifest.id());
                looked++;
                if (complete.signature() instanceof SignatureVerdict.Stranger stranger) {
                    findings.add(new Finding(path, Findings.strangeSigner(path, stranger.signer().value())));
                }
                if (!manifest.verdict().isGood()) {
                    findings.add(new Finding(path,
                            Findings.corruptPages(path, String.valueOf(manifest.verdict().corrupt()))));
                }
                for (Manifest.BackupObject object : manifest.objects()) {
                    look(manifest.path(object), object.fingerprint().sizeBytes(), () -> object(manifest, object));
                }
            }
        }
    }

    private void object(Manifest manifest, Manifest.BackupObject object) throws IOException {
        RepositoryPath path = manifest.path(object);
        if (manifest.form() == Form.SEALED && identity == null) {
            objects.compare(path, object.fingerprint());
            return;
        }
        objects.read(path, manifest.form(), object.fingerprint(), plain -> {
            if (object.kind() == Manifest.BackupObject.Kind.SHARD) {
                ShardReader.read(path, plain, object.files(), Map.of(), ShardReader.Sink.NONE);
            }
        });
    }

    private void wal(WalFile file, StoredObject object, Catalog catalog) throws IOException {
        Form form = layout.readWal(object.path()).map(Layout.Archived::form).orElse(Form.SEALED);
        look(object.path(), object.sizeBytes(), () -> {
            if (form == Form.COMPRESSED || identity != null || node != null) {
                wal.read(object.path(), form, null, plain -> walContent(file, object.path(), plain, catalog));
            }
        });
    }

    private void walContent(WalFile file, RepositoryPath path, InputStream plain, Catalog catalog) throws IOException {
        Counted counted = new Counted(plain);
        byte[] head = counted.readNBytes(LONG_HEADER);
        byte[] rest = file instanceof WalFile.History ? counted.readAllBytes() : new byte[0];
        counted.transferTo(OutputStream.nullOutputStream());
        switch (file) {
            case WalFile.Segment segment -> {
                long size = catalog.wal().size().bytes();
                if (counted.bytes() != size) {
                    throw Findings.otherContent(path, counted.bytes() + " bytes instead of " + size).toException();
                }
                walHead(segment, path, head, catalog);
            }
            case WalFile.Partial partial -> walHead(partial.segment(), path, head, catalog);
            case WalFile.History history -> {
                String text = new String(head, StandardCharsets.US_ASCII)
                        + new String(rest, StandardCharsets.US_ASCII);
                if (TimelineHistory.read(history.timeline(), text).isEmpty()) {
                    throw Findings.otherContent(path, "no history of a timeline").toException();
                }
            }
            case WalFile.BackupHistory _ -> {
            }
        }
    }

    /** A segment knows where it belongs: the wrong one under a name is found without replaying it. */
    private void walHead(WalFile.Segment segment, RepositoryPath path, byte[] head, Catalog catalog) {
        ByteBuffer page = ByteBuffer.wrap(head).order(ByteOrder.nativeOrder());
        if (head.length < LONG_HEADER) {
            throw Findings.otherContent(path, "no page of WAL").toException();
        }
        Lsn at = new Lsn(page.getLong(PAGE_ADDRESS_AT));
        if (!at.equals(segment.start(catalog.wal().size()))) {
            throw Findings.otherContent(path, "WAL of position " + at).toException();
        }
        String system = Long.toUnsignedString(page.getLong(SYSTEM_ID_AT));
        if (!system.equals(layout.systemId().value())) {
            throw Findings.otherContent(path, "WAL of database " + system).toException();
        }
    }

    /** From every backup to the end of every timeline that it can be brought to. */
    private void gaps(Catalog catalog) {
        List<String> told = new ArrayList<>();
        for (TimelineId timeline : catalog.wal().timelines()) {
            Optional<TimelineHistory> history = catalog.wal().history(timeline);
            if (history.isEmpty()) {
                findings.add(new Finding(layout.wal(timeline), Findings.noHistory(timeline.toString())));
            }
        }
        for (Catalog.Window window : catalog.windows()) {
            WalInventory.Reach reach = window.reach();
            String missing = reach.missing().fileName();
            RepositoryPath path = layout.wal(reach.missing().timeline());
            if (!window.isRestorable() && !told.contains(window.backup() + missing)) {
                told.add(window.backup() + missing);
                findings.add(new Finding(path, Findings.backupWithoutWal(window.backup().toString(), missing)));
            }
            if (reach.behind() != null && !told.contains(missing)) {
                told.add(missing);
                findings.add(new Finding(path, Findings.gap(missing, reach.behind().fileName())));
            }
        }
    }

    /** Looks at one object. */
    private interface Look {
        void look() throws IOException;
    }

    private void look(RepositoryPath path, long size, Look look) throws IOException {
        looked++;
        bytes += size;
        try {
            look.look();
        } catch (HoldfastException e) {
            // By the node's own identity: what was sealed before that was exchanged is not wrong.
            if (identity != null || node == null || !e.problem().code().equals(SEALED_FOR_OTHERS)) {
                findings.add(new Finding(path, e.problem()));
            }
        }
    }

    /** Counts what is read through it. */
    private static final class Counted extends FilterInputStream {
        private long bytes;

        Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int got = in.read(buffer, offset, length);
            bytes += Math.max(0, got);
            return got;
        }

        long bytes() {
            return bytes;
        }
    }
}
