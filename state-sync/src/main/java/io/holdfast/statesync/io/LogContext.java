package io.holdfast.statesync.io;

/** What a log line carries besides its words, by SLF4J's MDC and key-value pairs, so that lines of one story can be found. */
public final class LogContext {
    /** The epoch in which it happened, as the thread that logs knew it. */
    public static final String EPOCH = "epoch";
    /** The id of the operation that it belongs to, in the agent and in its worker. */
    public static final String OPERATION = "operation";

    private LogContext() {}
}
