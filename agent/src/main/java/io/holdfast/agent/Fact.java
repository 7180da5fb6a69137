package io.holdfast.agent;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What alert rules judge besides the metrics of the agent: each is a number, found anew in every round. docs/alerts.md lists them. */
public enum Fact {
    // ---- of the cluster, found by the first of the agents that are there
    /** Whether nobody is primary. */
    PRIMARY_MISSING("primary_missing", "1 while no member is a primary that takes writes, else 0"),
    /** How long ago the last failover was. */
    FAILOVER_AGE("failover_age_seconds",
            "since a change of the primary that nobody had asked for; of the last 20 changes", "epoch",
            "member"),
    /** How many commits wait for. */
    SYNC_STANDBYS("sync_standbys",
            "for how many standbys a commit waits; with durability quorum, and more than one database node"),
    /** How many agents can be lost. */
    AGENTS_TO_LOSE("agents_to_lose",
            "how many agents more can be lost before there is no majority; of three members and more"),
    /** Which agents are away. */
    AGENT_MISSING("agent_missing", "1 while the agent of a member does not answer, else 0", "member"),
    /** When backups were proved. */
    PROOF_AGE("backup_proof_age_seconds",
            "since a trial restore proved a backup, or since the cluster was made when none did; where there are backups"),
    /** Whether the last trial failed. */
    DRILL_FAILED("drill_failed", "1 when the last trial restore failed or was not made, else 0"),
    /** What is wrong with Redis. */
    REDIS_CRITICAL("redis_finding_critical", "1 for each finding that is critical (redis.md)", "master", "finding"),
    /** What may become wrong with Redis. */
    REDIS_WARNING("redis_finding_warning", "1 for each finding that is a warning (redis.md)", "master", "finding"),

    // ---- of a member, found by its own agent
    /** Whether a majority is heard. */
    QUORUM_LOST("quorum_lost", "1 while this agent hears no majority of agents, else 0", "member"),
    /** Whether it has failed. */
    MEMBER_FAILED("member_failed", "1 while the state of this member is 'failed', else 0", "member"),
    /** Whether it does what it is there for. */
    MEMBER_UNWELL("member_unwell", "0 for a primary that runs, a standby that streams and a witness, else 1",
            "member"),
    /** How late a standby is. */
    LAG_SECONDS("replication_lag_seconds",
            "for how long this standby has known of WAL that it has not replayed", "member"),
    /** How much a standby lacks. */
    LAG_BYTES("replication_lag_bytes", "how much WAL of the primary this standby has not flushed", "member"),
    /** Room on the disk. */
    DISK_FREE("disk_free_percent", "room on the disk of data directory and WAL, whichever has less", "member"),
    /** Whether the disk works. */
    DISK_FAILING("disk_failing", "1 while that disk cannot be written or does not answer, else 0", "member"),
    /** What slots keep. */
    SLOT_RETAINED("slot_retained_bytes", "how much WAL a slot of this primary keeps", "member", "slot"),
    /** How far transaction ids have gone. */
    TRANSACTION_AGE("transaction_id_age",
            "the age of the oldest transaction or multixact id of this primary; at 2,147,483,648 it takes no writes",
            "member"),
    /** How long WAL waits. */
    ARCHIVE_WAIT("archive_wait_seconds",
            "for how long the oldest file of WAL of this member has waited to be archived; where there are backups",
            "member"),
    /** How long certificates are good for. */
    CERTIFICATE_DAYS("certificate_days", "days until a certificate of this member ends; 'authority' or 'own'",
            "member", "file"),
    /** How wrong the clock is. */
    CLOCK_SKEW("clock_skew_seconds",
            "how far this agent's clock is from the middle one of all agents, of two from the other one", "member");

    private final String metric;
    private final String meaning;
    @SuppressWarnings("ImmutableEnumChecker") // List.of makes one that does not change.
    private final List<String> labels;

    Fact(String metric, String meaning, String... labels) {
        this.metric = metric;
        this.meaning = meaning;
        this.labels = List.of(labels);
    }

    /** True for what is found in the shared state about all members; what is not, each agent finds about its own. */
    public boolean isOfCluster() {
        return compareTo(REDIS_WARNING) <= 0;
    }

    /** That of a name in a rule; empty when it is a metric of the agents. */
    public static Optional<Fact> of(String metric) {
        return Arrays.stream(values()).filter(fact -> fact.metric.equals(metric)).findFirst();
    }

    /** Its name in a rule. */
    public String metric() {
        return metric;
    }

    /** What it is, for people. */
    public String meaning() {
        return meaning;
    }

    /** What tells several of them apart. */
    public List<String> labels() {
        return labels;
    }
}
