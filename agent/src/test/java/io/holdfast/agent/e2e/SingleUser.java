package io.holdfast.agent.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.LabMember;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A PostgreSQL of a user alone: as one that was restored beside a cluster is looked at. */
final class SingleUser {
    private static final Pattern VALUE = Pattern.compile("1: \\S+ = \"([^\"]*)\"");

    private SingleUser() {}

    /** The value of a query of one row and one column. */
    static String ask(LabMember member, Path data, String sql) {
        Commands.Result single = member.run(Duration.ofMinutes(1), List.of("bash", "-c",
                "echo '" + sql.replace("'", "'\\''")
                        + "' | \"$(dirname \"$(ls /usr/lib/postgresql/*/bin/postgres | tail -1)\")\"/postgres"
                        + " --single -D " + data
                        + " -c archive_mode=off -c shared_preload_libraries= postgres"));
        assertEquals(0, single.exit(), single.text());
        Matcher matcher = VALUE.matcher(single.out());
        assertTrue(matcher.find(), single.text());
        return matcher.group(1);
    }
}
