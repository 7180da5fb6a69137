package io.holdfast.config.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.IPAddress;

/**
 * A cluster's own certificate authority: ECDSA on P-256, PEM files, keys in PKCS#8 with mode 0600. It never overwrites.
 * Certificates begin an hour before they are made, since clocks of hosts differ.
 */
public final class CertificateAuthority {
    private static final Duration CA_VALIDITY = Duration.ofDays(3653);
    private static final Duration VALIDITY = Duration.ofDays(730);
    private static final Duration BACKDATED = Duration.ofHours(1);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
    private static final Pattern DNS = Pattern.compile("(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
            + "(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Clock clock;

    /** With a clock that gives the validity. */
    CertificateAuthority(Clock clock) {
        this.clock = clock;
    }

    /**
     * A certificate and its key.
     *
     * @param cert the certificate's file
     * @param key the key's file
     */
    public record Issued(Path cert, Path key) {}

    /** Makes {@code ca.crt} and {@code ca.key}, valid for ten years; throws {@link HoldfastException} when it cannot. */
    public static Issued init(Path outDir) {
        return new CertificateAuthority(Clock.systemUTC()).create(outDir);
    }

    /**
     * Makes {@code NAME.crt} and {@code NAME.key}, for servers and clients, valid for two years but no longer than the
     * authority; throws {@link HoldfastException} when it cannot.
     *
     * @param caDir where {@code ca.crt} and {@code ca.key} are
     * @param name a member, or a user of PostgreSQL such as the replication user; the certificate's common name
     * @param hosts names and addresses of the host, without port; none for a user
     */
    public static Issued issue(Path caDir, String name, List<String> hosts, Path outDir) {
        return new CertificateAuthority(Clock.systemUTC()).sign(caDir, name, hosts, outDir);
    }

    Issued create(Path outDir) {
        Issued files = new Issued(outDir.resolve("ca.crt"), outDir.resolve("ca.key"));
        refuseToOverwrite(files);
        KeyPair pair = newPair();
        byte[] random = new byte[4];
        RANDOM.nextBytes(random);
        X500Principal subject = new X500Principal("CN=Holdfast CA " + HexFormat.of().formatHex(random));
        Instant now = clock.instant();
        try {
            JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
            JcaX509v3CertificateBuilder builder = builder(subject, subject, pair, now.plus(CA_VALIDITY));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(Extension.subjectKeyIdentifier, false,
                    ids.createSubjectKeyIdentifier(pair.getPublic()));
            write(files, encode(builder, pair.getPrivate()), pair.getPrivate(), outDir);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    Issued sign(Path caDir, String name, List<String> hosts, Path outDir) {
        if (!NAME.matcher(name).matches() || name.equals("ca")) {
            throw new Problem("HF-0032", "'" + name + "' cannot be the name in a certificate",
                    "write up to 63 letters, digits, dots, hyphens and underscores, and not 'ca'.").toException();
        }
        Issued files = new Issued(outDir.resolve(name + ".crt"), outDir.resolve(name + ".key"));
        GeneralNames names = names(name, hosts);
        refuseToOverwrite(files);
        Signing ca = read(caDir);
        Instant end = clock.instant().plus(VALIDITY);
        Instant caEnd = ca.certificate().getNotAfter().toInstant();
        KeyPair pair = newPair();
        try {
            JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
            JcaX509v3CertificateBuilder builder = builder(ca.certificate().getSubjectX500Principal(),
                    new X500Principal("CN=" + name), pair, end.isBefore(caEnd) ? end : caEnd);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(
                    new KeyPurposeId[]{KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
            builder.addExtension(Extension.subjectKeyIdentifier, false,
                    ids.createSubjectKeyIdentifier(pair.getPublic()));
            builder.addExtension(Extension.authorityKeyIdentifier, false,
                    ids.createAuthorityKeyIdentifier(ca.certificate()));
            if (names.getNames().length > 0) {
                builder.addExtension(Extension.subjectAlternativeName, false, names);
            }
            write(files, encode(builder, ca.key()), pair.getPrivate(), outDir);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /**
     * What signs.
     *
     * @param certificate the authority's certificate
     * @param key its key
     */
    private record Signing(X509Certificate certificate, PrivateKey key) {}

    private Signing read(Path caDir) {
        Path cert = caDir.resolve("ca.crt");
        Path key = caDir.resolve("ca.key");
        Signing ca;
        try {
            ca = new Signing(PemFiles.certificates(cert).getFirst(), PemFiles.key(key));
        } catch (IOException | GeneralSecurityException e) {
            throw new HoldfastException(new Problem("HF-0031",
                    "the certificate authority in " + caDir + " cannot be used (" + References.cause(e) + ")",
                    "ca.crt and ca.key must be there; 'holdfast certs init --out DIR' makes them."), e);
        }
        if (!PemFiles.belong(ca.key(), ca.certificate())) {
            throw new Problem("HF-0035", key + " is not the key of " + cert,
                    "restore the two files that belong together.")
                    .toException();
        }
        if (ca.certificate().getNotAfter().toInstant().isBefore(clock.instant())) {
            throw new Problem("HF-0036", cert + " expired on " + ca.certificate().getNotAfter().toInstant(),
                    "make a new authority in another directory with 'holdfast certs init --out DIR'.").toException();
        }
        return ca;
    }

    /** The hosts, and the name where it can be a host's: each once. */
    private static GeneralNames names(String name, List<String> hosts) {
        Set<String> all = new LinkedHashSet<>(hosts);
        if (DNS.matcher(name).matches()) {
            all.add(name);
        }
        List<GeneralName> names = new ArrayList<>();
        for (String host : all) {
            if (IPAddress.isValid(host)) {
                names.add(new GeneralName(GeneralName.iPAddress, host));
            } else if (DNS.matcher(host).matches() && !host.matches("[0-9.]+")) {
                names.add(new GeneralName(GeneralName.dNSName, host));
            } else if (hosts.contains(host)) {
                throw new Problem("HF-0033", "'" + host + "' is neither a host's name nor an IP address",
                        "write it without port and brackets, such as db1.example, 10.0.0.1 or fd00::1.").toException();
            }
        }
        return new GeneralNames(names.toArray(GeneralName[]::new));
    }

    private JcaX509v3CertificateBuilder builder(X500Principal issuer, X500Principal subject, KeyPair pair,
            Instant end) {
        Instant begin = clock.instant().minus(BACKDATED);
        // Positive and of 127 random bits (RFC 5280, 4.1.2.2: at most 20 octets, unique for each authority).
        BigInteger serial = new BigInteger(127, RANDOM).setBit(126);
        return new JcaX509v3CertificateBuilder(issuer, serial, Date.from(begin), Date.from(end), subject,
                pair.getPublic());
    }

    private static byte[] encode(JcaX509v3CertificateBuilder builder, PrivateKey signer) throws IOException {
        try {
            return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)).getEncoded();
        } catch (OperatorCreationException e) {
            throw new Problem("HF-0031", "the authority's key cannot sign (" + e.getMessage() + ")",
                    "it must be an ECDSA key, as 'holdfast certs init' makes it.").toException();
        }
    }

    private static KeyPair newPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void refuseToOverwrite(Issued files) {
        for (Path file : List.of(files.cert(), files.key())) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw exists(file);
            }
        }
    }

    private static HoldfastException exists(Path file) {
        return new Problem("HF-0030", file + " exists and is not overwritten",
                "name another directory, or move the old file away if nothing uses it any more.").toException();
    }

    /** The key first: a certificate that is there has its key beside it. */
    private static void write(Issued files, byte[] certificate, PrivateKey key, Path directory) {
        try {
            Files.createDirectories(directory);
            write(files.key(), PemFiles.write("PRIVATE KEY", key.getEncoded()), "rw-------");
            write(files.cert(), PemFiles.write("CERTIFICATE", certificate), "rw-r--r--");
        } catch (FileAlreadyExistsException e) {
            throw exists(Path.of(e.getFile()));
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-0034",
                    directory + " cannot be written (" + References.cause(e) + ")",
                    "name a directory that you may write to."), e);
        }
    }

    private static void write(Path file, String text, String mode) throws IOException {
        try (FileChannel channel = FileChannel.open(file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)))) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }
}
