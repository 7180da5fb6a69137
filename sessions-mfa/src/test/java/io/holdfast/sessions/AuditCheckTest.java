package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.holdfast.sessions.AuditCheck.Flaw;
import io.holdfast.sessions.AuditCheck.Head;
import io.holdfast.sessions.AuditCheck.Line;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class AuditCheckTest {
    private static final Instant NOW = Instant.parse("2026-01-31T10:00:00Z");

    private static AuditEntry entry(String result) {
        return new AuditEntry("ada", "10.0.0.9", "restore", "orders", 12L, true, result);
    }

    private static List<AuditRecord> chain(String name, int count) {
        List<AuditRecord> records = new ArrayList<>();
        AuditRecord last = null;
        for (int i = 0; i < count; i++) {
            last = AuditRecord.after(last, name, NOW.plusSeconds(i), entry("done " + i));
            records.add(last);
        }
        return records;
    }

    private static List<Flaw> flaws(List<AuditRecord> records, @Nullable Head head) {
        AuditCheck check = new AuditCheck("db1", head);
        int line = 0;
        for (AuditRecord record : records) {
            check.next(new Line(++line, Optional.of(record)));
        }
        return check.end();
    }

    private static Head head() {
        AuditRecord last = chain("db1", 20).getLast();
        return new Head(last.number(), last.hash());
    }

    @Test
    void aChainAsItWasWrittenHasNoFlaw() {
        assertEquals(List.of(), flaws(chain("db1", 20), head()));
        assertEquals(List.of(), flaws(chain("db1", 25), head()));
        assertEquals(List.of(), flaws(List.of(), null));
    }

    /** As {@code old}, with some parts other ones. */
    private static AuditRecord with(AuditRecord old, @Nullable AuditEntry entry, @Nullable Instant at,
            @Nullable String previous) {
        return new AuditRecord(old.chain(), old.number(), at == null ? old.at() : at,
                entry == null ? old.entry() : entry, previous == null ? old.previous() : previous, old.hash());
    }

    @TestFactory
    Stream<DynamicTest> everyKindOfTamperingIsFound() {
        Map<String, List<AuditRecord>> tampered = new LinkedHashMap<>();
        AuditRecord tenth = chain("db1", 20).get(9);
        AuditEntry was = tenth.entry();
        tampered.put("another user", replaced(with(tenth, new AuditEntry("eve", was.from(), was.action(), was.object(),
                12L, true, was.result()), null, null)));
        tampered.put("another decision", replaced(with(tenth, new AuditEntry(was.who(), was.from(), was.action(),
                was.object(), 12L, false, was.result()), null, null)));
        tampered.put("no factor", replaced(with(tenth, new AuditEntry(was.who(), was.from(), was.action(),
                was.object(), null, true, was.result()), null, null)));
        tampered.put("a part moved to its neighbour", replaced(with(tenth, new AuditEntry(was.who(), was.from(),
                was.action() + was.object(), "", 12L, true, was.result()), null, null)));
        tampered.put("another time", replaced(with(tenth, null, NOW, null)));
        tampered.put("changed, with its hash made anew", replaced(AuditRecord.after(chain("db1", 9).getLast(), "db1",
                NOW, entry("nothing"))));
        tampered.put("one taken out", edit(records -> records.remove(9)));
        tampered.put("the first taken out", edit(records -> records.remove(0)));
        tampered.put("the last taken out", edit(records -> records.remove(19)));
        tampered.put("all taken out", edit(List::clear));
        tampered.put("one put in", edit(records -> records.add(10, AuditRecord.after(records.get(9), "db1", NOW,
                entry("never")))));
        tampered.put("one put in at the end of what others know", edit(records -> records.set(19, AuditRecord.after(
                records.get(18), "db1", NOW, entry("never")))));
        tampered.put("one twice", edit(records -> records.add(10, records.get(9))));
        tampered.put("two swapped", edit(records -> Collections.swap(records, 9, 10)));
        tampered.put("one of another chain", edit(records -> records.set(9, chain("db2", 10).get(9))));
        tampered.put("all made anew", edit(records -> {
            records.clear();
            AuditRecord last = null;
            for (int i = 0; i < 20; i++) {
                last = AuditRecord.after(last, "db1", NOW, entry("nothing"));
                records.add(last);
            }
        }));
        return tampered.entrySet()
                .stream()
                .map(kind -> DynamicTest.dynamicTest(kind.getKey(),
                        () -> assertFalse(flaws(kind.getValue(), head()).isEmpty())));
    }

    private static List<AuditRecord> replaced(AuditRecord tenth) {
        return edit(records -> records.set(9, tenth));
    }

    private interface Edit {
        void of(List<AuditRecord> records);
    }

    private static List<AuditRecord> edit(Edit edit) {
        List<AuditRecord> records = chain("db1", 20);
        edit.of(records);
        return records;
    }
}
