package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.io.worker.Backups;
import io.holdfast.backup.BackupId;
import io.holdfast.backup.RestorePlan;
import io.holdfast.backup.io.Identity;
import io.holdfast.config.Encryption;
import java.io.Console;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What every verb needs that takes data out of the repository: the key, the backup, and the plan for a person to see. */
final class OpenRepository {
    private OpenRepository() {}

    /** Null where nobody named one. */
    static @Nullable BackupId backup(@Nullable String name) {
        return name == null
                ? null
                : BackupId.read(name)
                        .orElseThrow(() -> new Failure(ExitCode.USAGE, "HF-5114", "there is no backup '" + name + "'",
                                "'holdfast backup list' shows those that there are."));
    }

    /** Null where nothing is sealed; asked for where no file is named. */
    static @Nullable Identity identity(@Nullable Path file, Backups backups) {
        if (file != null) {
            return Identity.read(file);
        }
        if (backups.backup().encryption() instanceof Encryption.None) {
            return null;
        }
        char[] text = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .map(console -> console.readPassword("Private key (AGE-SECRET-KEY-...): "))
                .orElseThrow(() -> new Failure(ExitCode.USAGE, "HF-5117",
                        "the backups are sealed, and no private key was given", "Name its file by --identity."));
        return Identity.parse(text, "what was typed");
    }

    static void print(Holdfast holdfast, RestorePlan plan, boolean json) {
        if (!json) {
            holdfast.console().print(plan.lines());
            holdfast.console().print(List.of("signed by " + plan.backup().signer()));
            return;
        }
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        line.put("backup", plan.backup().id().toString()).put("backupBytes", plan.backupBytes());
        line.put("signer", plan.backup().signer().value());
        line.put("segments", plan.wal().size()).put("walBytes", plan.walBytes());
        ArrayNode words = line.putArray("plan");
        plan.lines().forEach(words::add);
        holdfast.console().print(List.of(line.toString()));
    }
}
