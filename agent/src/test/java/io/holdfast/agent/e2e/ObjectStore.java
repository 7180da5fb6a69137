package io.holdfast.agent.e2e;

import java.io.IOException;
import java.net.URI;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;

/** A real S3 server in this JVM, in memory, which checks signatures. Agents reach it where they are on this host's network. */
final class ObjectStore implements AutoCloseable {
    static final String BUCKET = "backups";
    private static final String ACCESS = "access";
    private static final String SECRET = "secret";

    private final S3Proxy proxy;

    private ObjectStore(S3Proxy proxy) {
        this.proxy = proxy;
    }

    static ObjectStore start() throws Exception {
        TransientNio2BlobStore blobs = new TransientNio2BlobStore();
        blobs.createContainer(BUCKET);
        S3Proxy proxy = S3Proxy.builder()
                .blobStore(blobs)
                .endpoint(URI.create("http://127.0.0.1:0"))
                .ignoreUnknownHeaders(true)
                .awsAuthentication(AuthenticationType.AWS_V4, ACCESS, SECRET)
                .build();
        proxy.start();
        return new ObjectStore(proxy);
    }

    /** The lines of a section {@code backup}. */
    String lines(String prefix) {
        return """
                  repository: "s3://%s/%s"
                  s3: {endpoint: "http://127.0.0.1:%d", region: us-east-1, path-style: true, access-key: %s, secret-key: %s}
                """.formatted(BUCKET, prefix, proxy.getPort(), ACCESS, SECRET);
    }

    @Override
    public void close() throws IOException {
        try {
            proxy.stop();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
