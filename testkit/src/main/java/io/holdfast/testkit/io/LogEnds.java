package io.holdfast.testkit.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the agents' logs ended at an instant: it tells what was written after it. */
public final class LogEnds {
    private final Map<LabMember, Long> ends = new LinkedHashMap<>();

    /** Of a lab's members, now. */
    public LogEnds(List<LabMember> members) {
        members.forEach(member -> ends.put(member, size(member.log())));
    }

    /** Every line since then, after its member's name; empty while nobody has written. */
    public List<String> written() {
        List<String> lines = new ArrayList<>();
        ends.forEach((member, end) -> {
            if (size(member.log()) > end) {
                text(member.log(), end).lines().map(line -> member + ": " + line).forEach(lines::add);
            }
        });
        return lines;
    }

    private static long size(Path log) {
        try {
            return Files.exists(log) ? Files.size(log) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path log, long from) {
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
            channel.position(from);
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
