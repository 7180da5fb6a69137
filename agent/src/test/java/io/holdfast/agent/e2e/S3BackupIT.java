package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabExtension;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A member whose repository is in an object store, and who makes trial restores by declaration. */
@Tag("long")
@ExtendWith(LabExtension.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class S3BackupIT {
    private static final Steps STEPS = new Steps("S3BackupIT");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Duration A_MINUTE_AND_A_TRIAL = Duration.ofMinutes(4);
    private static ObjectStore store;
    private static Lab lab;
    private static LabMember db1;
    private static Path questions;

    @BeforeAll
    static void start() throws Exception {
        store = ObjectStore.start();
        lab = Lab.prepare(LabSpec.members(1).on(LabSpec.Wires.LOOPBACK).withBackups().parameter("wal_keep_size", "1GB"),
                "S3BackupIT");
        db1 = lab.members().getFirst();
        questions = db1.directory().resolve("questions.sql");
        ask("SELECT count(*) FROM pg_class;");
        String file = "  repository: \"file:" + lab.backups().repository() + "\"\n";
        String yaml = Files.readString(db1.config());
        assertTrue(yaml.contains(file), yaml);
        Files.writeString(db1.config(), yaml.replace(file, store.lines("lab") + """
                  rate: 16MiB
                  retention: {full: 1}
                  drill: {schedule: "* * * * *", identity: %s, pick: random, sql: %s}
                """.formatted(lab.backups().identity(), questions)));
        db1.startAgent();
        lab.awaitHealthy(Scenario.BOOTSTRAP);
        STEPS.step("it is well");
        db1.target().query("CREATE TABLE orders (id int PRIMARY KEY, v text)");
        db1.target().query("INSERT INTO orders SELECT g, md5(g::text) FROM generate_series(1, 20000) g");
    }

    @AfterAll
    static void stop() throws IOException {
        store.close();
    }

    private static void ask(String sql) throws IOException {
        Files.writeString(questions, sql + "\n");
    }

    @Test
    @Order(1)
    void makesBackupsAtItsRateAndArchivesWal() throws Exception {
        Commands.Result full = must("backup", "create", "--full", "--json");
        JsonNode first = catalog().path("backups").get(0);
        long atLeast = first.path("plainBytes").asLong() * 1000 / (16 << 20) * 9 / 10;
        assertTrue(atLeast > 1000 && BackupIT.readingMillis(full) >= atLeast, full.text());
        db1.target().query("INSERT INTO orders SELECT g, 'later' FROM generate_series(20001, 20100) g");
        must("backup", "create");
        for (JsonNode one : catalog().path("backups")) {
            assertEquals("complete", one.path("state").asText(), one.toString());
            assertEquals("trusted", one.path("signature").asText(), one.toString());
        }
        assertEquals(2, catalog().path("backups").size());
        assertTrue(must("backup", "check").text().contains("is what PostgreSQL has written"));
        STEPS.step("two backups, and the archive");
    }

    @Test
    @Order(2)
    void restoresToANamedMoment() throws Exception {
        must("backup", "mark", "before-the-accident");
        db1.target().query("DELETE FROM orders WHERE id > 5");
        db1.target().query("SELECT pg_switch_wal()");
        Path side = db1.directory().resolve("side");
        List<String> restore = List.of("restore", "--to", side.toString(), "--target", "name=before-the-accident",
                "--identity", lab.backups().identity().toString());
        List<String> plan = new ArrayList<>(restore);
        plan.add("--dry-run");
        Eventually.within(SOON, "the restore point is in the archive",
                () -> db1.cli(plan.toArray(String[]::new)).exit() == 0);
        must(restore.toArray(String[]::new));
        assertEquals("20100", SingleUser.ask(lab.primary(), side, "select count(*) from orders"));
        STEPS.step("restored");
    }

    @Test
    @Order(3)
    void isProvedByTrialsThatAreDue() throws Exception {
        Eventually.within(A_MINUTE_AND_A_TRIAL, "a trial that was due has been made", () -> {
            assertTrue(!events().contains("drill-failed"), events());
            return events().contains("drill-passed");
        });
        boolean proved = false;
        for (JsonNode one : catalog().path("backups")) {
            proved |= one.path("proved").path("good").asBoolean();
        }
        assertTrue(proved, catalog().toString());
        STEPS.step("proved by a trial that was due");
        // By hand, with questions that find something.
        ask("SELECT 1 / (SELECT count(*) - count(*) FROM pg_class);");
        Commands.Result failed = db1.cli("backup", "drill");
        assertEquals(1, failed.exit(), failed.text());
        assertTrue(failed.text().contains("HF-5118") && failed.text().contains("division by zero"), failed.text());
        Path log = db1.directory().resolve("state/worker/drill-failed.log");
        assertTrue(failed.text().contains(log.toString()), failed.text());
        String said = Files.readString(log);
        assertTrue(said.contains("redo done at") && said.contains("division by zero"), said);
        Eventually.within(SOON, "it is an event", () -> events().contains("drill-failed"));
        assertTrue(must("backup", "list").text().contains("FAILED"));
        ask("SELECT 1;");
        try (var files = Files.list(db1.directory().resolve("state/worker"))) {
            assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith("drill-db1")),
                    "nothing of them is left");
        }
        STEPS.step("a trial that failed");
    }

    @Test
    @Order(4)
    void isVerifiedAndExpires() throws Exception {
        db1.target().query("SELECT pg_switch_wal()");
        Eventually.within(SOON, "the repository is whole",
                () -> db1.cli("backup", "verify", "--identity", lab.backups().identity().toString())
                        .text()
                        .contains("nothing wrong"));
        must("backup", "create", "--full");
        must("backup", "expire");
        JsonNode left = catalog().path("backups");
        assertEquals(1, left.size(), left.toString());
        assertEquals("full", left.get(0).path("kind").asText());
        STEPS.step("verified, and the older ones are gone");
    }

    /** What an operator does who starts a copy by hand: the verb is its restore_command. */
    @Test
    @Order(5)
    void aCopyThatIsStartedByHandRecoversByTheVerbAndDoesNotEndEarly() throws Exception {
        Path certs = lab.directory().resolve("certs");
        Path copy = db1.directory().resolve("copy");
        Path second = db1.directory().resolve("second");
        for (Path each : List.of(copy, second)) {
            Commands.Result made = postgres("pg_basebackup", "-X", "none", "-c", "fast", "-D", each.toString(), "-d",
                    "host=" + db1.target().host() + " port=" + db1.target().port()
                            + " user=holdfast_repl sslmode=require"
                            + " sslcert=" + certs.resolve("db1.crt") + " sslkey=" + certs.resolve("db1.key"));
            assertEquals(0, made.exit(), made.text());
            db1.run(SOON, List.of("touch", each.resolve("recovery.signal").toString()));
        }
        db1.target().query("INSERT INTO orders SELECT g, 'by hand' FROM generate_series(30001, 30100) g");
        String rows = db1.target().ask("SELECT count(*) FROM orders").orElseThrow();
        String last = db1.target().ask("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").orElseThrow();
        db1.target().query("SELECT pg_switch_wal()");
        Eventually.within(SOON, "the last segment is archived",
                () -> db1.cli("wal", "fetch", last, db1.directory().toString()).exit() == 0);
        Commands.Result started = start(copy);
        assertEquals(0, started.exit(), started.text() + Files.readString(copy.resolve("log")));
        Eventually.within(SOON, "it has recovered to the end", () -> sql(copy, "select not pg_is_in_recovery()")
                .equals("t"));
        assertEquals(rows, sql(copy, "select count(*) from orders"));
        postgres("pg_ctl", "-D", copy.toString(), "-m", "immediate", "stop");
        STEPS.step("recovered by hand");
        store.close();
        Commands.Result stopped = start(second);
        String log = Files.readString(second.resolve("log"));
        assertNotEquals(0, stopped.exit(), stopped.text() + log);
        assertTrue(log.contains("HF-2004") && !log.contains("archive recovery complete"), log);
        STEPS.step("and not at all without the store");
    }

    private static Commands.Result start(Path data) throws IOException {
        Path hba = Files.writeString(db1.directory().resolve("trust.conf"), "local all all trust\n");
        String verb = Path.of(System.getProperty("holdfast.dist")).resolve("bin/holdfast") + " -c " + db1.config()
                + " wal fetch %f %p";
        return postgres("pg_ctl", "-D", data.toString(), "-w", "-t", "120", "-l", data.resolve("log").toString(), "-o",
                "-c listen_addresses= -c unix_socket_directories=" + data + " -c hba_file=" + hba
                        + " -c hot_standby=off -c archive_mode=off -c ssl=off -c primary_conninfo= -c synchronous_standby_names="
                        + " -c restore_command='" + verb + "'",
                "start");
    }

    private static String sql(Path data, String sql) {
        return postgres("psql", "-h", data.toString(), "-p", String.valueOf(db1.target().port()), "-U", "postgres",
                "-Atqc", sql, "postgres").out().strip();
    }

    private static Commands.Result postgres(String program, String... arguments) {
        List<String> words = new ArrayList<>(List.of("bash", "-c",
                "\"$(dirname \"$(ls /usr/lib/postgresql/*/bin/postgres | tail -1)\")\"/\"$0\" \"$@\"", program));
        words.addAll(List.of(arguments));
        return db1.run(SOON, words);
    }

    private static Commands.Result must(String... verb) {
        Commands.Result result = db1.cli(verb);
        assertEquals(0, result.exit(), result.text());
        return result;
    }

    private static String events() {
        return must("events", "--last", "100").text();
    }

    private static JsonNode catalog() throws IOException {
        return JSON.readTree(must("backup", "list", "--json").out());
    }
}
