package io.holdfast.replication.io;

import static io.holdfast.replication.io.PostgresRig.done;
import static io.holdfast.replication.io.PostgresRig.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.config.Problem;
import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.PostgresRig.Member;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A standby whose files somebody else has brought; the backup is one that the primary makes of itself. */
@Tag("integration")
class CloneFromBackupTest {
    private PostgresRig rig;
    private Member db1;
    private Member db2;
    private final List<String> ended = new ArrayList<>();

    @BeforeEach
    void aPrimaryAndAnEmptyMember() throws Exception {
        rig = new PostgresRig();
        db1 = rig.member("db1").bootstrap();
        db1.sql("create table t as select generate_series(1, 1000) id");
        db2 = rig.member("db2");
    }

    @AfterEach
    void end() throws IOException {
        rig.close();
    }

    @Test
    void replaysWhatItHasAndFollowsThePrimary() {
        brings(() -> {});
        assertEquals("r7", db2.adapter.supplies().copy());
        done(db2.adapter.cloneFromBackup(db1.name, db2.nextLife(), db1.book()));
        assertEquals(List.of(""), ended);
        db1.sql("insert into t values (1001)");
        done(db2.adapter.startStandby());
        eventually(() -> db2.standby().atEndOfWal());
        assertEquals(db1.primary().timeline(), db2.standby().timeline());
        db2.connect(db1, 1);
        eventually(() -> db2.sql("select count(*)::text from t").equals("1001"));
    }

    @Test
    void whatIsNotThePrimarysIsNotFollowed() {
        brings(() -> {
            String last = new WalFiles(db2.options.data()).newest();
            Path segment = db2.options.data().resolve("pg_wal").resolve(last);
            byte[] bytes = Files.readAllBytes(segment);
            bytes[bytes.length / 2] ^= 1;
            Files.write(segment, bytes);
        });
        Effect.Failed failed = assertInstanceOf(Effect.Failed.class,
                db2.adapter.cloneFromBackup(db1.name, db2.nextLife(), db1.book()));
        assertTrue(failed.why().startsWith("HF-3074 "), failed.why());
        assertEquals(List.of(failed.why()), ended);
        assertInstanceOf(LocalPostgres.Broken.class, db2.adapter.read());
        db2.follow(db1, 1);
    }

    @Test
    @Tag("long")
    void whatWasNotBroughtIsClonedFromThePrimary() {
        db2.follow(db1, 1);
        done(db2.adapter.stopClean());
        brings(() -> {
            throw new Problem("HF-2010", "the key does not fit", "Bring another.").toException();
        });
        assertInstanceOf(Effect.Failed.class, db2.adapter.cloneFromBackup(db1.name, db2.nextLife(), db1.book()));
        assertEquals(1, ended.size());
        assertTrue(ended.getFirst().startsWith("HF-2010 "), ended.toString());
        assertInstanceOf(LocalPostgres.Broken.class, db2.adapter.read());
        db2.follow(db1, 1);
    }

    @Test
    @Tag("long")
    void aCopyFromThePrimaryThatIsUnderWayCanBeGivenUpForOne() {
        AtomicReference<@Nullable PostgresAdapter> agent = new AtomicReference<>();
        PostgresAdapter impatient = new PostgresAdapter(rig.vertx, db2.options, () -> {}, new Progress() {
            @Override
            public void step(String name) {}

            @Override
            public void done(long done, long total) {
                Objects.requireNonNull(agent.get()).giveUpClone();
            }
        });
        agent.set(impatient);
        Effect.Failed failed = assertInstanceOf(Effect.Failed.class,
                impatient.clone(db1.name, db2.nextLife(), db1.book()));
        assertTrue(failed.why().startsWith("HF-3020 "), failed.why());
        impatient.close();
        brings(() -> {});
        done(db2.adapter.cloneFromBackup(db1.name, db2.nextLife(), db1.book()));
    }

    /** What happens after the files are there. */
    @FunctionalInterface
    private interface Afterwards {
        void happens() throws IOException;
    }

    private void brings(Afterwards afterwards) {
        db2.adapter.restoresBy(Restorer.NONE, new Copier() {
            @Override
            public String ready() {
                return ended.isEmpty() ? "r7" : "";
            }

            @Override
            public void copy(String systemId, int timelineId, Path tablespaces) {
                try {
                    DurableFiles.deleteTree(db2.options.data(), false);
                    Commands.Outcome copied = new Commands(db2.options).run(Duration.ofMinutes(1), "pg_basebackup",
                            List.of("-D", db2.options.data().toString(), "-X", "fetch", "--checkpoint=fast", "-h",
                                    "127.0.0.1", "-p", Integer.toString(db1.port), "-U", "holdfast_repl", "-w"));
                    assertTrue(copied.isSuccess(), copied.tail());
                    afterwards.happens();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }

            @Override
            public void ended(String why) {
                ended.add(why);
            }
        });
    }
}
