package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.statesync.KeyFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/api.md has all kinds of keys, as they are in the code. */
class KeyFamilyPageTest {
    @Test
    void thePageHasTheTableOfTheKinds() throws IOException {
        List<String> page = Files.readAllLines(Path.of("../docs/api.md"));
        int head = page.indexOf("| keys | two writers | in an image | what it is |");
        List<String> rows = page.stream().skip(head + 2L).takeWhile(line -> line.startsWith("| ")).toList();
        List<String> kinds = Arrays.stream(KeyFamily.values())
                .map(kind -> "| `" + kind.prefix() + "` | " + kind.conflict().words() + " | " + kind.image().words()
                        + " | " + kind.meaning() + " |")
                .toList();
        assertEquals(String.join("\n", kinds), String.join("\n", rows));
    }
}
