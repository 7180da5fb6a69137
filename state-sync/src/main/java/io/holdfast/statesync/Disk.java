package io.holdfast.statesync;

/**
 * What a member knows of the storage of its PostgreSQL: data directory and WAL, whichever is worse.
 *
 * @param condition what is the matter with it
 * @param freePercent room that is left, 0 to 100; -1 when it is not known
 */
public record Disk(Condition condition, int freePercent) {
    /** Nothing is known yet. */
    public static final Disk UNKNOWN = new Disk(Condition.OK, -1);
    /** With less room than this a disk is called low. */
    public static final int LOW_PERCENT = 10;
    /** With this much room again it no longer is: apart from the other, so that nobody hears of each segment of WAL. */
    public static final int ENOUGH_PERCENT = 15;

    /** What is the matter. */
    public enum Condition {
        /** Nothing. */
        OK,
        /** Little room is left. */
        LOW,
        /** A write fails, or a read: it is read-only, or broken. */
        UNWRITABLE,
        /** A read or a write neither succeeds nor fails. */
        HUNG
    }

    /** For people, about a member's; without a full stop. */
    public String words(String member) {
        String room = freePercent < 0 ? "" : ", " + freePercent + " % of it free";
        return switch (condition) {
            case OK -> "the disk of " + member + " is well" + room;
            case LOW -> "little room is left on the disk of " + member + room;
            case UNWRITABLE -> "the disk of " + member + " cannot be written" + room;
            case HUNG -> "the disk of " + member + " does not answer" + room;
        };
    }

    /**
     * After another look.
     *
     * @param percent room that is left; -1 when this look did not tell
     * @param writable whether the last write that ended was one that succeeded, and the last read
     * @param hung whether a read or a write has been under way for too long
     */
    public Disk seen(int percent, boolean writable, boolean hung) {
        int room = percent < 0 ? freePercent : percent;
        if (hung) {
            return new Disk(Condition.HUNG, room);
        }
        if (!writable) {
            return new Disk(Condition.UNWRITABLE, room);
        }
        int enough = condition == Condition.LOW ? ENOUGH_PERCENT : LOW_PERCENT;
        return new Disk(room >= 0 && room < enough ? Condition.LOW : Condition.OK, room);
    }
}
