package io.holdfast.config.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.config.TlsConfig;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A certificate, its key and its authorities, as they are in their files: each new connection asks whether the files have been
 * replaced. Files that do not belong together, as in the middle of a replacement, change nothing.
 */
public final class ReloadingTls {
    private static final Logger LOG = LoggerFactory.getLogger(ReloadingTls.class);

    private final TlsConfig files;
    private Material material;
    private FileStamps tried;

    private record Material(X509ExtendedKeyManager keys, X509ExtendedTrustManager trust) {}

    /**
     * Reads the files.
     *
     * @throws HoldfastException HF-0078 when they cannot be used
     */
    public ReloadingTls(Path ca, Path cert, Path key) {
        files = new TlsConfig(ca, cert, key);
        tried = FileStamps.of(files);
        try {
            material = load(files);
        } catch (IOException | GeneralSecurityException e) {
            throw new HoldfastException(problem(e), e);
        }
    }

    private Problem problem(Exception e) {
        return new Problem("HF-0078", "the certificate " + files.cert() + ", its key and its authority cannot be used ("
                + References.cause(e) + ")", "'holdfast doctor' says which of the three.");
    }

    private synchronized Material current() {
        FileStamps now = FileStamps.of(files);
        if (!now.equals(tried)) {
            tried = now;
            try {
                material = load(files);
            } catch (IOException | GeneralSecurityException e) {
                LOG.warn("{} Until then the old ones are used.", problem(e).message());
            }
        }
        return material;
    }

    private static Material load(TlsConfig files) throws IOException, GeneralSecurityException {
        return new Material((X509ExtendedKeyManager) ClientTls.keys(files.cert(), files.key())[0],
                (X509ExtendedTrustManager) ClientTls.trust(files.ca())[0]);
    }

    /** Shows the certificate that is in the files now. */
    public X509ExtendedKeyManager keyManager() {
        return new Keys();
    }

    /** Trusts the authorities that are in their file now. */
    public X509ExtendedTrustManager trustManager() {
        return new Trust();
    }

    private final class Keys extends X509ExtendedKeyManager {
        @Override
        public String @Nullable [] getClientAliases(String type, Principal[] issuers) {
            return current().keys().getClientAliases(type, issuers);
        }

        @Override
        public @Nullable String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return current().keys().chooseClientAlias(types, issuers, socket);
        }

        @Override
        public @Nullable String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
            return current().keys().chooseEngineClientAlias(types, issuers, engine);
        }

        @Override
        public String @Nullable [] getServerAliases(String type, Principal[] issuers) {
            return current().keys().getServerAliases(type, issuers);
        }

        @Override
        public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return current().keys().chooseServerAlias(type, issuers, socket);
        }

        @Override
        public @Nullable String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
            return current().keys().chooseEngineServerAlias(type, issuers, engine);
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return current().keys().getCertificateChain(alias);
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return current().keys().getPrivateKey(alias);
        }
    }

    private final class Trust extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            current().trust().checkClientTrusted(chain, type, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            current().trust().checkServerTrusted(chain, type, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            current().trust().checkClientTrusted(chain, type, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            current().trust().checkServerTrusted(chain, type, engine);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            current().trust().checkClientTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            current().trust().checkServerTrusted(chain, type);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return current().trust().getAcceptedIssuers();
        }
    }
}
