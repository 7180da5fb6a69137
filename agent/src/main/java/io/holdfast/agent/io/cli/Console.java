package io.holdfast.agent.io.cli;

import io.holdfast.agent.Paint;
import io.holdfast.agent.StatusTable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Where the command line writes: a terminal, or something else. */
public final class Console {
    private static final String CLEAR = "\033[2J";
    private static final String HOME = "\033[H";
    private static final String TO_END_OF_LINE = "\033[K";
    private static final String TO_END_OF_SCREEN = "\033[J";
    private static final String HIDE_CURSOR = "\033[?25l";
    private static final String SHOW_CURSOR = "\033[?25h";

    private final PrintStream out;
    private final boolean terminal;
    private final Paint paint;
    private boolean painted;

    /** Writes to a stream as if it were a terminal, or not. */
    Console(PrintStream out, boolean terminal, Paint paint) {
        this.out = out;
        this.terminal = terminal;
        this.paint = paint;
    }

    /** Standard output. Colours only on a terminal, and not when NO_COLOR is set (no-color.org) or the terminal is dumb. */
    public static Console standard() {
        boolean terminal = isTerminal();
        String term = System.getenv().getOrDefault("TERM", "dumb");
        boolean colours = terminal && System.getenv().getOrDefault("NO_COLOR", "").isEmpty() && !term.equals("dumb");
        return new Console(System.out, terminal, colours ? Paint.ON : Paint.OFF);
    }

    /** True when a person may be looking. */
    public boolean terminal() {
        return terminal;
    }

    /** Colours or none. */
    public Paint paint() {
        return paint;
    }

    /** The stream beneath. */
    public PrintStream out() {
        return out;
    }

    /** The width in characters; unlimited when it is no terminal. */
    public int width() {
        if (!terminal) {
            return StatusTable.UNLIMITED;
        }
        String columns = System.getenv("COLUMNS");
        return number(columns == null ? columnsOfTerminal() : columns, 80);
    }

    /** Writes lines, one after the other. */
    public void print(List<String> lines) {
        lines.forEach(out::println);
        out.flush();
    }

    /**
     * Puts lines in the place of the last ones. On a terminal each line overwrites its predecessor and only what is left of
     * it is erased, all in one write, so that nothing flickers; elsewhere they follow each other.
     */
    public void repaint(List<String> lines) {
        if (!terminal) {
            print(lines);
            return;
        }
        StringBuilder screen = new StringBuilder(painted ? HOME : HIDE_CURSOR + CLEAR + HOME);
        for (String line : lines) {
            screen.append(line).append(TO_END_OF_LINE).append(System.lineSeparator());
        }
        out.print(screen.append(TO_END_OF_SCREEN));
        out.flush();
        painted = true;
    }

    /** After the last {@link #repaint}: the cursor is seen again. */
    public void release() {
        if (painted) {
            out.print(SHOW_CURSOR);
            out.flush();
            painted = false;
        }
    }

    /** The JDK's Console asks for standard input too, and loads a line editor; the link of the descriptor says enough. */
    private static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }

    /** What stty(1) says of the terminal: {@code rows columns}. */
    private static String columnsOfTerminal() {
        try {
            Process stty = new ProcessBuilder("stty", "size").redirectInput(Path.of("/proc/self/fd/1").toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!stty.waitFor(1, TimeUnit.SECONDS)) {
                stty.destroyForcibly();
                return "";
            }
            String answer = new String(stty.getInputStream().readAllBytes(),
                    java.nio.charset.StandardCharsets.US_ASCII);
            return answer.substring(answer.indexOf(' ') + 1).trim();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private static int number(String text, int otherwise) {
        try {
            int number = Integer.parseInt(text);
            return number > 0 ? number : otherwise;
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }
}
