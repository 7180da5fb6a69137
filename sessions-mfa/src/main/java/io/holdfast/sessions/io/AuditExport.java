package io.holdfast.sessions.io;

import io.holdfast.config.AuditExportConfig;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.AuditRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands this agent's own chain of the audit log to a file and to a syslog server: so each record leaves the cluster by one agent, in
 * order, and at least once, as how far it is is written down behind it. A target that is away is tried again, and delays nothing.
 */
public final class AuditExport {
    private static final Logger LOG = LoggerFactory.getLogger(AuditExport.class);
    private static final int MOST_TOGETHER = 200;
    private static final Duration BETWEEN = Duration.ofSeconds(1);
    private static final Duration AWAY = Duration.ofSeconds(5);

    private final AuditLog log;
    private final Path directory;
    private final List<AuditTarget> targets = new ArrayList<>();
    private final Set<String> away = new HashSet<>();

    /** How far a target is. */
    private record Position(String chain, long number) {}

    /**
     * Of an agent.
     *
     * @param directory where it writes down how far it is
     * @param member this agent's member
     * @throws HoldfastException HF-4029 when a target cannot be used
     */
    public AuditExport(AuditLog log, Path directory, AuditExportConfig config, String member) {
        this.log = log;
        this.directory = directory;
        try {
            Path file = config.file();
            if (file != null) {
                targets.add(new AuditToFile(file));
            }
            AuditExportConfig.Syslog syslog = config.syslog();
            if (syslog != null) {
                targets.add(new AuditToSyslog(syslog, member));
            }
        } catch (IOException e) {
            throw new HoldfastException(problem("syslog", e), e);
        }
    }

    /** Hands over what is new; gives the pause until it should look again. */
    public Duration turn() {
        boolean all = true;
        for (AuditTarget target : targets) {
            all &= isTaken(target);
        }
        return all ? BETWEEN : AWAY;
    }

    private boolean isTaken(AuditTarget target) {
        try {
            while (handOver(target)) {
                continue;
            }
            if (away.remove(target.name())) {
                LOG.info("The audit log goes to {} again", target.where());
            }
            return true;
        } catch (IOException e) {
            if (away.add(target.name())) {
                LOG.warn(problem(target.where(), e).message());
            }
            return false;
        }
    }

    private static Problem problem(String where, IOException e) {
        return new Problem("HF-4029", "the audit log does not go to " + where + " (" + e + ")",
                "nothing is lost: it is tried again, and goes on where it stopped.");
    }

    /** True when there may be more. */
    private boolean handOver(AuditTarget target) throws IOException {
        String own = log.chain();
        Position from = position(target, own);
        List<AuditRecord> records = log.from(from.chain(), from.number() + 1, MOST_TOGETHER);
        if (!records.isEmpty()) {
            target.take(records);
            keep(target, new Position(from.chain(), records.getLast().number()));
            return true;
        }
        if (!from.chain().equals(own)) {
            // A chain that ended when this agent's disk was put back is handed over to its end first.
            keep(target, new Position(own, 0));
            return true;
        }
        return false;
    }

    private Path file(AuditTarget target) {
        return directory.resolve("exported-" + target.name());
    }

    private Position position(AuditTarget target, String own) throws IOException {
        try {
            String[] words = Files.readString(file(target)).strip().split(" ", 2);
            return new Position(words[0], Long.parseLong(words[1]));
        } catch (NoSuchFileException e) {
            return new Position(own, 0);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            LOG.warn("{} says nothing; the audit log is handed over from its beginning", file(target), e);
            return new Position(own, 0);
        }
    }

    private void keep(AuditTarget target, Position position) throws IOException {
        Path fresh = directory.resolve("exported-" + target.name() + ".new");
        Files.writeString(fresh, position.chain() + " " + position.number() + "\n");
        Files.move(fresh, file(target), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
