package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.ClusterStatus;
import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Distribution;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.StatusJson;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/deploy.md, block by block, on machines that have nothing but packages, each with its own systemd: a cluster comes of it, and
 * an agent that is upgraded, and rolled back, in place is no failover and no restart of PostgreSQL.
 */
@Tag("long")
class DeployPageIT {
    private static final Steps STEPS = new Steps("DeployPageIT");
    private static final Path PAGE = Path.of("../docs/deploy.md");
    private static final List<String> DATABASES = List.of("db1", "db2", "db3");
    /** A write may wait this long for an agent that is exchanged; it should not wait at all. */
    private static final double PAUSE_SECONDS = 2;
    private static final String SETTING = "    durability: quorum\n";
    /** Longer than by default: on a busy machine an agent needs some seconds to start. */
    private static final String LEASE = "    lease: 20s\n";
    private static final String READ_PASSWORD = "export PGPASSWORD=$(cat /root/app.password)\n";
    private static final String PSQL = READ_PASSWORD + "psql -h 127.0.0.1 -p 5000 -U app -Atq app ";
    private static final String VERSION_ENTRY = "META-INF/maven/io.holdfast/agent/pom.properties";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    Path directory;

    private final Phone phone = new Phone();

    @Test
    void thePageLeadsToAClusterWhoseAgentsAreUpgradedWithoutAFailover() throws Exception {
        Machine.unavailable().ifPresent(why -> Assumptions.abort("no machines can be made here: " + why));
        List<String> versions = DeployPage.versions(PAGE);
        assertEquals(2, versions.size(), "the page tells of two versions");
        List<DeployPage.Block> blocks = DeployPage.read(PAGE);
        assertTrue(blocks.size() > 15, () -> "the page is not read as it should be: " + blocks);
        Path shared = Files.createDirectory(directory.resolve("machines"));
        pack(shared, versions.get(0), versions.get(1));
        try (Machines machines = new Machines(shared, List.of("db1", "db2", "db3", "proxy", "ops"))) {
            STEPS.step("five machines are up, each with its systemd");
            furnish(machines, versions);
            follow(machines, blocks.stream().filter(block -> !isLater(block)).toList());
            assertEquals("100 0", machines.get("db3")
                    .must("cd /proc; server=$(head -1 /var/lib/postgresql/15/main/postmaster.pid)\n"
                            + "echo $(cat $server/oom_score_adj) $(cat $(pgrep -o -P $server)/oom_score_adj)")
                    .strip(), "the kernel kills backends before the postmaster");
            upgrade(machines, blocks, versions);
        }
    }

    private static boolean isLater(DeployPage.Block block) {
        return block.heading().equals(DeployPage.UPGRADE) || block.heading().equals(DeployPage.BACK);
    }

    /** What the page takes as given: the packed distributions, and a directory that the database hosts share. */
    private static void furnish(Machines machines, List<String> versions) {
        for (String host : List.of("db1", "db2", "db3", "ops")) {
            for (String version : versions) {
                machines.get(host).must("ln -s /shared/holdfast-" + version + ".tar /root/");
            }
        }
        for (String host : DATABASES) {
            machines.get(host)
                    .must("install -d -o postgres -g postgres /shared/backups /var/backups/holdfast\n"
                            + "mount --bind /shared/backups /var/backups/holdfast");
        }
        // Only a kernel's administrator may lower what the unit lowers; that it is the agent's and not the backends' shows so too.
        machines.get("db3")
                .must("mkdir -p /etc/systemd/system/holdfast.service.d\n"
                        + "printf '[Service]\\nOOMScoreAdjust=100\\n' >/etc/systemd/system/holdfast.service.d/oom.conf");
    }

    private void follow(Machines machines, List<DeployPage.Block> blocks) throws Exception {
        for (DeployPage.Block block : blocks) {
            long begin = System.nanoTime();
            for (String host : block.hosts()) {
                if (block.asks()) {
                    talk(machines.get(host), block);
                } else {
                    run(machines, host, String.join("\n", block.lines()).replace(SETTING, SETTING + LEASE));
                }
            }
            machines.deliver();
            STEPS.step(block.heading() + ", on " + String.join(", ", block.hosts()) + ": "
                    + (System.nanoTime() - begin) / 1_000_000 + " ms");
        }
    }

    private static String run(Machines machines, String host, String lines) {
        Commands.Result result = machines.get(host).run(lines);
        if (result.exit() != 0) {
            String journals = DATABASES.stream()
                    .map(name -> name + ":\n"
                            + machines.get(name).run("journalctl -u holdfast -n 30 --no-pager").text())
                    .collect(Collectors.joining("\n"));
            throw new AssertionError(
                    host + ": exit code " + result.exit() + " of\n" + lines + "\n" + result.text() + "\n"
                            + journals);
        }
        return result.out();
    }

    private void talk(Machine machine, DeployPage.Block block) throws Exception {
        List<String> fenced = Stream.of(List.of("```"), block.lines(), List.of("```")).flatMap(List::stream).toList();
        for (Transcript.Step step : Transcript.read(fenced)) {
            try (Conversation conversation = new Conversation(machine.program(List.of("bash", "-c", step.command())))) {
                for (Transcript.Typed typed : step.typed()) {
                    conversation.awaitQuestion(typed.question());
                    phone.look(conversation.printed());
                    conversation.type(phone.answer(typed.name()));
                }
                assertEquals(0, conversation.end(), conversation.printed());
                assertTrue(step.fits(conversation.printed()),
                        () -> step.command() + "\nprinted\n" + conversation.printed());
            }
        }
    }

