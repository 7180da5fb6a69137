package io.holdfast.backup.io;

import io.holdfast.backup.RepositoryPath;
import io.holdfast.config.Problem;

/** What may be wrong with an object, for people. */
final class Findings {
    private static final String OTHERS = "restore from another backup, or from a copy of the repository.";

    private Findings() {}

    static Problem missing(RepositoryPath path) {
        return new Problem("HF-2100", path + " is not in the repository", OTHERS);
    }

    static Problem otherSize(RepositoryPath path, long expected, long there) {
        return new Problem("HF-2102", path + " has " + there + " bytes instead of " + expected, OTHERS);
    }

    static Problem otherBytes(RepositoryPath path) {
        return new Problem("HF-2102", path + " has other bytes than its manifest says", OTHERS);
    }

    static Problem otherContent(RepositoryPath path, String what) {
        return new Problem("HF-2103", path + " holds something else than its name and its manifest say: " + what,
                OTHERS);
    }

    static Problem gap(String missing, String behind) {
        return new Problem("HF-2104", "WAL segment " + missing + " is not in the repository, and " + behind + " is",
                "archive it again from a member that has it in pg_wal, or make a new full backup: nothing behind the gap "
                        + "can be reached from before it.");
    }

    static Problem backupWithoutWal(String backup, String missing) {
        return new Problem("HF-2105", "backup " + backup + " cannot be made consistent: WAL segment " + missing
                + " is not in the repository",
                "archive it again from a member that has it in pg_wal, or make a new backup.");
    }

    static Problem noHistory(String timeline) {
        return new Problem("HF-2106",
                "there is WAL of timeline " + timeline + ", and its history is not in the repository,"
                        + " or cannot be read",
                "archive it again from a member that has it in pg_wal.");
    }

    static Problem strangeSigner(RepositoryPath path, String signer) {
        return new Problem("HF-2107", path + " is signed by " + signer + ", whom nobody here knows",
                "if that is a member of this cluster, name its key as trusted.");
    }

    static Problem corruptPages(RepositoryPath path, String pages) {
        return new Problem("HF-2108", path + " tells that pages were corrupt when they were backed up: " + pages,
                "repair the table at its source, and keep an older backup.");
    }
}
