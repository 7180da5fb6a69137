package io.holdfast.replication.redis;

import static io.holdfast.replication.redis.FindingKind.Severity.CRITICAL;
import static io.holdfast.replication.redis.FindingKind.Severity.INFO;
import static io.holdfast.replication.redis.FindingKind.Severity.WARNING;

import java.util.Locale;

/** What can be wrong with a Redis that Sentinel watches. The words are stable. */
public enum FindingKind {
    /** The master is down for Sentinel. */
    MASTER_DOWN(CRITICAL, "the master does not answer Sentinel",
            "Sentinel promotes a replica when a quorum agrees; wait for it, then look why the old one is down."),
    /** Nobody hears the master. */
    MASTER_SILENT(CRITICAL, "the master answers no agent that looked",
            "Sentinel will call it down after 'down-after-milliseconds'; look whether its host and process are there."),
    /** The master answers and refuses what clients ask of it. */
    MASTER_REFUSES(CRITICAL, "the master answers Sentinel and refuses clients",
            "Sentinel will do nothing about it; see to the cause (disk, memory, replicas), or 'holdfast redis failover'."),
    /** The master came back without its data. */
    MASTER_RESTARTED_EMPTY(CRITICAL, "the master was restarted faster than Sentinel noticed, and keeps nothing on disk",
            "Its replicas have taken over its empty data: load the data again from elsewhere, and switch persistence on."),
    /** More than one Redis says that it is the master. */
    TWO_MASTERS(CRITICAL, "another Redis than Sentinel's master takes writes",
            "What clients write there is lost when Sentinel turns it into a replica; keep clients from it."),
    /** Too few Sentinels can be reached for a failover. */
    NO_QUORUM(CRITICAL, "no failover could be decided",
            "Start the Sentinels that are away; until then nobody replaces a master that fails."),
    /** The Sentinels name different masters. */
    SENTINELS_DISAGREE(CRITICAL, "the Sentinels name different masters",
            "Usual for a second during a failover; if it stays, the one that differs is cut off or watches something else."),
    /** Sentinel does not act. */
    TILT(CRITICAL, "a Sentinel is in TILT, and does nothing",
            "Its clock jumped or its machine stood still; it recovers after 30 s without another jump."),
    /** A Sentinel does not answer. */
    SENTINEL_SILENT(WARNING, "a Sentinel does not answer", "Start it, or take it out of 'redis.sentinels'."),
    /** The Sentinels know different numbers of others. */
    PEERS_DISAGREE(WARNING, "the Sentinels know different numbers of other Sentinels",
            "They find each other through the master; 'SENTINEL RESET' on the one that differs makes it look again."),
    /** Too few must agree, or too many. */
    UNSAFE_QUORUM(WARNING, "the quorum does not fit the number of Sentinels",
            "Set it to more than half of them with 'SENTINEL SET NAME quorum N' on each."),
    /** All Sentinels share a host. */
    SENTINELS_ON_ONE_HOST(WARNING, "all Sentinels run on one host",
            "Run them on three hosts: with that one all of them fail."),
    /** A Sentinel lists what is not there any more. */
    STALE_ENTRY(WARNING, "a Sentinel lists what has been down for long, or the same thing twice",
            "If it will not come back, 'SENTINEL RESET NAME' on one Sentinel after the other, half a minute apart."),
    /** The master has no replica. */
    NO_REPLICAS(CRITICAL, "the master has no replicas", "Nobody can take over: start a replica."),
    /** No replica may become master. */
    NO_CANDIDATE(CRITICAL, "every replica has the priority 0",
            "Sentinel promotes none of them; set 'replica-priority' on one."),
    /** A replica does not answer. */
    REPLICA_SILENT(WARNING, "a replica answers no agent that looked", "Start it, or remove it from Sentinel's lists."),
    /** A replica does not hear its master. */
    REPLICA_UNLINKED(WARNING, "a replica does not hear its master",
            "Its log says why; a new copy of the data takes a while."),
    /** A replica follows somebody else. */
    WRONG_MASTER(CRITICAL, "a replica follows another master than Sentinel says",
            "Sentinel mends that within some seconds where it knows the replica; else 'REPLICAOF' on it."),
    /** The versions differ. */
    VERSIONS_DIFFER(INFO, "the replicas run another version than the master",
            "Usual while they are upgraded; a replica of an older version cannot follow for long."),
    /** The master acknowledges what no replica has. */
    MIN_REPLICAS_ZERO(WARNING, "the master takes writes without any replica ('min-replicas-to-write' is 0)",
            "A master that is cut off goes on taking writes that will be lost; set it to 1 where that matters."),
    /** The master keeps nothing on disk. */
    NO_PERSISTENCE(WARNING, "the master keeps nothing on disk",
            "Restarted within 'down-after-milliseconds' it empties every replica: see that no supervisor restarts it fast."),
    /** A snapshot or the append-only file failed. */
    DISK_FAILS(WARNING, "a Redis could not write its data to disk",
            "Look at its disk: space, permissions, a read-only mount."),
    /** The memory is nearly full. */
    MEMORY_FULL(WARNING, "a Redis uses nine tenths of its 'maxmemory'", "Raise it, or let keys go."),
    /** Only some agents hear somebody. */
    BLIND_SPOT(WARNING, "some agents hear a Redis or a Sentinel, and others do not",
            "The network between them is broken, or a firewall stands there.");

    /** How bad it is. */
    public enum Severity {
        /** Good to know. */
        INFO,
        /** Works now, and will hurt. */
        WARNING,
        /** Clients suffer, or nothing would help them if the master failed now. */
        CRITICAL
    }

    private final Severity severity;
    private final String fact;
    private final String hint;

    FindingKind(Severity severity, String fact, String hint) {
        this.severity = severity;
        this.fact = fact;
        this.hint = hint;
    }

    /** How bad it is. */
    public Severity severity() {
        return severity;
    }

    /** What is, in general. */
    public String fact() {
        return fact;
    }

    /** What to do, a sentence or two. */
    public String hint() {
        return hint;
    }

    /** Its stable name, such as {@code no-quorum}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
