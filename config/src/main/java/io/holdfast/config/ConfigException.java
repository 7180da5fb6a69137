package io.holdfast.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration that cannot be used; carries all that is wrong with it, and its message has a line for each. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<ConfigProblem> problems;

    /** With at least one problem. */
    public ConfigException(List<ConfigProblem> problems) {
        super(problems.stream().map(ConfigProblem::message).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** All that is wrong, in the order of the file. */
    public List<ConfigProblem> problems() {
        return problems;
    }
}
