package io.holdfast.backup;

import io.holdfast.config.Encryption;

/** How the bytes of an object are kept; the end of its name says so, to people and to the shell. */
public enum Form {
    /** Compressed by zstd, then sealed by age. */
    SEALED(".zst.age"),
    /** Compressed by zstd only. */
    COMPRESSED(".zst");

    private final String ending;

    Form(String ending) {
        this.ending = ending;
    }

    /** The form that the configuration asks for. */
    public static Form of(Encryption encryption) {
        return switch (encryption) {
            case Encryption.To _ -> SEALED;
            case Encryption.None _ -> COMPRESSED;
        };
    }

    /** The end of the names. */
    public String ending() {
        return ending;
    }
}
