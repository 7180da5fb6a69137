package io.holdfast.sessions.io;

import io.holdfast.config.Problem;
import io.holdfast.sessions.Challenge;
import io.holdfast.sessions.Device;
import io.holdfast.sessions.Role;
import io.holdfast.sessions.Throttle;
import io.holdfast.sessions.Throttle.Attempt;
import io.holdfast.sessions.Throttle.Verdict;
import io.holdfast.sessions.User;
import io.holdfast.sessions.UserName;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way back in for administrators whose devices are all lost: whoever proves to hold a private key of the backups has an
 * administrator begin anew. That it is root of a node who asks is looked at before. A challenge counts at the agent that gave it,
 * once, for one administrator, for a minute.
 */
public final class BreakGlass {
    private static final int BYTES = 32;
    private static final int MOST_TALLIES = 100;

    private final Users users;
    private final Supplier<Instant> clock;
    /** The last one of each administrator. */
    private final Map<UserName, Challenge> challenges = new ConcurrentHashMap<>();
    private final Throttle throttle = new Throttle(MOST_TALLIES);

    BreakGlass(Users users, Supplier<Instant> clock) {
        this.users = users;
        this.clock = clock;
    }

    /**
     * What must be told to {@link #recover}; to be sealed before it is shown to anybody.
     *
     * @throws io.holdfast.config.HoldfastException HF-4009 when there is no such user, HF-4031 for one who is no administrator
     */
    public String challenge(UserName name) {
        User user = users.find(name)
                .orElseThrow(() -> new Problem("HF-4009", "there is no user " + name,
                        "'holdfast user list' shows all.").toException());
        if (user.role() != Role.ADMIN) {
            throw Users.noAdministrator(name);
        }
        String text = Base64.getEncoder().encodeToString(Tokens.bytes(BYTES));
        challenges.put(name, Challenge.of(name, text, clock.get()));
        return text;
    }

    /**
     * Takes all devices and recovery codes of an administrator away, so that the next login enrols one; the sessions end.
     *
     * @param answer what was sealed
     * @param password a new one; null: it stays
     * @throws io.holdfast.config.HoldfastException HF-4033 when the answer is wrong or too late, HF-4006 when there were too many
     *     wrong ones, HF-4007 when the password cannot be used, HF-4031 for who is no administrator any more
     */
    public User recover(UserName name, String answer, @Nullable String password) {
        Verdict verdict = throttle.begin(new Attempt(name.value(), Device.SOCKET, true), clock.get());
        return switch (verdict) {
            case Verdict.Wait wait -> throw Logins.tooEarly(wait).toException();
            case Verdict.Go go -> {
                Challenge challenge = challenges.remove(name);
                if (challenge == null || !challenge.isAnswered(answer, clock.get())) {
                    throw new Problem("HF-4033",
                            "that is not what was sealed for the backups' recipients, or it is too late",
                            "begin again; a challenge counts once, at the agent that gave it, and for a minute.")
                            .toException();
                }
                throttle.passed(go);
                yield users.recover(name, password);
            }
        };
    }
}
