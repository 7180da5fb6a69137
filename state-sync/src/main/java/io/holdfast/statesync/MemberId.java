package io.holdfast.statesync;

/**
 * A member in one incarnation: what the protocol means wherever it says "member".
 *
 * @param name the member's name
 * @param incarnation the life of its data directory
 */
public record MemberId(MemberName name, Incarnation incarnation) implements Comparable<MemberId> {

    /** Short form for tests and messages. */
    public static MemberId of(String name, String incarnation) {
        return new MemberId(new MemberName(name), new Incarnation(incarnation));
    }

    @Override
    public int compareTo(MemberId other) {
        int byName = name.compareTo(other.name);
        return byName != 0 ? byName : incarnation.id().compareTo(other.incarnation.id());
    }

    @Override
    public String toString() {
        return name + "@" + incarnation;
    }
}
