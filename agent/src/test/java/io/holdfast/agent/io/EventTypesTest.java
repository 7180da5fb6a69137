package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.statesync.EventType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/api.md has all types of events, as they are in the code. */
class EventTypesTest {
    @Test
    void thePageHasTheTableOfTheTypes() throws IOException {
        List<String> page = Files.readAllLines(Path.of("../docs/api.md"));
        int head = page.indexOf("| type | what it says |");
        List<String> rows = page.stream().skip(head + 2L).takeWhile(line -> line.startsWith("| ")).toList();
        List<String> types = Arrays.stream(EventType.values())
                .map(type -> "| `" + type.word() + "`" + (type.isOfLeadership() ? " *" : "") + " | " + type.meaning()
                        + " |")
                .toList();
        assertEquals(String.join("\n", types), String.join("\n", rows));
    }

    @Test
    void everyWordLeadsToItsType() {
        for (EventType type : EventType.values()) {
            assertEquals(type, EventType.of(type.word()).orElseThrow());
        }
        assertEquals(List.of(), EventType.of("of a later release").stream().toList());
    }
}
