package io.holdfast.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unit of the distribution: what systemd itself says of it. DeployPageIT runs it. */
final class SystemdUnitTest {
    private static final Path DIST = Path.of("src/main/dist").toAbsolutePath();
    private static final Path UNIT = DIST.resolve("systemd/holdfast.service");
    /** "OK" ends at 5; what is left is what a database needs: a network, devices' memory, a /tmp that stays. */
    private static final double MOST_EXPOSED = 2.0;
    private static final Pattern EXPOSURE = Pattern.compile("Overall exposure level for \\S+: ([0-9.]+)");

    @TempDir
    Path folder = Path.of("/nonexistent");

    @Test
    void systemdFindsNothingWrong() throws IOException {
        // Where it looks for the program there is none on this machine.
        Path unit = Files.writeString(folder.resolve("holdfast.service"),
                Files.readString(UNIT).replace("/opt/holdfast/", DIST + "/"));
        Commands.Result verified = analyze("verify", "--man=no", unit.toString());
        assertEquals("", verified.text());
        assertEquals(0, verified.exit());
    }

    @Test
    void itIsHardened() {
        Commands.Result looked = analyze("security", "--offline=true", "--no-pager", UNIT.toString());
        Matcher exposure = EXPOSURE.matcher(looked.text());
        assertTrue(exposure.find(), looked.text());
        assertTrue(Double.parseDouble(exposure.group(1)) <= MOST_EXPOSED, looked.text());
    }

    /** PostgreSQL outlives the agent: what changes with each start of the unit, or ends its children, is not for it. */
    @Test
    void postgresqlOutlivesTheAgent() throws IOException {
        List<String> lines = Files.readAllLines(UNIT);
        assertTrue(lines.containsAll(List.of("KillMode=process", "Restart=always", "OOMPolicy=continue")));
        List<String> never = lines.stream()
                .filter(line -> line
                        .matches("(PrivateTmp|PrivateIPC|PrivateNetwork|DynamicUser|RemoveIPC|MemoryDenyWriteExecute"
                                + "|MemoryMax|RuntimeMaxSec|WatchdogSec)=.*"))
                .toList();
        assertEquals(List.of(), never);
    }

    private static Commands.Result analyze(String... arguments) {
        List<String> command = new ArrayList<>(List.of("systemd-analyze"));
        command.addAll(List.of(arguments));
        Commands.Result result = Commands.run(Duration.ofSeconds(30), command);
        assumeTrue(result.exit() != 127, "systemd-analyze is not installed here");
        return result;
    }
}
