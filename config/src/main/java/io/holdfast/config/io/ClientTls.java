package io.holdfast.config.io;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** What a client trusts and shows, from files in PEM. */
public final class ClientTls {
    private static final char[] NO_PASSWORD = new char[0];

    private ClientTls() {}

    /**
     * For connections of a client.
     *
     * @param ca the authorities that are trusted; null: those that Java trusts
     * @param cert a certificate to show; null: none
     * @param key its private key; null: none is shown
     */
    public static SSLContext context(@Nullable Path ca, @Nullable Path cert, @Nullable Path key)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(cert == null || key == null ? null : keys(cert, key), ca == null ? null : trust(ca), null);
        return context;
    }

    /** That shows a certificate, whose key must be its own. */
    static KeyManager[] keys(Path cert, Path key) throws IOException, GeneralSecurityException {
        List<X509Certificate> chain = PemFiles.certificates(cert);
        PrivateKey own = PemFiles.key(key);
        if (!PemFiles.belong(own, chain.getFirst())) {
            throw new CertificateException(key + " is not the key of " + cert);
        }
        KeyStore store = empty();
        store.setKeyEntry("own", own, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, NO_PASSWORD);
        return keys.getKeyManagers();
    }

    /** That trusts authorities. */
    static TrustManager[] trust(Path ca) throws IOException, GeneralSecurityException {
        KeyStore store = empty();
        int number = 0;
        for (X509Certificate authority : PemFiles.certificates(ca)) {
            store.setCertificateEntry("authority" + number++, authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        return trust.getTrustManagers();
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
