package io.holdfast.backup.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.holdfast.backup.Manifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/** PostgreSQL's own {@code backup_manifest} (manual, "Backup Manifest Format"): the files of a backup and their checksums. */
final class PostgresFiles {
    static final String NAME = "backup_manifest";

    private PostgresFiles() {}

    /**
     * A file.
     *
     * @param path where it lies
     * @param sizeBytes how long it is
     * @param algorithm of its checksum
     * @param checksum in hexadecimal digits
     */
    record File(String path, long sizeBytes, String algorithm, String checksum) {

        /** True when it is there, byte for byte. */
        boolean isThere(Path file) throws IOException {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == sizeBytes
                    && !checksum.isEmpty()
                    && checksumOf(file).equalsIgnoreCase(checksum);
        }

        private String checksumOf(Path file) throws IOException {
            try {
                if (algorithm.equals("CRC32C")) {
                    CRC32C crc = new CRC32C();
                    read(file, crc::update);
                    // As the bytes lie in memory of a little-endian machine: PostgreSQL copies them so.
                    return HexFormat.of().toHexDigits(Integer.reverseBytes((int) crc.getValue()));
                }
                MessageDigest digest = MessageDigest.getInstance(algorithm.replace("SHA", "SHA-"));
                read(file, digest::update);
                return HexFormat.of().formatHex(digest.digest());
            } catch (NoSuchAlgorithmException e) {
                // A checksum that nobody here knows tells nothing: the file is written anew.
                return "";
            }
        }

        private void read(Path file, Consumer<ByteBuffer> sum) throws IOException {
            if (sizeBytes < BulkInput.LARGE) {
                sum.accept(ByteBuffer.wrap(Files.readAllBytes(file)));
                return;
            }
            try (BulkFile in = BulkFile.open(file)) {
                byte[] window = new byte[BulkOutput.BUFFER];
                int got = in.read(0, window, 0, window.length);
                for (long at = 0; got > 0; got = in.read(at, window, 0, window.length)) {
                    sum.accept(ByteBuffer.wrap(window, 0, got));
                    at += got;
                }
            }
        }
    }

    /** All files. */
    static List<File> read(byte[] text) throws IOException {
        List<File> files = new ArrayList<>();
        for (JsonNode file : JsonMapper.builder().build().readTree(text).path("Files")) {
            String path = file.has("Path")
                    ? file.path("Path").asText()
                    : new String(HexFormat.of().parseHex(file.path("Encoded-Path").asText()), StandardCharsets.UTF_8);
            // This throws where a path leads out of the directory.
            Manifest.Piece whole = Manifest.Piece.whole(path, file.path("Size").asLong());
            files.add(new File(whole.path(), whole.fileBytes(),
                    file.path("Checksum-Algorithm").asText("NONE").toUpperCase(Locale.ROOT),
                    file.path("Checksum").asText()));
        }
        return files;
    }
}
