package io.holdfast.agent.io.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.HostPort;
import io.holdfast.config.Problem;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The Redis of a demo: a master, two replicas and a Sentinel beside each. What each of them is it writes into its own file, so that
 * a demo that goes on has the master that it had.
 */
final class DemoRedis {
    private static final String MASTER = "cache";
    private static final String HOST = "127.0.0.1";
    private static final int NODES = 3;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final DemoPlan plan;

    DemoRedis(DemoPlan plan) {
        this.plan = plan;
    }

    /** Whether Redis and Sentinel are installed. */
    static boolean isInstalled() {
        return Stream.of("redis-server", "redis-sentinel")
                .allMatch(program -> Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program))));
    }

    /** Whether the demo was made with one. */
    boolean isThere() {
        return Files.isDirectory(directory());
    }

    private Path directory() {
        return plan.directory().resolve("redis");
    }

    /** The ports behind those of the members. */
    private int port(int row, int number) {
        return HostPort.parse(plan.members().getFirst().postgres()).port() + 10 * (plan.members().size() + row)
                + number;
    }

    private String redis(int number) {
        return HOST + ":" + port(0, number);
    }

    private String sentinel(int number) {
        return HOST + ":" + port(1, number);
    }

    // ---- making

    /** Makes it for a demo that was just made: its files, the section of each member, and what demo.json says. */
    void make() {
        try {
            List<String> sentinels = new ArrayList<>();
            for (int i = 0; i < NODES; i++) {
                Path node = Files.createDirectories(node(i));
                Files.writeString(node.resolve("redis.conf"), """
                        port %d
                        bind %s
                        dir %s
                        save 60 1
                        set-proc-title no
                        %s
                        """.formatted(port(0, i), HOST, quoted(node),
                        i == 0 ? "" : "replicaof " + HOST + " " + port(0, 0)));
                Files.writeString(node.resolve("sentinel.conf"), """
                        port %d
                        bind %s
                        dir %s
                        set-proc-title no
                        sentinel monitor %s %s %d 2
                        sentinel down-after-milliseconds %s 3000
                        sentinel failover-timeout %s 10000
                        """.formatted(port(1, i), HOST, quoted(node), MASTER, HOST, port(0, 0), MASTER, MASTER));
                sentinels.add('"' + sentinel(i) + '"');
            }
            for (DemoPlan.Member member : plan.members()) {
                Files.writeString(member.config(),
                        "redis: {sentinels: [" + String.join(", ", sentinels) + "], masters: [" + MASTER
                                + "], relay: {master: " + MASTER + "}}\n",
                        StandardOpenOption.APPEND);
            }
            tell();
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5023",
                    "the demo's Redis cannot be made in " + directory() + ": " + e,
                    "'--no-redis' leaves it out, '--dir DIR' names another directory."), e);
        }
    }

    private void tell() throws IOException {
        JsonNode json = JSON.readTree(plan.json().toFile());
        if (json instanceof ObjectNode object) {
            ObjectNode redis = object.putObject("redis").put("master", MASTER);
            ArrayNode sentinels = redis.putArray("sentinels");
            ArrayNode nodes = redis.putArray("nodes");
            for (int i = 0; i < NODES; i++) {
                sentinels.add(sentinel(i));
                nodes.add(redis(i));
            }
        }
        Path fresh = plan.directory().resolve("demo.json.new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(fresh, json.toPrettyString() + "\n");
        Files.move(fresh, plan.json(), StandardCopyOption.ATOMIC_MOVE);
    }

    private Path node(int number) {
        return directory().resolve("r" + (number + 1));
    }

    /** As redis.conf wants a value with a space in it. */
    private static String quoted(Path path) {
        return TextNode.valueOf(path.toString()).toString();
    }

    // ---- running

    /** Starts what does not run. */
    void start(ProcessMark mark) {
        for (int i = 0; i < NODES; i++) {
            start(mark, i, "redis-server", "redis");
            start(mark, i, "redis-sentinel", "sentinel");
        }
    }

    /** Marks a process as one of the demo. */
    interface ProcessMark {
        /** Before it is started. */
        void put(ProcessBuilder builder);
    }

    private void start(ProcessMark mark, int number, String program, String name) {
        Path pid = node(number).resolve(name + ".pid");
        if (running(pid)) {
            return;
        }
        ProcessBuilder builder = new ProcessBuilder("setsid", program,
                node(number).resolve(name + ".conf").toString());
        builder.directory(node(number).toFile());
        builder.redirectInput(Redirect.from(new File("/dev/null")))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(node(number).resolve(name + ".log").toFile()));
        mark.put(builder);
        try {
            Files.writeString(pid, builder.start().pid() + "\n");
        } catch (IOException e) {
            throw new HoldfastException(new Problem("HF-5025", program + " cannot be started: " + e,
                    "'--no-redis' makes a demo without it."), e);
        }
    }

    /** Asks all of it to end, and waits for a moment; what is left the demo ends with the rest. */
    void stop() {
        List<ProcessHandle> asked = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            for (String name : List.of("sentinel", "redis")) {
                Path pid = node(i).resolve(name + ".pid");
                if (running(pid)) {
                    ProcessHandle.of(number(pid)).filter(ProcessHandle::destroy).ifPresent(asked::add);
                }
            }
        }
        asked.forEach(process -> process.onExit().completeOnTimeout(process, 2, TimeUnit.SECONDS).join());
    }

    /** A process that has the number and works in the node's directory is the one that was started. */
    private static boolean running(Path pid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + number(pid) + "/cwd")).equals(pid.getParent());
        } catch (IOException e) {
            return false;
        }
    }

    private static long number(Path file) {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (IOException | NumberFormatException e) {
            return -1;
        }
    }
}
