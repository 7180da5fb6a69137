package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.BackupTable;
import io.holdfast.backup.io.Identity;
import io.holdfast.config.BackupConfig;
import io.holdfast.config.SizeText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code holdfast backup}. */
@Command(name = "backup", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "create|list|show|check|verify|drill|expire|mark|cancel", description = {
        "Makes, lists, checks and expires backups.", "",
        "A backup is made of one member while it runs, by a process of its own beside the agent; with the archived WAL it "
                + "can be restored to any moment since ('holdfast restore'). Any agent can be asked."}, footer = {"",
                        "Examples:", "  holdfast backup create",
                        "  holdfast backup create --full --member db2 --rate 50MiB",
                        "  holdfast backup list", "  holdfast backup verify --identity /media/key/backup.key",
                        "  holdfast backup mark before-release", "  holdfast backup expire --dry-run"})
final class BackupVerb implements Runnable {
    private static final String JSON = "Prints JSON.";

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(),
                "say create, list, show, check, verify, drill, expire, mark or cancel");
    }

    @Command(name = "create", mixinStandardHelpOptions = true, description = {
            "Makes a base backup, and follows it to its end.", "",
            "It holds what has changed since the last one, where that can be told, else everything. It is made of a standby "
                    + "that streams, else of the primary. Interrupting this verb leaves it going on."})
    int create(@Option(names = "--full", description = "Makes a full one.") boolean full,
            @Option(names = "--member", paramLabel = "NAME", description = "Of which member. Default: the standby that is furthest.") @Nullable String member,
            @Option(names = "--rate", paramLabel = "SIZE", description = "Reads at most so much in a second, such as 50MiB; 0B for no bound. Default: 'backup.rate' of the member.") @Nullable String rate,
            @Option(names = "--json", description = "Prints JSON, a line for each step.") boolean json)
            throws InterruptedException {
        ObjectNode wish = wish().put("full", full);
        if (rate != null) {
            wish.put("bytesPerSecond", bytes(rate));
        }
        if (member != null) {
            wish.put("member", member);
        }
        return OperationWatch.ask(holdfast, "backup/create", wish, json);
    }

    private long bytes(String size) {
        return SizeText.read(size)
                .orElseThrow(() -> new ParameterException(spec.commandLine(),
                        "'" + size + "' is no size: write a whole number and B, KiB, MiB, GiB or TiB, such as 50MiB"));
    }

    @Command(name = "cancel", mixinStandardHelpOptions = true, description = "Gives up the backup that is being made; the next one keeps what is stored of it.")
    int cancel(@Option(names = "--json", description = JSON) boolean json) throws InterruptedException {
        return OperationWatch.ask(holdfast, "backup/cancel", wish(), json);
    }

    @Command(name = "list", aliases = "ls", mixinStandardHelpOptions = true, description = "Lists what the repository has.")
    int list(@Option(names = "--json", description = JSON) boolean json) {
        JsonNode catalog = catalog();
        if (json) {
            holdfast.console().print(List.of(catalog.toPrettyString()));
            return ExitCode.DONE;
        }
        List<BackupTable.Row> rows = new ArrayList<>();
        for (JsonNode one : catalog.path("backups")) {
            JsonNode to = one.path("restorableTo");
            rows.add(new BackupTable.Row(one.path("id").asText(), one.path("state").asText(),
                    one.path("member").asText(), one.path("plainBytes").asLong(-1), one.path("storedBytes").asLong(),
                    proved(one.path("proved")), to.isMissingNode()
                            ? ""
                            : to.path("lsn").asText() + " on timeline " + to.path("timeline").asText()
                                    + (to.path("gap").asBoolean() ? ", WAL missing behind" : "")));
        }
        List<String> lines = new ArrayList<>();
        lines.add(catalog.path("repository").asText() + ", cluster " + catalog.path("cluster").asText() + ", database "
                + catalog.path("systemId").asText());
        lines.addAll(BackupTable.lines(rows, holdfast.console().width()));
        for (JsonNode wal : catalog.path("wal")) {
            lines.add("WAL of timeline " + wal.path("timeline").asText() + ": " + wal.path("first").asText() + " to "
                    + wal.path("last").asText() + ", " + wal.path("segments").asText() + " segments");
        }
        holdfast.console().print(lines);
        return ExitCode.DONE;
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "Shows all that is known of a backup, as JSON.")
    int show(@Parameters(paramLabel = "BACKUP", description = "Its name; 'latest' for the newest.") String name) {
        JsonNode found = null;
        for (JsonNode one : catalog().path("backups")) {
            if (one.path("id").asText().equals(name) || name.equals("latest")) {
                found = one;
            }
        }
        if (found == null) {
            throw new Failure(ExitCode.FAILED, "HF-5114", "there is no backup '" + name + "'",
                    "'holdfast backup list' shows those that there are.");
        }
        holdfast.console().print(List.of(found.toPrettyString()));
        return ExitCode.DONE;
    }

    @Command(name = "check", mixinStandardHelpOptions = true, description = "Has a segment of WAL archived, fetches it back and compares; the agent of the primary is asked.")
    int check(@Option(names = "--json", description = "Prints JSON, a line for each step.") boolean json)
            throws InterruptedException {
        return OperationWatch.ask(holdfast, "backup/check", wish(), json);
    }

    @Command(name = "verify", mixinStandardHelpOptions = true, description = {
            "Looks at every object of the repository.", "",
            "Without an identity from outside: there, of the right size and bytes, signed by a member. With one each is "
                    + "opened too, and compared with what it should hold. The private key is kept in memory, and for this alone."})
    int verify(
            @Option(names = "--identity", paramLabel = "FILE", description = "A private key that opens the backups.") @Nullable Path identity,
            @Option(names = "--json", description = "Prints JSON, a line for each step.") boolean json)
            throws InterruptedException {
        ObjectNode wish = wish();
        if (identity != null) {
            wish.put("identity", privateKey(identity));
        }
        return OperationWatch.ask(holdfast, "backup/verify", wish, json);
    }

    @Command(name = "drill", mixinStandardHelpOptions = true, description = {
            "Restores a backup for a trial, and says whether it is good.", "",
            "The newest backup that can be restored, or any, to a moment drawn by lot, into a directory that is removed again: its "
                    + "files by pg_verifybackup, its pages by their checksums, its tables and indexes by pg_amcheck where that is installed, and by "
                    + "questions of your own. The proof is kept beside the backup. The private key is kept in memory, and for this alone. What is not said here is "
                    + "as 'backup.drill' of the member says that is asked."})
    int drill(
            @Option(names = "--identity", paramLabel = "FILE", description = "A private key that opens the backups.") @Nullable Path identity,
            @Option(names = "--pick", paramLabel = "WHICH", description = "${COMPLETION-CANDIDATES}. Default: the newest.") BackupConfig.Drill.@Nullable Pick pick,
            @Option(names = "--in", paramLabel = "DIR", description = "Where there is room. Default: beside the agent's state.") @Nullable Path directory,
            @Option(names = "--sql", paramLabel = "FILE", description = "Commands for psql that must succeed on what was restored.") @Nullable Path sql,
            @Option(names = "--database", paramLabel = "NAME", description = "In which database. Default: postgres.") @Nullable String database,
            @Option(names = "--json", description = "Prints JSON, a line for each step.") boolean json)
            throws InterruptedException {
        ObjectNode wish = wish();
        if (database != null) {
            wish.put("database", database);
        }
        if (identity != null) {
            wish.put("identity", privateKey(identity));
        }
        if (pick != null) {
            wish.put("pick", pick.name().toLowerCase(Locale.ROOT));
        }
        if (directory != null) {
            wish.put("directory", directory.toAbsolutePath().toString());
        }
        if (sql != null) {
            wish.put("sql", text(sql));
        }
        return OperationWatch.ask(holdfast, "backup/drill", wish, json);
    }

    @Command(name = "expire", mixinStandardHelpOptions = true, description = "Deletes what 'backup.retention' does not want kept, WAL with it.")
    int expire(@Option(names = "--dry-run", description = "Says what would be deleted, and why.") boolean dryRun,
            @Option(names = "--json", description = JSON) boolean json) throws InterruptedException {
        ObjectNode wish = wish().put("dryRun", dryRun);
        if (!dryRun) {
            return OperationWatch.ask(holdfast, "backup/expire", wish, json);
        }
        JsonNode plan = holdfast.agent().post("/api/v1/backup/expire", wish);
        List<String> lines = new ArrayList<>();
        plan.path("plan").forEach(line -> lines.add(line.asText()));
        holdfast.console().print(json ? List.of(plan.toPrettyString()) : lines);
        return ExitCode.DONE;
    }

    @Command(name = "mark", mixinStandardHelpOptions = true, description = "Writes a restore point into the WAL, by whose name it can be restored to; the agent of the primary is asked.")
    int mark(@Parameters(paramLabel = "NAME", description = "1 to 63 bytes.") String name,
            @Option(names = "--json", description = JSON) boolean json) {
        JsonNode answer = holdfast.agent().post("/api/v1/backup/mark", wish().put("name", name));
        holdfast.console()
                .print(List.of(json ? answer.toPrettyString() : name + " is at " + answer.path("lsn").asText()));
        return ExitCode.DONE;
    }

    private static String proved(JsonNode proof) {
        return proof.isMissingNode()
                ? "never"
                : (proof.path("good").asBoolean() ? "" : "FAILED ") + Words.second(proof.path("at"));
    }

    /** Seen to be one before it is handed over. */
    private static String privateKey(Path file) {
        try (Identity key = Identity.read(file)) {
            return new String(key.text());
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new Failure(ExitCode.USAGE, "HF-5122", file + " cannot be read: " + e,
                    "Name a file of text that this user may read.");
        }
    }

    private JsonNode catalog() {
        return holdfast.agent().post("/api/v1/backup/list", wish());
    }

    private static ObjectNode wish() {
        return JsonNodeFactory.instance.objectNode();
    }
}
