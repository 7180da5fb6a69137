package io.holdfast.config.io;

import io.holdfast.config.Finding;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds PostgreSQL's binaries. */
public final class PostgresBinaries {
    private PostgresBinaries() {}

    /**
     * What makes the binaries unusable: one is missing, or too old, or of another version than the data directory. To be asked
     * before anything is started.
     */
    public static List<Problem> problems(HoldfastConfig config) {
        if (config.isWitness()) {
            return List.of();
        }
        try {
            return new DoctorPostgres(config.postgresqlOrThrow(), config.cluster().settings()).binaries()
                    .stream()
                    .filter(finding -> finding.severity() == Finding.Severity.ERROR)
                    .map(Finding::problem)
                    .toList();
        } catch (IOException e) {
            return List.of(new Problem("HF-0040", "postgresql.bin: postgres cannot be run: " + e.getMessage(),
                    "postgresql.bin must name the directory of a complete server installation."));
        }
    }

    /** The newest {@code /usr/lib/postgresql/N/bin}, then the first directory of the PATH that has {@code postgres}. */
    public static Optional<Path> find() {
        return find(Path.of("/usr/lib/postgresql"), SearchPath.directories());
    }

    static Optional<Path> find(Path versions, List<Path> path) {
        List<Path> candidates = new ArrayList<>();
        if (Files.isDirectory(versions)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(versions,
                    entry -> entry.getFileName().toString().matches("[0-9]{1,4}"))) {
                entries.forEach(candidates::add);
            } catch (IOException e) {
                // A directory that cannot be listed holds nothing that can be used.
                candidates.clear();
            }
        }
        candidates.sort(Comparator.comparingInt((Path entry) -> Integer.parseInt(entry.getFileName().toString()))
                .reversed());
        candidates.replaceAll(entry -> entry.resolve("bin"));
        candidates.addAll(path);
        return candidates.stream().filter(bin -> Files.isExecutable(bin.resolve("postgres"))).findFirst();
    }
}
