package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class JsonLinesTest {
    private final LoggerContext context = new LoggerContext();

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
    void libraryNoiseIsLeftOut() {
        AgentLog log = new AgentLog();
        log.configure(context);
        assertEquals(Level.WARN, context.getLogger("io.netty").getEffectiveLevel());
        assertEquals(Level.WARN, context.getLogger("io.holdfast.agent").getEffectiveLevel());
    }
}
