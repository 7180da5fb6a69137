package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.Assumptions;

/** What can be done to a member of a lab. A cable's fault skips the test where there are no cables, and says why. */
public final class Faults {
    /** More than a PostgreSQL needs that does little, once it has started. */
    private static final long ENOUGH_BYTES = 48L << 20;
    private final LabMember member;

    Faults(LabMember member) {
        this.member = member;
    }

    /** {@code kill -9} of the postmaster; its children notice and go. Nothing to undo. */
    public Fault killPostmaster() {
        long pid = member.postmasterPid().orElseThrow(() -> new IllegalStateException("no postmaster on " + member));
        return Fault.inject("kill -9 postmaster of " + member, () -> Signals.send(pid, Signals.KILL), () -> {});
    }

    /** {@code kill -9} of one of the member's processes. Nothing to undo. */
    public Fault kill(LabProcess process) {
        if (member.processes().stream().noneMatch(p -> p.pid() == process.pid())) {
            throw new IllegalArgumentException(process + " does not run on " + member);
        }
        return Fault.inject("kill -9 " + process.command() + " of " + member,
                () -> Signals.send(process.pid(), Signals.KILL),
                () -> {});
    }

    /** {@code kill -9} of the agent alone; undone by a new one. */
    public Fault killAgent() {
        long pid = agent();
        return Fault.inject("kill -9 agent of " + member, () -> {
            Signals.send(pid, Signals.KILL);
            Eventually.within(Duration.ofSeconds(5), "the agent of " + member + " is gone",
                    () -> !LabProcess.alive(pid));
        }, member::startAgent);
    }

    /**
     * The host is gone: silent on the network (where there is a cable), then every process of it killed. Undone by the cable
     * and a new agent, as a host that was switched on again.
     */
    public Fault killHost() {
        return Fault.inject("host of " + member + " lost", () -> {
            if (member.network().noPartitions().isEmpty()) {
                member.network().unplug(member.name());
            }
            member.lab().slot().killAll(member.network().processesOf(member.name()));
        }, () -> {
            member.network().plug(member.name());
            member.startAll();
        });
    }

    /** SIGSTOP of the agent alone: no renewals, no answers, PostgreSQL goes on. Undone by SIGCONT. */
    public Fault freezeAgent() {
        long pid = agent();
        Runnable thaw = member.lab().frozen(member);
        return Fault.inject("SIGSTOP agent of " + member, () -> Signals.send(pid, Signals.STOP), () -> {
            thaw.run();
            Signals.send(pid, Signals.CONT);
        });
    }

    /** SIGSTOP of everything, agent first: a machine that sleeps. Undone by SIGCONT of everything. */
    public Fault freezeHost() {
        Runnable thaw = member.lab().frozen(member);
        return Fault.inject("SIGSTOP everything of " + member, () -> stop(p -> true), () -> {
            thaw.run();
            member.processes().forEach(p -> Signals.send(p.pid(), Signals.CONT));
        });
    }

    /** SIGSTOP of PostgreSQL alone: it keeps its connections and takes new ones, and answers none. Undone by SIGCONT. */
    public Fault freezePostgres() {
        if (member.postmasterPid().isEmpty()) {
            throw new IllegalStateException("no postmaster on " + member);
        }
        return Fault.inject("SIGSTOP PostgreSQL of " + member, () -> stop(p -> p.command().equals("postgres")),
                () -> member.processes()
                        .stream()
                        .filter(p -> p.command().equals("postgres"))
                        .forEach(p -> Signals.send(p.pid(), Signals.CONT)));
    }

    /** SIGSTOP of the processes that send WAL to standbys: these fall behind, and nobody's connection breaks. Undone by SIGCONT. */
    public Fault stopWalSenders() {
        return Fault.inject("SIGSTOP walsenders of " + member, () -> stop(Faults::sendsWal),
                () -> member.processes()
                        .stream()
                        .filter(Faults::sendsWal)
                        .forEach(p -> Signals.send(p.pid(), Signals.CONT)));
    }

