package io.holdfast.statesync;

import java.util.Optional;

/**
 * All kinds of keys of the shared state: what becomes of two writers of one key, and whether an image of the state has it. A key is
 * of the kind with the longest prefix that it begins with; docs/api.md has the same table, and a test compares the two.
 */
public enum KeyFamily {
    /** That the cluster exists. */
    CLUSTER(Keys.CLUSTER, Conflict.REJECT, Image.KEPT, "the cluster, by PostgreSQL's system identifier"),
    /** The settings. */
    SETTINGS(Keys.SETTINGS, Conflict.REJECT, Image.KEPT, "the settings of the cluster"),
    /** Their versions. */
    SETTINGS_VERSIONS(Keys.SETTINGS_VERSIONS, Conflict.REJECT, Image.KEPT, "all versions of them that are remembered"),
    /** Who leads. */
    LEADER(Keys.LEADER, Conflict.REJECT, Image.CARRIED,
            "who leads: an import makes a leadership of its own, of a later epoch"),
    /** The leadership's lease. */
    LEASE(Keys.LEASE, Conflict.REJECT, Image.LEFT_OUT, "the lease of the leadership: it holds for seconds"),
    /** How far the primary had written. */
    POSITION(Keys.POSITION, Conflict.REJECT, Image.LEFT_OUT, "how far the primary had written"),
    /** How long the ways back took. */
    MEASURED(Keys.MEASURED, Conflict.MERGE, Image.KEPT, "how long restarts and failovers took; of each the later"),
    /** Whom commits wait for. */
    SYNC(Keys.SYNC, Conflict.REJECT, Image.LEFT_OUT, "whom commits wait for: nobody yet after an import"),
    /** Who promised not to take over. */
    FAILSAFE(Keys.FAILSAFE, Conflict.REJECT, Image.LEFT_OUT,
            "on whose promises a primary relies: nobody promised anything to the next one"),
    /** Whom standbys follow. */
    ATTACH(Keys.ATTACH, Conflict.REJECT, Image.LEFT_OUT, "whom a standby follows: it says so anew"),
    /** All leaderships. */
    HISTORY(Keys.HISTORY, Conflict.REJECT, Image.KEPT, "every leadership that there was"),
    /** Who belongs to the cluster. */
    MEMBERS(Keys.MEMBERS, Conflict.LAST_WRITER, Image.CARRIED,
            "what each agent tells of itself: it does so at its start, under an id that a lost state does not have"),
    /** How members are. */
    STATUS(Keys.STATUS, Conflict.LAST_WRITER, Image.LEFT_OUT, "how each member is: it goes with its agent"),
    /** Of whom members have no answer. */
    SUSPECT(Keys.SUSPECT, Conflict.LAST_WRITER, Image.LEFT_OUT, "what an agent suspects: it goes with its agent"),
    /** That nothing shall happen by itself. */
    PAUSE(Keys.PAUSE, Conflict.REJECT, Image.LEFT_OUT, "a pause: who wanted one says so again"),
    /** That another shall lead. */
    HANDOVER(Keys.HANDOVER, Conflict.REJECT, Image.LEFT_OUT, "a switchover that is wanted: it would be made once more"),
    /** That the cluster is restored. */
    RESTORE(Keys.RESTORE, Conflict.REJECT, Image.LEFT_OUT, "a restore of the cluster: it would be made once more"),
    /** What is to be done later. */
    SCHEDULE(Keys.SCHEDULE, Conflict.REJECT, Image.LEFT_OUT, "what is to be done later: it may be done by now"),
    /** What a member is to do. */
    ORDERS(Keys.ORDERS, Conflict.REJECT, Image.LEFT_OUT, "what a member is to do: it would be done once more"),
    /** What became of it. */
    OUTCOMES(Keys.OUTCOMES, Conflict.LAST_WRITER, Image.LEFT_OUT,
            "what became of a request: nobody waits for it any more"),
    /** The backup that is made. */
    BACKUP(Keys.BACKUP, Conflict.REJECT, Image.LEFT_OUT, "the backup that is being made: it would be made once more"),
    /** When one was due. */
    BACKUP_DUE(Keys.BACKUP_DUE, Conflict.REJECT, Image.KEPT, "when the last backup that was due began"),
    /** The trial restore that runs. */
    DRILL(Keys.DRILL, Conflict.REJECT, Image.LEFT_OUT, "the trial restore that runs: it would run once more"),
    /** When one was due. */
    DRILL_DUE(Keys.DRILL_DUE, Conflict.REJECT, Image.KEPT, "when the last trial restore that was due began"),
    /** What they have shown. */
    DRILL_PROOF(Keys.DRILL_PROOF, Conflict.REJECT, Image.KEPT, "when trial restores proved a backup last"),
    /** Whose manifests are believed. */
    SIGNERS(Keys.SIGNERS, Conflict.LAST_WRITER, Image.KEPT,
            "whose manifests of backups are believed; a key beside another one of its member gets a name of its own"),
    /** The import that is under way. */
    IMPORT(Keys.IMPORT, Conflict.REJECT, Image.LEFT_OUT, "the import of an image that is under way"),
    /** Long work. */
    OPERATIONS(Keys.OPERATIONS, Conflict.MERGE, Image.KEPT, "the operations; what was at work has failed"),
    /** Who wants it to end. */
    CANCELS(Keys.CANCELS, Conflict.LAST_WRITER, Image.LEFT_OUT, "who wants an operation to end: none goes on"),
    /** Who was removed. */
    REMOVED(Keys.REMOVED, Conflict.REJECT, Image.KEPT, "which members were removed: their agents stay away"),
    /** What happened. */
    EVENTS(Keys.EVENTS, Conflict.MERGE, Image.KEPT,
            "the events that the store keeps; they get numbers after those that there are"),
    /** The last number. */
    EVENTS_HEAD(Keys.EVENTS_HEAD, Conflict.MERGE, Image.LEFT_OUT, "the number of the last event: the store counts on"),
    /** The last of each member. */
    EVENTS_FROM(Keys.EVENTS_FROM, Conflict.MERGE, Image.LEFT_OUT,
            "the last event of each member: an agent goes on by its own clock"),
    /** Who may log in. */
    USERS(Keys.USERS, Conflict.REJECT, Image.KEPT,
            "the users: hashes of passwords and recovery codes, TOTP secrets as 'sessions.seal-key' seals them"),
    /** Who is logged in. */
    SESSIONS(Keys.SESSIONS, Conflict.REJECT, Image.LEFT_OUT, "the sessions: everybody logs in again"),
    /** Programs that may log in. */
    SERVICE_TOKENS(Keys.SERVICE_TOKENS, Conflict.REJECT, Image.KEPT, "the service tokens, as hashes"),
    /** What waits for others. */
    APPROVALS(Keys.APPROVALS, Conflict.REJECT, Image.LEFT_OUT,
            "what waits for another administrator: it is asked for again"),
    /** What was decided of whom. */
    AUDIT(Keys.AUDIT, Conflict.MERGE, Image.CARRIED,
            "the newest records of the audit log: a chain cannot go on without its beginning, which is in files only"),
    /** Where the chains end. */
    AUDIT_HEADS(Keys.AUDIT_HEADS, Conflict.MERGE, Image.CARRIED, "where the chains of the audit log end"),
    /** What an agent lacks. */
    AUDIT_WANTED(Keys.AUDIT_WANTED, Conflict.LAST_WRITER, Image.LEFT_OUT,
            "what an agent lacks of the audit log: it finds out again"),
    /** What agents see of a Redis. */
    REDIS_VIEWS(Keys.REDIS_VIEWS, Conflict.LAST_WRITER, Image.LEFT_OUT,
            "what an agent sees of a Redis: it goes with its agent"),
    /** What is wrong with it. */
    REDIS_FINDINGS(Keys.REDIS_FINDINGS, Conflict.REJECT, Image.KEPT, "what is known to be wrong with a Redis"),
    /** What was done about it. */
    REDIS_ACTIONS(Keys.REDIS_ACTIONS, Conflict.REJECT, Image.KEPT, "what was done last about a Redis"),
    /** Who moves its master. */
    REDIS_FAILOVERS(Keys.REDIS_FAILOVERS, Conflict.REJECT, Image.LEFT_OUT,
            "the planned failovers that are under way: they would be made once more"),
    /** Who hands events on. */
    REDIS_RELAY(Keys.REDIS_RELAY, Conflict.REJECT, Image.LEFT_OUT,
            "which agent hands events on to Redis: one does so anew"),
    /** The alerts about the cluster. */
    ALERTS_OF_CLUSTER(Keys.ALERTS_OF_CLUSTER, Conflict.REJECT, Image.LEFT_OUT,
            "the alerts about the cluster: they are found anew"),
    /** The alerts about members. */
    ALERTS_OF(Keys.ALERTS_OF, Conflict.REJECT, Image.LEFT_OUT, "the alerts about a member: they are found anew"),
    /** Who was told. */
    ALERTS_TOLD(Keys.ALERTS_TOLD, Conflict.REJECT, Image.LEFT_OUT,
            "what a receiver was told of an alert, or who is about to: who comes second does not tell"),
    /** What nobody wants to be told. */
    ALERTS_SILENCES(Keys.ALERTS_SILENCES, Conflict.REJECT, Image.KEPT, "the silences, until they end"),
    /** What time it is. */
    ALERTS_CLOCKS(Keys.ALERTS_CLOCKS, Conflict.LAST_WRITER, Image.LEFT_OUT, "an agent's clock: it goes with its agent");

