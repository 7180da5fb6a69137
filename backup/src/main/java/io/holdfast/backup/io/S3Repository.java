package io.holdfast.backup.io;

import io.holdfast.backup.Content;
import io.holdfast.backup.DeleteResult;
import io.holdfast.backup.Fingerprint;
import io.holdfast.backup.FoldersResult;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.backup.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A repository in a bucket of an object store that speaks S3. For the worker only: the SDK is large and blocks. An object
 * is created by a conditional put, which the store refuses where there is one already. Stores that do not know conditions
 * are asked first and read back afterwards, which leaves a moment in which two writers of one name do not see each other:
 * both then read the same object back, and one of them is told that it differs.
 */
public final class S3Repository implements Repository {
    private static final Logger LOG = LoggerFactory.getLogger(S3Repository.class);

    private final S3Client client;
    private final S3Options options;
    private final S3Conditions conditions;

    /** In a bucket; asks nothing of the store yet. */
    public S3Repository(S3Options options) {
        this.options = options;
        this.client = S3Connection.open(options);
        this.conditions = new S3Conditions(client, options);
    }

    @Override
    public PutResult put(RepositoryPath name, Content content) throws IOException {
        Paths.requireObject(name);
        boolean conditional;
        try {
            conditional = conditions.areKept();
            if (!conditional && size(name).isPresent()) {
                return compare(name, fingerprint(content));
            }
        } catch (SdkException e) {
            return new PutResult.Failed(meaning(e));
        }
        S3Upload upload = new S3Upload(client, options.bucket(), key(name), conditional);
        GuardedOutput out = new GuardedOutput(upload, this::meaning);
        try {
            Fingerprinting taken = new Fingerprinting(out);
            content.writeTo(taken);
            Optional<RepositoryFailure> failure = out.failure();
            return failure.isPresent()
                    ? new PutResult.Failed(failure.get())
                    : complete(upload, name, taken.fingerprint(), conditional);
        } catch (IOException e) {
            return new PutResult.Failed(out.failure().orElseThrow(() -> e));
        } finally {
            abandon(upload);
        }
    }

    private static Fingerprint fingerprint(Content content) throws IOException {
        Fingerprinting taken = new Fingerprinting(OutputStream.nullOutputStream());
        content.writeTo(taken);
        return taken.fingerprint();
    }

    private PutResult complete(S3Upload upload, RepositoryPath name, Fingerprint fingerprint, boolean conditional) {
        try {
            upload.complete();
            if (conditional && upload.isConfirmed()) {
                return new PutResult.Stored(fingerprint);
            }
            PutResult there = compare(name, fingerprint);
            return there instanceof PutResult.AlreadyThere ? new PutResult.Stored(fingerprint) : there;
        } catch (SdkException e) {
            return refused(e, name, fingerprint);
        } catch (IOException e) {
            return new PutResult.Failed(meaning(e));
        }
    }

    /** A condition that failed, or an upload that is gone: an earlier attempt, or another one's, may have stored it. */
    private PutResult refused(SdkException error, RepositoryPath name, Fingerprint fingerprint) {
        int status = S3Trouble.status(error);
        boolean perhapsThere = status == S3Trouble.PRECONDITION_FAILED || status == S3Trouble.CONFLICT
                || status == S3Trouble.NOT_FOUND;
        try {
            if (perhapsThere && size(name).isPresent()) {
                return compare(name, fingerprint);
            }
        } catch (SdkException | IOException e) {
            return new PutResult.Failed(meaning(e));
        }
        return new PutResult.Failed(meaning(error));
    }

    /** What is there, against what was offered. */
    private PutResult compare(RepositoryPath name, Fingerprint offered) throws IOException {
        GetResult result = get(name);
        if (result instanceof GetResult.Failed failed) {
            return new PutResult.Failed(failed.failure());
        }
        if (!(result instanceof GetResult.Found found)) {
            return new PutResult.Failed(meaning(new IOException(name + " was removed while it was being stored")));
        }
        try (InputStream in = found.stream()) {
            Fingerprint there = Fingerprinting.of(in);
            return there.equals(offered)
                    ? new PutResult.AlreadyThere(offered)
                    : new PutResult.Different(offered, there.sizeBytes());
        }
    }

    private void abandon(S3Upload upload) {
        try {
            upload.close();
        } catch (SdkException e) {
            LOG.warn(
                    "the parts of an upload that broke off are left in {}, for the store's rule of their life time: {}",
                    where(), e.getMessage());
        }
    }

    @Override
    public GetResult get(RepositoryPath name) {
        return get(name, 0, Long.MAX_VALUE);
    }

