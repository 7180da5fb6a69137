package io.holdfast.sessions;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The table of all that can be allowed: the least role, and whether a second factor is asked for each single time. */
public enum Permission {
    /** Status, members, history, explanations, events, settings and operations. */
    LOOK(Role.VIEWER, false),
    /** The list of backups. */
    BACKUP_LIST(Role.VIEWER, false),
    /** One's own sessions; logging out. */
    SESSION_OWN(Role.VIEWER, false),
    /** One's own devices, recovery codes and password. */
    FACTOR_OWN(Role.VIEWER, true),
    /** A planned change of the primary, and taking it back. */
    SWITCHOVER(Role.OPERATOR, false),
    /** Restarting PostgreSQL, of one member or of all in turn. */
    RESTART(Role.OPERATOR, false),
    /** Suspending automatic failover. */
    PAUSE(Role.OPERATOR, false),
    /** Ending that. */
    RESUME(Role.OPERATOR, false),
    /** Beginning a base backup. */
    BACKUP_CREATE(Role.OPERATOR, false),
    /** Giving one up. */
    BACKUP_CANCEL(Role.OPERATOR, false),
    /** Looking whether the archive of WAL works and is whole. */
    BACKUP_CHECK(Role.OPERATOR, false),
    /** Reading a stored backup again. */
    BACKUP_VERIFY(Role.OPERATOR, false),
    /** Keeping a backup for longer, or no longer. */
    BACKUP_MARK(Role.OPERATOR, false),
    /** Deleting what the retention does not keep. */
    BACKUP_EXPIRE(Role.OPERATOR, false),
    /** A trial restore. */
    BACKUP_DRILL(Role.OPERATOR, false),
    /** Moving the master of a Redis, without loss. */
    REDIS_FAILOVER(Role.OPERATOR, false),
    /** Keeping alerts from being told for a while, and ending that. */
    ALERT_SILENCE(Role.OPERATOR, false),
    /** Ending an operation. */
    OPERATION_CANCEL(Role.OPERATOR, false),
    /** Making a member primary that may lack acknowledged commits. */
    FAILOVER_FORCED(Role.ADMIN, true),
    /** Throwing a member's data away and cloning it anew. */
    REINIT(Role.ADMIN, true),
    /** Taking the whole cluster back to a moment of its past. */
    RESTORE(Role.ADMIN, true),
    /** Giving such a restore up. */
    RESTORE_ABANDON(Role.ADMIN, true),
    /** Letting a member in, which then has all of the data. */
    MEMBER_ADD(Role.ADMIN, true),
    /** Removing one. */
    MEMBER_REMOVE(Role.ADMIN, true),
    /** The cluster's settings, how many must approve among them. */
    SETTINGS_CHANGE(Role.ADMIN, true),
    /** Taking an image of the shared state, which has all that is secret in it, sealed. */
    STATE_EXPORT(Role.ADMIN, true),
    /** Bringing one back. */
    STATE_IMPORT(Role.ADMIN, true),
    /** Approving what another administrator asked for. */
    APPROVE(Role.ADMIN, true),
    /** The list of users and service tokens, without what is secret. */
    USER_LIST(Role.ADMIN, false),
    /** Making, changing and removing users, and their passwords. */
    USER_CHANGE(Role.ADMIN, true),
    /** Taking a user's devices away; whoever could do that alone could become anybody. */
    FACTOR_RESET(Role.ADMIN, true, 1),
    /** The same for an administrator, as root of a node who has a private key of the backups; no session has it. */
    BREAK_GLASS(Role.ADMIN, true),
    /** Making and removing service tokens. */
    TOKEN_CHANGE(Role.ADMIN, true),
    /** Everybody's sessions. */
    SESSION_LIST(Role.ADMIN, false),
    /** Ending anybody's sessions; it lets nobody in, and there may be no time for a code. */
    SESSION_REVOKE(Role.ADMIN, false),
    /** The audit log. */
    AUDIT_READ(Role.ADMIN, false),
    /** Keys of backups and certificates. */
    KEY_CHANGE(Role.ADMIN, true);

    private static final Set<Permission> READS = EnumSet.of(LOOK, BACKUP_LIST, USER_LIST, SESSION_LIST, AUDIT_READ);

    private final Role least;
    private final boolean dangerous;
    private final int leastApprovals;

    Permission(Role least, boolean dangerous) {
        this(least, dangerous, 0);
    }

    Permission(Role least, boolean dangerous, int leastApprovals) {
        this.least = least;
        this.dangerous = dangerous;
        this.leastApprovals = leastApprovals;
    }

    /** The least role that has it. */
    public Role least() {
        return least;
    }

    /** True when a code must be entered for exactly the one action. */
    public boolean isDangerous() {
        return dangerous;
    }

    /** How many other administrators must agree at least, whatever the settings ask for. */
    public int leastApprovals() {
        return leastApprovals;
    }

    /** True when it changes nothing, so that an agent without a majority may allow it. */
    public boolean isRead() {
        return READS.contains(this);
    }

    /** Its name in JSON and on the command line, such as {@code backup-create}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** That of a name; empty when there is none. */
    public static Optional<Permission> of(String word) {
        return Arrays.stream(values()).filter(one -> one.word().equals(word)).findFirst();
    }

    /** All that a role has. */
    public static Set<Permission> of(Role role) {
        return Arrays.stream(values())
                .filter(one -> role.isAtLeast(one.least) && one != BREAK_GLASS)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Permission.class)));
    }

    @Override
    public String toString() {
        return word();
    }
}
