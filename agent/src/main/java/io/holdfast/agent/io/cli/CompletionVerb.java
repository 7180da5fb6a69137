package io.holdfast.agent.io.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code holdfast completion}. */
@Command(name = "completion", mixinStandardHelpOptions = true, description = "Prints a script that completes verbs and options in a shell.", footer = {
        "", "Examples:",
        "  source <(holdfast completion bash)",
        "  holdfast completion bash > /etc/bash_completion.d/holdfast"})
final class CompletionVerb implements Callable<Integer> {
    /** The shells that are known. */
    enum Shell {
        /** GNU bash, and zsh with bashcompinit. */
        bash
    }

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Holdfast holdfast;

    @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    Shell shell;

    @Override
    public Integer call() {
        holdfast.console().print(List.of(AutoComplete.bash("holdfast", Holdfast.commandLine(holdfast.console()))));
        return ExitCode.DONE;
    }
}
