package io.holdfast.statesync;

/** The names of the cluster's records in the store. */
public final class Keys {
    /** {@link ClusterRecord}. */
    public static final String CLUSTER = "cluster";
    /** The cluster's settings, as JSON in the shape of the configuration file. */
    public static final String SETTINGS = "settings";
    /** Prefix of {@link SettingsVersion}s, by number of ten digits. */
    public static final String SETTINGS_VERSIONS = "versions/settings/";
    /** {@link Leadership}. */
    public static final String LEADER = "leader";
    /** There as long as the leadership's lease is; its value is the epoch. */
    public static final String LEASE = "leader/lease";
    /** {@link LeaderPosition}. */
    public static final String POSITION = "leader/position";
    /** {@link Measured}. */
    public static final String MEASURED = "measured";
    /** {@link SyncSet}. */
    public static final String SYNC = "sync";
    /** {@link Failsafe}, while a primary may rely on it. */
    public static final String FAILSAFE = "failsafe";
    /** Prefix of {@link Attachment}s, by member name. */
    public static final String ATTACH = "attach/";
    /** Prefix of {@link HistoryEntry}s, by epoch of ten digits. */
    public static final String HISTORY = "history/";
    /** Prefix of {@link MemberRecord}s, by member name. */
    public static final String MEMBERS = "members/";
    /** Prefix of {@link MemberStatus}es, by member name. */
    public static final String STATUS = "status/";
    /** Prefix of {@link Suspicion}s, by epoch of ten digits and member name. */
    public static final String SUSPECT = "suspect/";
    /** {@link Pause}, while there is one. */
    public static final String PAUSE = "request/pause";
    /** {@link Handover}, while one is wanted. */
    public static final String HANDOVER = "request/handover";
    /** {@link Restoring}, while the whole cluster is restored. */
    public static final String RESTORE = "request/restore";
    /** {@link Schedule}, while there is one. */
    public static final String SCHEDULE = "request/schedule";
    /** Prefix of {@link Order}s, by member name. */
    public static final String ORDERS = "request/order/";
    /** The base backup that is asked for or being made. */
    public static final String BACKUP = "request/backup";
    /** When the last backup that was due began. */
    public static final String BACKUP_DUE = "backup-due";
    /** {@link DrillOrder}, while a trial restore that was due runs. */
    public static final String DRILL = "request/drill";
    /** Which image of the shared state is being imported, while one is. */
    public static final String IMPORT = "request/import";
    /** Prefix of what became of requests; there for a while only. */
    public static final String OUTCOMES = "request/outcome/";
    /** When the last trial restore that was due began. */
    public static final String DRILL_DUE = "drill-due";
    /** {@link DrillProof}. */
    public static final String DRILL_PROOF = "drill-proof";
    /** The public keys by which the members' manifests are signed. */
    public static final String SIGNERS = "signers/";
    /** Prefix of {@link Operation}s, by id. */
    public static final String OPERATIONS = "operations/";
    /** Prefix of the names of those who want an operation cancelled, by id. */
    public static final String CANCELS = "cancels/";
    /** Prefix of {@link Removal}s, by member name. */
    public static final String REMOVED = "removed/";
    /** The log of the {@link Event}s, whose keys are the next three. */
    public static final String EVENTS_LOG = "events";
    /** Prefix of {@link Event}s, by number of twelve digits. */
    public static final String EVENTS = "events/";
    /** The number of the last event. */
    public static final String EVENTS_HEAD = "events-head";
    /** Prefix of the hybrid times of the members' last events that have a number, by member name. */
    public static final String EVENTS_FROM = "events-from/";
    /** Prefix of the users, by name; the records of this and the prefixes below are those of logins. */
    public static final String USERS = "users/";
    /** Prefix of the sessions, by the hash of their token. */
    public static final String SESSIONS = "sessions/";
    /** A number that all sessions carry; they end when it grows. */
    public static final String SESSION_ROUND = "sessions/round";
    /** Prefix of the service tokens, by name. */
    public static final String SERVICE_TOKENS = "service-tokens/";
    /** Prefix of what waits for other administrators, by operation. */
    public static final String APPROVALS = "approvals/";
    /** Prefix of the newest records of the audit log, by chain and number of twelve digits. */
    public static final String AUDIT = "audit/";
    /** Prefix of the ends of the chains of the audit log, by chain. */
    public static final String AUDIT_HEADS = "audit-heads/";
    /** Prefix of what an agent lacks of the audit log, by agent. */
    public static final String AUDIT_WANTED = "audit-wanted/";