    /** Under a writer whose session lasts from the first agent that is exchanged to the last that is rolled back. */
    private void upgrade(Machines machines, List<DeployPage.Block> blocks, List<String> versions) throws Exception {
        Machine proxy = machines.get("proxy");
        proxy.must(PSQL + "-c 'CREATE TABLE ticks (at timestamptz DEFAULT clock_timestamp(), "
                + "session int DEFAULT pg_backend_pid())'");
        Map<String, String> servers = servers(machines);
        ClusterStatus before = status(machines);
        String history = machines.get("db1").must("holdfast history --json");
        Process writer = proxy.program(List.of("bash", "-c", READ_PASSWORD + "printf '%s\\n' "
                + "'INSERT INTO ticks DEFAULT VALUES' '\\watch 0.05' | exec psql -q "
                + "'postgresql://app@10.0.0.1,10.0.0.2,10.0.0.3/app?target_session_attrs=read-write'"))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("writer.log").toFile())
                .start();
        ticks(proxy, 20);
        follow(machines, blocks.stream().filter(block -> block.heading().equals(DeployPage.UPGRADE)).toList());
        runs(machines, versions.get(1));
        follow(machines, blocks.stream().filter(block -> block.heading().equals(DeployPage.BACK)).toList());
        runs(machines, versions.get(0));
        ticks(proxy, 20);
        assertTrue(writer.isAlive(), () -> "the writer's session has ended");
        proxy.must("pkill psql");

        ClusterStatus after = status(machines);
        assertEquals(servers, servers(machines), "a PostgreSQL was restarted");
        assertEquals(before.epoch(), after.epoch());
        assertEquals(before.timeline(), after.timeline());
        assertEquals(history, machines.get("db1").must("holdfast history --json"));
        String[] seen = proxy
                .must(PSQL + "-F ' ' -c 'SELECT count(DISTINCT session), count(*), max(gap) FROM (SELECT session, "
                        + "extract(epoch FROM at - lag(at) OVER (ORDER BY at)) AS gap FROM ticks) AS t'")
                .strip()
                .split(" ", -1);
        STEPS.step("six agents exchanged: epoch " + after.epoch() + " and timeline " + after.timeline() + " as before, "
                + seen[1] + " writes in " + seen[0] + " session, the longest pause " + seen[2] + " s");
        assertEquals("1", seen[0], "the writer's session broke");
        assertTrue(Double.parseDouble(seen[2]) < PAUSE_SECONDS, "a write waited for " + seen[2] + " s");
    }

    private static void ticks(Machine proxy, int more) {
        int from = Integer.parseInt(proxy.must(PSQL + "-c 'SELECT count(*) FROM ticks'").strip());
        Eventually.within(Duration.ofSeconds(30), "writes go on",
                () -> Integer.parseInt(proxy.must(PSQL + "-c 'SELECT count(*) FROM ticks'").strip()) >= from + more);
    }

    /** Each server's process and the moment that it was started. */
    private static Map<String, String> servers(Machines machines) {
        Map<String, String> servers = new TreeMap<>();
        for (String host : DATABASES) {
            servers.put(host, machines.get(host)
                    .must("head -1 /var/lib/postgresql/15/main/postmaster.pid; runuser -u postgres -- psql -h "
                            + "/var/lib/holdfast/socket -Atqc 'SELECT pg_postmaster_start_time()'"));
        }
        return servers;
    }

    private static ClusterStatus status(Machines machines) {
        return StatusJson.parse(machines.get("db1").must("holdfast status --json"));
    }

    /** The agents' own word for what they are, from the journal. */
    private static void runs(Machines machines, String version) {
        for (String host : DATABASES) {
            String started = machines.get(host)
                    .must("journalctl -u holdfast -o cat --no-pager | grep 'Agent .* has started' | tail -1");
            assertTrue(started.contains("Agent " + version + " of " + host), started);
        }
    }

    /** The distribution as it is, and another that differs in what it says of its version. */
    private static void pack(Path into, String version, String next) throws IOException {
        Path home = Distribution.find().home();
        assertEquals("holdfast-" + version, home.getFileName().toString(), "the page tells of another version");
        Commands.must("tar", "-C", home.resolve("..").toString(), "-cf",
                into.resolve(home.getFileName() + ".tar").toString(),
                home.getFileName().toString());
        Path copy = into.resolve("holdfast-" + next);
        Commands.must("cp", "-a", home.toString(), copy.toString());
        // They fit the other jar.
        Commands.must("bash", "-c", "rm -f \"$1\"/lib/*.aot", "pack", copy.toString());
        URI jar = URI.create("jar:" + copy.resolve("lib/holdfast.jar").toUri());
        try (FileSystem files = FileSystems.newFileSystem(jar, Map.of())) {
            Path entry = files.getPath(VERSION_ENTRY);
            Files.writeString(entry, Files.readString(entry).replace("version=" + version, "version=" + next));
        }
        Commands.must("tar", "-C", into.toString(), "-cf", into.resolve("holdfast-" + next + ".tar").toString(),
                "holdfast-" + next);
        Commands.must("rm", "-r", copy.toString());
    }
}
