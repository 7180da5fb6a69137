package io.holdfast.statesync.io;

import io.holdfast.statesync.Entry;
import io.holdfast.statesync.StoreMachine.Image;
import io.holdfast.statesync.StoreMachine.LeaseImage;
import io.holdfast.statesync.Txn;
import io.holdfast.statesync.TxnResult;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of the consensus log, of its answers and of its snapshots. Each begins with the number of its format, so that a
 * later release can read an earlier one's, and an earlier one refuses a later one's instead of guessing.
 */
final class StoreCodec {
    private static final int FORMAT = 1;
    /** Of what an earlier release would not carry out: it refuses it, and ends its part in the consensus rather than lose it. */
    private static final int WITH_APPEND = 2;

    private StoreCodec() {}

    /** An entry of the consensus log. */
    sealed interface Command {
        /** A caller's transaction. */
        record Commit(Txn txn) implements Command {}

        /** The consensus leader saw that a lease's time is over. */
        record Expire(String lease, long grantRevision) implements Command {}

        /** Changes nothing: whoever has applied it knows all that was confirmed before it. */
        record Barrier() implements Command {}
    }

    @FunctionalInterface
    private interface Writer {
        void writeTo(DataOutputStream out) throws IOException;
    }

    static byte[] encode(Command command) {
        boolean first = !(command instanceof Command.Commit(Txn txn)) || txn.isOfFirstFormat();
        return bytes(first ? FORMAT : WITH_APPEND, out -> {
            switch (command) {
                case Command.Commit commit -> {
                    out.writeByte(0);
                    writeCompares(out, commit.txn().compares());
                    writeOperations(out, commit.txn().operations());
                }
                case Command.Expire expire -> {
                    out.writeByte(1);
                    writeText(out, expire.lease());
                    out.writeLong(expire.grantRevision());
                }
                case Command.Barrier _ -> out.writeByte(2);
            }
        });
    }

