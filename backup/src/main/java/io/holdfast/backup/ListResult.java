package io.holdfast.backup;

import java.util.List;

/** What lies below a folder. */
public sealed interface ListResult {
    /**
     * All of it.
     *
     * @param objects in the order of their names; what is not named as ours is left out
     */
    record Listed(List<StoredObject> objects) implements ListResult {
        /** Takes an immutable copy. */
        public Listed {
            objects = List.copyOf(objects);
        }
    }

    /**
     * The repository failed: what is there is not known.
     *
     * @param failure why
     */
    record Failed(RepositoryFailure failure) implements ListResult {}
}
