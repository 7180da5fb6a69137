package io.holdfast.replication.redis;

import io.holdfast.config.HostPort;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What one agent sees of one master: what each Sentinel says about it, and what each Redis says about itself.
 *
 * @param by the agent's member
 * @param master the name under which Sentinel knows the master
 * @param at when it looked, by its own clock
 * @param sentinels every Sentinel that it asks
 * @param instances every Redis that a Sentinel names or has named
 */
public record SentinelView(String by, String master, Instant at, List<SentinelSeen> sentinels,
        List<InstanceSeen> instances) {
    /** Takes immutable copies. */
    public SentinelView {
        sentinels = List.copyOf(sentinels);
        instances = List.copyOf(instances);
    }

    /** What the Sentinels say that answer and know the master. */
    public List<SentinelSeen.Told> told() {
        return sentinels.stream().map(SentinelSeen::told).filter(told -> told != null).toList();
    }

    /** What is seen of an address; empty when nobody looked there. */
    public Optional<InstanceSeen> instance(HostPort address) {
        return instances.stream().filter(one -> one.address().equals(address)).findFirst();
    }

    /** Whom more than half of the asked Sentinels call the master. */
    public Optional<HostPort> agreedMaster() {
        return told().stream()
                .map(SentinelSeen.Told::master)
                .filter(address -> told().stream().filter(told -> told.master().equals(address)).count() * 2 > sentinels
                        .size())
                .findFirst();
    }

    /** The same without what changes all the time: whether it is news. */
    public SentinelView essence() {
        return new SentinelView(by, master, Instant.EPOCH, sentinels.stream().map(SentinelSeen::essence).toList(),
                instances.stream().map(InstanceSeen::essence).toList());
    }
}
