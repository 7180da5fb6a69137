package io.holdfast.statesync;

/**
 * The number of a leadership. It grows by one with every new holder and never repeats; 0 is before the first holder.
 *
 * @param number 0 and up
 */
public record Epoch(long number) implements Comparable<Epoch> {
    /** Before the first holder. */
    public static final Epoch NONE = new Epoch(0);

    /** The epoch of the next holder. */
    public Epoch next() {
        return new Epoch(number + 1);
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
