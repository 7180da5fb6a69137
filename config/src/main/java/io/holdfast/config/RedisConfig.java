package io.holdfast.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code redis}.
 *
 * @param sentinels the Sentinels' addresses; never empty
 * @param masters the names under which Sentinel knows the masters; never empty
 * @param mode what is done about what is found
 * @param redis who the agent is at Redis
 * @param sentinel who it is at the Sentinels
 * @param tls how it speaks TLS; null: it does not
 * @param relay where events are handed on to; null: nowhere
 */
public record RedisConfig(List<HostPort> sentinels, List<String> masters, Mode mode, Login redis, Login sentinel,
        @Nullable Tls tls, @Nullable Relay relay) {
    /** Takes immutable copies. */
    public RedisConfig {
        sentinels = List.copyOf(sentinels);
        masters = List.copyOf(masters);
    }

    /** What is done about what is found. */
    public enum Mode {
        /** It is told. */
        OBSERVE,
        /** What would be done is told too. */
        ADVISE,
        /** It is done. */
        ACT
    }

    /**
     * Who an agent is.
     *
     * @param user an ACL user; null: the default one
     * @param password its password; null: none is asked for
     */
    public record Login(@Nullable String user, @Nullable Secret password) {}

    /**
     * How TLS is spoken.
     *
     * @param ca certificates of the authorities that are believed, PEM
     * @param cert the agent's own certificate; null: it has none
     * @param key its private key, PKCS#8 PEM; null: it has none
     */
    public record Tls(Path ca, @Nullable Path cert, @Nullable Path key) {}

    /**
     * Where events are handed on to.
     *
     * @param master one of the masters
     * @param length how many events the stream there keeps, about
     */
    public record Relay(String master, int length) {
        /** How many without being told. */
        public static final int USUAL_LENGTH = 10_000;
    }
}
