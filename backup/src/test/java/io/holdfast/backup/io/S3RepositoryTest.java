package io.holdfast.backup.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.backup.Content;
import io.holdfast.backup.FoldersResult;
import io.holdfast.backup.GetResult;
import io.holdfast.backup.ListResult;
import io.holdfast.backup.PutResult;
import io.holdfast.backup.Repository;
import io.holdfast.backup.RepositoryContract;
import io.holdfast.backup.RepositoryFailure;
import io.holdfast.backup.RepositoryFailure.Kind;
import io.holdfast.backup.RepositoryPath;
import io.holdfast.config.Secret;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

final class S3RepositoryTest extends RepositoryContract {
    private static final RepositoryPath NAME = new RepositoryPath("c/1/wal/x");

    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private static S3Server server;
    @SuppressWarnings("NullAway.Init") // JUnit sets it
    private static Repository repository;

    @BeforeAll
    static void startTheServer() throws Exception {
        server = S3Server.start();
        repository = new S3Repository(server.options());
    }

    @AfterAll
    static void stopTheServer() throws Exception {
        repository.close();
        server.close();
    }

    @Override
    protected Repository repository() {
        return repository;
    }

    @Override
    protected int manyBytes() {
        return 2 * S3Upload.PART_BYTES;
    }

    @Test
    void keepsToItsPrefixAndLeavesNoParts() throws IOException {
        repository.put(NAME, Content.of(new byte[1]));
        assertThrows(IOException.class, () -> repository.put(new RepositoryPath("broken"), out -> {
            out.write(new byte[manyBytes()]);
            throw new IOException("the file was read only half");
        }));
        try (S3Client client = server.client()) {
            List<String> keys = client.listObjectsV2Paginator(list -> list.bucket(S3Server.BUCKET))
                    .contents()
                    .stream()
                    .map(S3Object::key)
                    .toList();
            assertEquals(List.of(), keys.stream().filter(key -> !key.startsWith("some/where/")).toList());
            assertEquals(1, keys.stream().filter("some/where/c/1/wal/x"::equals).count());
            assertEquals(List.of(), client.listMultipartUploads(list -> list.bucket(S3Server.BUCKET)).uploads());
        }
        assertEquals("s3://backups/some/where", repository.where());
    }

    @Test
    void aMultipartUploadThatIsRefusedLeavesNoParts() throws IOException {
        RepositoryPath name = new RepositoryPath("twice");
        assertInstanceOf(PutResult.Stored.class, repository.put(name, Content.of(new byte[manyBytes()])));
        assertInstanceOf(PutResult.Different.class, repository.put(name, Content.of(new byte[manyBytes() + 1])));
        try (S3Client client = server.client()) {
            assertEquals(List.of(), client.listMultipartUploads(list -> list.bucket(S3Server.BUCKET)).uploads());
        }
    }

    @Test
    void wrongCredentialsSaySo() throws IOException {
        S3Options options = new S3Options(S3Server.BUCKET, "", server.uri(), "us-east-1", true,
                new S3Options.Credentials("access", new Secret("wrong")), S3Server.hasty());
        try (Repository wrong = new S3Repository(options)) {
            RepositoryFailure failure = assertInstanceOf(PutResult.Failed.class,
                    wrong.put(NAME, Content.of(new byte[1]))).failure();
            assertEquals(Kind.DENIED, failure.kind(), failure::toString);
            assertEquals("HF-2003", failure.problem().code());
            assertEquals(Kind.DENIED, assertInstanceOf(GetResult.Failed.class, wrong.get(NAME)).failure().kind());
        }
    }

    @Test
    void aBucketThatIsNotThereIsNotAnEmptyRepository() throws IOException {
        S3Options options = new S3Options("nowhere", "", server.uri(), "us-east-1", true,
                server.options().credentials(), S3Server.hasty());
        try (Repository nowhere = new S3Repository(options)) {
            assertEquals(Kind.UNREACHABLE,
                    assertInstanceOf(GetResult.Failed.class, nowhere.get(NAME)).failure().kind());
            assertInstanceOf(ListResult.Failed.class, nowhere.list(RepositoryPath.ROOT));
            assertInstanceOf(FoldersResult.Failed.class, nowhere.folders(RepositoryPath.ROOT));
            RepositoryFailure failure = assertInstanceOf(PutResult.Failed.class,
                    nowhere.put(NAME, Content.of(new byte[1]))).failure();
            assertEquals("HF-2004", failure.problem().code(), failure::toString);
        }
    }
}
