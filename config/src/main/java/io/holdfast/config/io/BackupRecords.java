package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.DurationText;
import io.holdfast.config.Encryption;
import io.holdfast.config.Recipient;
import io.holdfast.config.RepositoryAddress;
import io.holdfast.config.Secret;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the records of the section {@code backup}, which has been validated. */
final class BackupRecords {
    private final Path directory;

    /**
     * Makes records.
     *
     * @param directory relative paths count from here
     */
    BackupRecords(Path directory) {
        this.directory = directory;
    }

    BackupConfig config(JsonNode section) {
        return new BackupConfig(RepositoryAddress.read(section.path("repository").asText()).orElseThrow(),
                s3(section.path("s3")), encryption(section), path(section.path("wal-identity")),
                path(section.path("signing-key")), text(section.path("schedule")),
                retention(section.path("retention")));
    }

    private static BackupConfig.S3Access s3(JsonNode s3) {
        return new BackupConfig.S3Access(text(s3.path("endpoint")), text(s3.path("region")),
                s3.path("path-style").asBoolean(),
                s3.has("access-key")
                        ? new BackupConfig.S3Key(s3.path("access-key").asText(),
                                new Secret(s3.path("secret-key").asText()))
                        : null);
    }

    private static Encryption encryption(JsonNode section) {
        if (section.has("encryption")) {
            return new Encryption.None();
        }
        List<Recipient> recipients = new ArrayList<>();
        section.path("recipients").forEach(recipient -> recipients.add(new Recipient(recipient.asText())));
        return new Encryption.To(recipients);
    }

    private static BackupConfig.Retention retention(JsonNode retention) {
        String window = text(retention.path("window"));
        return new BackupConfig.Retention(retention.has("full") ? retention.path("full").asInt() : null,
                window == null ? null : DurationText.read(window).orElseThrow());
    }

    private @Nullable Path path(JsonNode node) {
        return node.isMissingNode() ? null : directory.resolve(node.asText()).normalize();
    }

    private static @Nullable String text(JsonNode node) {
        return node.isMissingNode() ? null : node.asText();
    }
}
