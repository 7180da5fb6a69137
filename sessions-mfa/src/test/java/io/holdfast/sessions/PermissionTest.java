package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PermissionTest {

    @Test
    void everyRoleMayAllThatTheOnesBeforeItMay() {
        assertTrue(Permission.of(Role.OPERATOR).containsAll(Permission.of(Role.VIEWER)));
        assertTrue(Permission.of(Role.ADMIN).containsAll(Permission.of(Role.OPERATOR)));
        assertEquals(EnumSet.complementOf(EnumSet.of(Permission.BREAK_GLASS)), Permission.of(Role.ADMIN));
        assertEquals(Set.of(Permission.LOOK, Permission.BACKUP_LIST, Permission.SESSION_OWN, Permission.FACTOR_OWN),
                Permission.of(Role.VIEWER));
    }

    @Test
    void whatCanLoseDataOrLetOthersInIsDangerous() {
        for (Permission one : EnumSet.of(Permission.RESTORE, Permission.FAILOVER_FORCED, Permission.REINIT,
                Permission.USER_CHANGE, Permission.TOKEN_CHANGE, Permission.KEY_CHANGE, Permission.SETTINGS_CHANGE)) {
            assertTrue(one.isDangerous(), one.word());
            assertEquals(Role.ADMIN, one.least(), one.word());
        }
        for (Permission one : Permission.values()) {
            assertTrue(!one.isRead() || !one.isDangerous(), one.word());
        }
    }

    @Test
    void nobodyTakesDevicesAwayAlone() {
        for (Permission one : Permission.values()) {
            assertEquals(one == Permission.FACTOR_RESET ? 1 : 0, one.leastApprovals(), one.word());
        }
        assertTrue(Permission.FACTOR_RESET.isDangerous() && Permission.BREAK_GLASS.isDangerous());
    }

    @Test
    void isFoundByItsName() {
        assertEquals(Optional.of(Permission.BACKUP_CREATE), Permission.of("backup-create"));
        assertEquals(Optional.empty(), Permission.of("backup"));
    }
}
