package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** That the archive has all that a cluster ever was: no gap on any timeline, and a restore of it is the primary. */
final class ArchiveProof {
    private static final Duration ARCHIVED = Duration.ofMinutes(3);
    static final Duration RESTORED = Duration.ofMinutes(10);
    /** What every table holds, in one line each. */
    private static final String SUMS = """
            SELECT string_agg(format('SELECT %L, count(*)::text, md5(string_agg(t::text, '','' ORDER BY t::text)) FROM %I t',
            relname, relname), ' UNION ALL ' ORDER BY relname) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace""";
    /** Starts the restored server for itself, asks it, and stops it. */
    private static final String ASK = """
            set -eu
            bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
            "$bin/pg_ctl" -D "$1" -l "$1.log" -w -t 120 -o "-c listen_addresses='' -c unix_socket_directories='$1' -c port=5999 \\
                -c archive_mode=off -c ssl=off" start >&2
            trap '"$bin/pg_ctl" -D "$1" -m immediate -w stop >&2' EXIT
            psql -XAtq -v ON_ERROR_STOP=1 -h "$1" -p 5999 -d postgres -c "$2"
            """;

    private ArchiveProof() {}

    /**
     * Looks, and restores, on a cluster that is well and whose writers have ended.
     *
     * @return what was seen, for people
     */
    static String of(Lab lab) throws Exception {
        LabMember primary = lab.primary();
        // The round trip of a segment: all before it is archived then.
        Eventually.within(ARCHIVED, "a segment is archived", () -> primary.cli("backup", "check").exit() == 0);
        String identity = lab.backups().identity().toString();
        Commands.Result verify = Eventually.get(ARCHIVED, "the archive is whole",
                () -> Optional.of(primary.cli(RESTORED, "backup", "verify", "--identity", identity))
                        .filter(result -> result.exit() == 0));
        Path copy = lab.backups().restores().resolve("latest");
        Commands.Result restored = primary.cli(RESTORED, "restore", "--to", copy.toString(), "--target", "latest",
                "--identity",
                identity);
        assertEquals(0, restored.exit(), restored.text());
        String sql = primary.target().query(SUMS).get(0).get(0);
        List<String> there = primary.target().query(sql).stream().map(row -> String.join("|", row)).sorted().toList();
        Commands.Result asked = primary.run(RESTORED, List.of("bash", "-c", ASK, "ask", copy.toString(), sql));
        assertEquals(0, asked.exit(), asked.text());
        assertEquals(there, asked.out().strip().lines().sorted().toList(), "the restored state is the primary's");
        Commands.must("rm", "-rf", copy.toString());
        return verify.out().strip() + "\nrestored to the latest state, and every table is the primary's: " + there;
    }
}
