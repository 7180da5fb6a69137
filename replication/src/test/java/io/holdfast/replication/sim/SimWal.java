package io.holdfast.replication.sim;

import io.holdfast.statesync.Lsn;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A write-ahead log as the promises need it: commits and timeline switches, each one position long. A running hash tells in
 * one step whether one log is the beginning of another.
 */
final class SimWal {
    private int[] records = new int[64];
    private long[] hashes = new long[65];
    private int length;
    /** Where the timeline switches are, in order. */
    private int[] switchedAt = new int[8];
    private int switched;

    int length() {
        return length;
    }

    void commit(int id) {
        append(id);
    }

    /** A switch to a timeline that the holder of an epoch made. */
    void switchTimeline(int id, long epoch) {
        append(-(int) (epoch * 256 + id));
    }

    private void append(int record) {
        if (length == records.length) {
            records = Arrays.copyOf(records, length * 2);
            hashes = Arrays.copyOf(hashes, length * 2 + 1);
        }
        records[length] = record;
        if (record < 0) {
            if (switched == switchedAt.length) {
                switchedAt = Arrays.copyOf(switchedAt, switched * 2);
            }
            switchedAt[switched++] = length;
        }
        hashes[length + 1] = (hashes[length] ^ record) * 0x9E3779B97F4A7C15L + 0x632BE59BD9B4E019L;
        length++;
    }

    boolean isPrefixOf(SimWal other) {
        return length <= other.length && hashes[length] == other.hashes[length];
    }

    boolean contains(int commit) {
        for (int i = length - 1; i >= 0; i--) {
            if (records[i] == commit) {
                return true;
            }
        }
        return false;
    }

    /** PostgreSQL's number of the present timeline. */
    int timelineId() {
        int at = lastSwitch();
        return at < 0 ? 1 : -records[at] % 256;
    }

    /** The epoch that made the present timeline. */
    long timelineEpoch() {
        int at = lastSwitch();
        return at < 0 ? 0 : -records[at] / 256;
    }

    /** Where the present timeline begins. */
    int lastSwitch() {
        return switched == 0 ? -1 : switchedAt[switched - 1];
    }

    /** Where each earlier timeline was left, by its number. */
    NavigableMap<Integer, Lsn> switches() {
        NavigableMap<Integer, Lsn> switches = new TreeMap<>();
        for (int i = 1; i < switched; i++) {
            switches.put(-records[switchedAt[i - 1]] % 256, new Lsn(switchedAt[i]));
        }
        return switches;
    }

    /** Takes what another log has more, up to a number of records. */
    void receive(SimWal from, int most) {
        int end = Math.min(from.length, length + most);
        while (length < end) {
            append(from.records[length]);
        }
    }

    void copy(SimWal from) {
        records = from.records.clone();
        hashes = from.hashes.clone();
        length = from.length;
        switchedAt = from.switchedAt.clone();
        switched = from.switched;
    }

    /**
     * PostgreSQL's own check before it streams: it knows timelines by number only, and asks that the standby's log ends
     * before the primary's history left that number.
     */
    boolean looksLikeAncestorOf(SimWal primary) {
        int id = timelineId();
        int end = primary.length;
        for (int i = primary.switched - 1; i >= 0; i--) {
            int at = primary.switchedAt[i];
            if (-primary.records[at] % 256 == id) {
                return length <= end;
            }
            end = at;
        }
        return false;
    }
}
