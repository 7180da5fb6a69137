package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Distribution;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who does not belong to the cluster stays outside, and neither side is damaged. */
@ExtendWith(LabExtension.class)
class IntruderIT {
    private static final Steps STEPS = new Steps("IntruderIT");
    private static final Duration SOON = Duration.ofSeconds(45);
    private static final Pattern PROBLEM = Pattern.compile("HF-\\d{4} ");
    private static Lab lab;
    private static LabMember db3;

    @BeforeAll
    static void start() {
        lab = Lab.prepare(LabSpec.members(3).on(LabSpec.Wires.LOOPBACK), "IntruderIT");
        db3 = lab.member("db3");
        lab.member("db1").startAgent();
        lab.member("db2").startAgent();
        Eventually.within(Scenario.BOOTSTRAP, "db1 and db2 are well", IntruderIT::twoAreWell);
    }

    @Test
    void aDataDirectoryOfAnotherClusterIsRefusedAndKept() throws IOException {
        Commands.Result made = db3.run(Duration.ofSeconds(60),
                List.of(initdb(), "-D", db3.data().toString(), "-U", "postgres",
                        "-A", "trust", "-N", "-k"));
        assertEquals(0, made.exit(), made.text());
        byte[] control = Files.readAllBytes(db3.data().resolve("global/pg_control"));
        db3.startAgent();
        STEPS.step("db3 starts with the data directory of another cluster");
        try {
            Eventually.within(SOON, "db3 says HF-",
                    () -> PROBLEM.matcher(Files.readString(db3.log())).find() || PROBLEM.matcher(whyOf("db3")).find());
            Eventually.throughout(Duration.ofSeconds(5), "db3's PostgreSQL does not run, and db1 and db2 are well",
                    () -> db3.postmasterPid().isEmpty() && twoAreWell());
            assertArrayEquals(control,
                    Files.readAllBytes(db3.data().resolve("global/pg_control")), "pg_control was written");
        } finally {
            if (db3.agentPid().isPresent()) {
                db3.faults().killAgent();
            }
        }
    }

    @Test
    void aSecondMemberOfTheSameNameIsRefused() throws IOException {
        LabMember db2 = lab.member("db2");
        Path elsewhere = db3.directory().resolve("twin");
        String twin = Files.readString(db2.config());
        int own = db2.target().port() / 10;
        // Ten ports that are the lab's and no member's; files of its own; the name and the certificate of db2.
        int free = own - own % 10 + 9;
        twin = twin.replace("127.0.0.1:" + own, "127.0.0.1:" + free)
                .replace(db2.directory().toString(), elsewhere.toString());
        Commands.must("install", "-d", "-o", owner(db2.directory()), "-m", "700",
                elsewhere.toString(), elsewhere.resolve("data").toString());
        Path config = Files.writeString(elsewhere.resolve("holdfast.yaml"), twin);
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-r--r--"));
        Process agent = db3.start(List.of(Distribution.find().binary().toString(), "agent", "-c",
                config.toString()), "twin.log");
        STEPS.step("a second db2 starts");
        try {
            Path log = db3.directory().resolve("twin.log");
            Eventually.within(SOON, "the second db2 says HF-", () -> PROBLEM.matcher(Files.readString(log)).find());
            Eventually.throughout(Duration.ofSeconds(5), "db1 and db2 are well", IntruderIT::twoAreWell);
        } finally {
            agent.destroyForcibly();
        }
    }

    private static boolean twoAreWell() {
        List<LabMember> primaries = lab.primaries();
        // The standby's own word: on the primary a clone in progress looks as if it streamed.
        return primaries.size() == 1 && primaries.get(0) != db3 && lab.others(primaries.get(0))
                .stream()
                .filter(m -> m != db3)
                .allMatch(m -> m.target()
                        .ask("SELECT status FROM pg_stat_wal_receiver")
                        .filter("streaming"::equals)
                        .isPresent());
    }

    private static String whyOf(String member) {
        return lab.status().member(member).map(ClusterStatus.Member::why).orElse("");
    }

    private static String owner(Path path) throws IOException {
        return Files.getOwner(path).getName();
    }

    private static String initdb() throws IOException {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(v -> v.resolve("bin/initdb"))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow()
                    .toString();
        }
    }
}
