package io.holdfast.sessions;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks whether a chain of records is as it was written, line by line, since a chain can be long. For one thread at a time. */
public final class AuditCheck {
    private final String chain;
    private final @Nullable Head head;
    private final List<Flaw> flaws = new ArrayList<>();
    private @Nullable AuditRecord last;

    /**
     * A line of a file.
     *
     * @param number of the line, 1 and up
     * @param record what stands there; empty when it is none
     */
    public record Line(int number, Optional<AuditRecord> record) {}

    /**
     * The end of a chain, as others know it.
     *
     * @param number of its last record
     * @param hash of that record
     */
    public record Head(long number, String hash) {}

    /**
     * Something that is not as it was written.
     *
     * @param line where; 0: at the end
     * @param what what
     */
    public record Flaw(int line, String what) {}

    /**
     * Begins with the first line of a chain.
     *
     * @param chain its name
     * @param head what others know of its end; null: nothing
     */
    public AuditCheck(String chain, @Nullable Head head) {
        this.chain = chain;
        this.head = head;
    }

    /** The next line. */
    public void next(Line line) {
        if (line.record().isEmpty()) {
            flaws.add(new Flaw(line.number(), "it is no record"));
            return;
        }
        AuditRecord record = line.record().get();
        flaw(chain, record, last).ifPresent(what -> flaws.add(new Flaw(line.number(), what)));
        if (head != null && record.number() == head.number() && !record.hash().equals(head.hash())) {
            flaws.add(new Flaw(line.number(), "others know record " + head.number() + " as another one"));
        }
        last = record;
    }

    /** After the last line: all that is wrong; empty when nothing is. */
    public List<Flaw> end() {
        long number = last == null ? 0 : last.number();
        if (head != null && number < head.number()) {
            flaws.add(new Flaw(0, "it ends with record " + number + ", and others know of " + head.number()));
        }
        return List.copyOf(flaws);
    }

    private static Optional<String> flaw(String chain, AuditRecord record, @Nullable AuditRecord last) {
        long expected = last == null ? 1 : last.number() + 1;
        if (!record.chain().equals(chain)) {
            return Optional.of("it is of chain " + record.chain());
        }
        if (!record.isWhole()) {
            return Optional.of("record " + record.number() + " was changed");
        }
        if (record.number() > expected) {
            return Optional.of("records " + expected + " to " + (record.number() - 1) + " were taken out");
        }
        if (record.number() < expected) {
            return Optional.of("record " + record.number() + " stands after " + (expected - 1));
        }
        return record.follows(last)
                ? Optional.empty()
                : Optional.of("record " + record.number() + " does not follow the one before it");
    }
}
