package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.Amount;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Follows an operation to its end, as a story on a terminal, as JSON lines elsewhere. */
final class OperationWatch {
    private static final Duration BETWEEN = Duration.ofMillis(100);
    /** How long an operation that was just asked for may be missing: it is written behind the work. */
    private static final Duration APPEARS = Duration.ofSeconds(15);
    /** A member whose agent is away for longer ends nothing that somebody should wait for. */
    private static final Duration AWAY = Duration.ofSeconds(15);

    private OperationWatch() {}

    /** The operation, now. */
    static JsonNode get(Holdfast holdfast, String id) {
        return holdfast.agent().get("/api/v1/operations/" + URLEncoder.encode(id, StandardCharsets.UTF_8));
    }

    /** Asks for something, and follows the operation that it became. */
    static int ask(Holdfast holdfast, String path, JsonNode wish, boolean json) throws InterruptedException {
        JsonNode answer = holdfast.agent().post("/api/v1/" + path, wish);
        if (!answer.hasNonNull("operation")) {
            holdfast.console().print(List.of(json ? answer.toPrettyString() : answer.path("done").asText()));
            return ExitCode.DONE;
        }
        String id = answer.path("operation").asText();
        awaitAppearance(holdfast, id);
        return follow(holdfast, id, json);
    }

    private static void awaitAppearance(Holdfast holdfast, String id) throws InterruptedException {
        long deadline = System.nanoTime() + APPEARS.toNanos();
        while (System.nanoTime() < deadline) {
            try {
                get(holdfast, id);
                return;
            } catch (Failure notYet) {
                Thread.sleep(BETWEEN);
            }
        }
    }

    /** Follows it; the exit code says whether it succeeded. Throws Failure when nobody is left who could tell. */
    static int follow(Holdfast holdfast, String id, boolean json) throws InterruptedException {
        Console console = holdfast.console();
        boolean lines = json || !console.terminal();
        String before = "";
        long heard = System.nanoTime();
        try {
            while (true) {
                JsonNode one = get(holdfast, id);
                if (one.path("memberAnswers").asBoolean(true) || one.path("state").asText().equals("waiting")) {
                    heard = System.nanoTime();
                }
                if (!one.toString().equals(before)) {
                    console.repaint(lines ? List.of(one.toString()) : story(one));
                    before = one.toString();
                }
                if (one.hasNonNull("endedAt")) {
                    return one.path("state").asText().equals("done") ? ExitCode.DONE : ExitCode.FAILED;
                }
                if (System.nanoTime() - heard > AWAY.toNanos()) {
                    throw new Failure(ExitCode.FAILED, "HF-5130",
                            "the agent of " + one.path("member").asText() + ", which does this, has not answered for "
                                    + AWAY.toSeconds() + " s",
                            "How it ended is known when that is back: 'holdfast operation watch " + id + "'.");
                }
                Thread.sleep(BETWEEN);
            }
        } finally {
            console.release();
        }
    }

    /** Told from its beginning. */
    static List<String> story(JsonNode one) {
        List<String> lines = new ArrayList<>();
        lines.add(one.path("kind").asText() + " of " + one.path("member").asText() + " (" + one.path("id").asText()
                + "), "
                + one.path("state").asText());
        String others = String.join(", ", texts(one.path("approvedBy")));
        lines.add("  asked for by " + one.path("requestedBy").asText()
                + (others.isEmpty() ? "" : ", approved by " + others) + ": " + one.path("why").asText());
        for (JsonNode step : one.path("steps")) {
            lines.add("  " + Words.milli(step.path("startedAt")) + "  " + step.path("name").asText());
        }
        if (one.hasNonNull("progress")) {
            lines.add("  " + progress(one.path("progress")));
        }
        if (one.hasNonNull("endedAt")) {
            lines.add("  " + Words.milli(one.path("endedAt")) + "  " + Words.orDash(one.path("result")));
        }
        return lines;
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(one -> texts.add(one.asText()));
        return texts;
    }

    /** What is done of what is to do. */
    static String progress(JsonNode progress) {
        long done = progress.path("done").asLong();
        long total = progress.path("total").asLong();
        String unit = progress.path("unit").asText();
        boolean bytes = unit.equals("bytes");
        String text = (bytes ? Amount.bytes(done) : Long.toString(done))
                + (total > 0 ? " of " + (bytes ? Amount.bytes(total) : Long.toString(total)) : "")
                + (bytes ? "" : " " + unit);
        return total > 0 ? text + ", " + Math.min(100, done * 100 / total) + " %" : text;
    }
}
