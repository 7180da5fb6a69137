package io.holdfast.agent.io.cli;

import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** The end of a verb that did not succeed: the problems, and the exit code. */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final transient List<Problem> problems;

    /** For some problems. */
    public Failure(int exitCode, List<Problem> problems) {
        super(problems.stream().map(Problem::message).collect(Collectors.joining("\n")));
        this.exitCode = exitCode;
        this.problems = List.copyOf(problems);
    }

    /** For one problem. */
    public Failure(int exitCode, String code, String fact, String hint) {
        this(exitCode, List.of(new Problem(code, fact, hint)));
    }

    /** For a configuration that cannot be used: every problem of it. */
    public static Failure of(ConfigException e) {
        return new Failure(ExitCode.FAILED, e.problems().stream().map(ConfigProblem::problem).toList());
    }

    /** One of {@link ExitCode}. */
    public int exitCode() {
        return exitCode;
    }

    /** What a person must know. */
    public List<Problem> problems() {
        return problems;
    }
}
