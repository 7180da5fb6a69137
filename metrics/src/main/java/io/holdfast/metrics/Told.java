package io.holdfast.metrics;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What one receiver was told of one alert, or is about to be told. Whoever writes first that it will tell does; it is written down
 * again when the receiver has taken it. So of several agents one tells, also when that one is lost: only what it was telling at that
 * very moment may be told again, with the same key.
 *
 * @param startsAt since when the alert fires that this is about
 * @param over whether the receiver is told that it fires, or that it is over
 * @param step how far that is
 * @param by the member whose agent does it
 * @param attempts how often it was tried in vain
 * @param at when that was, or when the receiver took it
 */
public record Told(Instant startsAt, boolean over, Step step, String by, int attempts, Instant at) {

    /** How far it is. */
    public enum Step {
        /** It is being told. */
        CLAIMED,
        /** It could not be told, and anybody may try. */
        LEFT,
        /** The receiver has taken it. */
        TAKEN
    }

    /** What an agent has to do about it. */
    public enum Errand {
        /** Nothing, or somebody else does it. */
        NONE,
        /** Write down that it tells, then tell. */
        CLAIM,
        /** Tell: it has written that down already. */
        TELL,
        /** Tell once more what the receiver knows: it forgets what it does not hear again. */
        REPEAT
    }

    /**
     * What an agent has to do.
     *
     * @param alert as it is now
     * @param silenced whether nobody wants to hear of it
     * @param told what is written down; null: nothing
     * @param self the agent's member
     * @param isAlive whether the agent of a member is there
     * @param again after which time the receiver wants to hear of it again while it fires; null: never
     * @param now by this agent's clock
     * @param pause after an attempt in vain, how long this agent waits before the next
     */
    public static Errand errand(Alert alert, boolean silenced, @Nullable Told told, String self,
            Predicate<String> isAlive, @Nullable Duration again, Instant now, Duration pause) {
        Instant fired = alert.firedAt();
        if (alert.state() == Alert.State.PENDING || fired == null) {
            return Errand.NONE;
        }
        boolean over = alert.state() == Alert.State.RESOLVED;
        boolean heard = told != null && told.startsAt.equals(fired)
                && (told.step == Step.TAKEN || told.over);
        if (silenced && !(over && heard)) {
            return Errand.NONE;
        }
        if (told == null) {
            return Errand.CLAIM;
        }
        boolean mine = told.by.equals(self);
        boolean same = told.startsAt.equals(fired) && told.over == over;
        return switch (told.step) {
            case TAKEN -> !same
                    ? Errand.CLAIM
                    : again != null && !over && !now.isBefore(told.at.plus(again)) && (mine || !isAlive.test(told.by))
                            ? Errand.REPEAT
                            : Errand.NONE;
            case LEFT -> !mine || !now.isBefore(told.at.plus(pause)) ? Errand.CLAIM : Errand.NONE;
            case CLAIMED -> mine
                    ? same ? Errand.TELL : Errand.CLAIM
                    : isAlive.test(told.by) ? Errand.NONE : Errand.CLAIM;
        };
    }

    /** That an agent will tell it. */
    public static Told claim(Alert alert, @Nullable Told before, String self, Instant now) {
        Instant fired = alert.firedAt();
        if (fired == null) {
            throw new IllegalArgumentException(alert.name() + " has not fired");
        }
        boolean over = alert.state() == Alert.State.RESOLVED;
        int inVain = before != null && before.startsAt.equals(fired) && before.over == over ? before.attempts : 0;
        return new Told(fired, over, Step.CLAIMED, self, inVain, now);
    }

    /** The receiver has taken it. */
    public Told taken(Instant now) {
        return new Told(startsAt, over, Step.TAKEN, by, attempts, now);
    }

    /** It has not, and somebody else may have more luck. */
    public Told left(int inVain, Instant now) {
        return new Told(startsAt, over, Step.LEFT, by, attempts + inVain, now);
    }

    /** By which a receiver knows what it has been told before. */
    public static String key(Alert alert) {
        return alert.id() + "-" + (alert.firedAt() == null ? 0 : alert.firedAt().toEpochMilli())
                + (alert.state() == Alert.State.RESOLVED ? "-resolved" : "-firing");
    }

    /** Silenced by one of them. */
    public static boolean isSilenced(Alert alert, Set<Silence> silences, Instant now) {
        return silences.stream().anyMatch(silence -> silence.covers(alert, now));
    }
}