    /** Prefix of all that the agents know of a Redis that Sentinel watches. */
    public static final String REDIS = "redis/";
    /** Prefix of what each agent sees of it, by the master's name and the member; there as long as the agent looks. */
    public static final String REDIS_VIEWS = "redis/view/";
    /** Prefix of what is known to be wrong, by the master's name. */
    public static final String REDIS_FINDINGS = "redis/findings/";
    /** Prefix of the last thing that was done about it, by the master's name. */
    public static final String REDIS_ACTIONS = "redis/action/";
    /** Prefix of the planned failovers that are under way, by the master's name. */
    public static final String REDIS_FAILOVERS = "redis/failover/";
    /** The member whose agent hands events on to a Redis. */
    public static final String REDIS_RELAY = "redis/relay";

    /** Prefix of all about alerts. */
    public static final String ALERTS = "alerts/";
    /** The alerts about the cluster. */
    public static final String ALERTS_OF_CLUSTER = "alerts/cluster";
    /** Prefix of the alerts that an agent has about its own member, by member name. */
    public static final String ALERTS_OF = "alerts/of/";
    /** Prefix of what receivers were told, by the alert's id and the receiver. */
    public static final String ALERTS_TOLD = "alerts/told/";
    /** Prefix of the silences, by id. */
    public static final String ALERTS_SILENCES = "alerts/silence/";
    /** Prefix of the agents' clocks, by member name; each there as long as its agent tells it. */
    public static final String ALERTS_CLOCKS = "alerts/clock/";

    private Keys() {}

    /** The key of a member's attachment. */
    public static String attach(MemberName name) {
        return ATTACH + name;
    }

    /** The key of an epoch's history entry; ten digits, so that the keys sort. */
    public static String history(Epoch epoch) {
        return HISTORY + "%010d".formatted(epoch.number());
    }

    /** The key of a version of the settings; ten digits, so that the keys sort. */
    public static String settingsVersion(long number) {
        return SETTINGS_VERSIONS + "%010d".formatted(number);
    }

    /** The key of a member's record. */
    public static String member(MemberName name) {
        return MEMBERS + name;
    }

    /** The key of a member's status. */
    public static String status(MemberName name) {
        return STATUS + name;
    }

    /** The key of what an agent suspects of the primary of an epoch. */
    public static String suspect(Epoch epoch, MemberName by) {
        return suspicions(epoch) + by;
    }

    /** The prefix of all that is suspected of the primary of an epoch. */
    public static String suspicions(Epoch epoch) {
        return SUSPECT + "%010d/".formatted(epoch.number());
    }

    /** The key of what a member is asked to do. */
    public static String order(MemberName member) {
        return ORDERS + member;
    }

    /** The key of the public key by which a member signs the manifests of its backups. */
    public static String signer(MemberName member) {
        return SIGNERS + member;
    }

    /** The key of what became of a request; there for a while only. */
    public static String outcome(String request) {
        return OUTCOMES + request;
    }

    /** The key that says that a member was removed. */
    public static String removed(MemberName name) {
        return REMOVED + name;
    }

    /** The key of an event; twelve digits, so that the keys sort. */
    public static String event(long number) {
        return numbered(EVENTS_LOG, number);
    }

    /** The number of an event, of its key. */
    public static long numberOf(String event) {
        return Long.parseLong(event.substring(EVENTS.length()));
    }

    /** The key of a record of a log; twelve digits, so that the keys sort. */
    static String numbered(String log, long number) {
        String digits = Long.toString(number);
        return log + "/" + "0".repeat(Math.max(0, 12 - digits.length())) + digits;
    }

    /** The key of a record of the audit log; twelve digits, so that the keys sort. */
    public static String audit(String chain, long number) {
        return AUDIT + chain + "/%012d".formatted(number);
    }
}
