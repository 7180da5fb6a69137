package io.holdfast.config;

import java.time.Duration;

/**
 * The section {@code metrics.probes}: how often each group of probes runs, and how much it takes.
 *
 * @param replication standbys, slots, WAL
 * @param activity connections, transactions, locks, checkpoints, vacuum
 * @param statements the statements that take most time
 * @param sizes tables and indexes of every database
 * @param archive the WAL that waits for the archive
 * @param backup the backups in the repository
 * @param redis Redis and its Sentinels
 * @param host CPU, memory, disks and network of the machine, and the agent's own threads
 * @param top how many statements, tables and indexes at most, the greatest first
 * @param canary a transaction that measures the way to the standbys
 */
public record ProbesConfig(Duration replication, Duration activity, Duration statements, Duration sizes,
        Duration archive, Duration backup, Duration redis, Duration host, int top, Canary canary) {
    /** Where the section is left out. */
    public static final ProbesConfig DEFAULTS = new ProbesConfig(Duration.ofSeconds(5), Duration.ofSeconds(10),
            Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofSeconds(15), Duration.ofMinutes(5),
            Duration.ofSeconds(10), Duration.ofSeconds(10), 20,
            new Canary(false, Duration.ofSeconds(1), Duration.ofSeconds(2)));

    /**
     * A tiny transaction on the primary that is awaited on each standby.
     *
     * @param enabled whether it is made at all
     * @param interval from one to the next
     * @param budget how long it is waited for
     */
    public record Canary(boolean enabled, Duration interval, Duration budget) {}
}
