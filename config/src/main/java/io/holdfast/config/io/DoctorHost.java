package io.holdfast.config.io;

import io.holdfast.config.Finding;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.SizeText;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Looks at directories, disks and the clock. */
final class DoctorHost {
    private static final long MIB = 1 << 20;
    /** Below this the consensus log, WAL or both soon cannot grow. */
    private static final long LITTLE = 1024 * MIB;
    private static final long HARDLY_ANY = 100 * MIB;

    private final HoldfastConfig config;

    DoctorHost(HoldfastConfig config) {
        this.config = config;
    }

    List<Finding> membership() {
        return RemovedMark.problem(config.state())
                .map(problem -> new Finding(Finding.Severity.ERROR, problem))
                .stream()
                .toList();
    }

    List<Finding> directories() {
        List<Finding> findings = new ArrayList<>(usable("state", config.state()));
        Path socket = config.listen().socket();
        Path parent = socket.getParent();
        if (parent != null) {
            findings.addAll(usable("listen.socket", parent));
        }
        Path sql = config.cluster().bootstrap().sql();
        if (sql != null && !Files.isReadable(sql)) {
            findings.add(Finding.error("HF-0065", "cluster.bootstrap.sql: " + sql + " is not there or cannot be read",
                    "it is needed when the first primary is made; put it there or remove the key."));
        }
        return findings;
    }

    private static List<Finding> usable(String key, Path directory) {
        if (!Files.exists(directory)) {
            return canBeMade(key, directory);
        }
        if (!Files.isDirectory(directory) || !Files.isWritable(directory)) {
            return List.of(Finding.error("HF-0063", key + ": " + directory + " is not a directory that can be written",
                    "let it belong to the user that runs the agent."));
        }
        return List.of();
    }

    /** A directory that is not there yet needs an ancestor that can be written. */
    static List<Finding> canBeMade(String key, Path directory) {
        Path ancestor = existing(directory);
        return Files.isDirectory(ancestor) && Files.isWritable(ancestor)
                ? List.of()
                : List.of(Finding.error("HF-0064",
                        key + ": " + directory + " is not there and cannot be made, " + ancestor + " cannot be written",
                        "make it, and let it belong to the user that runs the agent."));
    }

    private static Path existing(Path path) {
        Path here = path;
        while (!Files.exists(here)) {
            Path parent = here.getParent();
            if (parent == null) {
                return here;
            }
            here = parent;
        }
        return here;
    }

    List<Finding> disk() throws IOException {
        Map<String, Path> places = new LinkedHashMap<>();
        places.put("state", config.state());
        if (!config.isWitness()) {
            places.put("postgresql.data", config.postgresqlOrThrow().data());
        }
        List<Finding> findings = new ArrayList<>();
        for (Map.Entry<String, Path> place : places.entrySet()) {
            FileStore store = Files.getFileStore(existing(place.getValue()));
            findings.addAll(space(place.getKey(), place.getValue(), store.getUsableSpace()));
        }
        return findings;
    }

    static List<Finding> space(String key, Path path, long freeBytes) {
        if (freeBytes >= LITTLE) {
            return List.of();
        }
        String fact = key + ": the disk of " + path + " has " + SizeText.write(freeBytes / MIB * MIB) + " free";
        String hint = "make room: with a full disk PostgreSQL stops and the agent cannot vote.";
        return List.of(freeBytes < HARDLY_ANY
                ? Finding.error("HF-0062", fact, hint)
                : Finding.warning("HF-0062", fact, hint));
    }

    List<Finding> clock() {
        return switch (KernelClock.read()) {
            case KernelClock.Synchronised s when s.maxErrorMicros() < 1_000_000 -> List.of();
            case KernelClock.Synchronised s -> List.of(Finding.warning("HF-0060",
                    "the clock may be wrong by " + s.maxErrorMicros() / 1000 + " ms, as the kernel says",
                    "look at the time service (chronyc tracking, timedatectl)."));
            case KernelClock.NotSynchronised n -> List.of(Finding.warning("HF-0060",
                    "the kernel says that no time service keeps the clock right",
                    "run chrony, ntpd or systemd-timesyncd. Leases do not need it; logs, certificates and time targets do."));
            case KernelClock.Unknown u -> List.of(Finding.info("HF-0061",
                    "whether the clock is right cannot be told here (" + u.why() + ")",
                    "look at the time service of the host by hand."));
        };
    }
}
