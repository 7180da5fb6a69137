package io.holdfast.replication.io;

import static io.holdfast.replication.io.PostgresRig.done;
import static io.holdfast.replication.io.PostgresRig.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.replication.io.PostgresOptions.Superuser;
import io.holdfast.replication.io.PostgresRig.Member;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A directory that a backup was restored to becomes the first primary's. */
@Tag("integration")
class AdoptionTest {
    private PostgresRig rig;
    private Path restored;

    @BeforeEach
    void aDirectoryThatWasRestored() throws Exception {
        rig = new PostgresRig();
        restored = rig.base.resolve("restored");
        Member lost = rig.member("lost").bootstrap();
        lost.sql("create table t as select generate_series(1, 1000) id");
        done(lost.adapter.stopClean());
        run("cp", "-a", lost.options.data().toString(), restored.toString());
        Files.delete(restored.resolve(DataDirectory.MARKER));
    }

    @AfterEach
    void end() throws IOException {
        rig.close();
    }

    @Test
    void isThePrimaryWithItsDataAndTheRolesOfTheSettings() {
        Member db1 = taking("db1");
        assertEquals("", db1.adapter.supplies().missing());
        done(db1.adapter.initdb(db1.nextLife()));
        assertFalse(Files.exists(restored));
        LocalPostgres.Stopped stopped = db1.stopped();
        assertEquals(Timeline.of(2, 0), stopped.timeline());
        assertTrue(stopped.clean());
        assertEquals("bootstrap", Objects.requireNonNull(stopped.directory().restored()).request());
        done(db1.adapter.startStandby());
        eventually(() -> db1.standby().atEndOfWal());
        db1.promote(1, SyncSet.EMPTY);
        assertEquals(Timeline.of(3, 1), db1.primary().timeline());
        assertEquals("1000", db1.sql("select count(*)::text from t"));
        assertEquals("the boss", db1.sql("select current_user::text"));
        Member db2 = rig.member("db2", AdoptionTest::otherRoles).follow(db1, 1);
        assertEquals("1000", db2.sql("select count(*)::text from t"));
    }

    @Test
    void whoHasItNotWaitsAndWhoHasHadADirectoryDoesNot() throws Exception {
        Member db1 = taking("db1");
        run("mv", restored.toString(), restored + "-elsewhere");
        assertTrue(db1.adapter.supplies().missing().contains(restored.toString()), db1.adapter.supplies().missing());
        run("mv", restored + "-elsewhere", restored.toString());
        done(db1.adapter.initdb(db1.nextLife()));
        assertInstanceOf(LocalPostgres.Stopped.class, db1.adapter.read());
        assertEquals("", db1.adapter.supplies().missing());
    }

    @Test
    @Tag("long")
    void isRefusedAndUntouchedWhenItIsNotOneThatCanBeTaken() throws Exception {
        Member db1 = taking("db1");
        for (String left : List.of("recovery.signal", "standby.signal", "backup_label",
                "global/pg_control.restoring")) {
            Files.writeString(restored.resolve(left), "");
            assertRefused(db1, left);
            Files.delete(restored.resolve(left));
        }
        Path version = restored.resolve("PG_VERSION");
        String right = Files.readString(version);
        Files.writeString(version, "12\n");
        assertRefused(db1, "is of PostgreSQL 12");
        Files.writeString(version, right);
        run("rm", "-rf", restored.toString());
        Member lost = rig.member("crashed").bootstrap();
        lost.crash();
        run("cp", "-a", lost.options.data().toString(), restored.toString());
        assertRefused(db1, "stopped cleanly");
    }

