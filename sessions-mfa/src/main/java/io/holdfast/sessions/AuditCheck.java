package io.holdfast.sessions;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks whether a chain of records is as it was written. */
public final class AuditCheck {
    private AuditCheck() {}

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
     * All that is wrong with a chain; empty when nothing is.
     *
     * @param chain its name
     * @param lines all of its lines
     * @param head what others know of its end; null: nothing
     */
    public static List<Flaw> verify(String chain, List<Line> lines, @Nullable Head head) {
        List<Flaw> flaws = new ArrayList<>();
        AuditRecord last = null;
        for (Line line : lines) {
            if (line.record().isEmpty()) {
                flaws.add(new Flaw(line.number(), "it is no record"));
                continue;
            }
            AuditRecord record = line.record().get();
            flaw(chain, record, last).ifPresent(what -> flaws.add(new Flaw(line.number(), what)));
            if (head != null && record.number() == head.number() && !record.hash().equals(head.hash())) {
                flaws.add(new Flaw(line.number(), "others know record " + head.number() + " as another one"));
            }
            last = record;
        }
        long number = last == null ? 0 : last.number();
        if (head != null && number < head.number()) {
            flaws.add(new Flaw(0, "it ends with record " + number + ", and others know of " + head.number()));
        }
        return flaws;
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
