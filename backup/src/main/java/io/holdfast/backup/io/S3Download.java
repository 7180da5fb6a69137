package io.holdfast.backup.io;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Reads a part of an object, and goes on where it was when the connection is cut, as long as that gets it further. */
final class S3Download extends InputStream {
    private final S3Client client;
    private final String bucket;
    private final String key;
    private final int attempts;
    private final long end;
    private long position;
    private int failures;
    private @Nullable String tag;
    private @Nullable ResponseInputStream<GetObjectResponse> response;

    /**
     * From a response to a request for the part.
     *
     * @param from the part's first byte
     * @param end the byte after its last
     * @param attempts how often in a row nothing may come
     */
    S3Download(S3Client client, String bucket, String key, ResponseInputStream<GetObjectResponse> response, long from,
            long end, int attempts) {
        this.client = client;
        this.bucket = bucket;
        this.key = key;
        this.response = response;
        this.tag = response.response().eTag();
        this.position = from;
        this.end = end;
        this.attempts = attempts;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (position >= end) {
            return -1;
        }
        while (true) {
            try {
                int count = opened().read(bytes, offset, (int) Math.min(length, end - position));
                if (count >= 0) {
                    position += count;
                    failures = 0;
                    return count;
                }
                failed(new IOException("the store closed the connection " + (end - position) + " bytes too early"));
            } catch (SdkException e) {
                // The request was tried often enough.
                throw new IOException(e);
            } catch (IOException e) {
                failed(e);
            }
        }
    }

    private ResponseInputStream<GetObjectResponse> opened() {
        ResponseInputStream<GetObjectResponse> open = response;
        if (open == null) {
            // Of the same object only: another one's bytes would not fit those that were read.
            open = client.getObject(get -> get.bucket(bucket)
                    .key(key)
                    .range("bytes=" + position + "-" + (end - 1))
                    .ifMatch(tag));
            response = open;
        }
        return open;
    }

    private void failed(IOException error) throws IOException {
        close();
        failures++;
        if (failures >= attempts) {
            throw error;
        }
    }

    /** Ends the connection when there is more to come: otherwise the rest would be read to keep it. */
    @Override
    public void close() {
        ResponseInputStream<GetObjectResponse> open = response;
        response = null;
        if (open != null) {
            if (position < end) {
                open.abort();
            } else {
                closeQuietly(open);
            }
        }
    }

    private static void closeQuietly(InputStream open) {
        try {
            open.close();
        } catch (IOException e) {
            // All bytes have been read: nothing is lost with the connection.
            return;
        }
    }
}
