package io.holdfast.statesync;

import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * That the whole cluster is restored from its backups. While this is there PostgreSQL is stopped on every member, and nobody leads
 * but the one that is restored.
 *
 * @param id the operation's id; another one when the command was given again
 * @param member who is restored, and is the primary afterwards
 * @param target up to where, as the operator wrote it
 * @param phase how far it is
 * @param overwritten whose files have been touched, by this attempt or an earlier one: what they had before is gone
 * @param end the end of the WAL that the cluster had written, as far as that was known; null until files are touched
 * @param by who asked
 * @param since when, by the clock of the agent that was asked; for people
 */
public record Restoring(String id, MemberName member, String target, Phase phase, Set<MemberName> overwritten,
        @Nullable Lsn end, String by, Instant since) {

    /** Takes an immutable copy. */
    public Restoring {
        overwritten = Collections.unmodifiableSet(new TreeSet<>(overwritten));
    }

    /** How far a restore is. */
    public enum Phase {
        /** PostgreSQL is stopped everywhere. */
        STOPPING,
        /** The files of the member are overwritten. */
        OVERWRITING,
        /** The member leads, and is about to be the primary. */
        RESTORED;

        /** For people, what follows "it". */
        public String words() {
            return switch (this) {
                case STOPPING -> "stops every PostgreSQL, and looks whether the target can be reached";
                case OVERWRITING -> "overwrites the files of that member";
                case RESTORED -> "starts that member as the primary";
            };
        }
    }

    /** The next phase. */
    public Restoring in(Phase next) {
        return new Restoring(id, member, target, next, overwritten, end, by, since);
    }

    /** With what is about to be given up. */
    public Restoring overwriting(@Nullable Lsn known) {
        Set<MemberName> more = new TreeSet<>(overwritten);
        more.add(member);
        return new Restoring(id, member, target, Phase.OVERWRITING, more, end == null ? known : end, by, since);
    }

    /** In a sentence. */
    public String words() {
        return by + " restores the cluster to " + target + " on " + member;
    }
}
