package io.holdfast.agent.io.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Lets a person edit a text with the editor of his own choice, and answer questions. */
final class Editor {
    private final Console console;

    Editor(Console console) {
        this.console = console;
    }

    /** The text as the person left it. */
    String edit(String text) {
        String program = environment("VISUAL", environment("EDITOR", "vi"));
        try {
            Path file = Files.createTempFile("holdfast-", ".yaml");
            try {
                Files.writeString(file, text);
                // As git does it: the variable may hold options, and the shell parts them.
                Process editor = new ProcessBuilder("sh", "-c", program + " \"$@\"", program, file.toString())
                        .inheritIO()
                        .start();
                int status = editor.waitFor();
                if (status != 0) {
                    throw failed(program, "it ended with status " + status);
                }
                return Files.readString(file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw failed(program, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(program, "interrupted");
        }
    }

    /** Asks; an end of the input is a no. */
    boolean yes(String question) {
        console.out().print(question + " [y/N] ");
        console.out().flush();
        try {
            // Not closed: standard input is the process's.
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            String answer = in.readLine();
            return answer != null && answer.strip().equalsIgnoreCase("y");
        } catch (IOException e) {
            return false;
        }
    }

    private static String environment(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isBlank() ? otherwise : value;
    }

    private static Failure failed(String program, String why) {
        return new Failure(ExitCode.FAILED, List.of(new io.holdfast.config.Problem("HF-5043",
                "the editor '" + program + "' failed: " + why, "EDITOR names another; nothing was changed.")));
    }
}
