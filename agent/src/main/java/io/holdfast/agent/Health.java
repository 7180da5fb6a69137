package io.holdfast.agent;

import io.holdfast.replication.LocalPostgres;
import io.holdfast.statesync.ClusterState;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.MemberRecord;
import io.holdfast.statesync.MemberStatus;
import io.holdfast.statesync.SyncSet;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a load balancer is told, with the meaning that Patroni gives to the same paths (its manual, "Patroni REST API").
 * A member is a primary to its clients only while PostgreSQL takes writes <em>and</em> the hold of the lease has not run out.
 */
public final class Health {
    private static final String NO_LOAD_BALANCE = "noloadbalance";

    private Health() {}

    /** What can be asked. */
    public enum Check {
        /** Takes writes. */
        PRIMARY,
        /** Replays, answers reads, and is not told to stay out of load balancing. */
        REPLICA,
        /** Answers reads: a primary, or what {@link #REPLICA} means. */
        READ_ONLY,
        /** A standby that every commit waits for. */
        SYNC,
        /** A standby that is one of those that commits wait for. */
        QUORUM,
        /** PostgreSQL is up. */
        HEALTH,
        /** The agent is at work. */
        LIVENESS,
        /** PostgreSQL is up and has its place: a primary with the lease, or a standby that streams. */
        READINESS;

        /** The check of a path, or nothing. */
        public static Optional<Check> ofPath(String path) {
            return Optional.ofNullable(switch (path) {
                case "/", "/primary", "/leader", "/read-write" -> PRIMARY;
                case "/replica" -> REPLICA;
                case "/read-only" -> READ_ONLY;
                case "/sync", "/synchronous" -> SYNC;
                case "/quorum" -> QUORUM;
                case "/health" -> HEALTH;
                case "/liveness" -> LIVENESS;
                case "/readiness" -> READINESS;
                default -> null;
            });
        }
    }

    /**
     * What the answer rests on.
     *
     * @param self this member
     * @param cluster the cluster's name
     * @param postgres the last reading of PostgreSQL
     * @param holdsLease true while the hold of the leadership has not run out
     * @param state the newest reading of the shared state
     * @param sinceLastTurn how long ago the loop ended a turn
     * @param quorum true while this agent hears a majority of agents; if not, what it knows of the primary is old
     */
    public record Facts(MemberName self, String cluster, LocalPostgres postgres, boolean holdsLease, ClusterState state,
            Duration sinceLastTurn, boolean quorum) {
        /** What an agent sees now. */
        public static Facts of(AgentView agent) {
            return new Facts(agent.self(), agent.cluster(), agent.reading(), agent.holdsLease(), agent.state(),
                    agent.sinceLastTurn(), agent.consensus().hasQuorum());
        }
    }

    /**
     * How far a standby's replay may be behind the primary. A distance that is not known is too far.
     *
     * @param bytes at most; null: any
     * @param time at most; null: any
     */
    public record Limit(@Nullable Long bytes, @Nullable Duration time) {
        /** Any distance, a distance that is not known too. */
        public static final Limit NONE = new Limit(null, null);

        boolean admits(@Nullable Long lagBytes, @Nullable Double lagSeconds) {
            return (bytes == null || lagBytes != null && lagBytes <= bytes)
                    && (time == null || lagSeconds != null && lagSeconds * 1000 <= time.toMillis());
        }
    }

    /** True for 200, false for 503. */
    public static boolean isOk(Check check, Facts facts, Limit limit) {
        boolean primary = isPrimary(facts);
        LocalPostgres.Standby standby = facts.postgres() instanceof LocalPostgres.Standby s ? s : null;
        boolean near = limit.admits(lagBytes(facts), lagSeconds(facts));
        boolean replica = standby != null && near && !noLoadBalance(facts);
        return switch (check) {
            case PRIMARY -> primary;
            case REPLICA -> replica;
            case READ_ONLY -> primary || replica;
            case SYNC -> standby != null && near && "sync".equals(syncState(facts));
            case QUORUM -> standby != null && near && !"async".equals(syncState(facts));
            case HEALTH -> standby != null || facts.postgres() instanceof LocalPostgres.Primary;
            case LIVENESS -> facts.sinceLastTurn().compareTo(facts.state().settings().lease().multipliedBy(2)) <= 0;
            case READINESS -> primary || standby != null && standby.streaming() && near;
        };
    }

    private static boolean isPrimary(Facts facts) {
        return facts.postgres() instanceof LocalPostgres.Primary && facts.holdsLease();
    }

    /** Facts for people and programs, the same for every check. */
    public static Map<String, Object> body(Facts facts) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("cluster", facts.cluster());
        body.put("member", facts.self().value());
        switch (facts.postgres()) {
            case LocalPostgres.Primary p -> {
                body.put("state", "running");
                body.put("role", isPrimary(facts) ? "primary" : "primary without lease");
                body.put("timeline", p.timeline().id());
                body.put("lsn", p.flushed().toString());
            }
            case LocalPostgres.Standby s -> {
                body.put("state", s.streaming() ? "streaming" : "running");
                body.put("role", "replica");
                body.put("timeline", s.timeline().id());
                body.put("lsn", s.flushed().toString());
                body.put("replayed", s.replayed().toString());
                Long lag = lagBytes(facts);
                if (lag != null) {
                    body.put("lagBytes", lag);
                }
                Double seconds = lagSeconds(facts);
                if (seconds != null) {
                    body.put("lagSeconds", seconds);
                }
                body.put("syncState", syncState(facts));
            }
            case LocalPostgres.Stopped s -> body.put("state", "stopped");
            case LocalPostgres.Silent s -> body.put("state", s.stopping() ? "stopping" : "starting");
            case LocalPostgres.Absent a -> body.put("state", "absent");
            case LocalPostgres.Broken b -> body.put("state", "broken");
            case LocalPostgres.Foreign f -> body.put("state", "failed");
        }
        body.put("epoch", facts.state().epoch().number());
        return body;
    }

    private static boolean noLoadBalance(Facts facts) {
        MemberRecord about = facts.state().members().get(facts.self());
        return about != null && "true".equals(about.tags().get(NO_LOAD_BALANCE));
    }

    private static String syncState(Facts facts) {
        return StatusReport.syncState(facts.self(),
                facts.state().sync() == null ? SyncSet.EMPTY : facts.state().sync().value());
    }

    /** How far a standby's replay is behind the primary; null when it is not a standby, or no primary is heard. */
    private static @Nullable Long lagBytes(Facts facts) {
        Lsn head = facts.quorum() && facts.state().isLed() ? StatusReport.head(facts.state()) : null;
        return head != null && facts.postgres() instanceof LocalPostgres.Standby s
                ? Math.max(0L, head.minus(s.replayed()))
                : null;
    }

    /** For how long it has known of WAL that it has not replayed, as it last told the others; null as above. */
    private static @Nullable Double lagSeconds(Facts facts) {
        MemberStatus told = facts.state().statuses().get(facts.self());
        return facts.quorum() && told != null && facts.postgres() instanceof LocalPostgres.Standby
                ? StatusReport.delaySeconds(told)
                : null;
    }
}
