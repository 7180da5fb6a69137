package io.holdfast.agent.io.cli;

import io.holdfast.agent.io.ApiJson;
import io.holdfast.config.ConfigException;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code holdfast}: its global options, its verbs, and how a verb ends. */
@Command(name = "holdfast", mixinStandardHelpOptions = true, versionProvider = Version.class, synopsisSubcommandLabel = "VERB", description = {
        "Keeps PostgreSQL up, recoverable and under lock.", "",
        "One agent runs beside each database node; 'holdfast agent' is that agent. Every other verb asks the agent "
                + "of this machine over its Unix socket, or works without one (doctor, certs, keys, demo)."}, footer = {
                        "",
                        "Examples:",
                        "  holdfast demo                       a cluster of three on this machine, to play with",
                        "  holdfast status --watch             the cluster at a glance, every second",
                        "  holdfast explain db2                why db2 is what it is",
                        "  holdfast doctor -c holdfast.yaml    all that is wrong with a configuration and its machine",
                        "", "Files:",
                        "  /etc/holdfast/holdfast.yaml         the configuration, where no other is named",
                        "  /run/holdfast/holdfast.sock         the agent's socket, where the configuration names no other"})
public final class Holdfast implements Runnable {
    /** Global options that take the next word. */
    private static final Set<String> WITH_A_VALUE = Set.of("-c", "--config", "--api", "--api-ca", "--api-cert",
            "--api-key");
    /** In the order of the help. */
    private static final Map<String, Class<?>> VERBS = verbs();

    @Option(names = {"-c",
            "--config"}, paramLabel = "FILE", scope = ScopeType.INHERIT, description = "The node's configuration; it says where its agent's socket is. Without it the environment "
                    + "variable HOLDFAST_CONFIG, else /etc/holdfast/holdfast.yaml.")
    @Nullable
    Path config;

    @Option(names = "--api", paramLabel = "URL", scope = ScopeType.INHERIT, description = "The API of an agent elsewhere, such as https://10.0.0.1:8009. Without it the environment variable "
            + "HOLDFAST_API, else the agent of this machine.")
    @Nullable
    String api;

    @Option(names = "--api-ca", paramLabel = "FILE", scope = ScopeType.INHERIT, description = "With --api: the authority that is trusted, the cluster's ca.crt. Without it the environment variable "
            + "HOLDFAST_API_CA, else those that Java trusts.")
    @Nullable
    Path authority;

    @Option(names = "--api-cert", paramLabel = "FILE", scope = ScopeType.INHERIT, description = "With --api: a certificate to show, where the agent answers only those who have one. Without it the environment variable "
            + "HOLDFAST_API_CERT.")
    @Nullable
    Path certificate;

    @Option(names = "--api-key", paramLabel = "FILE", scope = ScopeType.INHERIT, description = "With --api-cert: its private key. Without it the environment variable HOLDFAST_API_KEY.")
    @Nullable
    Path key;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    CommandSpec spec;

    private final Console console;
    private final Path tokens;

    /** Writes to a console, and keeps tokens in a directory. */
    Holdfast(Console console, Path tokens) {
        this.console = console;
        this.tokens = tokens;
    }

    /** Runs a verb on standard output and error; the result is the exit code. */
    public static int run(String... args) {
        return run(Console.standard(), System.err, args);
    }

    /** Runs a verb; the result is the exit code. */
    static int run(Console console, PrintStream errors, String... args) {
        return run(console, errors, Credentials.usualDirectory(), args);
    }

    /** The same, with another directory of tokens. */
    static int run(Console console, PrintStream errors, Path tokens, String... args) {
        CommandLine line = commandLine(console, tokens, verbsFor(args));
        line.setOut(new PrintWriter(console.out(), true, console.out().charset()))
                .setErr(new PrintWriter(errors, true, errors.charset()));
        return line.execute(args);
    }

    /** The whole command line, for running it and for its completion. */
    static CommandLine commandLine(Console console) {
        return commandLine(console, Credentials.usualDirectory(), VERBS.values());
    }

    private static Map<String, Class<?>> verbs() {
        Map<String, Class<?>> verbs = new LinkedHashMap<>();
        verbs.put("agent", AgentVerb.class);
        verbs.put("status", StatusVerb.class);
        verbs.put("history", HistoryVerb.class);
        verbs.put("explain", ExplainVerb.class);
        verbs.put("switchover", SwitchoverVerb.class);
        verbs.put("failover", FailoverVerb.class);
        verbs.put("reinit", ReinitVerb.class);
        verbs.put("restart", RestartVerb.class);
        verbs.put("pause", PauseVerb.class);
        verbs.put("resume", ResumeVerb.class);
        verbs.put("redis", RedisVerb.class);
        verbs.put("events", EventsVerb.class);
        verbs.put("alert", AlertVerb.class);
        verbs.put("operation", OperationVerb.class);
        verbs.put("state", StateVerb.class);
        verbs.put("member", MemberVerb.class);
        verbs.put("config", ConfigVerb.class);
        verbs.put("doctor", DoctorVerb.class);
        verbs.put("certs", CertsVerb.class);
        verbs.put("backup", BackupVerb.class);
        verbs.put("restore", RestoreVerb.class);
        verbs.put("wal", WalVerb.class);
        verbs.put("keys", KeysVerb.class);
        verbs.put("login", LoginVerb.class);
        verbs.put("logout", LogoutVerb.class);
        verbs.put("whoami", WhoamiVerb.class);
        verbs.put("mfa", MfaVerb.class);
        verbs.put("user", UserVerb.class);
        verbs.put("session", SessionVerb.class);
        verbs.put("token", TokenVerb.class);
        verbs.put("audit", AuditVerb.class);
        verbs.put("demo", DemoVerb.class);
        verbs.put("completion", CompletionVerb.class);
        verbs.put("train", TrainVerb.class);
        verbs.put("worker", WorkerVerb.class);
        return verbs;
    }

