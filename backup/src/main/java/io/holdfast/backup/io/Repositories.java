package io.holdfast.backup.io;

import io.holdfast.backup.Repository;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.RepositoryAddress;
import java.net.URI;

/** Opens what the configuration names. */
public final class Repositories {
    private Repositories() {}

    /** The repository of a node; nothing is asked of it yet. */
    public static Repository open(BackupConfig backup) {
        return switch (backup.repository()) {
            case RepositoryAddress.Directory directory -> new FileRepository(directory.path());
            case RepositoryAddress.Bucket bucket -> new S3Repository(options(bucket, backup.s3()));
        };
    }

    private static S3Options options(RepositoryAddress.Bucket bucket, BackupConfig.S3Access access) {
        String endpoint = access.endpoint();
        BackupConfig.S3Key key = access.key();
        return new S3Options(bucket.name(), bucket.prefix().isEmpty() ? "" : bucket.prefix() + "/",
                endpoint == null ? null : URI.create(endpoint), access.region(), access.pathStyle(),
                key == null ? null : new S3Options.Credentials(key.accessKey(), key.secretKey()),
                S3Options.Limits.DEFAULT);
    }
}
