package io.holdfast.sessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RecoveryCodesTest {
    private static final UserName ADA = new UserName("ada");

    private static List<String> codes() {
        byte[] random = new byte[RecoveryCodes.COUNT * RecoveryCodes.BYTES];
        new Random(1).nextBytes(random);
        return RecoveryCodes.of(random);
    }

    private static User user(List<String> codes) {
        return User.create(ADA, Role.ADMIN, "hash", Instant.EPOCH)
                .withRecovery(codes.stream().map(code -> RecoveryCodes.hash(ADA, code).orElseThrow()).toList());
    }

    @Test
    void areTenDifferentOnesInGroupsOfFour() {
        List<String> codes = codes();
        assertEquals(10, new HashSet<>(codes).size());
        for (String code : codes) {
            assertTrue(code.matches("[a-z2-7]{4}(-[a-z2-7]{4}){5}"), code);
        }
    }

    @Test
    void eachIsAcceptedOnceHoweverItIsTyped() {
        User user = user(codes());
        for (String code : codes()) {
            String typed = code.toUpperCase(Locale.ROOT).replace('-', ' ');
            Proof proof = RecoveryCodes.accepted(user, typed).orElseThrow();
            user = user.after(proof);
            assertEquals(Optional.empty(), RecoveryCodes.accepted(user, code));
        }
        assertEquals(List.of(), user.recoveryHashes());
    }

    @Test
    void areRefusedWhenTheyAreAnothersOrNone() {
        User user = user(codes().subList(0, 9));
        assertEquals(Optional.empty(), RecoveryCodes.accepted(user, codes().getLast()));
        assertEquals(Optional.empty(), RecoveryCodes.accepted(user, ""));
        assertEquals(Optional.empty(), RecoveryCodes.accepted(user, "aaaa"));
        assertNotEquals(RecoveryCodes.hash(ADA, codes().getFirst()),
                RecoveryCodes.hash(new UserName("eve"), codes().getFirst()));
    }
}
