package io.holdfast.backup.io;

import io.holdfast.backup.SignatureVerdict;
import io.holdfast.backup.SignerKey;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * Signs manifests with Ed25519. The key is a PKCS#8 PEM file (RFC 8410), and a signature verifies with openssl too:
 * {@code openssl pkeyutl -verify -pubin -inkey PUB -rawin -in SIGNED -sigfile SIGNATURE}.
 */
public final class SigningKey {
    /** What the DER of such a key begins with; the 32 bytes of the key follow. */
    private static final byte[] PRIVATE_DER = HexFormat.of().parseHex("302e020100300506032b657004220420");
    private static final byte[] PUBLIC_DER = HexFormat.of().parseHex("302a300506032b6570032100");
    private static final Pattern PEM = Pattern
            .compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final int KEY_BYTES = 32;

    private final Ed25519PrivateKeyParameters key;

    private SigningKey(Ed25519PrivateKeyParameters key) {
        this.key = key;
    }

    /** A new one. */
    public static SigningKey generate() {
        return new SigningKey(new Ed25519PrivateKeyParameters(new SecureRandom()));
    }

    /** That of a file; throws {@link HoldfastException} when there is none. */
    public static SigningKey read(Path file) {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new HoldfastException(
                    new Problem("HF-2022", "the signing key " + file + " cannot be read (" + e + ")",
                            "it must be readable for the user that runs the agent, and for nobody else."),
                    e);
        }
        Matcher matcher = PEM.matcher(text);
        if (matcher.find()) {
            byte[] der = Base64.getMimeDecoder().decode(matcher.group(1));
            if (der.length == PRIVATE_DER.length + KEY_BYTES
                    && Arrays.equals(der, 0, PRIVATE_DER.length, PRIVATE_DER, 0, PRIVATE_DER.length)) {
                return new SigningKey(new Ed25519PrivateKeyParameters(der, PRIVATE_DER.length));
            }
        }
        throw new Problem("HF-2023", file + " holds no signing key",
                "it is a file as 'openssl genpkey -algorithm ed25519' makes it.").toException();
    }

    /** That of a file, which is made when it is not there; throws {@link HoldfastException} when that cannot be. */
    public static SigningKey readOrMake(Path file) {
        if (Files.exists(file)) {
            return read(file);
        }
        SigningKey made = generate();
        KeyFiles.write(file, made.pem());
        return made;
    }

    /** The public key. */
    public SignerKey signer() {
        return new SignerKey(SignerKey.PREFIX + HexFormat.of().formatHex(key.generatePublicKey().getEncoded()));
    }

    /** The signature of these bytes. */
    public byte[] sign(byte[] bytes) {
        Ed25519Signer signer = new Ed25519Signer();
        signer.init(true, key);
        signer.update(bytes, 0, bytes.length);
        return signer.generateSignature();
    }

    /**
     * What a signature says.
     *
     * @param bytes what was signed
     * @param signature what is said to be its signature
     * @param signer who is said to have signed it
     * @param trusted whom to believe
     */
    public static SignatureVerdict verify(byte[] bytes, byte[] signature, SignerKey signer, Set<SignerKey> trusted) {
        Ed25519Signer verifier = new Ed25519Signer();
        Optional<Ed25519PublicKeyParameters> key = publicKey(signer);
        if (key.isEmpty()) {
            return new SignatureVerdict.Wrong();
        }
        verifier.init(false, key.get());
        verifier.update(bytes, 0, bytes.length);
        if (!verifier.verifySignature(signature)) {
            return new SignatureVerdict.Wrong();
        }
        return trusted.contains(signer)
                ? new SignatureVerdict.Trusted(signer)
                : new SignatureVerdict.Stranger(signer);
    }

    private static Optional<Ed25519PublicKeyParameters> publicKey(SignerKey signer) {
        try {
            return Optional.of(new Ed25519PublicKeyParameters(HexFormat.of().parseHex(signer.hex())));
        } catch (IllegalArgumentException e) {
            // Not every 32 bytes are a point of the curve.
            return Optional.empty();
        }
    }

    /** The private key, PEM. */
    String pem() {
        return pem("PRIVATE KEY", PRIVATE_DER, key.getEncoded());
    }

    /** A public key, PEM, for openssl. */
    public static String publicPem(SignerKey signer) {
        return pem("PUBLIC KEY", PUBLIC_DER, HexFormat.of().parseHex(signer.hex()));
    }

    private static String pem(String type, byte[] head, byte[] bytes) {
        byte[] der = Arrays.copyOf(head, head.length + bytes.length);
        System.arraycopy(bytes, 0, der, head.length, bytes.length);
        return "-----BEGIN " + type + "-----\n" + Base64.getEncoder().encodeToString(der) + "\n-----END " + type
                + "-----\n";
    }
}
