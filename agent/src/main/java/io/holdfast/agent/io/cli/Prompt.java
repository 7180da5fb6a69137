package io.holdfast.agent.io.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Asks a person: on a terminal without echo where it is a secret, else a line of standard input. */
final class Prompt {
    private final PrintStream out;
    private final java.io.@Nullable Console console = Optional.ofNullable(System.console())
            .filter(java.io.Console::isTerminal)
            .orElse(null);

    /** What is asked is written to a stream where there is no terminal. */
    Prompt(PrintStream out) {
        this.out = out;
    }

    /** True when a person sits there. */
    boolean isTerminal() {
        return console != null;
    }

    /** Something that nobody else should see. */
    String secret(String question) {
        if (console == null) {
            return line(question);
        }
        char[] typed = console.readPassword("%s", question);
        return typed == null ? none() : new String(typed);
    }

    /** A line. Byte by byte: what comes after it is for the next question. */
    String line(String question) {
        out.print(question);
        out.flush();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            int next = System.in.read();
            if (next < 0) {
                return none();
            }
            while (next >= 0 && next != '\n') {
                bytes.write(next);
                next = System.in.read();
            }
        } catch (IOException e) {
            return none();
        }
        if (console == null) {
            out.println();
        }
        String line = bytes.toString(StandardCharsets.UTF_8);
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }

    private static String none() {
        throw new Failure(ExitCode.USAGE, "HF-5160", "nobody answers what is asked",
                "Run it on a terminal, or give the answers on standard input, a line each.");
    }
}
