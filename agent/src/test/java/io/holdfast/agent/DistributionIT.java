package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The distribution as a user meets it: {@code bin/holdfast} and {@code lib}. */
final class DistributionIT {
    private static final Path DIST = Path.of(Objects.requireNonNull(System.getProperty("holdfast.dist")));
    /** Far more than a start takes; only a hang reaches it. */
    private static final Duration LONGEST = Duration.ofSeconds(60);

    @TempDir
    Path folder = Path.of("/nonexistent");

    /** What a program said, and its exit code. */
    private record Said(int code, String out, String err) {}

    @Test
    void answersWithAJavaThatItFindsItself() throws Exception {
        Said said = run(Map.of(), DIST.resolve("bin/holdfast").toString(), "--version");
        assertEquals("", said.err());
        assertEquals(0, said.code());
        assertTrue(said.out().startsWith("holdfast "), said.out());
    }

    @Test
    void startsThroughASymbolicLinkAndFromAPathWithSpaces() throws Exception {
        Path copy = copyOfTheDistribution("a b");
        Path link = Files.createSymbolicLink(folder.resolve("link"), copy.resolve("bin/holdfast"));
        Said said = run(Map.of(), link.toString(), "--version");
        assertEquals("", said.err());
        assertEquals(0, said.code());
    }

    @Test
    void isSilentAboutAnAotCacheThatDoesNotFit() throws Exception {
        Path copy = copyOfTheDistribution("broken-cache");
        List<Path> caches;
        try (Stream<Path> files = Files.list(copy.resolve("lib"))) {
            caches = files.filter(file -> file.toString().endsWith(".aot")).toList();
        }
        assertFalse(caches.isEmpty(), "the build made no AOT cache");
        for (Path cache : caches) {
            Files.writeString(cache, "not a cache");
        }
        Said said = run(Map.of(), copy.resolve("bin/holdfast").toString(), "--version");
        assertEquals("", said.err());
        assertEquals(0, said.code());
    }

    @Test
    void saysWhatItLookedAtWhenThereIsNoJava25() throws Exception {
        assumeTrue(run(Map.of(), "unshare", "-m", "true").code() == 0, "needs root for a mount namespace of its own");
        String hide = "for d in /usr/lib/jvm /usr/java /opt; do [ ! -d $d ] || mount -t tmpfs none $d || exit 9; done; "
                + "exec \"$0\" status";
        Said said = run(Map.of("HOME", folder.toString(), "PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "HOLDFAST_JAVA_HOME",
                "/nowhere", "JAVA_HOME", ""), "unshare", "-m", "sh", "-c", hide,
                DIST.resolve("bin/holdfast").toString());
        assertEquals(1, said.code());
        assertTrue(said.err().startsWith("HF-0904 no Java 25 was found; looked at "), said.err());
        assertTrue(said.err().contains("HOLDFAST_JAVA_HOME (/nowhere: no Java there)"), said.err());
        assertTrue(said.err().contains("Hint: install a JDK or JRE 25"), said.err());
    }

    @Test
    void handsMoreFlagsToTheJvmWithItsProcessId() throws Exception {
        Said said = run(Map.of("HOLDFAST_JVM_OPTS", "-Dmark=%p -XX:+PrintCommandLineFlags -Xmx77m"),
                DIST.resolve("bin/holdfast").toString(), "--version");
        assertEquals(0, said.code());
        assertTrue((said.out() + said.err()).contains("-XX:MaxHeapSize=" + (77 << 20)), said.out());
    }

    @Test
    void holdsNoTestLibraries() throws Exception {
        try (Stream<Path> files = Files.list(DIST.resolve("lib"))) {
            List<String> foreign = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("(testkit|junit|jqwik|archunit|error_prone|nullaway|org\\.jacoco).*"))
                    .toList();
            assertEquals(List.of(), foreign);
        }
    }

    private Path copyOfTheDistribution(String name) throws IOException {
        Path copy = folder.resolve(name);
        try (Stream<Path> files = Files.walk(DIST)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(DIST.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        return copy;
    }

    private Said run(Map<String, String> environment, String... command) throws Exception {
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command))).redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError(String.join(" ", command) + " did not end within " + LONGEST);
        }
        return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
