package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.statesync.io.LogContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class JsonLinesTest {
    private final LoggerContext context = new LoggerContext();

    /** As SLF4J does for the one that it makes. */
    @BeforeEach
    void knowsTheThreads() {
        context.setMDCAdapter(MDC.getMDCAdapter());
    }

    @Test
    void aLineIsOneObjectWithItsCause() throws Exception {
        LoggingEvent event = new LoggingEvent("test", context.getLogger("io.holdfast.X"), Level.WARN,
                "lag of {} is \"{}\"",
                new IllegalStateException("two\nlines"), new Object[]{"db1", 7});
        String line = new JsonLines().doLayout(event);
        assertEquals(line.length() - 1, line.indexOf('\n'));
        JsonNode json = new ObjectMapper().readTree(line);
        assertEquals("lag of db1 is \"7\"", json.path("message").asText());
        assertEquals("WARN", json.path("level").asText());
        assertTrue(json.path("cause").asText().startsWith("java.lang.IllegalStateException: two\nlines"));
    }

    @Test
    void aLineNamesItsEpochAndItsOperation() throws Exception {
        ch.qos.logback.classic.Logger logger = context.getLogger("io.holdfast.X");
        ListAppender<ILoggingEvent> lines = new ListAppender<>() {
            /** A line is written where it is logged, and that reads what the thread carries. */
            @Override
            protected void append(ILoggingEvent event) {
                event.prepareForDeferredProcessing();
                super.append(event);
            }
        };
        lines.start();
        logger.addAppender(lines);
        try (MDC.MDCCloseable _ = MDC.putCloseable(LogContext.EPOCH, "7")) {
            logger.atInfo().addKeyValue(LogContext.OPERATION, "0a1b2c3d").log("begins");
        }
        logger.info("is over");
        JsonNode json = new ObjectMapper().readTree(new JsonLines().doLayout(lines.list.getFirst()));
        assertEquals("7", json.path("epoch").asText());
        assertEquals("0a1b2c3d", json.path("operation").asText());
        assertFalse(new JsonLines().doLayout(lines.list.getLast()).contains("epoch"));
    }

    @Test
    void libraryNoiseIsLeftOut() {
        AgentLog log = new AgentLog();
        log.configure(context);
        assertEquals(Level.WARN, context.getLogger("io.netty").getEffectiveLevel());
        assertEquals(Level.WARN, context.getLogger("io.holdfast.agent").getEffectiveLevel());
    }
}
