package io.holdfast.config.io;

import io.holdfast.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;

/** Reads how long the files of {@code tls} are good for. */
public final class Certificates {
    private Certificates() {}

    /**
     * A certificate, in short.
     *
     * @param file where it is
     * @param serial its serial number, in hexadecimal digits
     * @param end when it expires
     */
    public record Summary(Path file, String serial, Instant end) {}

    /** This member's own certificate; empty while certificate and key cannot be read or do not belong together. */
    public static Optional<Summary> own(TlsConfig files) {
        try {
            X509Certificate own = PemFiles.certificates(files.cert()).getFirst();
            PrivateKey key = PemFiles.key(files.key());
            return PemFiles.belong(key, own) ? Optional.of(summary(files.cert(), own)) : Optional.empty();
        } catch (IOException | GeneralSecurityException e) {
            // In the middle of a replacement; whoever uses the files says more.
            return Optional.empty();
        }
    }

    /** The authority that expires last; empty while the file cannot be read. */
    public static Optional<Summary> authority(TlsConfig files) {
        try {
            return PemFiles.certificates(files.ca())
                    .stream()
                    .map(one -> summary(files.ca(), one))
                    .max(java.util.Comparator.comparing(Summary::end));
        } catch (IOException | GeneralSecurityException e) {
            // As above.
            return Optional.empty();
        }
    }

    private static Summary summary(Path file, X509Certificate certificate) {
        return new Summary(file, HexFormat.of().formatHex(certificate.getSerialNumber().toByteArray()),
                certificate.getNotAfter().toInstant());
    }
}
