package io.holdfast.statesync;

import java.util.List;

/** How an image of the shared state is sealed and signed: by the keys of the backups, of which this module knows nothing. */
public interface ImageSeal {
    /** Whom it is sealed for. */
    List<String> recipients();

    /** Who signs it, as {@link StateImage.Header} names that. */
    String signer();

    /** Compresses and seals. */
    byte[] seal(byte[] plain);

    /** The signature of these bytes. */
    byte[] sign(byte[] signed);
}
