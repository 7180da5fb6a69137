package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.agent.AgentView;
import io.holdfast.agent.Explanation;
import io.holdfast.agent.StatusReport;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigProblem;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.Caller;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Operation;
import io.holdfast.statesync.Versioned;
import io.holdfast.statesync.io.Operations;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What each path of the API answers; without a server, so that a test asks it directly. */
final class ApiRoutes {
    private static final int MOST_EVENTS = 1000;
    private static final int USUAL_EVENTS = 200;

    private final AgentView agent;
    private final Map<String, Command> commands;
    private final Map<String, Personal> personal;

    /** What an operator can ask an agent to do: the answer to a POST. */
    interface Command {
        /**
         * Does it, or says why not.
         *
         * @param wish the body; an empty object when there was none
         * @param asker who asks
         * @throws ConfigException when the wish is wrong: answered with status 400
         * @throws HoldfastException when it failed: answered with status 500
         */
        Reply run(JsonNode wish, Asker asker);
    }

    /**
     * Who asks, and for what.
     *
     * @param user as it is remembered with what was asked for
     * @param operation the id under which long work is followed; whoever waits for it knows it already
     */
    record Asker(String user, String operation) {
        /** Somebody whom nobody had to approve. */
        static Asker of(String user) {
            return new Asker(user, Operations.newId());
        }
    }

    /** What depends on who asks. */
    interface Personal {
        /** Does it, or says why not; throws as a {@link Command} does. */
        Reply run(JsonNode wish, Map<String, String> parameters, Caller caller);
    }

    /**
     * An answer.
     *
     * @param status the HTTP status
     * @param json the body
     */
    record Reply(int status, JsonNode json) {
        static Reply ok(JsonNode json) {
            return new Reply(200, json);
        }

        static Reply problem(int status, String code, String fact, String hint) {
            return new Reply(status, ApiJson.problems(List.of(new Problem(code, fact, hint))));
        }
    }

    /**
     * Of an agent.
     *
     * @param commands by path below the root, such as {@code settings}; the contract has a route for each
     */
    ApiRoutes(AgentView agent, Map<String, Command> commands) {
        this(agent, commands, Map.of());
    }

    /**
     * The same.
     *
     * @param personal by the names that the contract gives them
     */
    ApiRoutes(AgentView agent, Map<String, Command> commands, Map<String, Personal> personal) {
        this.agent = agent;
        this.personal = Map.copyOf(personal);
        this.commands = Map.copyOf(commands);
    }

    /**
     * Answers a request that the contract describes.
     *
     * @param parameters those of its path and query, the first value of each
     * @param operation the id of the operation that may follow
     */
    Reply answer(ContractRoute route, Map<String, String> parameters, JsonNode wish, Caller caller, String operation) {
        Personal own = personal.get(route.id());
        if (own != null) {
            return tried(() -> own.run(wish, parameters, caller));
        }
        if (route.method().equals("GET")) {
            return get(route.id(), parameters);
        }
        Command command = commands.get(route.path().substring(1));
        if (command == null) {
            return unknown(Contract.ROOT + route.path());
        }
        return tried(() -> command.run(wish, new Asker(nameOf(caller), operation)));
    }

    /** As it is remembered with what was asked for: users of this machine are named as it names them. */
    private static String nameOf(Caller caller) {
        return caller instanceof Caller.Local local ? local.user() : caller.name();
    }

    private static Reply tried(Supplier<Reply> answer) {
        try {
            return answer.get();
        } catch (ConfigException e) {
            return new Reply(400, ApiJson.problems(e.problems().stream().map(ConfigProblem::problem).toList()));
        } catch (HoldfastException e) {
            int status = ApiHandler.status(e.problem());
            return new Reply(status == 400 ? 500 : status, ApiJson.problems(List.of(e.problem())));
        }
    }

    private Reply get(String id, Map<String, String> query) {
        return switch (id) {
            case "status" -> Reply.ok(ApiJson.status(StatusReport.of(agent)));
            case "members" -> Reply.ok(ApiJson.members(StatusReport.of(agent), agent.consensus().peers()));
            case "history" -> Reply.ok(ApiJson.history(agent.cluster(),
                    agent.state().history().values().stream().map(Versioned::value).toList()));
            case "explain" -> explain(query.getOrDefault("member", agent.self().value()));
            case "events" -> events(query);
            case "settings" -> Reply.ok(ApiJson.settings(agent.cluster(), agent.state().settings(), agent.settings()));
            case "operations" -> Reply.ok(ApiJson.operations(agent.cluster(), agent.operations()));
            case "operation" -> operation(query.getOrDefault("id", ""));
            default -> throw new IllegalStateException("nobody answers '" + id + "' of the contract");
        };
    }

    private Reply explain(String member) {
        if (!Explanation.knows(agent, member)) {
            List<String> names = agent.state().members().keySet().stream().map(MemberName::value).toList();
            return Reply.problem(404, "HF-5005", "there is no member '" + member + "' in cluster " + agent.cluster(),
                    "The members are " + String.join(", ", names) + ".");
        }
        return Reply.ok(ApiJson.explanation(agent.cluster(), Explanation.of(agent, new MemberName(member))));
    }

    private Reply events(Map<String, String> query) {
        long after = Long.parseLong(query.getOrDefault("after", "0"));
        long limit = Long.parseLong(query.getOrDefault("limit", Integer.toString(USUAL_EVENTS)));
        return Reply.ok(ApiJson.events(agent.cluster(), agent.events(after, Math.clamp(limit, 1, MOST_EVENTS))));
    }

    private Reply operation(String id) {
        Optional<Operation> found = agent.operations().stream().filter(one -> one.id().equals(id)).findFirst();
        return found.map(one -> Reply.ok(ApiJson.operation(one)
                .put("memberAnswers", agent.state().statuses().containsKey(one.member()))))
                .orElseGet(() -> Reply.problem(404, "HF-5006",
                        "there is no operation '" + id + "'",
                        "'holdfast operation list' shows those that are remembered."));
    }

    /** Nothing is there. */
    static Reply unknown(String path) {
        return Reply.problem(404, "HF-5003", "the agent has nothing at " + path,
                "It may be older than this command line: compare 'holdfast --version' with its log.");
    }
}
