package io.holdfast.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code backup}.
 *
 * @param repository where backups and WAL are kept
 * @param s3 how to reach an object store; what is left out there comes from the environment
 * @param encryption whom they are sealed for
 * @param walIdentity a file with the private key that opens WAL only; null: this node cannot read the archive
 * @param signingKey a file with the key that signs manifests; null: one in the state directory, made when it is needed
 * @param schedule when a backup begins, five fields as in crontab; null: when somebody asks
 * @param retention what is kept
 */
public record BackupConfig(RepositoryAddress repository, S3Access s3, Encryption encryption, @Nullable Path walIdentity,
        @Nullable Path signingKey, @Nullable String schedule, Retention retention) {

    /**
     * How to reach an object store.
     *
     * @param endpoint the server's URL; null: Amazon's
     * @param region its region; null: what the environment says
     * @param pathStyle whether the bucket stands in the path, as most servers but Amazon's want it
     * @param key null: what the environment has, such as the role of this machine
     */
    public record S3Access(@Nullable String endpoint, @Nullable String region, boolean pathStyle,
            @Nullable S3Key key) {}

    /**
     * A key of an object store.
     *
     * @param accessKey its name
     * @param secretKey what proves it
     */
    public record S3Key(String accessKey, Secret secretKey) {}

    /**
     * What is kept. A backup that either of the two wants stays.
     *
     * @param full how many full backups at least; null: all
     * @param window how far back any point in time can be restored; null: as far as the backups go that are kept
     */
    public record Retention(@Nullable Integer full, @Nullable Duration window) {}
}
