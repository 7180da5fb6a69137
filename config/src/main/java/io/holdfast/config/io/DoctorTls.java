package io.holdfast.config.io;

import io.holdfast.config.Finding;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.HostPort;
import io.holdfast.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.util.IPAddress;

/** Looks at the certificates. */
final class DoctorTls {
    private static final Duration SOON = Duration.ofDays(30);

    private final HoldfastConfig config;
    private final TlsConfig tls;
    private final Clock clock;
    private final List<Finding> findings = new ArrayList<>();

    DoctorTls(HoldfastConfig config, TlsConfig tls, Clock clock) {
        this.config = config;
        this.tls = tls;
        this.clock = clock;
    }

    List<Finding> check() throws IOException {
        Optional<List<X509Certificate>> authorities = read("tls.ca", tls.ca(), PemFiles::certificates);
        Optional<List<X509Certificate>> chain = read("tls.cert", tls.cert(), PemFiles::certificates);
        Optional<PrivateKey> key = read("tls.key", tls.key(), PemFiles::key);
        authorities.ifPresent(list -> validity(tls.ca(), list.getFirst()));
        if (chain.isPresent()) {
            X509Certificate own = chain.get().getFirst();
            validity(tls.cert(), own);
            names(own);
            key.ifPresent(one -> belongs(one, own));
            authorities.ifPresent(list -> signed(chain.get(), list));
        }
        if (key.isPresent()) {
            keyMode();
        }
        return findings;
    }

    /** How a file is read. */
    @FunctionalInterface
    private interface Reader<T> {
        T read(Path file) throws IOException, GeneralSecurityException;
    }

    private <T> Optional<T> read(String key, Path file, Reader<T> reader) {
        try {
            return Optional.of(reader.read(file));
        } catch (IOException | GeneralSecurityException e) {
            findings.add(Finding.error("HF-0070", key + ": " + file + " cannot be used (" + References.cause(e) + ")",
                    "'holdfast certs issue' makes it; it must be readable for the user that runs the agent."));
            return Optional.empty();
        }
    }

    private void belongs(PrivateKey key, X509Certificate own) {
        if (!PemFiles.belong(key, own)) {
            findings.add(Finding.error("HF-0071", "tls.key: " + tls.key() + " is not the key of " + tls.cert(),
                    "name the two files that were made together."));
        }
    }

    /** Signed by the authority, at a moment when the certificate is valid: that it has expired is said elsewhere. */
    private void signed(List<X509Certificate> chain, List<X509Certificate> authorities) {
        try {
            Set<TrustAnchor> anchors = new HashSet<>();
            authorities.forEach(authority -> anchors.add(new TrustAnchor(authority, null)));
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            X509Certificate own = chain.getFirst();
            Instant begin = own.getNotBefore().toInstant();
            Duration life = Duration.between(begin, own.getNotAfter().toInstant());
            parameters.setDate(Date.from(begin.plus(life.dividedBy(2))));
            List<X509Certificate> path = chain.stream().filter(one -> !authorities.contains(one)).toList();
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        } catch (GeneralSecurityException e) {
            findings.add(Finding.error("HF-0072", "tls.cert: " + tls.cert() + " is not signed by " + tls.ca() + " ("
                    + e.getMessage() + ")", "all members need certificates of the same authority."));
        }
    }

    private void names(X509Certificate own) {
        String name = own.getSubjectX500Principal().getName();
        if (!name.equals("CN=" + config.member())) {
            findings.add(
                    Finding.error("HF-0073", "tls.cert: " + tls.cert() + " is for " + name + ", and this member is "
                            + config.member(), "issue one with --name " + config.member() + "."));
        }
        HostPort address = config.peers().get(config.member());
        if (address != null && !address.isWildcard() && !hosts(own).contains(canonical(address.host()))) {
            findings.add(
                    Finding.error("HF-0077", "tls.cert: " + tls.cert() + " does not name the host " + address.host()
                            + ", to which the peers connect", "issue one with --host " + address.host() + "."));
        }
    }

    private static Set<String> hosts(X509Certificate own) {
        Set<String> hosts = new HashSet<>();
        try {
            Collection<List<?>> names = own.getSubjectAlternativeNames();
            if (names != null) {
                names.forEach(name -> hosts.add(canonical(String.valueOf(name.get(1)))));
            }
        } catch (CertificateParsingException e) {
            // Names that cannot be read name no host.
            hosts.clear();
        }
        return hosts;
    }

    /** IPv6 has many spellings; the JDK's is the common one. */
    private static String canonical(String host) {
        return IPAddress.isValid(host)
                ? java.net.InetAddress.ofLiteral(host).getHostAddress()
                : host.toLowerCase(java.util.Locale.ROOT);
    }

    private void validity(Path file, X509Certificate certificate) {
        Instant now = clock.instant();
        Instant begin = certificate.getNotBefore().toInstant();
        Instant end = certificate.getNotAfter().toInstant();
        if (now.isBefore(begin)) {
            findings.add(Finding.error("HF-0074", file + " is valid from " + begin + " on, and now it is " + now,
                    "is the clock right? Else wait, or issue another."));
        } else if (now.isAfter(end)) {
            findings.add(Finding.error("HF-0074", file + " expired on " + end, "issue another."));
        } else if (now.plus(SOON).isAfter(end)) {
            findings.add(Finding.warning("HF-0075", file + " expires on " + end, "issue another before that."));
        }
    }

    /** PostgreSQL refuses a key that others can read; a group may only where root owns it. */
    private void keyMode() throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(tls.key());
        boolean rootsGroup = mode.contains(PosixFilePermission.GROUP_READ)
                && !Files.getOwner(tls.key()).getName().equals("root");
        boolean others = List.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE,
                PosixFilePermission.GROUP_WRITE).stream().anyMatch(mode::contains);
        if (rootsGroup || others) {
            findings.add(Finding.error("HF-0076", "tls.key: " + tls.key() + " can be read or written by others",
                    "chmod 0600 " + tls.key()));
        }
    }
}
