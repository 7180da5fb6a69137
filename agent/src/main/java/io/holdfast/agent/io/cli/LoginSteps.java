package io.holdfast.agent.io.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.agent.Paint;
import io.holdfast.agent.io.ApiJson;
import io.holdfast.config.Problem;
import io.holdfast.sessions.io.Qr;
import java.util.ArrayList;
import java.util.List;

/** Goes through a login, step by step, as the agent says what comes next. */
final class LoginSteps {
    private final Holdfast holdfast;
    private final String algorithm;

    LoginSteps(Holdfast holdfast, String algorithm) {
        this.holdfast = holdfast;
        this.algorithm = algorithm;
    }

    /** From a first request on; the exit code. */
    int follow(String path, ObjectNode first) {
        return follow(holdfast.agent().step(path, first));
    }

    /** From its answer on. */
    int follow(AgentClient.Step begun) {
        AgentClient.Step step = begun;
        String next = "";
        while (true) {
            JsonNode json = step.json();
            if (!step.ok()) {
                List<Problem> problems = ApiJson.problems(json);
                if (!json.has("ticket")) {
                    throw new Failure(ExitCode.NOT_ALLOWED, problems);
                }
                holdfast.console().print(problems.stream().map(Problem::message).toList());
            } else {
                next = json.path("next").asText();
            }
            ObjectNode wish = JsonNodeFactory.instance.objectNode().put("ticket", json.path("ticket").asText());
            switch (next) {
                case "code" -> step = send("code", wish.put("code", holdfast.prompt().secret("Code: ")));
                case "device" -> step = send("device", wish.put("label", "").put("algorithm", algorithm));
                case "confirmation" -> {
                    if (json.hasNonNull("uri")) {
                        show(json.path("uri").asText());
                    }
                    step = send("confirm", wish.put("code", holdfast.prompt()
                            .secret(json.path("half").asBoolean()
                                    ? "The next code after it: "
                                    : "A code that it shows: ")));
                }
                default -> {
                    return in(json);
                }
            }
        }
    }

    private AgentClient.Step send(String step, ObjectNode wish) {
        return holdfast.agent().step("/api/v1/login/" + step, wish);
    }

    private void show(String uri) {
        List<String> lines = new ArrayList<>();
        lines.add("Read this with an authenticator app, or enter its secret there:");
        lines.addAll(Qr.draw(uri, holdfast.console().paint() == Paint.ON).lines().toList());
        lines.add(uri);
        holdfast.console().print(lines);
    }

    private int in(JsonNode json) {
        holdfast.credentials().keep(json.path("token").asText());
        List<String> lines = new ArrayList<>();
        if (!json.path("recoveryCodes").isEmpty()) {
            lines.add(
                    "Recovery codes, each for once in the place of a code. They are shown this once: keep them apart");
            lines.add("from the device.");
            json.path("recoveryCodes").forEach(code -> lines.add("  " + code.asText()));
        }
        lines.add("Logged in as " + json.path("user").asText() + ", " + json.path("role").asText() + ".");
        holdfast.console().print(lines);
        return ExitCode.DONE;
    }
}
