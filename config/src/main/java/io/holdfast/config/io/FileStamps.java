package io.holdfast.config.io;

import io.holdfast.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * What tells one version of some files from another without reading them.
 *
 * @param stamps one a file; empty for one that is not there
 */
public record FileStamps(List<String> stamps) {
    /** Takes an immutable copy. */
    public FileStamps {
        stamps = List.copyOf(stamps);
    }

    /** Of the three files of a certificate. */
    public static FileStamps of(TlsConfig files) {
        return of(List.of(files.ca(), files.cert(), files.key()));
    }

    /** Of some files. */
    public static FileStamps of(List<Path> files) {
        return new FileStamps(files.stream().map(FileStamps::stamp).toList());
    }

    /** False while one of them is being replaced, or is gone. */
    public boolean areThere() {
        return !stamps.contains("");
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return now.fileKey() + " " + now.size() + " " + now.lastModifiedTime();
        } catch (IOException e) {
            // It is being replaced, or gone: there is another stamp as soon as it is back.
            return "";
        }
    }
}