    /** Reading the annotations of all verbs takes longer than most verbs: where the first word names one, it is that one alone. */
    private static Collection<Class<?>> verbsFor(String... args) {
        int first = 0;
        while (first < args.length && WITH_A_VALUE.contains(args[first])) {
            first += 2;
        }
        Class<?> named = first < args.length ? VERBS.get(args[first]) : null;
        return named == null ? VERBS.values() : List.of(named);
    }

    private static CommandLine commandLine(Console console, Path tokens, Collection<Class<?>> verbs) {
        CommandLine line = new CommandLine(new Holdfast(console, tokens));
        verbs.forEach(line::addSubcommand);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(
                console.paint() == io.holdfast.agent.Paint.ON ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        line.setParameterExceptionHandler(Holdfast::usage);
        line.setExecutionExceptionHandler((e, where, parsed) -> failed(e, where));
        describe(line);
        return line;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no verb was given");
    }

    /** The configuration that was named, on the command line or in the environment. */
    @Nullable
    Path configOrNull() {
        String named = System.getenv("HOLDFAST_CONFIG");
        return config != null ? config : named == null || named.isEmpty() ? null : Path.of(named);
    }

    /** The configuration that was named, or the default one. */
    Path configOrDefault() {
        Path named = configOrNull();
        return named == null ? SocketPath.DEFAULT_CONFIG : named;
    }

    /** The agent that was named, or that of this machine. */
    AgentClient agent() {
        AgentClient.Door door = door();
        return new AgentClient(door, credentials(door));
    }

    /** That of this machine, as the user of the operating system and nobody else. */
    AgentClient localAgent() {
        if (!(door() instanceof SocketDoor door)) {
            throw new Failure(ExitCode.USAGE, "HF-5170", "this is asked of the agent of this machine only",
                    "Leave --api and HOLDFAST_API out.");
        }
        return new AgentClient(door.socket());
    }

    /** What proves to it who asks. */
    Credentials credentials() {
        return credentials(door());
    }

    private Credentials credentials(AgentClient.Door door) {
        return new Credentials(tokens, door.where(), prompt());
    }

    /** Asks whoever sits there. */
    Prompt prompt() {
        return new Prompt(console.out());
    }

    private AgentClient.Door door() {
        String url = named(api, "HOLDFAST_API");
        Path trusted = named(authority, "HOLDFAST_API_CA");
        Path shown = named(certificate, "HOLDFAST_API_CERT");
        Path itsKey = named(key, "HOLDFAST_API_KEY");
        if ((shown == null) != (itsKey == null)) {
            throw new Failure(ExitCode.USAGE, "HF-5158",
                    "a certificate for the API is named without its key, or a key alone",
                    "Give '--api-cert' and '--api-key' together.");
        }
        return url == null
                ? new SocketDoor(SocketPath.of(configOrNull()))
                : new HttpsDoor(url, trusted,
                        shown == null || itsKey == null ? null : new HttpsDoor.Own(shown, itsKey));
    }

    private static @Nullable Path named(@Nullable Path option, String variable) {
        String name = named(option == null ? null : option.toString(), variable);
        return name == null ? null : Path.of(name);
    }

    private static @Nullable String named(@Nullable String option, String variable) {
        String inherited = System.getenv(variable);
        return option != null ? option : inherited == null || inherited.isEmpty() ? null : inherited;
    }

    /** Where to write. */
    Console console() {
        return console;
    }

    /** Help, exit codes and options look alike in every verb. */
    private static void describe(CommandLine line) {
        line.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(ExitCode.words())
                .optionListHeading("%nOptions:%n")
                .commandListHeading("%nVerbs:%n")
                .parameterListHeading("%nArguments:%n");
        line.getSubcommands().values().forEach(Holdfast::describe);
    }

    private static int usage(ParameterException e, String[] args) {
        String verb = e.getCommandLine().getCommandSpec().qualifiedName();
        String fact = String.valueOf(e.getMessage()).strip();
        report(e.getCommandLine(), Stream.of(args).anyMatch("--json"::equals),
                List.of(new Problem("HF-0900",
                        fact.substring(0, 1).toLowerCase(java.util.Locale.ROOT) + fact.substring(1),
                        "'" + verb + " --help' says what there is.")));
        return ExitCode.USAGE;
    }

    private static int failed(Exception e, CommandLine where) throws Exception {
        boolean json = where.getParseResult() != null && where.getParseResult().hasMatchedOption("--json");
        switch (e) {
            case Failure failure -> {
                report(where, json, failure.problems());
                return failure.exitCode();
            }
            case ConfigException wrong -> {
                report(where, json, Failure.of(wrong).problems());
                return ExitCode.FAILED;
            }
            case HoldfastException known -> {
                report(where, json, List.of(known.problem()));
                return ExitCode.FAILED;
            }
            default -> throw e;
        }
    }

    private static void report(CommandLine line, boolean json, List<Problem> problems) {
        for (Problem problem : problems) {
            line.getErr().println(problem.message());
        }
        line.getErr().flush();
        if (json) {
            line.getOut().println(ApiJson.problems(problems));
            line.getOut().flush();
        }
    }
}
