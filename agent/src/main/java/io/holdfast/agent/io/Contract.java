package io.holdfast.agent.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The contract of the API, {@code openapi.yaml}: which routes there are, who may use them, what a request may look like. */
final class Contract {
    /** What all routes begin with. */
    static final String ROOT = "/api/v1";
    private static final String FILE = "/openapi.yaml";

    private final JsonNode document;
    private final List<ContractRoute> routes;

    /**
     * A route that a request asks for.
     *
     * @param route the route
     * @param parameters those that stand in its path, by name
     */
    record Match(ContractRoute route, Map<String, String> parameters) {}

    private Contract(JsonNode document) {
        this.document = document;
        List<ContractRoute> found = new ArrayList<>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation -> found.add(new ContractRoute(document, operation.getKey(),
                                path.getKey(), operation.getValue()))));
        routes = List.copyOf(found);
    }

    /** Reads it. */
    static Contract load() {
        try (InputStream file = Contract.class.getResourceAsStream(FILE)) {
            if (file == null) {
                throw new IllegalStateException(FILE + " is missing in the jar");
            }
            return new Contract(new ObjectMapper(new YAMLFactory()).readTree(file));
        } catch (IOException e) {
            throw new UncheckedIOException(FILE + " cannot be read", e);
        }
    }

    /** All of it. */
    List<ContractRoute> routes() {
        return routes;
    }

    /** The route of a request; empty when there is none. */
    Optional<Match> find(String method, String path) {
        for (ContractRoute route : routes) {
            Optional<Map<String, String>> parameters = route.method().equals(method)
                    ? route.match(path)
                    : Optional.empty();
            if (parameters.isPresent()) {
                return Optional.of(new Match(route, parameters.get()));
            }
        }
        return Optional.empty();
    }

    /** True when there is a route of that path, whatever its method. */
    boolean knows(String path) {
        return routes.stream().anyMatch(route -> route.match(path).isPresent());
    }

    /** Follows a reference within the document. */
    static JsonNode resolved(JsonNode document, JsonNode node) {
        String reference = node.path("$ref").asText();
        return reference.startsWith("#") ? document.at(reference.substring(1)) : node;
    }

    JsonNode document() {
        return document;
    }
}
