package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.holdfast.config.AuditExportConfig;
import io.holdfast.config.Secret;
import io.holdfast.config.SessionsConfig;
import io.holdfast.sessions.Base32;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.Totp;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.Logins.Answer;
import io.holdfast.statesync.MemoryStateStore;
import io.holdfast.statesync.StateStore;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/** Agents on one store, a clock that only tests move, and a user with an authenticator app. */
final class Rig implements AutoCloseable {
    static final Device LAPTOP = new Device("laptop", "holdfast/1", "192.0.2.7");
    static final String PASSWORD = "seven green ospreys";
    static final UserName ADA = new UserName("ada");
    static final SessionsConfig CONFIG = new SessionsConfig(Duration.ofMinutes(15), Duration.ofHours(8),
            Duration.ofMinutes(5), new Secret("c3MzY3JldHMzY3JldHMzY3JldHMzY3JldHMzY3JldHM="), null,
            AuditExportConfig.NONE);
    private static final OtpCodes CODES = new OtpCodes();

    /** The first agent's. */
    final StateStore store;
    private final List<? extends StateStore> own;
    final List<Access> agents = new ArrayList<>();
    final PasswordHasher hasher;
    volatile boolean majority = true;
    private volatile Instant now = Instant.parse("2026-01-31T10:00:00Z");
    byte[] secret = new byte[0];
    List<String> recoveryCodes = List.of();

    Rig(int count) {
        this(count, new PasswordHasher(new PasswordHasher.Cost(64, 1)));
    }

    /** On one store in memory. */
    private Rig(int count, PasswordHasher hasher) {
        this.store = new MemoryStateStore(System::nanoTime);
        this.own = List.of(store);
        this.hasher = hasher;
        for (int i = 0; i < count; i++) {
            agents.add(new Access(store, () -> majority, CONFIG, "orders", () -> now, hasher));
        }
    }

    /** Each on a store of its own, which it does not close. */
    Rig(List<? extends StateStore> stores, Predicate<StateStore> hearsMajority, PasswordHasher hasher) {
        this.store = stores.getFirst();
        this.own = List.of();
        this.hasher = hasher;
        for (StateStore each : stores) {
            agents.add(new Access(each, () -> hearsMajority.test(each), CONFIG, "orders", () -> now, hasher));
        }
    }

    Access agent() {
        return agents.getFirst();
    }

    Instant now() {
        return now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /** What the app shows, so many steps from now. */
    String code(long steps) {
        return CODES.code(Totp.USUAL, secret, Totp.USUAL.step(now) + steps);
    }

    /** The secret that an app reads from a URI. */
    static byte[] secret(String uri) {
        String query = URI.create(uri).getQuery();
        return Base32.decode(query.replaceAll(".*secret=([A-Z2-7]+).*", "$1")).orElseThrow();
    }

    /** Ada is made, logs in for the first time and enrols her app. */
    Sessions.Begun enrol() {
        agent().users().add(ADA, Role.ADMIN, PASSWORD);
        return enrolAda();
    }

    Sessions.Begun enrolAda() {
        Answer.WantsDevice asked = assertInstanceOf(Answer.WantsDevice.class,
                agent().logins().password("ada", PASSWORD, LAPTOP));
        Answer.WantsConfirmation offered = assertInstanceOf(Answer.WantsConfirmation.class,
                agent().logins().offer(asked.ticket(), "phone", Totp.USUAL));
        secret = secret(Objects.requireNonNull(offered.uri()));
        Answer.WantsConfirmation half = assertInstanceOf(Answer.WantsConfirmation.class,
                agent().logins().confirm(offered.ticket(), code(0)));
        pass(Duration.ofSeconds(30));
        Answer.In in = assertInstanceOf(Answer.In.class, agent().logins().confirm(half.ticket(), code(0)));
        recoveryCodes = in.recoveryCodes();
        pass(Duration.ofSeconds(30));
        return in.begun();
    }

    /** Ada's second step, at some agent. */
    static String ticket(Access at, Device device) {
        return assertInstanceOf(Answer.WantsCode.class, at.logins().password("ada", PASSWORD, device)).ticket();
    }

    /** Ada logs in. */
    Sessions.Begun login(Access at) {
        Sessions.Begun begun = assertInstanceOf(Answer.In.class, at.logins().code(ticket(at, LAPTOP), code(0)))
                .begun();
        pass(Duration.ofSeconds(30));
        return begun;
    }

    @Override
    public void close() {
        agents.forEach(Access::close);
        own.forEach(StateStore::close);
    }
}
