package io.holdfast.agent.io;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log: standard error, silent while nothing happens. Logback finds this class by its service file; a verb of the command
 * line that happens to load a library which logs stays silent but for warnings.
 */
public final class AgentLog extends ContextAwareBase implements Configurator {
    private static final String LINE = "%date{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} %-5level %logger{0}: %msg%n%ex{full}";

    /** How lines look. */
    public enum Format {
        /** For people. */
        TEXT,
        /** For programs: one JSON object a line. */
        JSON;

        /** As it is written on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        set(context, Format.TEXT, Level.WARN);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** What an agent logs: its own doings, and the warnings of the libraries beneath. */
    public static void agent(Format format) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.reset();
            set(context, format, Level.INFO);
        }
        // gRPC, inside the consensus library, logs through java.util.logging; what matters of it the library says itself.
        java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.SEVERE);
    }

    private static void set(LoggerContext context, Format format, Level own) {
        Layout<ILoggingEvent> layout = format == Format.JSON ? new JsonLines() : pattern();
        layout.setContext(context);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.setLayout(layout);
        encoder.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        // With a member away it warns every few seconds, with a stack; Wiring says once what an operator must know of that.
        context.getLogger("org.apache.ratis").setLevel(Level.ERROR);
        // It tells of every connection that a Redis closes, as of an error; what that means a look at Redis tells.
        context.getLogger("io.vertx.redis.client.impl").setLevel(Level.OFF);
        context.getLogger("io.holdfast").setLevel(own);
    }

    private static PatternLayout pattern() {
        PatternLayout layout = new PatternLayout();
        layout.setPattern(LINE);
        return layout;
    }
}