    private final String prefix;
    private final Conflict conflict;
    private final Image image;
    private final String meaning;

    /** What becomes of two who write a key without knowing of each other. */
    public enum Conflict {
        /** Who comes second is refused, and reads what the first has written before it tries again. */
        REJECT("reject"),
        /** The later counts, and nobody is refused; where it is a member's own key, nobody else writes it. */
        LAST_WRITER("last writer wins"),
        /** What both have written is there, once. */
        MERGE("merge");

        private final String words;

        Conflict(String words) {
            this.words = words;
        }

        /** As the documentation calls it. */
        public String words() {
            return words;
        }
    }

    /** What an image of the shared state has of it. */
    public enum Image {
        /** It is in it, and an import brings it back. */
        KEPT("kept"),
        /** It is in it, for people; an import leaves it there. */
        CARRIED("to be read only"),
        /** It is not in it. */
        LEFT_OUT("not in it");

        private final String words;

        Image(String words) {
            this.words = words;
        }

        /** As the documentation calls it. */
        public String words() {
            return words;
        }
    }

    KeyFamily(String prefix, Conflict conflict, Image image, String meaning) {
        this.prefix = prefix;
        this.conflict = conflict;
        this.image = image;
        this.meaning = meaning;
    }

    /** The key, or, with a slash at its end, what all keys of this kind begin with. */
    public String prefix() {
        return prefix;
    }

    /** What becomes of two writers. */
    public Conflict conflict() {
        return conflict;
    }

    /** Whether an image has it. */
    public Image image() {
        return image;
    }

    /** What it is, and why an image has it not where it has not. */
    public String meaning() {
        return meaning;
    }

    /** That of a key; empty for a kind of a later release. */
    public static Optional<KeyFamily> of(String key) {
        KeyFamily found = null;
        for (KeyFamily family : values()) {
            boolean is = family.prefix.endsWith("/") ? key.startsWith(family.prefix) : key.equals(family.prefix);
            if (is && (found == null || family.prefix.length() > found.prefix.length())) {
                found = family;
            }
        }
        return Optional.ofNullable(found);
    }
}
