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
 * @param bytesPerSecond how much a base backup reads at most; 0 for no bound
 * @param retention what is kept
 * @param drill the trial restores of this member; null: it makes none by itself
 */
public record BackupConfig(RepositoryAddress repository, S3Access s3, Encryption encryption, @Nullable Path walIdentity,
        @Nullable Path signingKey, @Nullable String schedule, long bytesPerSecond, Retention retention,
        @Nullable Drill drill) {

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

    /**
     * Trial restores.
     *
     * @param schedule when one begins, five fields as in crontab; null: when somebody asks
     * @param identity a file with the private key that opens backups; null where they are not sealed
     * @param pick which backup
     * @param sql a file of commands for psql that must succeed on what was restored; null: none
     * @param database in which database
     * @param directory where there is room; null: beside the agent's state
     */
    public record Drill(@Nullable String schedule, @Nullable Path identity, Pick pick, @Nullable Path sql,
            String database, @Nullable Path directory) {

        /** Which backup is restored. */
        public enum Pick {
            /** The newest that can be restored. */
            NEWEST,
            /** Any that can be restored, drawn by lot. */
            RANDOM
        }
    }
}
