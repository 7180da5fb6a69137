package io.holdfast.agent.io.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.holdfast.agent.Paint;
import io.holdfast.agent.StatusTable;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @Test
    void repaintsATerminalInPlaceAndClearsItOnlyOnce() {
        Console console = console(true);
        console.repaint(List.of("one", "two"));
        assertEquals("\033[?25l\033[2J\033[Hone\033[K\ntwo\033[K\n\033[J", text());
        written.reset();
        console.repaint(List.of("three"));
        assertEquals("\033[Hthree\033[K\n\033[J", text());
        written.reset();
        console.release();
        console.release();
        assertEquals("\033[?25h", text());
    }

    @Test
    void writesNoEscapesWhereThereIsNoTerminal() {
        Console console = console(false);
        console.repaint(List.of("one"));
        console.repaint(List.of("two"));
        console.release();
        assertEquals("one\ntwo\n", text());
        assertEquals(StatusTable.UNLIMITED, console.width());
        assertFalse(console.terminal());
    }

    private Console console(boolean terminal) {
        return new Console(new PrintStream(written, true, StandardCharsets.UTF_8), terminal, Paint.OFF);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }
}
