package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.holdfast.replication.redis.io.RelayText;
import io.holdfast.statesync.Event;

/**
 * An event as a line of JSON, the same wherever it goes to; JSON has no line breaks of its own.
 *
 * @param cluster the cluster's name
 */
record EventJson(String cluster) implements RelayText {
    @Override
    public String event(Event event) {
        return ApiJson.event(event).put("cluster", cluster).toString();
    }

    @Override
    public String gap(long after, long next, String why) {
        return JsonNodeFactory.instance.objectNode()
                .put("type", GAP)
                .put("after", after)
                .put("next", next)
                .put("why", why)
                .put("cluster", cluster)
                .toString();
    }
}
