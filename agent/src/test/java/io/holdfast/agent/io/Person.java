package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.holdfast.sessions.Base32;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.Totp;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.Logins.Answer;
import io.holdfast.sessions.io.OtpCodes;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;

/** Somebody with a password and an app that shows codes, who is logged in at an agent of a test. */
final class Person {
    static final String PASSWORD = "seven green ospreys";
    private static final Duration STEP = Duration.ofSeconds(30);
    private static final OtpCodes CODES = new OtpCodes();

    private final Served at;
    private final byte[] secret;
    final String token;

    private Person(Served at, byte[] secret, String token) {
        this.at = at;
        this.secret = secret;
        this.token = token;
    }

    /** Makes a user, who enrols and is logged in. */
    static Person enrol(Served at, String name, Role role) {
        at.access.users().add(new UserName(name), role, PASSWORD);
        Device device = new Device("", "test", "127.0.0.1");
        Answer.WantsDevice asked = assertInstanceOf(Answer.WantsDevice.class,
                at.access.logins().password(name, PASSWORD, device));
        Answer.WantsConfirmation offered = assertInstanceOf(Answer.WantsConfirmation.class,
                at.access.logins().offer(asked.ticket(), "phone", Totp.USUAL));
        byte[] secret = secretOf(Objects.requireNonNull(offered.uri()));
        Answer.WantsConfirmation half = assertInstanceOf(Answer.WantsConfirmation.class,
                at.access.logins().confirm(offered.ticket(), code(at, secret)));
        at.now = at.now.plus(STEP);
        Answer.In in = assertInstanceOf(Answer.In.class, at.access.logins().confirm(half.ticket(), code(at, secret)));
        return new Person(at, secret, in.begun().token());
    }

    /** What the app shows once the last code is over. */
    String nextCode() {
        at.now = at.now.plus(STEP);
        return code(at, secret);
    }

    /** The secret that an app reads from a URI. */
    static byte[] secretOf(String uri) {
        return Base32.decode(URI.create(uri).getQuery().replaceAll(".*secret=([A-Z2-7]+).*", "$1")).orElseThrow();
    }

    /** What an app shows now. */
    static String code(Served at, byte[] secret) {
        return CODES.code(Totp.USUAL, secret, Totp.USUAL.step(at.now));
    }
}
