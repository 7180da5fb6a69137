package io.holdfast.statesync.io;

import io.holdfast.statesync.StateStore;
import io.holdfast.statesync.StateStoreContract;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The contract, on a real consensus: alone, and with three members whose turns rotate. */
class RatisContractTest {

    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    abstract static class OnPeers extends StateStoreContract {
        private @Nullable Peers peers;
        private int turn;

        abstract int count();

        @BeforeAll
        void start(@TempDir Path directory) {
            peers = new Peers(directory, count(), UnaryOperator.identity()).startAll();
        }

        @AfterAll
        void stop() {
            if (peers != null) {
                peers.close();
            }
        }

        @Override
        protected StateStore store() {
            List<RatisStateStore> all = Objects.requireNonNull(peers).all();
            synchronized (this) {
                return all.get(turn++ % all.size());
            }
        }

        @Override
        protected void pass(Duration time) {
            try {
                Thread.sleep(time);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Nested
    class Alone extends OnPeers {
        @Override
        int count() {
            return 1;
        }
    }

    @Nested
    class ThreeMembers extends OnPeers {
        @Override
        int count() {
            return 3;
        }
    }
}
