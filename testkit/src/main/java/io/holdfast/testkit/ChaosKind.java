package io.holdfast.testkit;

import java.util.EnumSet;
import java.util.Set;

/** What a chaos run may break. */
public enum ChaosKind {
    /** {@code kill -9} of a postmaster; its agent lives. */
    KILL_POSTMASTER(Scope.MEMBER, false, EnumSet.of(Part.POSTGRES)),
    /** {@code kill -9} of an agent; another one is started when the fault ends. */
    KILL_AGENT(Scope.MEMBER, true, EnumSet.of(Part.AGENT)),
    /** A host is silent, its processes are gone; it is switched on again when the fault ends. */
    KILL_HOST(Scope.MEMBER, true, EnumSet.of(Part.AGENT, Part.POSTGRES, Part.CABLE)),
    /** SIGSTOP of everything. */
    FREEZE_HOST(Scope.MEMBER, true, EnumSet.of(Part.AGENT, Part.POSTGRES)),
    /** SIGSTOP of the agent alone. */
    FREEZE_AGENT(Scope.MEMBER, true, EnumSet.of(Part.AGENT)),
    /** SIGSTOP of PostgreSQL alone: it has its connections, and answers none. */
    FREEZE_POSTGRES(Scope.MEMBER, true, EnumSet.of(Part.POSTGRES)),
    /** Nothing in or out. */
    PULL_CABLE(Scope.MEMBER, true, EnumSet.of(Part.CABLE)),
    /** One member's packets to one other are dropped. */
    CUT_ONE_WAY(Scope.LINK, true, EnumSet.of(Part.LINK)),
    /** Nothing passes between two members; both reach the third. */
    CUT_LINK(Scope.LINK, true, EnumSet.of(Part.LINK)),
    /** A member's packets come late, some never. */
    SLOW_LINK(Scope.MEMBER, true, EnumSet.of(Part.CABLE)),
    /** A data directory is deleted under its server. */
    DELETE_DATA(Scope.MEMBER, false, EnumSet.of(Part.DISK, Part.POSTGRES)),
    /** A data directory's file system takes not a byte more. */
    FILL_DISK(Scope.MEMBER, true, EnumSet.of(Part.DISK)),
    /** Every host loses its power; all come back at once. */
    RESTART_ALL(Scope.ALL, true, EnumSet.of(Part.AGENT, Part.POSTGRES, Part.CABLE)),
    /** A majority of agents is killed; PostgreSQL is left alone. */
    LOSE_QUORUM(Scope.MAJORITY, true, EnumSet.of(Part.AGENT));

    /** How many members a fault concerns. */
    public enum Scope {
        /** One. */
        MEMBER,
        /** Two, in their order. */
        LINK,
        /** The fewest without whom the others are no majority. */
        MAJORITY,
        /** Everybody. */
        ALL
    }

    /** What of a member, or between two, is broken: two faults at the same time never share one. */
    public enum Part {
        /** The agent's process. */
        AGENT,
        /** PostgreSQL's processes. */
        POSTGRES,
        /** The data directory. */
        DISK,
        /** All of the network. */
        CABLE,
        /** What lies between two members. */
        LINK
    }

    private final Scope scope;
    private final boolean lasting;
    /** A copy that cannot be changed, which its type does not say. */
    @SuppressWarnings("ImmutableEnumChecker")
    private final Set<Part> parts;

    ChaosKind(Scope scope, boolean lasting, Set<Part> parts) {
        this.scope = scope;
        this.lasting = lasting;
        this.parts = Set.copyOf(parts);
    }

    /** How many members it concerns. */
    public Scope scope() {
        return scope;
    }

    /** Whether it stays until it is undone; else there is nothing to undo. */
    public boolean isLasting() {
        return lasting;
    }

    /** What it breaks. */
    public Set<Part> parts() {
        return parts;
    }

    /** Whether what was on a disk is gone afterwards. */
    public boolean losesDisk() {
        return this == DELETE_DATA;
    }
}
