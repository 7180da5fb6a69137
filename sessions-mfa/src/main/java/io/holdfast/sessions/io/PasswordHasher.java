package io.holdfast.sessions.io;

import io.holdfast.config.Problem;
import io.holdfast.sessions.PasswordRules;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * Hashes passwords with Argon2id (RFC 9106), in OWASP's parameters for little memory: 19 MiB, two passes, one lane. Hashes are texts
 * in the PHC string format, which name their parameters. Each evaluation takes its memory from a heap that is small: so one
 * runs at a time, in the order in which they were asked for, and whoever would have to wait for too long is sent away.
 */
public final class PasswordHasher {
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final int MOST_WAITING = 64;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Pattern PHC = Pattern.compile("\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,3}),p=(\\d{1,2})"
            + "\\$([A-Za-z0-9+/]{11,86})\\$([A-Za-z0-9+/]{11,86})");

    private final Cost cost;
    private final String nobody;
    private final Semaphore turn = new Semaphore(1, true);
    private final AtomicLong evaluations = new AtomicLong();

    /**
     * What a hash costs.
     *
     * @param kibibytes of memory, 8 and up
     * @param passes over it, 1 and up
     */
    public record Cost(int kibibytes, int passes) {
        /** OWASP's second choice, for machines where 46 MiB are too much. */
        public static final Cost USUAL = new Cost(19_456, 2);
    }

    /** With the usual cost. */
    public PasswordHasher() {
        this(Cost.USUAL);
    }

    /** With another cost. */
    public PasswordHasher(Cost cost) {
        this.cost = cost;
        byte[] none = Tokens.bytes(SALT_BYTES);
        this.nobody = text(cost, none, Tokens.bytes(HASH_BYTES));
    }

    /** The hash of a new password; throws HF-4014 when too many wait. */
    public String hash(String password) {
        byte[] salt = Tokens.bytes(SALT_BYTES);
        return text(cost, salt, evaluate(password, cost, salt, HASH_BYTES));
    }

    /** Whether a password is the one of a hash. Throws HF-4014 when too many wait. */
    public boolean isRight(String password, String hash) {
        Matcher phc = matcher(hash);
        byte[] kept = Base64.getDecoder().decode(phc.group(5));
        byte[] salt = Base64.getDecoder().decode(phc.group(4));
        return MessageDigest.isEqual(kept, evaluate(password, cost(phc), salt, kept.length));
    }

    /** Costs as much as {@link #isRight}, for a name that nobody has. */
    public void pretend(String password) {
        isRight(password, nobody);
    }

    /** True when a hash costs less than one does now. */
    public boolean isOutdated(String hash) {
        Cost kept = cost(matcher(hash));
        return kept.kibibytes() < cost.kibibytes() || kept.passes() < cost.passes();
    }

    /** How many evaluations there were. */
    public long evaluations() {
        return evaluations.get();
    }

    private byte[] evaluate(String password, Cost at, byte[] salt, int bytes) {
        takeTurn();
        try {
            evaluations.incrementAndGet();
            Argon2BytesGenerator generator = new Argon2BytesGenerator();
            generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                    .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                    .withMemoryAsKB(at.kibibytes())
                    .withIterations(at.passes())
                    .withParallelism(1)
                    .withSalt(salt)
                    .build());
            byte[] hash = new byte[bytes];
            generator.generateBytes(PasswordRules.normal(password).getBytes(StandardCharsets.UTF_8), hash);
            return hash;
        } finally {
            turn.release();
        }
    }

    private void takeTurn() {
        boolean mine = false;
        try {
            mine = turn.getQueueLength() < MOST_WAITING && turn.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!mine) {
            throw new Problem("HF-4014", "too many log in at once", "try again in some seconds.").toException();
        }
    }

    private static Matcher matcher(String hash) {
        Matcher phc = PHC.matcher(hash);
        if (!phc.matches()) {
            throw new IllegalArgumentException("not a hash of Argon2id");
        }
        return phc;
    }

    private static Cost cost(Matcher phc) {
        return new Cost(Integer.parseInt(phc.group(1)), Integer.parseInt(phc.group(2)));
    }

    private static String text(Cost cost, byte[] salt, byte[] hash) {
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m=" + cost.kibibytes() + ",t=" + cost.passes() + ",p=1$" + base64.encodeToString(salt)
                + "$" + base64.encodeToString(hash);
    }
}
