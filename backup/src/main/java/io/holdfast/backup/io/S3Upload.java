package io.holdfast.backup.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * An object on its way into a bucket: in one request when it is small, else in parts. Each piece is kept in memory until
 * the store has confirmed its checksum.
 */
final class S3Upload extends OutputStream {
    /** S3 takes parts from 5 MiB, and ten thousand of them: objects up to 80 GB. */
    static final int PART_BYTES = 8 << 20;
    private static final int FIRST_BYTES = 64 << 10;

    private final S3Client client;
    private final String bucket;
    private final String key;
    private final boolean conditional;
    private final List<CompletedPart> parts = new ArrayList<>();
    private byte[] piece = new byte[FIRST_BYTES];
    private int pieceBytes;
    private @Nullable String uploadId;
    private boolean confirmed = true;
    private boolean completed;

    /**
     * Of one object.
     *
     * @param conditional whether the store refuses to overwrite when it is asked to
     */
    S3Upload(S3Client client, String bucket, String key, boolean conditional) {
        this.client = client;
        this.bucket = bucket;
        this.key = key;
        this.conditional = conditional;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[]{(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int written = 0; written < length;) {
            if (pieceBytes == PART_BYTES) {
                sendPart();
            }
            if (pieceBytes == piece.length) {
                piece = Arrays.copyOf(piece, Math.min(2 * piece.length, PART_BYTES));
            }
            int count = Math.min(length - written, piece.length - pieceBytes);
            System.arraycopy(bytes, offset + written, piece, pieceBytes, count);
            pieceBytes += count;
            written += count;
        }
    }

    private void sendPart() throws IOException {
        try {
            if (uploadId == null) {
                uploadId = client.createMultipartUpload(
                        create -> create.bucket(bucket).key(key).checksumAlgorithm(ChecksumAlgorithm.CRC32_C))
                        .uploadId();
            }
            int number = parts.size() + 1;
            String checksum = crc32c();
            UploadPartResponse stored = client.uploadPart(part -> part.bucket(bucket)
                    .key(key)
                    .uploadId(uploadId)
                    .partNumber(number)
                    .checksumCRC32C(checksum), body());
            confirm(checksum, stored.checksumCRC32C(), stored.eTag());
            parts.add(CompletedPart.builder()
                    .partNumber(number)
                    .eTag(stored.eTag())
                    .checksumCRC32C(stored.checksumCRC32C())
                    .build());
            pieceBytes = 0;
        } catch (SdkException e) {
            throw new IOException(e);
        }
    }

    /** Stores the object under its name. The SDK's errors go through: whoever asked knows what each of them means. */
    void complete() throws IOException {
        if (uploadId == null) {
            String checksum = crc32c();
            PutObjectResponse stored = client.putObject(put -> {
                put.bucket(bucket).key(key).checksumCRC32C(checksum);
                if (conditional) {
                    put.ifNoneMatch("*");
                }
            }, body());
            confirm(checksum, stored.checksumCRC32C(), stored.eTag());
        } else {
            if (pieceBytes > 0) {
                sendPart();
            }
            client.completeMultipartUpload(complete -> {
                complete.bucket(bucket).key(key).uploadId(uploadId).multipartUpload(all -> all.parts(parts));
                if (conditional) {
                    complete.ifNoneMatch("*");
                }
            });
        }
        completed = true;
    }

    /** Whether the store said of each piece a checksum that is ours; if not, the object must be read back. */
    boolean isConfirmed() {
        return confirmed;
    }

    /** Most stores give the checksum back; for those that know none, the tag of a piece is its MD5. */
    private void confirm(String checksum, @Nullable String returned, @Nullable String tag) {
        if (returned != null) {
            confirmed &= returned.equals(checksum);
        } else {
            confirmed &= tag != null && tag.replace("\"", "").equals(md5());
        }
    }

    private RequestBody body() {
        byte[] bytes = piece;
        int length = pieceBytes;
        return RequestBody.fromContentProvider(() -> new ByteArrayInputStream(bytes, 0, length), length,
                "application/octet-stream");
    }

    private String crc32c() {
        CRC32C sum = new CRC32C();
        sum.update(piece, 0, pieceBytes);
        return Base64.getEncoder()
                .encodeToString(ByteBuffer.allocate(Integer.BYTES).putInt((int) sum.getValue()).array());
    }

    private String md5() {
        try {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            digest.update(piece, 0, pieceBytes);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            // Every Java platform has it (java.security.MessageDigest).
            throw new IllegalStateException(e);
        }
    }

    /** Takes the parts back when the object was not completed; throws the SDK's errors. */
    @Override
    public void close() {
        if (uploadId != null && !completed) {
            client.abortMultipartUpload(abort -> abort.bucket(bucket).key(key).uploadId(uploadId));
        }
    }
}
