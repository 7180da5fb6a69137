package io.holdfast.agent;

import io.holdfast.agent.io.cli.Holdfast;

/** The only entry point: agent and command line. */
public final class Main {
    private Main() {}

    /** Runs one verb and exits with its code. */
    public static void main(String[] args) {
        System.exit(Holdfast.run(args));
    }
}
