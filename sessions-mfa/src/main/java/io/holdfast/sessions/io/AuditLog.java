package io.holdfast.sessions.io;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.sessions.AuditCheck;
import io.holdfast.sessions.AuditCheck.Flaw;
import io.holdfast.sessions.AuditCheck.Head;
import io.holdfast.sessions.AuditEntry;
import io.holdfast.sessions.AuditRecord;
import io.holdfast.statesync.Keys;
import io.holdfast.statesync.StateStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who did what. Each agent writes a chain of its own, which nobody else can touch, and has a copy of every other agent's: so all have
 * the whole, and nothing is merged but by reading. {@link #record} returns when the record is on this agent's disk; those that
 * come at the same time share one fsync. The copies travel by the shared state, see {@link AuditExchange}.
 */
public final class AuditLog implements AutoCloseable {
    private static final int MOST_TOGETHER = 200;
    private static final int MOST_RECENT = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String SUFFIX = ".audit";

    private final StateStore store;
    private final Path directory;
    private final String name;
    private volatile String chain;
    private final Supplier<Instant> clock;
    private final Map<String, AuditFile> files = new TreeMap<>();
    /** The end of this agent's own chain, so that nobody reads the file for what was written a moment ago. */
    private final Deque<AuditRecord> recent = new ArrayDeque<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private final AuditExchange exchange;
    private final Thread writer;
    private boolean closed;

    private record Waiting(AuditEntry entry, CompletableFuture<AuditRecord> written) {}

    /**
     * Starts the log's threads.
     *
     * @param directory where the files of the chains are; made if it is not there
     * @param member this agent's member
     * @param agentId an id of its state directory, so that a member that lost its own begins another chain
     * @param clock the wall clock
     * @throws HoldfastException HF-4015 when a file cannot be written
     */
    public AuditLog(StateStore store, Path directory, String member, String agentId, Supplier<Instant> clock) {
        this.store = store;
        this.directory = directory;
        this.clock = clock;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.name = member + "-" + agentId;
        this.chain = freshest();
        file(chain);
        this.exchange = new AuditExchange(store, this, member);
        this.writer = Thread.ofVirtual().name("holdfast-audit").start(this::run);
    }

    /**
     * This agent's chain. When others know more of it than this disk has, the disk was put back: what is lost here comes back as
     * a copy, and a new chain begins, so that no number is given twice.
     */
    private String freshest() {
        String candidate = name;
        for (int i = 2; isBehind(candidate); i++) {
            candidate = name + "." + i;
        }
        return candidate;
    }

    private boolean isBehind(String candidate) {
        AuditRecord last = file(candidate).last();
        Head head = head(candidate);
        return head != null && (last == null || last.number() < head.number());
    }

    /** The name of this agent's chain. */
    public String chain() {
        return chain;
    }

    /** Records something; it is on the disk when this returns. Throws HF-4015 when it cannot be: then it must not be done. */
    public AuditRecord record(AuditEntry entry) {
        CompletableFuture<AuditRecord> written = new CompletableFuture<>();
        synchronized (waiting) {
            if (closed) {
                throw new IllegalStateException("the audit log is closed");
            }
            waiting.add(new Waiting(entry, written));
            waiting.notifyAll();
        }
        try {
            return written.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof HoldfastException known ? known : unwritten(e);
        } catch (TimeoutException e) {
            throw unwritten(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unwritten(e);
        }
    }

    private HoldfastException unwritten(Exception e) {
        return new HoldfastException(
                new Problem("HF-4015", "the audit log in " + directory + " was not written (" + e + ")",
                        "nothing that must be recorded is done until it can be; look at the disk."),
                e);
    }

    private void run() {
        try {
            for (List<Waiting> batch = next(); !batch.isEmpty(); batch = next()) {
                write(batch);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Waiting> next() throws InterruptedException {
        synchronized (waiting) {
            while (waiting.isEmpty() && !closed) {
                waiting.wait();
            }
            List<Waiting> head = waiting.subList(0, Math.min(MOST_TOGETHER, waiting.size()));
            List<Waiting> batch = List.copyOf(head);
            head.clear();
            return batch;
        }
    }

    private void write(List<Waiting> batch) {
        List<AuditRecord> records = new ArrayList<>();
        try {
            synchronized (files) {
                if (isBehind(chain)) {
                    // At the start this agent may not have heard yet what the others know.
                    chain = freshest();
                    recent.clear();
                }
                AuditFile own = file(chain);
                AuditRecord last = own.last();
                for (Waiting one : batch) {
                    last = AuditRecord.after(last, chain, clock.get(), one.entry());
                    records.add(last);
                }
                own.append(records);
                recent.addAll(records);
                while (recent.size() > MOST_RECENT) {
                    recent.removeFirst();
                }
            }
        } catch (RuntimeException e) {
            batch.forEach(one -> one.written().completeExceptionally(e));
            return;
        }
        for (int i = 0; i < batch.size(); i++) {
            batch.get(i).written().complete(records.get(i));
        }
        exchange.wake();
    }

    /**
     * The records of all agents, in the order of their clocks.
     *
     * @param wanted which
     */
    public List<AuditRecord> read(Predicate<AuditRecord> wanted) {
        List<AuditRecord> found = new ArrayList<>();
        chains().forEach(name -> AuditFile.read(path(name),
                line -> line.record().filter(wanted).ifPresent(found::add)));
        found.sort(Comparator.comparing(AuditRecord::at)
                .thenComparing(AuditRecord::chain)
                .thenComparing(AuditRecord::number));
        return found;
    }

    /** What is not as it was written, by chain; empty when all is well. A chain that others know and this agent has not is one flaw. */
    public Map<String, List<Flaw>> verify() {
        Map<String, List<Flaw>> flaws = new TreeMap<>();
        TreeMap<String, @Nullable Head> known = new TreeMap<>();
        chains().forEach(name -> known.put(name, head(name)));
        heads().forEach(known::put);
        known.forEach((name, head) -> {
            AuditCheck check = new AuditCheck(name, head);
            AuditFile.read(path(name), check::next);
            List<Flaw> found = check.end();
            if (!found.isEmpty()) {
                flaws.put(name, found);
            }
        });
        return flaws;
    }

    /** The chains that there are files of. */
    List<String> chains() {
        try (Stream<Path> found = Files.list(directory)) {
            return found.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(SUFFIX))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The ends of the chains, as the shared state knows them. */
    Map<String, Head> heads() {
        Map<String, Head> heads = new TreeMap<>();
        store.local(Keys.AUDIT_HEADS)
                .entries()
                .forEach((key, entry) -> heads.put(key.substring(Keys.AUDIT_HEADS.length()),
                        SessionJson.read(entry.value(), Head.class)));
        return heads;
    }

    private @Nullable Head head(String name) {
        return heads().get(name);
    }

    /** The number of the last record of a chain that is here; 0 when there is none. */
    long lastNumber(String name) {
        synchronized (files) {
            AuditRecord last = file(name).last();
            return last == null ? 0 : last.number();
        }
    }

    /** Takes over records of another agent's chain, as far as they follow what is here; false when one contradicts it. */
    boolean take(String name, List<AuditRecord> records) {
        synchronized (files) {
            AuditFile copy = file(name);
            AuditRecord last = copy.last();
            List<AuditRecord> following = new ArrayList<>();
            for (AuditRecord record : records) {
                if (record.number() == (last == null ? 1 : last.number() + 1)) {
                    if (!record.chain().equals(name) || !record.follows(last)) {
                        return false;
                    }
                    following.add(record);
                    last = record;
                }
            }
            if (!following.isEmpty()) {
                copy.append(following);
            }
            return true;
        }
    }

    /** Records of a chain, from a number on. */
    List<AuditRecord> from(String name, long number, int most) {
        synchronized (files) {
            if (name.equals(chain) && !recent.isEmpty() && recent.getFirst().number() <= number) {
                return recent.stream().filter(record -> record.number() >= number).limit(most).toList();
            }
        }
        List<AuditRecord> found = new ArrayList<>();
        AuditFile.read(path(name), line -> line.record()
                .filter(record -> record.number() >= number && found.size() < most)
                .ifPresent(found::add));
        return found;
    }

    private AuditFile file(String name) {
        synchronized (files) {
            return files.computeIfAbsent(name, one -> AuditFile.open(path(one)));
        }
    }

    private Path path(String name) {
        if (!name.matches("[a-z0-9.-]{1,100}") || name.startsWith(".")) {
            throw new IllegalArgumentException("not the name of a chain");
        }
        return directory.resolve(name + SUFFIX);
    }

    /** Ends the log; what was recorded and has not travelled yet does so at the next start. */
    @Override
    public void close() {
        synchronized (waiting) {
            closed = true;
            waiting.notifyAll();
        }
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exchange.close();
        synchronized (files) {
            files.values().forEach(AuditFile::close);
        }
    }
}
