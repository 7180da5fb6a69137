package io.holdfast.agent.e2e;

import io.holdfast.testkit.io.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;

/** Machines on one cable, 10.0.0.0/24, which no other network of this host knows of. */
final class Machines implements AutoCloseable {
    private final Path shared;
    private final SequencedMap<String, Machine> machines = new LinkedHashMap<>();

    /**
     * Starts them; the first has 10.0.0.1, and so on.
     *
     * @param shared an empty directory, as {@code /shared} the same for all
     */
    Machines(Path shared, List<String> names) throws IOException {
        this.shared = shared;
        try {
            for (String name : names) {
                machines.put(name, Machine.start(name, shared));
            }
            cable();
        } catch (IOException | RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    /** One by its name. */
    Machine get(String name) {
        return Objects.requireNonNull(machines.get(name), () -> "there is no machine " + name);
    }

    /** The bridge is in the last one, beside its own end of the cable. */
    private void cable() {
        Machine hub = machines.sequencedValues().getLast();
        hub.must("ip link set lo up; ip link add bridge0 type bridge forward_delay 0; ip link set bridge0 up");
        int number = 1;
        for (Machine machine : machines.values()) {
            String address = "ip addr add 10.0.0." + number++ + "/24 dev ";
            if (machine == hub) {
                machine.must(address + "bridge0");
                continue;
            }
            Commands.must("nsenter", "--target", Long.toString(hub.init()), "--net", "ip", "link", "add", "name",
                    machine.name(), "type", "veth", "peer", "name", "eth0", "netns", Long.toString(machine.init()));
            hub.must("ip link set " + machine.name() + " master bridge0; ip link set " + machine.name() + " up");
            machine.must("ip link set lo up; ip link set eth0 up; " + address + "eth0");
        }
    }

    /** Carries on what was copied from one to another. */
    void deliver() throws IOException {
        for (Machine machine : machines.values()) {
            machine.receive();
        }
    }

    @Override
    public void close() {
        machines.values().forEach(Machine::close);
        if (Files.exists(shared)) {
            Commands.must("rm", "-rf", "--one-file-system", shared.toString());
        }
    }
}
