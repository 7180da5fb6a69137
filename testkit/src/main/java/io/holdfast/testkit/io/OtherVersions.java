package io.holdfast.testkit.io;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Assumptions;

/** PostgreSQL of other major versions than the system's, fetched once where the machine reaches a mirror. */
public final class OtherVersions {
    private static final Duration FETCH = Duration.ofMinutes(10);
    private static final Map<Integer, Commands.Result> KNOWN = new ConcurrentHashMap<>();

    private OtherVersions() {}

    /** The directory of a major version's programs; skips the test, and says why, where they cannot be had. */
    public static Path bin(int version) {
        Commands.Result result = KNOWN.computeIfAbsent(version, v -> {
            // Maven's tests run in their module's directory, programs where make does.
            Path script = Files.exists(Path.of("build/postgres"))
                    ? Path.of("build/postgres")
                    : Path.of("../build/postgres");
            return Commands.run(FETCH, List.of(script.toAbsolutePath().normalize().toString(), Integer.toString(v)));
        });
        Assumptions.assumeTrue(result.exit() == 0, result.text().strip());
        return Path.of(result.out().strip());
    }
}
