package io.holdfast.agent.io;

import io.holdfast.agent.AgentView;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Servers of an agent for a test. */
public final class Served implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();

    /** Serves the API on a socket to some users. */
    public Served api(Path socket, Set<String> users, AgentView agent) throws Exception {
        return api(socket, users, agent, Map.of());
    }

    /** The same, with commands by path. */
    Served api(Path socket, Set<String> users, AgentView agent, Map<String, ApiRoutes.Command> commands)
            throws Exception {
        return deploy(new LocalApi(socket, users, agent, commands));
    }

    Served deploy(Deployable verticle) throws Exception {
        vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                .toCompletionStage()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        return this;
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }
}
