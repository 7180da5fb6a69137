package io.holdfast.agent;

import io.holdfast.config.HostPort;
import io.holdfast.replication.redis.InstanceSeen;
import io.holdfast.replication.redis.SentinelView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a load balancer in front of Redis is told. A Redis is the primary to clients only while more than half of the Sentinels
 * name it: one that was cut off with its clients still says that it is a master.
 */
public final class RedisHealth {
    /** An older look says nothing of now. */
    private static final Duration FRESH = Duration.ofSeconds(5);

    private RedisHealth() {}

    /** What can be asked. */
    public enum Check {
        /** Takes writes. */
        PRIMARY,
        /** Follows the primary, and answers reads. */
        REPLICA;

        /** That of the last word of a path. */
        public static Optional<Check> of(String word) {
            return Optional.ofNullable(switch (word) {
                case "primary" -> PRIMARY;
                case "replica" -> REPLICA;
                default -> null;
            });
        }
    }

    /** Which of a master's instances run on a host. */
    public static List<HostPort> on(String host, SentinelView view) {
        return view.instances().stream().map(InstanceSeen::address).filter(one -> one.host().equals(host)).toList();
    }

    /**
     * True for 200, false for 503.
     *
     * @param lagBytes how far a replica may be behind; null: any distance, also one that is not known
     */
    public static boolean isOk(Check check, SentinelView view, HostPort instance, @Nullable Long lagBytes,
            Instant now) {
        Optional<HostPort> master = view.agreedMaster();
        InstanceSeen.Facts facts = view.instance(instance).map(InstanceSeen::facts).orElse(null);
        if (view.at().plus(FRESH).isBefore(now) || master.isEmpty() || facts == null
                || facts.persistence().loading()) {
            return false;
        }
        return switch (check) {
            case PRIMARY -> facts.upstream() == null && instance.equals(master.get()) && facts.refusal().isEmpty();
            case REPLICA -> master.get().equals(facts.upstream()) && facts.linkUp()
                    && (lagBytes == null || lag(view, instance).filter(lag -> lag <= lagBytes).isPresent());
        };
    }

    /** How many bytes of its master's stream a replica lacks; empty where that is not known. */
    public static Optional<Long> lag(SentinelView view, HostPort instance) {
        InstanceSeen.Facts own = view.instance(instance).map(InstanceSeen::facts).orElse(null);
        InstanceSeen.Facts master = view.agreedMaster()
                .flatMap(view::instance)
                .map(InstanceSeen::facts)
                .orElse(null);
        return own == null || own.upstream() == null || master == null
                ? Optional.empty()
                : Optional.of(Math.max(0, master.offset() - own.offset()));
    }
}
