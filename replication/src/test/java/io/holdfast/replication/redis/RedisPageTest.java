package io.holdfast.replication.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The page about Redis says what the findings say; {@code -Dwrite.docs=true} writes the table anew. */
class RedisPageTest {
    private static final Path PAGE = Path.of("../docs/redis.md");
    private static final String FROM = "<!-- findings: made of FindingKind -->\n";
    private static final String TO = "<!-- end -->\n";

    @Test
    void theTableIsThatOfTheFindings() throws IOException {
        String page = Files.readString(PAGE);
        String wanted = page.substring(0, page.indexOf(FROM) + FROM.length()) + table()
                + page.substring(page.indexOf(TO));
        if (Boolean.getBoolean("write.docs")) {
            Files.writeString(PAGE, wanted);
            return;
        }
        assertEquals(wanted, page, "write it anew with -Dwrite.docs=true");
    }

    private static String table() {
        StringBuilder table = new StringBuilder(
                "\n| finding | severity | what is | what to do |\n| --- | --- | --- | --- |\n");
        for (FindingKind kind : FindingKind.values()) {
            table.append("| `%s` | %s | %s | %s |%n".formatted(kind.word(),
                    kind.severity().name().toLowerCase(Locale.ROOT), kind.fact(), kind.hint()));
        }
        return table.append('\n').toString();
    }
}
