package io.holdfast.config.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.DurationText;
import io.holdfast.config.Encryption;
import io.holdfast.config.Recipient;
import io.holdfast.config.RepositoryAddress;
import io.holdfast.config.Secret;
import io.holdfast.config.SizeText;
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
                path(section.path("signing-key")), text(section.path("schedule")), rate(section),
                retention(section.path("retention")), section.has("drill") ? drill(section.path("drill")) : null);
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

    private static long rate(JsonNode section) {
        return section.has("rate") ? SizeText.read(section.path("rate").asText()).orElseThrow() : 0;
    }

    private static BackupConfig.Retention retention(JsonNode retention) {
        String window = text(retention.path("window"));
        return new BackupConfig.Retention(retention.has("full") ? retention.path("full").asInt() : null,
                window == null ? null : DurationText.read(window).orElseThrow());
    }

    private BackupConfig.Drill drill(JsonNode drill) {
        return new BackupConfig.Drill(text(drill.path("schedule")), path(drill.path("identity")),
                drill.path("pick").asText().equals("random")
                        ? BackupConfig.Drill.Pick.RANDOM
                        : BackupConfig.Drill.Pick.NEWEST,
                path(drill.path("sql")), drill.path("database").asText("postgres"), path(drill.path("directory")));
    }

    private @Nullable Path path(JsonNode node) {
        return node.isMissingNode() ? null : directory.resolve(node.asText()).normalize();
    }

    private static @Nullable String text(JsonNode node) {
        return node.isMissingNode() ? null : node.asText();
    }
}