    private static boolean sendsWal(LabProcess process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline")).contains("walsender ");
        } catch (IOException e) {
            return false;
        }
    }

    /** What was forked while the others were being stopped is caught by the next look. */
    private void stop(Predicate<LabProcess> which) {
        Eventually.within(Duration.ofSeconds(5), "everything of " + member + " is stopped", () -> {
            List<LabProcess> running = new ArrayList<>(member.processes());
            running.removeIf(p -> !which.test(p) || LabProcess.stopped(p.pid()));
            running.forEach(p -> Signals.send(p.pid(), Signals.STOP));
            return running.isEmpty();
        });
    }

    /** The cable is pulled: nothing in or out. */
    public Fault pullCable() {
        needsCables();
        return Fault.inject("cable of " + member + " pulled", () -> member.network().unplug(member.name()),
                () -> member.network().plug(member.name()));
    }

    /** Nothing passes between this member and one other, in neither direction. */
    public Fault cutLink(LabMember other) {
        needsCables();
        return Fault.inject("link " + member + " - " + other + " cut", () -> {
            member.network().cut(member.name(), other.name());
            member.network().cut(other.name(), member.name());
        }, () -> {
            member.network().join(member.name(), other.name());
            member.network().join(other.name(), member.name());
        });
    }

    /** What this member sends to one other is dropped; what the other sends arrives. */
    public Fault cutOneWay(LabMember to) {
        needsCables();
        return Fault.inject("link " + member + " -> " + to + " cut",
                () -> member.network().cut(member.name(), to.name()),
                () -> member.network().join(member.name(), to.name()));
    }

    /**
     * Whatever the member sends comes later, or not at all.
     *
     * @param delay added to every packet
     * @param lossPercent of the packets, 0 to 100
     */
    public Fault slowLink(Duration delay, double lossPercent) {
        needsCables();
        String reason = member.network().noDelays().orElse("");
        Assumptions.assumeTrue(reason.isEmpty(), reason);
        return Fault.inject("link of " + member + " slowed by " + delay.toMillis() + " ms, " + lossPercent + " % lost",
                () -> member.network().slow(member.name(), delay.toMillis(), lossPercent),
                () -> member.network().fast(member.name()));
    }

    /** Fills the data directory's file system to the last byte; the lab must have disks of its own. Undone by deleting that. */
    public Fault fillDisk() {
        Assumptions.assumeTrue(member.lab().spec().diskBytes() > 0 && Commands.ROOT,
                "no disk of its own to fill (needs root, and a spec with a disk)");
        Path filler = member.data().resolveSibling("filler");
        return Fault.inject("disk of " + member + " full", () -> fill(filler), () -> LabSlot.delete(filler));
    }

    /** Whoever writes to the disk of the data directory waits, and cannot be killed. Undone by letting it go on. */
    public Fault hangDisk() {
        Path disk = realDisk();
        return Fault.inject("disk of " + member + " hangs", () -> LabDisk.freeze(disk), () -> LabDisk.thaw(disk));
    }

    /** The same for the disk of its WAL, once that has one: see {@link LabMember#moveWal}. */
    public Fault hangWal() {
        Path disk = realDisk(Lab.WAL);
        return Fault.inject("disk of the WAL of " + member + " hangs", () -> LabDisk.freeze(disk),
                () -> LabDisk.thaw(disk));
    }

    /**
     * Whoever reads from the disk of the data directory waits, unless the kernel has it in memory; what is written is written. Undone by
     * letting the reads come back.
     *
     * @param cold a file of which the kernel is to have nothing in memory
     */
    public Fault hangReads(Path cold) {
        Path disk = realDisk();
        LabCgroup group = group(LabCgroup.Controller.READS);
        return Fault.inject("reads from the disk of " + member + " hang", () -> {
            group.take(member::processes);
            group.hangReads(LabDisk.device(disk));
            LabDisk.forget(cold);
        }, group::close);
    }

    /**
     * PostgreSQL wants more memory than its control group may have, as in a container with a limit: the kernel kills one of its processes.
     * Undone by lifting the limit.
     */
    public Fault exhaustMemory() {
        LabCgroup group = group(LabCgroup.Controller.MEMORY);
        return Fault.inject("memory of PostgreSQL of " + member + " exhausted", () -> {
            group.limitMemory(ENOUGH_BYTES);
            group.take(() -> member.processes().stream().filter(p -> p.command().equals("postgres")).toList());
            member.target().ask("SELECT length(repeat('x', " + 8 * ENOUGH_BYTES + "))");
            Eventually.within(Duration.ofSeconds(10), "the kernel has killed a process of " + group,
                    () -> group.kills() > 0);
        }, group::close);
    }

    private LabCgroup group(LabCgroup.Controller controller) {
        Optional<LabCgroup> group = LabCgroup.make(member.lab().slot(), member.name(), controller);
        Assumptions.assumeTrue(group.isPresent(), "no control group can be made for " + controller
                + " (needs root, and cgroups of which this one may be divided)");
        return group.orElseThrow();
    }

    /**
     * Whatever the agent writes to its state waits: it cannot take part in the consensus any more, and everything else of it goes on.
     * Undone by letting it go on.
     */
    public Fault hangState() {
        Path disk = realDisk("state");
        return Fault.inject("state of " + member + " hangs", () -> LabDisk.freeze(disk), () -> LabDisk.thaw(disk));
    }

    /**
     * The kernel finds the disk of the data directory broken and makes it read-only. Undone as a person would: the host is shut down,
     * the disk repaired, the host started.
     */
    public Fault breakDisk() {
        Path disk = realDisk();
        return Fault.inject("disk of " + member + " read-only", () -> LabDisk.fail(disk), () -> {
            member.lab().slot().killAll(member.network().processesOf(member.name()));
            LabDisk.repair(member.directory().resolve("disk.image"), disk);
            member.startAll();
        });
    }

    private Path realDisk() {
        return realDisk("disk");
    }

    private Path realDisk(String name) {
        Path disk = member.directory().resolve(name);
        Assumptions.assumeTrue(Commands.ROOT && LabDisk.isReal(disk),
                "no disk of its own to break (needs root, loop devices, ext4, and a spec with a disk)");
        return disk;
    }

    /** {@code kill -9} of one of PostgreSQL's backends, as the kernel does for want of memory. Nothing to undo. */
    public Fault killBackend() {
        LabProcess backend = member.processes()
                .stream()
                .filter(p -> p.command().equals("postgres") && LabProcess.title(p.pid()).contains("(")
                        && LabProcess.title(p.pid()).contains("postgres postgres"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no client is connected to " + member));
        return kill(backend);
    }

    /** Nobody but root may enter the data directory. Undone by letting its owner in again. */
    public Fault lockData() {
        return Fault.inject("data directory of " + member + " locked", () -> LabSlot.mode(member.data(), "---------"),
                () -> LabSlot.mode(member.data(), "rwx------"));
    }

    /** Deletes what is in the data directory, under a running PostgreSQL if there is one. Nothing to undo. */
    public Fault deleteData() {
        return Fault.inject("data directory of " + member + " deleted", () -> Eventually.within(Duration.ofSeconds(10),
                "the data directory of " + member + " is empty", () -> {
                    // A server that still runs may make files while they are being deleted.
                    return Commands
                            .run(Duration.ofSeconds(10), List.of("find", member.data().toString(), "-mindepth", "1",
                                    "-delete"))
                            .exit() == 0;
                }), () -> {});
    }

    private static void fill(Path filler) {
        byte[] block = new byte[64 * 1024];
        for (int size = block.length; size > 0; size /= 2) {
            try (OutputStream out = Files.newOutputStream(filler, StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND)) {
                while (true) {
                    out.write(block, 0, size);
                }
            } catch (IOException e) {
                // No space left for a block of this size: go on with a smaller one.
            }
        }
    }

    private void needsCables() {
        String reason = member.network().noPartitions().orElse("");
        Assumptions.assumeTrue(reason.isEmpty(), reason);
    }

    private long agent() {
        OptionalLong pid = member.agentPid();
        return pid.orElseThrow(() -> new IllegalStateException("no agent on " + member));
    }
}
