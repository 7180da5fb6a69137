package io.holdfast.backup;

import java.util.List;

/** What kind the next backup is, and why. */
public sealed interface BackupChain {
    /** The reason, for a person. */
    String why();

    /**
     * A full one.
     *
     * @param why the reason
     */
    record Full(String why) implements BackupChain {}

    /**
     * One that follows another.
     *
     * @param parent the one that it follows
     * @param why the reason
     */
    record Follow(BackupId parent, String why) implements BackupChain {}

    /** Whether the block map of the newest backup can be used. */
    enum MapState {
        /** It was opened. */
        OPEN,
        /** It is not there. */
        MISSING,
        /** It cannot be opened here: its key is not known. */
        SEALED
    }

    /**
     * Chooses.
     *
     * @param asked what was asked for
     * @param chain the newest complete backup and those that it needs, the full one first; empty when there is none
     * @param map whether the newest one's block map can be used
     * @param most how many incremental backups may follow a full one
     */
    static BackupChain next(BackupId.Kind asked, List<BackupId> chain, MapState map, int most) {
        if (asked == BackupId.Kind.FULL) {
            return new Full("a full backup was asked for");
        }
        if (chain.isEmpty()) {
            return new Full("there is no complete backup to follow");
        }
        if (chain.size() > most) {
            return new Full("%d incremental backups follow %s already, and %d may".formatted(chain.size() - 1,
                    chain.getFirst(), most));
        }
        return switch (map) {
            case OPEN -> new Follow(chain.getLast(), "number %d of at most %d after %s".formatted(chain.size(), most,
                    chain.getFirst()));
            case MISSING -> new Full("the block map of " + chain.getLast() + " is not there");
            case SEALED -> new Full("the block map of " + chain.getLast() + " cannot be opened here");
        };
    }
}
