package io.holdfast.backup.io;

import io.holdfast.backup.Content;
import io.holdfast.backup.Form;
import io.holdfast.config.Encryption;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;

/**
 * What sealing costs a thread, beside zstd alone: the bytes go nowhere, so that no disk is measured.
 * {@code make bench-seal}, with MiB and rounds as arguments.
 */
public final class SealBench {
    private static final int MIB = 1 << 20;
    private static final PrintStream OUT = System.out;

    private SealBench() {}

    /** What is measured. */
    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    /** Runs it. */
    public static void main(String... args) throws IOException {
        int mib = args.length > 0 ? Integer.parseInt(args[0]) : 128;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        byte[] data = mixed(mib * MIB);
        Identity identity = Identity.generate();
        Encryption to = new Encryption.To(identity.recipients());
        byte[] sealed = sealed(data, to);
        OUT.printf(Locale.ROOT, "%d MiB, a third each of rows, text and random bytes; sealed: %.0f %%%n", mib,
                100.0 * sealed.length / data.length);
        for (int round = 0; round < rounds; round++) {
            OUT.printf(Locale.ROOT, "round %d, MiB/s:", round + 1);
            measure("zstd alone", mib, () -> SealedStream.seal(Content.of(data), new Encryption.None())
                    .writeTo(OutputStream.nullOutputStream()));
            measure("sealed", mib,
                    () -> SealedStream.seal(Content.of(data), to).writeTo(OutputStream.nullOutputStream()));
            measure("sealed with SHA-256", mib, () -> {
                Fingerprinting taken = new Fingerprinting(OutputStream.nullOutputStream());
                SealedStream.seal(Content.of(data), to).writeTo(taken);
                taken.fingerprint();
            });
            measure("opened", mib, () -> {
                try (InputStream in = SealedStream.open(new ByteArrayInputStream(sealed), Form.SEALED, identity,
                        "it")) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            });
            OUT.println();
        }
    }

    private static byte[] sealed(byte[] data, Encryption encryption) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SealedStream.seal(Content.of(data), encryption).writeTo(out);
        return out.toByteArray();
    }

    private static void measure(String what, int mib, Work work) throws IOException {
        long started = System.nanoTime();
        work.run();
        OUT.printf(Locale.ROOT, "  %s %.0f", what, mib * 1e9 / (System.nanoTime() - started));
    }

    /** Pages of 8 KiB, by turns: rows as pgbench has them, words, random bytes. */
    private static byte[] mixed(int size) {
        Random random = new Random(1);
        String[] words = new String[2000];
        for (int i = 0; i < words.length; i++) {
            words[i] = Long.toString(random.nextLong(1L << 40), 36) + " ";
        }
        ByteBuffer data = ByteBuffer.allocate(size);
        byte[] page = new byte[8192];
        for (int number = 0; data.remaining() >= page.length; number++) {
            ByteBuffer rows = ByteBuffer.wrap(page);
            switch (number % 3) {
                case 0 -> {
                    while (rows.remaining() >= 128) {
                        rows.putInt(number).putInt(rows.position()).putInt(1).putInt(random.nextInt(100_000));
                        rows.put(new byte[112]);
                    }
                }
                case 1 -> {
                    while (rows.remaining() >= 16) {
                        rows.put(words[random.nextInt(words.length)].getBytes(StandardCharsets.US_ASCII));
                    }
                }
                default -> random.nextBytes(page);
            }
            data.put(page);
        }
        return data.array();
    }
}
