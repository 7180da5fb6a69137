package io.holdfast.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code cluster}.
 *
 * @param name the cluster's name
 * @param settings what holds for the whole cluster; the store's count once the cluster exists
 * @param bootstrap what happens once, when the first primary is made
 */
public record ClusterConfig(String name, ClusterSettings settings, Bootstrap bootstrap) {

    /**
     * What happens once, when the first primary of a new cluster is made.
     *
     * @param initdb further options of initdb
     * @param sql a file of SQL that is run before clients are let in; null: none
     * @param from a restored data directory that is taken instead, on the member that has it; null: initdb makes one
     */
    public record Bootstrap(List<String> initdb, @Nullable Path sql, @Nullable Path from) {
        /** Takes an immutable copy. */
        public Bootstrap {
            initdb = List.copyOf(initdb);
        }
    }
}
