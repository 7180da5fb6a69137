package io.holdfast.backup.io;

import io.holdfast.config.Secret;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.services.s3.S3Client;

/** A real S3 server in this JVM, with one bucket, in memory. */
final class S3Server implements AutoCloseable {
    static final String BUCKET = "backups";
    private static final S3Options.Credentials CREDENTIALS = new S3Options.Credentials("access", new Secret("secret"));

    private final S3Proxy proxy;

    private S3Server(S3Proxy proxy) {
        this.proxy = proxy;
    }

    /** One that checks signatures. */
    static S3Server start() throws Exception {
        return started(builder().awsAuthentication(AuthenticationType.AWS_V4, CREDENTIALS.accessKey(),
                CREDENTIALS.secretKey().reveal()));
    }

    /** One that lets everybody in, so that a request can be changed on its way. */
    static S3Server startOpen() throws Exception {
        return started(builder());
    }

    private static S3Proxy.Builder builder() {
        return S3Proxy.builder()
                .blobStore(new TransientNio2BlobStore())
                .endpoint(URI.create("http://127.0.0.1:0"))
                .ignoreUnknownHeaders(true);
    }

    private static S3Server started(S3Proxy.Builder builder) throws Exception {
        S3Proxy proxy = builder.build();
        proxy.start();
        S3Server server = new S3Server(proxy);
        try (S3Client client = server.client()) {
            client.createBucket(create -> create.bucket(BUCKET));
        }
        return server;
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + proxy.getPort());
    }

    /** Straight to the server. */
    S3Options options() {
        return options(uri(), S3Options.Limits.DEFAULT);
    }

    /** By way of something that stands before it. */
    static S3Options options(URI endpoint, S3Options.Limits limits) {
        return new S3Options(BUCKET, "some/where/", endpoint, "us-east-1", true, CREDENTIALS, limits);
    }

    /** Shorter, so that a test need not wait long. */
    static S3Options.Limits hasty() {
        return new S3Options.Limits(Duration.ofSeconds(5), Duration.ofSeconds(2), Duration.ofSeconds(10),
                Duration.ofSeconds(20), 4);
    }

    /** For looking at what is there. */
    S3Client client() {
        return S3Connection.open(options());
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
