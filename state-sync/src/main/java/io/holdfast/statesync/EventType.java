package io.holdfast.statesync;

import java.util.Locale;
import java.util.Optional;

/** What kinds of events there are. docs/api.md has the same table; a test compares the two. */
public enum EventType {
    // ---- roles and epochs
    /** A member makes the first primary of the cluster. */
    BOOTSTRAP("A member makes the first primary.", true),
    /** The first primary is there. */
    CLUSTER_CREATED("The cluster has its first primary.", true),
    /** A new epoch: another member leads. */
    TAKEOVER("A member takes over, in a new epoch.", true),
    /** A standby has become the primary of its epoch. */
    PROMOTION("A member is the primary of its epoch.", true),
    /** The member that led goes on leading. */
    TAKEBACK("A member takes its leadership back, nobody having taken over.", true),
    /** The primary lets another one lead. */
    RELEASE("A primary gives its leadership up.", true),
    /** A primary was stopped, since it may not be one. */
    FENCE("A member stopped its PostgreSQL at once.", true),
    /** A primary was stopped in order. */
    STOP("A member stops its PostgreSQL in order.", true),
    /** A primary starts again. */
    RESTART("A member starts as the primary again.", true),
    /** WAL that the new primary does not have. */
    DISCARDED("A member gives up WAL that the primary does not have.", true),
    /** Whom commits wait for. */
    SYNC_SET("Commits wait for other members.", true),
    /** A primary goes on without its lease. */
    FAILSAFE("A primary cannot renew its lease, and goes on by the promises of all others.", true),
    /** A primary cannot go on without its lease. */
    FAILSAFE_REFUSED("A primary cannot renew its lease, and somebody did not promise.", true),
    /** A primary has its lease again. */
    FAILSAFE_OVER("A primary has renewed its lease, and needs no promises any more.", true),
    /** A standby was set back to where the primary's history is. */
    REWIND("A member was rewound.", false),
    /** A member has a new copy. */
    CLONE("A member was cloned.", false),
    /** Something that Holdfast does not do. */
    REFUSED("A member refuses to do what it found it should.", false),
    /** What a pause keeps from happening. */
    HELD_BACK("In a pause: what a member would have done.", false),
    /** A callback did not do its work. */
    CALLBACK_FAILED("The program that is called when a role changes failed.", false),

    // ---- what somebody wanted
    /** A request was carried out. */
    REQUEST_DONE("What an operator asked for was done.", false),
    /** A request came to nothing. */
    REQUEST_ENDED("What an operator asked for was not done.", false),
    /** Long work begins. */
    OPERATION_BEGUN("An operation has begun.", false),
    /** Long work has ended, as it should or not. */
    OPERATION_ENDED("An operation has ended; 'state' says how.", false),
    /** The settings of the cluster. */
    SETTINGS_CHANGED("The cluster's settings have another version.", false),
    /** Somebody set what is Holdfast's to set. */
    SETTING_UNDONE("A parameter that Holdfast sets was set otherwise, and is set back.", false),
    /** A parameter that needs a restart. */
    PENDING_RESTART("Parameters take effect at the next restart only.", false),
    /** A slot is there. */
    SLOT_CREATED("A permanent slot was made.", false),
    /** A slot is gone. */
    SLOT_DROPPED("A slot was dropped.", false),
    /** The shared state is back. */
    STATE_IMPORTED("The shared state was brought back from an image.", false),
    /** One member more. */
    MEMBER_ADDED("A member was added.", false),
    /** One member less. */
    MEMBER_REMOVED("A member was removed.", false),

    // ---- what may be in need of somebody
    /** The state of a disk. */
    DISK("A member's disk is in another state.", false),
    /** Certificates were replaced. */
    CERTIFICATE_RENEWED("A member uses other certificates.", false),
    /** Certificates end soon. */
    CERTIFICATE_EXPIRES("A member's certificates end soon.", false),
    /** A rule's bound is broken. */
    ALERT_FIRING("An alert fires.", false),
    /** It is no longer. */
    ALERT_RESOLVED("An alert is over.", false),
    /** Events that nobody else has. */
    EVENTS_DROPPED("Events are only in the file of the member that reported them.", false),

    // ---- backups
    /** WAL is behind. */
    ARCHIVE_WAITS("WAL waits to be archived.", false),
    /** WAL is no longer behind. */
    ARCHIVE_DRAINED("What had waited is archived.", false),
    /** Nothing is archived. */
    ARCHIVE_HALTED("WAL is not archived.", false),
    /** It is archived again. */
    ARCHIVE_RESUMED("WAL is archived again.", false),
    /** A file that cannot be archived. */
    ARCHIVE_REFUSED("A file of WAL is not archived, since the repository has another one of its name.", false),
    /** A backup that was due. */
    BACKUP_FAILED("A backup was due, and was not made.", false),
    /** A trial restore that went well. */
    DRILL_PASSED("A trial restore has proved a backup.", false),
    /** A trial restore that did not. */
    DRILL_FAILED("A trial restore failed, or was not made.", false),
    /** A restore of the cluster begins. */
    RESTORE("A member is restored from a backup.", false),
    /** A restore of the cluster has brought the files. */
    RESTORED_FILES("A member has the data of the backup.", false),
    /** A restored member leads. */
    RESTORED("A restored member leads, in a new epoch.", false),

    // ---- Redis
    /** Something is wrong with a Redis. */
    REDIS_FINDING("Something is wrong with a Redis.", false),
    /** It is not wrong any more. */
    REDIS_OVER("What was wrong with a Redis is so no longer.", false),
    /** What should be done, and is not. */
    REDIS_ADVICE("What should be done about a Redis, and is left to people.", false),
    /** What was done. */
    REDIS_ACTION("An agent did something about a Redis; 'outcome' says how it was taken.", false),

    // ---- people
    /** A login from elsewhere. */
    NEW_DEVICE("A user logged in from where this user was never before.", false),
    /** Sessions were ended by somebody. */
    SESSIONS_REVOKED("Sessions were ended.", false),
    /** A user or service token was added, changed or removed. */
    USERS_CHANGED("A user or a service token was added, changed or removed.", false),
    /** An administrator's devices were taken away with a key. */
    BREAK_GLASS("Root of a node took the devices of an administrator away, with a key of the backups.", false);

    private final String meaning;
    private final boolean ofLeadership;

    EventType(String meaning, boolean ofLeadership) {
        this.meaning = meaning;
        this.ofLeadership = ofLeadership;
    }

    /** As it is written, such as {@code sync-set}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What it means, one sentence. */
    public String meaning() {
        return meaning;
    }

    /** True for what a member reports in the midst of a change of leadership. */
    public boolean isOfLeadership() {
        return ofLeadership;
    }

    /** The type of a word; empty when this release has none. */
    public static Optional<EventType> of(String word) {
        for (EventType type : values()) {
            if (type.word().equals(word)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
