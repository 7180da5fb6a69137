package io.holdfast.statesync;

/**
 * A random id of one life of a data directory: written anew by every initdb, clone and rewind. A member that lost its
 * disk and was cloned again is another incarnation, and is bound by none of the promises of the old one.
 *
 * @param id opaque text, 8 hexadecimal digits when made by Holdfast
 */
public record Incarnation(String id) {
    @Override
    public String toString() {
        return id;
    }
}
