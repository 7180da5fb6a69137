package io.holdfast.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Parts of a file that are still to be found: tens of thousands of them, in a chain of backups of a table that is busy. */
final class Ranges {
    /** From the first byte of each to the byte after its last one. */
    private final TreeMap<Long, Long> parts = new TreeMap<>();

    /** Of parts that do not overlap. */
    Ranges(List<Assembly.Range> parts) {
        parts.forEach(part -> this.parts.put(part.from(), part.to()));
    }

    /** Takes out what lies in a part of the file, in order. */
    List<Assembly.Range> take(long from, long to) {
        List<Assembly.Range> taken = new ArrayList<>();
        if (from >= to) {
            // A piece without bytes only says how long its file is.
            return taken;
        }
        Map.Entry<Long, Long> before = parts.lowerEntry(from);
        Long next = before != null && before.getValue() > from ? before.getKey() : parts.ceilingKey(from);
        while (next != null && next < to) {
            long begin = Math.max(next, from);
            long whole = parts.remove(next);
            long end = Math.min(whole, to);
            if (next < begin) {
                parts.put(next, begin);
            }
            if (end < whole) {
                parts.put(end, whole);
            }
            taken.add(new Assembly.Range(begin, end));
            next = parts.ceilingKey(end);
        }
        return taken;
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    /** Where the first of them begins; there is one. */
    long first() {
        return parts.firstKey();
    }
}
