package io.holdfast.backup;

import java.util.List;

/** Which folders lie in a folder. */
public sealed interface FoldersResult {
    /**
     * All that have an object below them.
     *
     * @param names their names without what is above, in order
     */
    record Listed(List<String> names) implements FoldersResult {
        /** Takes an immutable copy. */
        public Listed {
            names = List.copyOf(names);
        }
    }

    /**
     * The repository failed: what is there is not known.
     *
     * @param failure why
     */
    record Failed(RepositoryFailure failure) implements FoldersResult {}
}
