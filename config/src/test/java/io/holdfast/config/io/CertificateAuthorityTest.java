package io.holdfast.config.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CertificateAuthorityTest {
    @TempDir
    static Path dir;

    private static CertificateAuthority.Issued db1;
    private static CertificateAuthority.Issued user;

    @BeforeAll
    static void makesAnAuthorityAMemberAndAUser() {
        CertificateAuthority.init(dir);
        db1 = CertificateAuthority.issue(dir, "db1", List.of("127.0.0.1", "::1", "db1.example"), dir.resolve("db1"));
        user = CertificateAuthority.issue(dir, "holdfast_repl", List.of(), dir);
    }

    private static X509Certificate certificate(Path file) throws IOException, GeneralSecurityException {
        return PemFiles.certificates(file).getFirst();
    }

    private static void validate(Path cert, Path ca) throws IOException, GeneralSecurityException {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(certificate(ca), null)));
        parameters.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX")
                .validate(
                        CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate(cert))),
                        parameters);
    }

    @Test
    void aCertificateIsValidUnderItsAuthorityAndNoOther(@TempDir Path other) throws Exception {
        validate(db1.cert(), dir.resolve("ca.crt"));
        validate(user.cert(), dir.resolve("ca.crt"));
        CertificateAuthority.init(other);
        assertThrows(CertPathValidatorException.class, () -> validate(db1.cert(), other.resolve("ca.crt")));
    }

    @Test
    void carriesNameHostsAndUse() throws Exception {
        X509Certificate certificate = certificate(db1.cert());
        assertEquals("CN=db1", certificate.getSubjectX500Principal().getName());
        assertEquals(List.of("127.0.0.1", "0:0:0:0:0:0:0:1", "db1.example", "db1"),
                certificate.getSubjectAlternativeNames().stream().map(name -> name.get(1)).toList());
        assertEquals(List.of("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"), certificate.getExtendedKeyUsage());
        assertEquals(-1, certificate.getBasicConstraints());
        assertEquals(0, certificate(dir.resolve("ca.crt")).getBasicConstraints());
        assertEquals("CN=holdfast_repl", certificate(user.cert()).getSubjectX500Principal().getName());
        Instant begin = certificate.getNotBefore().toInstant();
        assertTrue(begin.isBefore(Instant.now().minus(Duration.ofMinutes(59))), begin.toString());
        Duration life = Duration.between(begin, certificate.getNotAfter().toInstant());
        assertEquals(730, life.toDays());
    }

    @Test
    void keysAreForTheirOwnerOnly() throws IOException {
        for (Path key : List.of(dir.resolve("ca.key"), db1.key(), user.key())) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)),
                    key.toString());
        }
    }

    @Test
    void bothSidesShakeHandsWithEachOther() throws Exception {
        assertEquals("CN=holdfast_repl", handshake(context(db1, dir), context(user, dir), "127.0.0.1"));
    }

    @Test
    void aStrangersCertificateIsTurnedAway(@TempDir Path other) {
        CertificateAuthority.init(other);
        CertificateAuthority.Issued stranger = CertificateAuthority.issue(other, "holdfast_repl", List.of(), other);
        assertThrows(SSLException.class, () -> handshake(context(db1, dir), context(stranger, dir), "127.0.0.1"));
    }

    @Test
    void aServerUnderAnotherNameIsTurnedAway() {
        CertificateAuthority.Issued db2 = CertificateAuthority.issue(dir, "db2", List.of("10.9.9.9"),
                dir.resolve("db2"));
        assertThrows(SSLException.class, () -> handshake(context(db2, dir), context(user, dir), "127.0.0.1"));
    }

    @Test
    void libpqsToolReadsWhatIsWritten() throws Exception {
        Path openssl = Path.of("/usr/bin/openssl");
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.isExecutable(openssl));
        Process process = new ProcessBuilder(openssl.toString(), "verify", "-x509_strict", "-purpose", "sslserver",
                "-CAfile", dir.resolve("ca.crt").toString(), db1.cert().toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        Process key = new ProcessBuilder(openssl.toString(), "pkey", "-noout", "-in", db1.key().toString())
                .inheritIO()
                .start();
        assertEquals(0, key.waitFor());
    }

    @Test
    void refusesToOverwrite() throws IOException {
        byte[] before = Files.readAllBytes(dir.resolve("ca.key"));
        assertCode("HF-0030", () -> CertificateAuthority.init(dir));
        assertCode("HF-0030", () -> CertificateAuthority.issue(dir, "holdfast_repl", List.of(), dir));
        assertEquals(new String(before, java.nio.charset.StandardCharsets.US_ASCII),
                Files.readString(dir.resolve("ca.key")));
    }

    @Test
    void saysWhatIsWrongWithNamesHostsAndDirectories(@TempDir Path other) throws IOException {
        assertCode("HF-0031", () -> CertificateAuthority.issue(other, "db9", List.of(), other));
        for (String name : List.of("", "a b", "../x", "a,O=b", "ca", "-x")) {
            assertCode("HF-0032", () -> CertificateAuthority.issue(dir, name, List.of(), other));
        }
        for (String host : List.of("10.0.0.1:5432", "[::1]", "10.0.0.300", "a b", "-x", "")) {
            assertCode("HF-0033", () -> CertificateAuthority.issue(dir, "db9", List.of(host), other));
        }
        Path file = Files.createFile(other.resolve("file"));
        assertCode("HF-0034", () -> CertificateAuthority.init(file.resolve("below")));
        assertFalse(Files.exists(other.resolve("db9.key")));
    }

    @Test
    void refusesAnAuthorityThatExpiredOrHasAnothersKey(@TempDir Path other) throws IOException {
        new CertificateAuthority(Clock.fixed(Instant.parse("2001-01-01T00:00:00Z"), ZoneOffset.UTC)).create(other);
        assertCode("HF-0036", () -> CertificateAuthority.issue(other, "db9", List.of(), other));
        Files.delete(other.resolve("ca.crt"));
        Files.copy(dir.resolve("ca.crt"), other.resolve("ca.crt"));
        assertCode("HF-0035", () -> CertificateAuthority.issue(other, "db9", List.of(), other));
    }

    private static void assertCode(String code, Runnable action) {
        HoldfastException e = assertThrows(HoldfastException.class, action::run);
        assertEquals(code, e.problem().code(), e.getMessage());
    }

    private static SSLContext context(CertificateAuthority.Issued own, Path caDir)
            throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("own", PemFiles.key(own.key()), new char[0],
                new X509Certificate[]{certificate(own.cert())});
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate(caDir.resolve("ca.crt")));
        KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
        keyManagers.init(keys, new char[0]);
        TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
        trustManagers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
        return context;
    }

    /** Connects, and gives the name that the server saw. */
    private static String handshake(SSLContext server, SSLContext client, String host) throws Exception {
        try (SSLServerSocket listener = (SSLServerSocket) server.getServerSocketFactory()
                .createServerSocket(0, 1,
                        InetAddress.getByName(host))) {
            listener.setNeedClientAuth(true);
            CompletableFuture<String> seen = CompletableFuture.supplyAsync(() -> {
                try (SSLSocket socket = (SSLSocket) listener.accept()) {
                    socket.setSoTimeout(10_000);
                    socket.startHandshake();
                    socket.getOutputStream().write(1);
                    return socket.getSession().getPeerPrincipal().getName();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            try (SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket(host, listener.getLocalPort())) {
                socket.setSoTimeout(10_000);
                var parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                // In TLS 1.3 the client learns of a refused certificate only when it reads.
                assertEquals(1, socket.getInputStream().read());
            }
            return seen.get(10, TimeUnit.SECONDS);
        }
    }
}