    static Command decodeCommand(byte[] bytes) {
        try (DataInputStream in = open(new ByteArrayInputStream(bytes), WITH_APPEND)) {
            return switch (in.readByte()) {
                case 0 -> new Command.Commit(new Txn(readCompares(in), readOperations(in)));
                case 1 -> new Command.Expire(readText(in), in.readLong());
                case 2 -> new Command.Barrier();
                default -> throw new IOException("unknown command");
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] encode(TxnResult result) {
        return bytes(FORMAT, out -> {
            switch (result) {
                case TxnResult.Applied applied -> {
                    out.writeByte(0);
                    out.writeLong(applied.revision());
                }
                case TxnResult.Conflict conflict -> {
                    out.writeByte(1);
                    writeCompares(out, conflict.failed());
                }
                case TxnResult.Unknown unknown -> throw new IOException("a replica always knows: " + unknown.why());
            }
        });
    }

    static TxnResult decodeResult(byte[] bytes) {
        try (DataInputStream in = open(new ByteArrayInputStream(bytes), FORMAT)) {
            return switch (in.readByte()) {
                case 0 -> new TxnResult.Applied(in.readLong());
                case 1 -> new TxnResult.Conflict(readCompares(in));
                default -> throw new IOException("unknown result");
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void write(Image image, OutputStream to) throws IOException {
        DataOutputStream out = new DataOutputStream(to);
        out.writeByte(FORMAT);
        out.writeLong(image.revision());
        out.writeInt(image.entries().size());
        for (Entry entry : image.entries()) {
            writeText(out, entry.key());
            writeText(out, entry.value());
            out.writeLong(entry.version());
            writeOptional(out, entry.lease());
        }
        out.writeInt(image.leases().size());
        for (LeaseImage lease : image.leases()) {
            writeText(out, lease.id());
            out.writeLong(lease.timeToLiveMillis());
            out.writeLong(lease.grantRevision());
        }
        out.flush();
    }

    static Image readImage(InputStream from) throws IOException {
        DataInputStream in = open(from, FORMAT);
        long revision = in.readLong();
        List<Entry> entries = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            entries.add(new Entry(readText(in), readText(in), in.readLong(), readOptional(in)));
        }
        List<LeaseImage> leases = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            leases.add(new LeaseImage(readText(in), in.readLong(), in.readLong()));
        }
        return new Image(revision, entries, leases);
    }

    private static void writeCompares(DataOutputStream out, List<Txn.Compare> compares) throws IOException {
        out.writeInt(compares.size());
        for (Txn.Compare compare : compares) {
            switch (compare) {
                case Txn.Compare.VersionIs is -> {
                    out.writeByte(0);
                    writeText(out, is.key());
                    out.writeLong(is.version());
                }
                case Txn.Compare.LeaseIs is -> {
                    out.writeByte(1);
                    writeText(out, is.lease());
                }
            }
        }
    }

    private static List<Txn.Compare> readCompares(DataInputStream in) throws IOException {
        List<Txn.Compare> compares = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            compares.add(switch (in.readByte()) {
                case 0 -> new Txn.Compare.VersionIs(readText(in), in.readLong());
                case 1 -> new Txn.Compare.LeaseIs(readText(in));
                default -> throw new IOException("unknown compare");
            });
        }
        return compares;
    }

    private static void writeOperations(DataOutputStream out, List<Txn.Operation> operations) throws IOException {
        out.writeInt(operations.size());
        for (Txn.Operation operation : operations) {
            switch (operation) {
                case Txn.Operation.Put put -> {
                    out.writeByte(0);
                    writeText(out, put.key());
                    writeText(out, put.value());
                    writeOptional(out, put.lease());
                }
                case Txn.Operation.Delete delete -> {
                    out.writeByte(1);
                    writeText(out, delete.key());
                }
                case Txn.Operation.Grant grant -> {
                    out.writeByte(2);
                    writeText(out, grant.lease());
                    out.writeLong(grant.timeToLive().toNanos());
                }
                case Txn.Operation.Revoke revoke -> {
                    out.writeByte(3);
                    writeText(out, revoke.lease());
                }
                case Txn.Operation.Append append -> {
                    out.writeByte(4);
                    writeAppend(out, append);
                }
            }
        }
    }

    private static List<Txn.Operation> readOperations(DataInputStream in) throws IOException {
        List<Txn.Operation> operations = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            operations.add(switch (in.readByte()) {
                case 0 -> new Txn.Operation.Put(readText(in), readText(in), readOptional(in));
                case 1 -> new Txn.Operation.Delete(readText(in));
                case 2 -> new Txn.Operation.Grant(readText(in), Duration.ofNanos(in.readLong()));
                case 3 -> new Txn.Operation.Revoke(readText(in));
                case 4 -> readAppend(in);
                default -> throw new IOException("unknown operation");
            });
        }
        return operations;
    }

    private static void writeAppend(DataOutputStream out, Txn.Operation.Append append) throws IOException {
        writeText(out, append.log());
        writeText(out, append.source());
        out.writeInt(append.kept());
        out.writeInt(append.records().size());
        for (Txn.Operation.Append.Item record : append.records()) {
            out.writeLong(record.id());
            writeText(out, record.value());
        }
    }

    private static Txn.Operation.Append readAppend(DataInputStream in) throws IOException {
        String log = readText(in);
        String source = readText(in);
        int kept = in.readInt();
        List<Txn.Operation.Append.Item> records = new ArrayList<>();
        for (int i = in.readInt(); i > 0; i--) {
            records.add(new Txn.Operation.Append.Item(in.readLong(), readText(in)));
        }
        return new Txn.Operation.Append(log, source, records, kept);
    }

    private static byte[] bytes(int format, Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(format);
            writer.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static DataInputStream open(InputStream from, int newest) throws IOException {
        DataInputStream in = new DataInputStream(from);
        int format = in.readByte();
        if (format < FORMAT || format > newest) {
            throw new IOException("format " + format + " of a later release");
        }
        return in;
    }

    private static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String readText(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void writeOptional(DataOutputStream out, @Nullable String text) throws IOException {
        out.writeBoolean(text != null);
        if (text != null) {
            writeText(out, text);
        }
    }

    private static @Nullable String readOptional(DataInputStream in) throws IOException {
        return in.readBoolean() ? readText(in) : null;
    }
}
