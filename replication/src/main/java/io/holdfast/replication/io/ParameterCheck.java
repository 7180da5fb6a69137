package io.holdfast.replication.io;

import io.holdfast.config.ConfigProblem;
import io.holdfast.config.Spelling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether PostgreSQL takes values of its parameters. Its own program is asked ({@code postgres -C}), which knows every parameter,
 * also those that change at a restart only, and says the same whether or not a server runs. It does not know what only a running
 * server can tell: whether a library is there, whether the machine has the memory.
 */
final class ParameterCheck {
    private static final Duration WITHIN = Duration.ofSeconds(5);
    /** Less than this, and the members cannot stream, or the agent cannot log in. */
    private static final Map<String, Long> LEAST = Map.of("max_connections", 10L, "max_wal_senders", 4L,
            "max_replication_slots", 4L, "superuser_reserved_connections", 1L);

    private final PostgresOptions options;
    private final Commands commands;
    private final DurableFiles files;

    ParameterCheck(PostgresOptions options, Commands commands, DurableFiles files) {
        this.options = options;
        this.commands = commands;
        this.files = files;
    }

    /**
     * All that is wrong, by place.
     *
     * @param owned what Holdfast sets itself
     */
    List<ConfigProblem> refusals(Map<String, String> parameters, Set<String> owned) {
        List<ConfigProblem> problems = new ArrayList<>();
        parameters.forEach((name, value) -> {
            ConfigProblem problem = owned.contains(name)
                    ? problem("HF-3040", name, "Holdfast sets this itself", "leave it out.")
                    : refusal(name, value);
            if (problem != null) {
                problems.add(problem);
            }
        });
        return problems;
    }

    private @Nullable ConfigProblem refusal(String name, String value) {
        if (name.equals(Configuration.WAL_LEVEL) && value.equals("minimal")) {
            return problem("HF-3040", name, "'minimal' leaves nothing to replicate", "write replica or logical.");
        }
        Commands.Outcome outcome = ask(name, value);
        if (outcome.isSuccess()) {
            Long least = LEAST.get(name);
            return least == null || Long.parseLong(outcome.output().getLast().strip()) >= least
                    ? null
                    : problem("HF-3043", name, "'" + value + "' is too little for a cluster",
                            "it must be " + least + " at least.");
        }
        if (said(outcome, "FATAL").startsWith("unrecognized configuration parameter")) {
            return problem("HF-3041", name, "PostgreSQL knows no such parameter", Spelling.nearest(name, names())
                    .map(nearest -> "did you mean '" + nearest + "'?")
                    .orElse("look at its manual, \"Server Configuration\"; an extension's has a dot in its name."));
        }
        String fatal = said(outcome, "FATAL");
        String hint = said(outcome, "HINT");
        return problem("HF-3042", name,
                "PostgreSQL refuses '" + value + "': " + (fatal.isEmpty() ? outcome.tail() : fatal),
                hint.isEmpty() ? "look at its manual, \"Server Configuration\"." : hint);
    }

    /** It wants a directory and a file to begin with, and reads nothing else of them. */
    private Commands.Outcome ask(String name, String value) {
        try {
            Path empty = options.state().resolve("check.conf");
            files.write(empty, "");
            return commands.run(WITHIN, "postgres", List.of("-C", name, "-D", options.state().toString(), "-c",
                    "config_file=" + empty, "-c", name + "=" + value));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> names() {
        List<String> names = new ArrayList<>();
        commands.run(WITHIN, "postgres", List.of("--describe-config"), line -> {
            int tab = line.indexOf('\t');
            if (tab > 0) {
                names.add(line.substring(0, tab));
            }
        });
        return names;
    }

    /** The rest of the line of its log with a severity; empty when there is none. */
    private static String said(Commands.Outcome outcome, String severity) {
        String mark = severity + ":  ";
        return outcome.output()
                .stream()
                .filter(line -> line.contains(mark))
                .map(line -> line.substring(line.indexOf(mark) + mark.length()))
                .findFirst()
                .orElse("");
    }

    private static ConfigProblem problem(String code, String name, String fact, String hint) {
        return new ConfigProblem(code, "parameters." + name, 0, fact, hint);
    }
}
