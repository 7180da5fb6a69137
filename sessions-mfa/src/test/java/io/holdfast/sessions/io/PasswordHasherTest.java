package io.holdfast.sessions.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.HoldfastException;
import io.holdfast.config.Secret;
import io.holdfast.sessions.UserName;
import io.holdfast.sessions.io.PasswordHasher.Cost;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PasswordHasherTest {
    private static final UserName ADA = new UserName("ada");

    @Test
    void takesWhatTheReferenceProgramMade() {
        // argon2 somesalt -id -t 2 -k 64 -p 1 -l 32, of the reference implementation: its own test vector for "password".
        assertFalse(new PasswordHasher(new Cost(64, 1)).isRight("Password",
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"));
        assertTrue(new PasswordHasher(new Cost(64, 1)).isRight("password",
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"));
    }

    @Test
    void writesParametersAndSaltAndKnowsItsOwn() {
        PasswordHasher hasher = new PasswordHasher();
        String hash = hasher.hash("seven green ospreys");
        assertTrue(hash.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"), hash);
        assertNotEquals(hash, hasher.hash("seven green ospreys"));
        assertTrue(hasher.isRight("seven green ospreys", hash));
        assertFalse(hasher.isRight("seven green osprey", hash));
        assertEquals(4, hasher.evaluations());
        hasher.pretend("anything");
        assertEquals(5, hasher.evaluations());
    }

    @Test
    void knowsAHashThatCostsTooLittleByNow() {
        String weak = new PasswordHasher(new Cost(64, 1)).hash("x");
        assertTrue(new PasswordHasher(new Cost(128, 1)).isOutdated(weak));
        assertTrue(new PasswordHasher(new Cost(64, 2)).isOutdated(weak));
        assertFalse(new PasswordHasher(new Cost(64, 1)).isOutdated(weak));
        assertFalse(new PasswordHasher(new Cost(32, 1)).isOutdated(weak));
    }

    @Test
    void aFloodIsSentAwayAndNoneOfThoseWhoWaitStarves() throws InterruptedException {
        PasswordHasher hasher = new PasswordHasher(new Cost(8192, 2));
        AtomicInteger done = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    hasher.pretend("anything");
                    done.incrementAndGet();
                } catch (HoldfastException e) {
                    refused.incrementAndGet();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(300, done.get() + refused.get());
        assertTrue(refused.get() > 0);
        assertTrue(done.get() >= 64, done + " were served");
        assertEquals(done.get(), hasher.evaluations());
    }

    @Test
    void aSealedSecretOpensForItsUserAndDeviceOnly() {
        Secret key = Rig.CONFIG.sealKey();
        assertTrue(key != null);
        Sealer sealer = Sealer.of(key);
        byte[] secret = {1, 2, 3};
        String sealed = sealer.seal(secret, ADA, "0a0b0c0d");
        assertNotEquals(sealed, sealer.seal(secret, ADA, "0a0b0c0d"));
        assertArrayEquals(secret, sealer.open(sealed, ADA, "0a0b0c0d"));
        assertEquals("HF-4012", assertThrows(HoldfastException.class,
                () -> sealer.open(sealed, new UserName("eve"), "0a0b0c0d")).problem().code());
        assertThrows(HoldfastException.class, () -> sealer.open(sealed, ADA, "0a0b0c0e"));
        Sealer other = Sealer.of(new Secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        assertThrows(HoldfastException.class, () -> other.open(sealed, ADA, "0a0b0c0d"));
        assertEquals("HF-4011", assertThrows(HoldfastException.class,
                () -> Sealer.of(new Secret("AAAA"))).problem().code());
    }
}
