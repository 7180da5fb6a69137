package io.holdfast.agent.io;

import io.holdfast.agent.io.worker.Backups;
import io.holdfast.backup.Content;
import io.holdfast.backup.Form;
import io.holdfast.backup.SignatureVerdict;
import io.holdfast.backup.SignerKey;
import io.holdfast.backup.io.Identity;
import io.holdfast.backup.io.SealException;
import io.holdfast.backup.io.SealedStream;
import io.holdfast.backup.io.SigningKey;
import io.holdfast.config.Encryption;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Recipient;
import io.holdfast.statesync.ImageSeal;
import io.holdfast.statesync.StateImage;
import io.holdfast.statesync.io.ClusterJson;
import io.holdfast.statesync.io.ImageFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;

/** Images of the shared state under the keys of the backups: sealed as a backup is, signed as its manifest is. */
public final class StateSeal implements ImageSeal {
    private final Encryption.To encryption;
    private final SigningKey key;

    private StateSeal(Encryption.To encryption, SigningKey key) {
        this.encryption = encryption;
        this.key = key;
    }

    /** Of a node, for these recipients. */
    static StateSeal of(HoldfastConfig config, List<Recipient> recipients) {
        return new StateSeal(new Encryption.To(recipients), Backups.signing(config));
    }

    /** With a key. */
    static StateSeal of(SigningKey key, List<Recipient> recipients) {
        return new StateSeal(new Encryption.To(recipients), key);
    }

    @Override
    public List<String> recipients() {
        return encryption.recipients().stream().map(Recipient::value).toList();
    }

    @Override
    public String signer() {
        return key.signer().value();
    }

    @Override
    public byte[] seal(byte[] plain) {
        ByteArrayOutputStream sealed = new ByteArrayOutputStream();
        try {
            SealedStream.seal(Content.of(plain), encryption).writeTo(sealed);
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written to", e);
        }
        return sealed.toByteArray();
    }

    @Override
    public byte[] sign(byte[] signed) {
        return key.sign(signed);
    }

    /** Whether a signature is the signer's, whoever that is. */
    public static boolean isSigned(byte[] signed, byte[] signature, String signer) {
        try {
            return !(SigningKey.verify(signed, signature, new SignerKey(signer),
                    Set.of()) instanceof SignatureVerdict.Wrong);
        } catch (IllegalArgumentException e) {
            // It names no key at all.
            return false;
        }
    }

    /**
     * What is sealed in an image.
     *
     * @throws HoldfastException when it is sealed for others, or is not what it says
     */
    public static byte[] unseal(ImageFile.Packed packed, Identity identity, String what) {
        try (InputStream plain = SealedStream.open(new ByteArrayInputStream(packed.sealed()), Form.SEALED, identity,
                what)) {
            return plain.readAllBytes();
        } catch (SealException e) {
            throw new HoldfastException(e.problem(), e);
        } catch (IOException e) {
            throw ImageFile.damaged(what, e);
        }
    }

    /** The image that is sealed. */
    public static StateImage open(ImageFile.Packed packed, Identity identity, ClusterJson json, String what) {
        return ImageFile.open(packed.head(), unseal(packed, identity, what), json, what);
    }
}
