package io.holdfast.statesync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyFamilyTest {
    /** The names of logs, whose keys are kinds of their own, and what is a beginning of such. */
    private static final Set<String> NO_KINDS = Set.of(Keys.EVENTS_LOG, Keys.REDIS, Keys.ALERTS);

    @Test
    void everyKeyThatThereIsHasAKind() throws IllegalAccessException {
        List<String> without = new ArrayList<>();
        for (Field field : Keys.class.getDeclaredFields()) {
            if (Modifier.isPublic(field.getModifiers()) && field.get(null) instanceof String key
                    && !NO_KINDS.contains(key) && KeyFamily.of(key.endsWith("/") ? key + "x" : key).isEmpty()) {
                without.add(key);
            }
        }
        assertEquals(List.of(), without);
    }

    @Test
    void everyKindIsToldFromEveryOther() {
        Set<String> prefixes = new HashSet<>();
        for (KeyFamily family : KeyFamily.values()) {
            assertTrue(prefixes.add(family.prefix()), family.prefix());
            String key = family.prefix().endsWith("/") ? family.prefix() + "x" : family.prefix();
            assertEquals(Optional.of(family), KeyFamily.of(key));
        }
        assertEquals(Optional.of(KeyFamily.LEASE), KeyFamily.of("leader/lease"));
        assertEquals(Optional.of(KeyFamily.SESSIONS), KeyFamily.of(Keys.SESSION_ROUND));
        assertEquals(Optional.empty(), KeyFamily.of("of-a-later-release"));
    }

    @Test
    void whatHoldsForAMomentOnlyIsInNoImage() {
        for (String key : List.of(Keys.LEASE, Keys.PAUSE, Keys.RESTORE, Keys.order(new MemberName("db1")),
                Keys.SESSIONS + "x", Keys.APPROVALS + "x", Keys.FAILSAFE, Keys.SYNC, Keys.outcome("x"))) {
            assertEquals(KeyFamily.Image.LEFT_OUT, KeyFamily.of(key).orElseThrow().image(), key);
        }
    }
}
