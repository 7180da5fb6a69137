package io.holdfast.backup;

import io.holdfast.config.Problem;
import java.util.List;

/** A base backup as it was found in the repository. */
public sealed interface BackupEntry {
    /** Its name. */
    BackupId id();

    /** What lies in its folder. */
    List<StoredObject> objects();

    /** What it takes in the repository. */
    default long storedBytes() {
        return objects().stream().mapToLong(StoredObject::sizeBytes).sum();
    }

    /**
     * All is there that its manifest names, in the right size.
     *
     * @param manifest what it says
     * @param signature whether to believe it
     * @param objects what lies there
     */
    record Complete(Manifest manifest, SignatureVerdict signature, List<StoredObject> objects) implements BackupEntry {
        /** Takes an immutable copy. */
        public Complete {
            objects = List.copyOf(objects);
        }

        @Override
        public BackupId id() {
            return manifest.id();
        }
    }

    /**
     * It has no manifest: it is being made, or was given up.
     *
     * @param id its name
     * @param objects what lies there
     */
    record Unfinished(BackupId id, List<StoredObject> objects) implements BackupEntry {
        /** Takes an immutable copy. */
        public Unfinished {
            objects = List.copyOf(objects);
        }
    }

    /**
     * It was finished, and cannot be used any more.
     *
     * @param id its name
     * @param problem why
     * @param objects what lies there
     */
    record Damaged(BackupId id, Problem problem, List<StoredObject> objects) implements BackupEntry {
        /** Takes an immutable copy. */
        public Damaged {
            objects = List.copyOf(objects);
        }
    }
}