    @Override
    public GetResult get(RepositoryPath name, long from, long length) {
        Paths.requireObject(name);
        Paths.requirePart(from, length);
        try {
            return length == 0 ? nothingOf(name) : part(name, from, length);
        } catch (SdkException e) {
            return switch (S3Trouble.status(e)) {
                case S3Trouble.NOT_FOUND -> missing(e);
                case S3Trouble.RANGE_NOT_SATISFIABLE -> nothingOf(name);
                default -> new GetResult.Failed(meaning(e));
            };
        }
    }

    private GetResult part(RepositoryPath name, long from, long length) {
        boolean whole = from == 0 && length == Long.MAX_VALUE;
        long last = length > Long.MAX_VALUE - from ? Long.MAX_VALUE : from + length - 1;
        ResponseInputStream<GetObjectResponse> response = client.getObject(get -> {
            get.bucket(options.bucket()).key(key(name));
            if (!whole) {
                get.range("bytes=" + from + "-" + (last == Long.MAX_VALUE ? "" : last));
            }
        });
        long bytes = response.response().contentLength();
        long size = whole ? bytes : sizeOf(response.response().contentRange(), from + bytes);
        InputStream in = new S3Download(client, options.bucket(), key(name), response, from, from + bytes,
                options.limits().attempts());
        return new GetResult.Found(new GuardedInput(in, bytes, this::meaning), size);
    }

    /** The size of the whole object in {@code bytes 2-4/10} (RFC 9110, 14.4). */
    private static long sizeOf(@Nullable String range, long otherwise) {
        if (range == null || range.endsWith("*")) {
            return otherwise;
        }
        return Long.parseLong(range, range.indexOf('/') + 1, range.length(), 10);
    }

    private GetResult nothingOf(RepositoryPath name) {
        try {
            return size(name).<GetResult>map(size -> new GetResult.Found(InputStream.nullInputStream(), size))
                    .orElseGet(GetResult.Missing::new);
        } catch (SdkException e) {
            return new GetResult.Failed(meaning(e));
        }
    }

    /** A bucket that is not there is another matter than an object. */
    private GetResult missing(SdkException error) {
        return error instanceof NoSuchBucketException
                ? new GetResult.Failed(meaning(error))
                : new GetResult.Missing();
    }

    private Optional<Long> size(RepositoryPath name) {
        try {
            return Optional.of(client.headObject(head -> head.bucket(options.bucket()).key(key(name))).contentLength());
        } catch (SdkException e) {
            if (S3Trouble.status(e) == S3Trouble.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public ListResult list(RepositoryPath folder) {
        try {
            List<StoredObject> found = new ArrayList<>();
            for (S3Object object : client
                    .listObjectsV2Paginator(list -> list.bucket(options.bucket()).prefix(keyOfFolder(folder)))
                    .contents()) {
                nameOf(object.key()).map(path -> new StoredObject(path, object.size())).ifPresent(found::add);
            }
            found.sort((one, other) -> one.path().compareTo(other.path()));
            return new ListResult.Listed(found);
        } catch (SdkException e) {
            return new ListResult.Failed(meaning(e));
        }
    }

    @Override
    public FoldersResult folders(RepositoryPath folder) {
        try {
            List<String> found = new ArrayList<>();
            for (CommonPrefix prefix : client
                    .listObjectsV2Paginator(
                            list -> list.bucket(options.bucket()).prefix(keyOfFolder(folder)).delimiter("/"))
                    .commonPrefixes()) {
                String key = prefix.prefix();
                nameOf(key.substring(0, key.length() - 1)).map(RepositoryPath::name).ifPresent(found::add);
            }
            found.sort(null);
            return new FoldersResult.Listed(found);
        } catch (SdkException e) {
            return new FoldersResult.Failed(meaning(e));
        }
    }

    @Override
    public DeleteResult delete(RepositoryPath name) {
        Paths.requireObject(name);
        try {
            client.deleteObject(delete -> delete.bucket(options.bucket()).key(key(name)));
            return new DeleteResult.Gone();
        } catch (SdkException e) {
            return new DeleteResult.Failed(meaning(e));
        }
    }

    private String key(RepositoryPath name) {
        return options.prefix() + name.value();
    }

    private String keyOfFolder(RepositoryPath folder) {
        return folder.isRoot() ? options.prefix() : key(folder) + "/";
    }

    private Optional<RepositoryPath> nameOf(String key) {
        return S3Conditions.isMark(key, options)
                ? Optional.empty()
                : RepositoryPath.read(key.substring(options.prefix().length())).filter(path -> !path.isRoot());
    }

    private RepositoryFailure meaning(Exception error) {
        return S3Trouble.of(where(), error);
    }

    @Override
    public String where() {
        String prefix = options.prefix();
        return "s3://" + options.bucket() + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
    }

    @Override
    public void close() {
        client.close();
    }
}
