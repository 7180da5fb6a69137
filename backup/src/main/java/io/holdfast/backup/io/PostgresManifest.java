package io.holdfast.backup.io;

import io.holdfast.backup.WalSpan;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * PostgreSQL's {@code backup_manifest} (manual, "Backup Manifest Format"), version 1, which all releases since 13 read: one
 * line for each file, so that the shell can read it too.
 */
final class PostgresManifest {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'GMT'", Locale.ROOT);

    private final StringBuilder text = new StringBuilder("{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [");
    private String separator = "\n";

    /** A file, with the CRC-32C of all its bytes. */
    PostgresManifest file(String path, long sizeBytes, Instant modified, int crc32c) {
        // PostgreSQL prints the bytes of the number as they lie in memory.
        text.append(separator)
                .append("{ \"Path\": \"")
                .append(path.replace("\\", "\\\\").replace("\"", "\\\""))
                .append("\", \"Size\": ")
                .append(sizeBytes)
                .append(", \"Last-Modified\": \"")
                .append(TIME.format(modified.atOffset(ZoneOffset.UTC)))
                .append("\", \"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"")
                .append(HexFormat.of().toHexDigits(Integer.reverseBytes(crc32c)))
                .append("\" }");
        separator = ",\n";
        return this;
    }

    /** The whole, with the WAL that it needs and the sum of itself. */
    String finish(List<WalSpan> wal) {
        text.append("\n],\n\"WAL-Ranges\": [");
        separator = "\n";
        for (WalSpan span : wal) {
            text.append(separator)
                    .append("{ \"Timeline\": ")
                    .append(Integer.toUnsignedString(span.timeline().number()))
                    .append(", \"Start-LSN\": \"")
                    .append(span.start())
                    .append("\", \"End-LSN\": \"")
                    .append(span.end())
                    .append("\" }");
            separator = ",\n";
        }
        text.append("\n],\n");
        String sum = sha256(text.toString());
        return text + "\"Manifest-Checksum\": \"" + sum + "\"}\n";
    }

    private static String sha256(String of) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(of.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
