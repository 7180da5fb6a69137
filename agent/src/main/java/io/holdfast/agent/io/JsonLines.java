package io.holdfast.agent.io;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A log line as one JSON object: {@code at}, {@code level}, {@code logger}, {@code message}; what it belongs to where that is
 * known, {@code epoch} and {@code operation}; and, after a failure, {@code cause}.
 */
final class JsonLines extends LayoutBase<ILoggingEvent> {
    @Override
    public String doLayout(ILoggingEvent event) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("at", event.getInstant().toString()).put("level", event.getLevel().toString());
        json.put("logger", event.getLoggerName()).put("message", event.getFormattedMessage());
        event.getMDCPropertyMap().forEach(json::put);
        if (event.getKeyValuePairs() != null) {
            event.getKeyValuePairs().forEach(pair -> json.put(pair.key, String.valueOf(pair.value)));
        }
        if (event.getThrowableProxy() != null) {
            json.put("cause", ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
        return json + System.lineSeparator();
    }
}
