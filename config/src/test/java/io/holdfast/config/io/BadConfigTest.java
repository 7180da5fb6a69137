package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BadConfigTest {
    private static final String GOOD = """
            cluster:
              name: orders
              settings:
                lease: 5s
            member: db1
            listen: {health: 10.0.0.1:8008, peer: 10.0.0.1:8010}
            peers: {db1: 10.0.0.1:8010, db2: 10.0.0.2:8010}
            tls: {ca: ca.crt, cert: db1.crt, key: db1.key}
            postgresql:
              data: /d
              bin: /b
              address: 10.0.0.1:5432
            """;

    private static List<ConfigProblem> problems(String yaml) {
        return assertThrows(ConfigException.class,
                () -> ConfigLoader.read(yaml, Path.of("/etc/holdfast"), Map.of("PW", "topsecret")::get)).problems();
    }

    /** Replaces the first text by the second in a good file, and expects exactly one problem. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "lease: 5s            | leese: 5s               | HF-0004 | cluster.settings.leese | 4  | did you mean 'lease'?",
            "lease: 5s            | suspect_after: 1s       | HF-0004 | cluster.settings.suspect_after | 4 | did you mean 'suspect-after'?",
            "lease: 5s            | warp: 9                 | HF-0004 | cluster.settings.warp  | 4  | what can stand here: durability, acks",
            "member: db1          | memebr: db1             | HF-0005 | member                 | 0  | this node's name",
            "lease: 5s            | acks: many              | HF-0006 | cluster.settings.acks  | 4  | how many standbys",
            "lease: 5s            | acks: [1]               | HF-0006 | cluster.settings.acks  | 4  | for example 1",
            "lease: 5s            | acks: 0                 | HF-0007 | cluster.settings.acks  | 4  | between 1 and 8",
            "lease: 5s            | lease: 500ms            | HF-0007 | cluster.settings.lease | 4  | between 1s and 10m",
            "lease: 5s            | max-lag: 2048TiB        | HF-0007 | cluster.settings.max-lag | 4 | between 0B and 1TiB",
            "lease: 5s            | lease: 5 sec            | HF-0008 | cluster.settings.lease | 4  | a whole number and a unit (ms",
            "lease: 5s            | lease: 5                | HF-0008 | cluster.settings.lease | 4  | for example 5s",
            "lease: 5s            | max-lag: 1MB            | HF-0008 | cluster.settings.max-lag | 4 | KiB, MiB",
            "lease: 5s            | lease:                  | HF-0006 | cluster.settings.lease | 4  | for example 5s",
            "lease: 5s            | durability: qourum      | HF-0009 | cluster.settings.durability | 4 | did you mean 'quorum'? One of: quorum, async",
            "lease: 5s            | when-alone: yes         | HF-0009 | cluster.settings.when-alone | 4 | One of: continue, wait",
            "lease: 5s            | lease: ${env:NOPE}      | HF-0010 | cluster.settings.lease | 4  | set it where the agent is started",
            "lease: 5s            | lease: ${file:/no/such} | HF-0011 | cluster.settings.lease | 4  | readable for the user",
            "lease: 5s            | lease: ${vault:x}       | HF-0012 | cluster.settings.lease | 4  | ${env:NAME} or ${file:PATH}",
            "member: db1          | member: db7             | HF-0013 | member                 | 5  | one of: db1, db2",
            "member: db1          | member: DB_1            | HF-0008 | member                 | 5  | lower-case letters",
            "tls: {               | #                       | HF-0014 | tls                    | 0  | holdfast certs init",
            "10.0.0.2:8010        | 10.0.0.1:8010           | HF-0015 | peers.db2              | 7  | an address of its own",
            "10.0.0.1:8008        | 0.0.0.0:8010            | HF-0016 | listen.peer            | 6  | its own port",
            "10.0.0.1:8008        | 10.0.0.1                | HF-0008 | listen.health          | 6  | host:port",
            "10.0.0.1:8008        | 10.0.0.1:80080          | HF-0008 | listen.health          | 6  | 1 to 65535",
            "lease: 5s            | suspect-after: 5s       | HF-0017 | cluster.settings.suspect-after | 4 | before the lease runs out",
            "lease: 5s            | acks: 2                 | HF-0018 | cluster.settings.acks  | 4  | add members",
            "lease: 5s            | parameters: {port: 1}   | HF-0020 | cluster.settings.parameters.port | 4 | remove it",
            "lease: 5s            | parameters: {Work Mem: 1} | HF-0008 | cluster.settings.parameters.Work Mem | 4 | in lower case",
            "lease: 5s            | parameters: {work_mem: [1]} | HF-0006 | cluster.settings.parameters.work_mem | 4 | as in postgresql.conf",
            "data: /d             | hba: [trust everybody]  | HF-0005 | postgresql.data        | 9 | the data directory",
            "bin: /b              | bin: /b\\n  tags: {nosync: maybe} | HF-0006 | postgresql.tags.nosync | 12 | never in the sync set",
            "bin: /b              | bin: /b\\n  superuser: {user: pg_root} | HF-0008 | postgresql.superuser.user | 12 | pg_",
            "bin: /b              | bin: /b\\n  hba: [trust everybody] | HF-0008 | postgresql.hba[0] | 12 | a line of pg_hba.conf",
            "bin: /b              | bin: /b\\n  bin: /c      | HF-0003 | postgresql.bin         | 12 | remove one of the two",
            "name: orders         | name: orders\\n  bootstrap: {initdb: [-D/x]} | HF-0008 | cluster.bootstrap.initdb[0] | 3 | a hyphen",
            "postgresql:          | postgresql: []\\nbackup: | HF-0006 | postgresql            | 9  | left out: a witness",
            "member: db1          | member: db1\\nbackup: {repository: file:/b} | HF-0024 | backup.recipients | 6 | encryption: none",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, recipients: []} | HF-0024 | backup.recipients | 6 | holdfast keys new",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, recipients: [age1qqq]} | HF-0008 | backup.recipients[0] | 6 | NAME.pub",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, recipients: [age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj], encryption: none} | HF-0025 | backup.encryption | 6 | the one or the other",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, encryption: off} | HF-0009 | backup.encryption | 6 | none",
            "member: db1          | member: db1\\nbackup: {repository: /b, encryption: none} | HF-0008 | backup.repository | 6 | s3://bucket/prefix",
            "member: db1          | member: db1\\nbackup: {repository: s3://B/x, encryption: none} | HF-0008 | backup.repository | 6 | s3://bucket/prefix",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, encryption: none, s3: {region: x}} | HF-0026 | backup.s3 | 6 | s3://",
            "member: db1          | member: db1\\nbackup: {repository: s3://bbb, encryption: none, s3: {access-key: x}} | HF-0026 | backup.s3 | 6 | secret-key",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, encryption: none, schedule: 0 25 * * *} | HF-0028 | backup.schedule | 6 | 0 2 * * *",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, encryption: none, rate: 50MB} | HF-0008 | backup.rate | 6 | 1MiB",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, encryption: none, drill: {schedule: 0 4 * * 9}} | HF-0028 | backup.drill.schedule | 6 | 0 2 * * *",
            "member: db1          | member: db1\\nbackup: {repository: file:/b, recipients: [age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj], drill: {pick: newest}} | HF-0029 | backup.drill.identity | 6 | to a member that has one",
            "member: db1          | member: db1\\nredis: {sentinels: [r1:26379], masters: [cache], relay: {master: cash}} | HF-6011 | redis.relay.master | 6 | one of: cache",})
    void saysWhatIsWrongWhereAndWhatToDo(String good, String bad, String code, String path, int line, String hint) {
        String yaml = GOOD.replace(good, bad.replace("\\n", "\n"));
        List<ConfigProblem> problems = problems(yaml);
        ConfigProblem problem = problems.stream()
                .filter(one -> one.path().equals(path))
                .findFirst()
                .orElseThrow(() -> new AssertionError(problems));
        assertEquals(code, problem.code(), problem.message());
        assertEquals(line, problem.line(), problem.message());
        assertTrue(problem.hint().contains(hint), problem.message());
        assertTrue(problem.message().startsWith(code + " " + path), problem.message());
        assertTrue(problem.message().contains(". Hint: "), problem.message());
    }

    @Test
    void reportsAllProblemsAtOnceInTheOrderOfTheFile() {
        List<ConfigProblem> problems = problems("""
                cluster:
                  nmae: orders
                  settings: {lease: 5, acks: 99, durability: maybe, lease: 6s}
                member: db9
                peers: {db1: 10.0.0.1:8010, db2: nowhere}
                postgresql: {data: ${env:NOPE}, address: 1}
                shoes: 2
                """);
        assertEquals(
                Set.of("HF-0004 cluster.nmae", "HF-0005 cluster.name", "HF-0003 cluster.settings.lease",
                        "HF-0007 cluster.settings.acks", "HF-0008 cluster.settings.lease",
                        "HF-0009 cluster.settings.durability", "HF-0013 member", "HF-0008 peers.db2",
                        "HF-0008 postgresql.address", "HF-0010 postgresql.data", "HF-0004 shoes", "HF-0014 tls"),
                problems.stream().map(problem -> problem.code() + " " + problem.path()).collect(Collectors.toSet()),
                () -> problems.stream().map(ConfigProblem::message).collect(Collectors.joining("\n")));
        List<Integer> lines = problems.stream().map(ConfigProblem::line).filter(line -> line > 0).toList();
        assertEquals(lines.stream().sorted().toList(), lines);
    }

    @Test
    void doesNotShowTheValueOfASecret() {
        String yaml = GOOD.replace("bin: /b", "bin: /b\n  superuser: {password: [topsecret]}");
        List<ConfigProblem> problems = problems(yaml);
        assertEquals(1, problems.size());
        assertFalse(problems.getFirst().message().contains("topsecret"), problems.getFirst().message());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"a: [1          | HF-0002", "a: b: c        | HF-0002",
            "\\tmember: x   | HF-0002", "just words     | HF-0006", "- 1            | HF-0006",
            "a: 1\\n---\\nb: 2 | HF-0002", "`` | HF-0005"})
    void saysWhatIsNoConfigurationAtAll(String yaml, String code) {
        List<ConfigProblem> problems = problems(yaml.replace("\\n", "\n").replace("\\t", "\t"));
        assertEquals(code, problems.getFirst().code(), problems.getFirst().message());
    }

    @Test
    void namesAFileThatIsNotThere(@TempDir Path directory) {
        Path file = directory.resolve("holdfast.yaml");
        ConfigProblem problem = assertThrows(ConfigException.class, () -> ConfigLoader.load(file)).problems()
                .getFirst();
        assertEquals("HF-0001 the configuration " + file + " cannot be read (no such file). "
                + "Hint: name another with -c FILE or HOLDFAST_CONFIG, or make it readable.", problem.message());
    }

    @Test
    void aNewlineAtTheEndIsNotPartOfAName() {
        assertEquals("HF-0008", problems(GOOD.replace("member: db1", "member: \"db1\\n\"")).getFirst().code());
    }
}
