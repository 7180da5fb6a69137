package io.holdfast.testkit.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.testkit.ClusterStatus;
import java.util.ArrayList;
import java.util.List;

/** Reads {@code holdfast status --json} as a script would: by the names of its fields, whatever else there is. */
public final class StatusJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private StatusJson() {}

    /** The tree of a JSON text. */
    public static JsonNode tree(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("this is not JSON: " + text, e);
        }
    }

    /** The listing; a field that is not there is as if it were not known. */
    public static ClusterStatus parse(String text) {
        JsonNode root = tree(text);
        List<ClusterStatus.Member> members = new ArrayList<>();
        for (JsonNode m : root.path("members")) {
            members.add(
                    new ClusterStatus.Member(m.path("name").asText(), m.path("role").asText(), m.path("state").asText(),
                            m.path("timeline").asInt(0), m.path("lsn").asText(""), m.path("lagBytes").asLong(-1),
                            m.path("lagSeconds").asDouble(-1), m.path("why").asText("")));
        }
        List<String> syncSet = new ArrayList<>();
        root.path("syncSet").forEach(name -> syncSet.add(name.asText()));
        return new ClusterStatus(root.path("cluster").asText(), root.path("epoch").asLong(),
                root.path("timeline").asInt(),
                root.path("paused").asBoolean(), root.path("durability").asText(), root.path("quorum").asBoolean(),
                syncSet, members);
    }
}
