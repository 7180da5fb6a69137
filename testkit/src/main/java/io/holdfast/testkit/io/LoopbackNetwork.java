package io.holdfast.testkit.io;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Everybody on 127.0.0.1, each with ports of its own; no cable to pull. Needs no privilege. */
public final class LoopbackNetwork implements LabNetwork {
    /** Below the range that the kernel gives to outgoing connections. */
    private static final int FIRST_PORT = 20_000;

    private final LabSlot slot;
    private final List<String> members;
    private final String why;

    /** {@code reason}: why not namespaces. */
    LoopbackNetwork(LabSlot slot, List<String> members, String reason) {
        this.why = "no cables to pull on loopback (" + reason + ")";
        this.slot = slot;
        this.members = List.copyOf(members);
    }

    @Override
    public String host(String member) {
        return "127.0.0.1";
    }

    @Override
    public int port(String member, Service service) {
        return FIRST_PORT + slot.number() * 100 + members.indexOf(member) * 10 + service.offset();
    }

    @Override
    public List<String> clientAccess() {
        return List.of("host all all 127.0.0.1/32 trust");
    }

    @Override
    public List<String> enter(String member) {
        return List.of();
    }

    @Override
    public Predicate<Path> processesOf(String member) {
        return LabProcess.tagged(slot.tag(member) + "\0").or(LabProcess.workingIn(slot.directory().resolve(member)));
    }

    @Override
    public Optional<String> noPartitions() {
        return Optional.of(why);
    }

    @Override
    public Optional<String> noDelays() {
        return Optional.of(why);
    }

    @Override
    public void unplug(String member) {
        throw new UnsupportedOperationException(why);
    }

    @Override
    public void plug(String member) {
        // There is none to put back.
    }

    @Override
    public void cut(String from, String to) {
        throw new UnsupportedOperationException(why);
    }

    @Override
    public void join(String from, String to) {
        throw new UnsupportedOperationException(why);
    }

    @Override
    public void slow(String member, long delayMillis, double lossPercent) {
        throw new UnsupportedOperationException(why);
    }

    @Override
    public void fast(String member) {
        throw new UnsupportedOperationException(why);
    }

    @Override
    public void close() {
        // Nothing was made.
    }
}
