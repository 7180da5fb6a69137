package io.holdfast.backup.io;

import io.holdfast.backup.Content;
import io.holdfast.backup.Manifest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Whole files from memory, as a shard of their own. */
final class SmallFiles {
    private final List<SmallFile> files = new ArrayList<>();

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record SmallFile(String path, byte[] bytes, Instant modified) {}

    /** One more. */
    SmallFiles add(String path, byte[] bytes, Instant modified) {
        files.add(new SmallFile(path, bytes, modified));
        return this;
    }

    /** What of which file is in the shard: all. */
    List<Manifest.Piece> pieces() {
        return files.stream().map(file -> Manifest.Piece.whole(file.path(), file.bytes().length)).toList();
    }

    /** Names them in PostgreSQL's manifest. */
    void describe(PostgresManifest manifest) {
        for (SmallFile file : files) {
            CRC32C sum = new CRC32C();
            sum.update(file.bytes());
            manifest.file(file.path(), file.bytes().length, file.modified(), (int) sum.getValue());
        }
    }

    /** The archive. */
    Content content(TarWriter.Owner owner) {
        return out -> {
            TarWriter tar = new TarWriter(out, owner);
            for (SmallFile file : files) {
                tar.file(file.path(), file.bytes().length, file.modified().getEpochSecond());
                tar.write(file.bytes(), 0, file.bytes().length);
            }
            tar.finish();
        };
    }
}
