package io.holdfast.agent.e2e;

import io.holdfast.config.io.CertificateAuthority;
import io.holdfast.testkit.LabSpec;
import io.holdfast.testkit.io.Distribution;
import io.holdfast.testkit.io.Lab;
import io.holdfast.testkit.io.LabMember;
import io.holdfast.testkit.io.LabProcess;
import io.holdfast.testkit.io.Steps;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an agent costs while nothing happens, beside bare peers of the consensus in the same minute:
 * {@code IdleBench [SECONDS [SECONDS TO SETTLE]]}.
 */
public final class IdleBench {
    private IdleBench() {}

    /** Measures and prints. */
    public static void main(String[] args) throws IOException, InterruptedException {
        int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 60;
        int settle = args.length > 1 ? Integer.parseInt(args[1]) : 30;
        Path room = Files.createTempDirectory("holdfast-idle");
        Map<String, Process> bare = new LinkedHashMap<>();
        try (Lab lab = Scenario.start(LabSpec.members(3), new Steps("idle"), "idle")) {
            bare.putAll(startBare(room));
            Thread.sleep(settle * 1000L);
            Map<String, Long> pids = new LinkedHashMap<>();
            bare.forEach((name, process) -> pids.put("bare peer " + name, process.pid()));
            lab.members().forEach(member -> pids.put("agent " + member.name(), member.agentPid().orElseThrow()));
            System.out.println("load average " + load() + ", " + seconds + " s");
            Map<String, Long> before = new LinkedHashMap<>();
            pids.forEach((what, pid) -> before.put(what, LabProcess.cpuMillis(pid)));
            long lines = lines(lab);
            Thread.sleep(seconds * 1000L);
            pids.forEach((what,
                    pid) -> System.out.println(String.format(Locale.ROOT, "%-16s %5.2f %% of a core  %4d MiB",
                            what,
                            (LabProcess.cpuMillis(pid) - Objects.requireNonNull(before.get(what))) / 10.0 / seconds,
                            rssBytes(pid) >> 20)));
            System.out.println((lines(lab) - lines) + " lines logged; load average " + load());
        } finally {
            bare.values().forEach(Process::destroyForcibly);
            try (Stream<Path> files = Files.walk(room)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        }
    }

    private static Map<String, Process> startBare(Path room) throws IOException {
        List<String> names = List.of("a", "b", "c");
        CertificateAuthority.init(room.resolve("ca"));
        names.forEach(name -> CertificateAuthority.issue(room.resolve("ca"), name, List.of("127.0.0.1"), room));
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        }
        String peers = names.stream()
                .map(name -> name + "=127.0.0.1:" + held.get(names.indexOf(name)).getLocalPort())
                .collect(Collectors.joining(","));
        for (ServerSocket socket : held) {
            socket.close();
        }
        Map<String, Process> started = new LinkedHashMap<>();
        for (String name : names) {
            started.put(name, startBare(room, name, peers));
        }
        return started;
    }

    /** The start script puts these options last before the main class, so another main class fits in there. */
    private static Process startBare(Path room, String name, String peers) throws IOException {
        Distribution dist = Distribution.find();
        ProcessBuilder builder = new ProcessBuilder(dist.binary().toString(), "agent")
                .redirectOutput(room.resolve(name + ".out").toFile())
                .redirectError(room.resolve(name + ".err").toFile());
        String tests = Path.of(BarePeer.class.getProtectionDomain().getCodeSource().getLocation().getPath()).toString();
        builder.environment()
                .put("HOLDFAST_JVM_OPTS", "-cp " + dist.home().resolve("lib/holdfast.jar") + ":" + tests + " -Dbare="
                        + name + "," + room + "," + peers + " " + BarePeer.class.getName());
        return builder.start();
    }

    private static long lines(Lab lab) throws IOException {
        long lines = 0;
        for (LabMember member : lab.members()) {
            try (Stream<String> all = Files.lines(member.log())) {
                lines += all.count();
            }
        }
        return lines;
    }

    private static long rssBytes(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .sum();
        } catch (IOException e) {
            return 0;
        }
    }

    private static String load() throws IOException {
        return String.join(" ", Arrays.copyOf(Files.readString(Path.of("/proc/loadavg")).split(" ", -1), 3));
    }
}
