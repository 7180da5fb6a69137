package io.holdfast.backup.io;

import io.holdfast.backup.RecoveryTarget;
import io.holdfast.backup.RestorePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tells a restored server how far to replay (manual, "Archive Recovery" and "Recovery Target"). */
final class RecoverySettings {
    static final String FILE = "postgresql.auto.conf";
    static final String SIGNAL = "recovery.signal";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS'+00'",
            Locale.ROOT);

    private RecoverySettings() {}

    /** Writes them, in the place of those of an earlier restore, and what makes PostgreSQL obey them. */
    static void write(Path directory, RestorePlan plan, RestoreOptions options) throws IOException {
        Map<String, String> settings = of(plan, options);
        List<String> lines = new ArrayList<>();
        Path file = directory.resolve(FILE);
        if (Files.exists(file)) {
            Files.readAllLines(file)
                    .stream()
                    .filter(line -> settings.keySet().stream().noneMatch(name -> line.strip().matches(name + "\\b.*")))
                    .forEach(lines::add);
        }
        settings.forEach(
                (name, value) -> lines.add(name + " = '" + value.replace("\\", "\\\\").replace("'", "''") + "'"));
        DataFile.make(file, Long.MAX_VALUE);
        Files.writeString(file, String.join("\n", lines) + "\n");
        DataFile.make(directory.resolve(SIGNAL), 0);
    }

    /** Takes them out again, once the recovery is over: what they name is gone by then. */
    static void remove(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        List<String> lines = Files.readAllLines(file);
        List<String> kept = lines.stream()
                .filter(line -> !line.strip().matches("(restore_command|recovery_target\\w*)\\b.*"))
                .toList();
        Files.writeString(file, String.join("\n", kept) + "\n");
    }

    /** All that there are: one that is left out could still stand in postgresql.conf, and two targets stop the start. */
    private static Map<String, String> of(RestorePlan plan, RestoreOptions options) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("restore_command", options.restoreCommand());
        settings.put("recovery_target", "");
        settings.put("recovery_target_lsn", "");
        settings.put("recovery_target_name", "");
        settings.put("recovery_target_time", "");
        settings.put("recovery_target_xid", "");
        settings.put("recovery_target_inclusive", "on");
        settings.put("recovery_target_timeline",
                Long.toString(Integer.toUnsignedLong(plan.history().timeline().number())));
        settings.put("recovery_target_action", options.atTarget().name().toLowerCase(Locale.ROOT));
        switch (plan.stopsAt()) {
            case RecoveryTarget.Latest _ -> {
            }
            case RecoveryTarget.BackupEnd _ -> last(settings, "recovery_target", "immediate");
            case RecoveryTarget.AtLsn at -> last(settings, "recovery_target_lsn", at.lsn().toString());
            case RecoveryTarget.AtName at -> last(settings, "recovery_target_name", at.name());
            case RecoveryTarget.AtXid at -> last(settings, "recovery_target_xid", Long.toString(at.xid()));
            case RecoveryTarget.AtTime at ->
                last(settings, "recovery_target_time", TIME.format(at.time().atOffset(ZoneOffset.UTC)));
        }
        return settings;
    }

    /** PostgreSQL takes an empty target after another one for a second one. */
    private static void last(Map<String, String> settings, String name, String value) {
        settings.remove(name);
        settings.put(name, value);
    }
}
