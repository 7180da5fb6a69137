package io.holdfast.agent.e2e;

import io.holdfast.testkit.io.Commands;
import io.holdfast.testkit.io.Eventually;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An authenticator app, and who holds it: reads the secret off the terminal, and enters no code twice. Debian's oathtool computes. */
final class Phone {
    private static final Pattern SECRET = Pattern.compile("otpauth://\\S*[?&]secret=([A-Z2-7]+)");
    private static final String PASSWORD = "seven green ospreys";
    private static final long STEP_SECONDS = 30;

    private String secret = "";
    /** The step of the last code that was entered: no code counts twice. */
    private long lastStep;

    /** Takes the secret of what a terminal shows, where there is one. */
    void look(String printed) {
        Matcher found = SECRET.matcher(printed);
        while (found.find()) {
            secret = found.group(1);
        }
    }

    /** The secret that it has; empty before it has one. */
    String secret() {
        return secret;
    }

    /** What is typed where a page says so. */
    String answer(String name) {
        return switch (name) {
            case "password" -> PASSWORD;
            case "code" -> {
                awaitAnotherCode();
                yield code(lastStep);
            }
            // A step ahead is taken too, since clocks differ.
            case "next code" -> code(++lastStep);
            default -> throw new IllegalArgumentException("nobody knows what '" + name + "' is");
        };
    }

    /** Waits until it shows a code that was not entered yet. */
    void awaitAnotherCode() {
        Eventually.within(Duration.ofSeconds(3 * STEP_SECONDS), "another code is shown",
                () -> System.currentTimeMillis() / 1000 / STEP_SECONDS > lastStep);
        lastStep = System.currentTimeMillis() / 1000 / STEP_SECONDS;
    }

    private String code(long step) {
        return Commands.must("oathtool", "--totp", "--base32", "--now", "@" + step * STEP_SECONDS, secret).strip();
    }
}