    @Test
    void goesOnWithWhatAKillHasLeftAndDeletesNothing() throws Exception {
        Member db1 = taking("db1");
        String systemId = ControlFile.read(new Commands(db1.options), restored).systemId();
        // Before it was moved.
        begin(db1, systemId);
        assertInstanceOf(LocalPostgres.Broken.class, db1.adapter.read());
        assertEquals("", db1.adapter.supplies().missing());
        assertTrue(Files.exists(restored));
        // After that.
        run("mv", restored.toString(), db1.options.data().toString());
        assertEquals("", db1.adapter.supplies().missing());
        Member other = rig.member("db2").bootstrap();
        Effect.Failed failed = assertInstanceOf(Effect.Failed.class,
                db1.adapter.clone(other.name, db1.nextLife(), other.book()));
        assertTrue(failed.why().startsWith("HF-3073 "), failed.why());
        assertTrue(Files.exists(db1.options.data().resolve("PG_VERSION")));
        done(db1.adapter.initdb(db1.nextLife()));
        // In its last moment.
        begin(db1, systemId);
        done(db1.adapter.initdb(db1.nextLife()));
        assertEquals(db1.life(), db1.stopped().directory().incarnation());
        // As a crash leaves it.
        done(db1.adapter.startPrimary());
        db1.sql("insert into t select generate_series(1001, 1100)");
        db1.crash();
        begin(db1, systemId);
        done(db1.adapter.initdb(db1.nextLife()));
        assertNull(db1.adapter.postmasterPid());
        done(db1.adapter.startStandby());
        eventually(() -> db1.standby().atEndOfWal());
        assertEquals("1100", db1.sql("select count(*)::text from t"));
    }

    @Test
    @Tag("long")
    void saysWhatIsWrongWithTheRoles() throws Exception {
        Member db1 = rig.member("db1", o -> from(o, restored, new Superuser("pg_nobody", "the secret")));
        Effect.Failed failed = assertInstanceOf(Effect.Failed.class, db1.adapter.initdb(db1.nextLife()));
        assertTrue(failed.why().startsWith("HF-3072 ") && failed.why().contains("reserved"), failed.why());
        assertFalse(failed.why().contains("the secret"), failed.why());
        assertFalse(Files.exists(db1.options.state().resolve("roles.sql")));
        assertTrue(Files.exists(db1.options.data().resolve("PG_VERSION")));
    }

    private Member taking(String name) {
        return rig.member(name, o -> from(otherRoles(o), restored, new Superuser("the boss", null)));
    }

    private static PostgresOptions otherRoles(PostgresOptions o) {
        return new PostgresOptions(o.self(), o.data(), o.bin(), o.listen(), o.socket(), o.state(), o.hba(),
                new Superuser("the boss", null), "it's \\ \"copied\"", o.tls(), o.addresses(), o.initdb(), o.sql(),
                o.settings(), o.runAs());
    }

    private static PostgresOptions from(PostgresOptions o, Path from, Superuser superuser) {
        return new PostgresOptions(o.self(), o.data(), o.bin(), o.listen(), o.socket(), o.state(), o.hba(), superuser,
                o.replication(), o.tls(), o.addresses(), o.initdb(), o.sql(), from, o.settings(), o.standbys(),
                o.archive(), o.runAs());
    }

    /** What is written down before anything is done. */
    private static void begin(Member member, String systemId) throws IOException {
        Path record = member.options.state().resolve(DataDirectory.RECORD);
        Files.deleteIfExists(record);
        new DurableFiles(PostgresRig.ROOT ? "postgres" : null).write(record, Identity.beginning(Pending.ADOPTION,
                member.life(), systemId,
                new TimelineBook(Epoch.NONE, new TreeMap<>())).toJson());
    }

    private void assertRefused(Member member, String why) {
        Effect.Failed failed = assertInstanceOf(Effect.Failed.class, member.adapter.initdb(member.nextLife()));
        assertTrue(failed.why().startsWith("HF-3071 ") && failed.why().contains(why), failed.why());
        assertTrue(Files.exists(restored.resolve("global/pg_control")));
        assertInstanceOf(LocalPostgres.Absent.class, member.adapter.read());
    }

    private static void run(String... line) throws Exception {
        assertEquals(0, new ProcessBuilder(line).inheritIO().start().waitFor());
    }
}
