package io.holdfast.replication.io;

import static io.holdfast.replication.io.PostgresRig.done;
import static io.holdfast.replication.io.PostgresRig.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.Upstream;
import io.holdfast.replication.io.PostgresRig.Member;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By the names of history files PostgreSQL numbers its timelines, and finds its way between them. */
class HistoryFilesTest {
    private PostgresRig rig;

    @BeforeEach
    void open() throws IOException {
        rig = new PostgresRig();
    }

    @AfterEach
    void close() throws IOException {
        rig.close();
    }

    @Test
    void aPromotionMakesNoTimelineThatAnotherMemberHasMade() {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2").follow(db1, 1);
        done(db2.adapter.sever(SyncSet.NOBODY));
        again(db1, 2);
        db1.sql("create table lost (id int)");
        TimelineBook book = db1.book();
        db1.crash();
        // It is told to follow a timeline that is lost before anything of it has come.
        done(db2.adapter.connect(new Upstream(db1.name, new Epoch(2)), book));
        done(db2.adapter.sever(SyncSet.NOBODY));
        db2.promote(3, 3, SyncSet.EMPTY);
        assertEquals(Timeline.of(4, 3), db2.primary().timeline());
        done(db2.adapter.checkpoint());
        db2.sql("create table kept (id int)");
        done(db1.adapter.startStandby());
        eventually(() -> db1.standby().atEndOfWal());
        done(db1.adapter.stopClean());
        done(db1.adapter.rewind(db2.name, db1.nextLife(), db2.book()));
        done(db1.adapter.startStandby());
        db1.connect(db2, 3);
        eventually(() -> db1.sql("select string_agg(relname, ',') from pg_class where relname in ('kept', 'lost')")
                .equals("kept"));
    }

    @Test
    void aCloneTakesTheNumbersBelowItsOwnToo() {
        Member db1 = rig.member("db1").bootstrap();
        again(db1, 2);
        Member db2 = rig.member("db2").follow(db1, 2);
        Member db3 = rig.member("db3").follow(db1, 2);
        Path wal = db2.options.data().resolve("pg_wal");
        assertEquals(List.of("00000003.history"), histories(wal));
        done(db2.adapter.sever(SyncSet.NOBODY));
        done(db3.adapter.sever(SyncSet.NOBODY));
        db1.crash();
        db2.promote(3, 5, SyncSet.EMPTY);
        assertEquals(Timeline.of(6, 3), db2.primary().timeline());
        assertEquals(List.of("00000002.history", "00000003.history", "00000004.history", "00000005.history",
                "00000006.history"), histories(wal));
        // It asks for the files of all timelines between; a walreceiver says "streaming" before it has.
        db3.connect(db2, 3);
        db2.sql("create table t (id int)");
        eventually(() -> db3.sql("select count(*)::text from pg_class where relname = 't'").equals("1"));
        assertEquals(List.of("00000003.history", "00000004.history", "00000005.history", "00000006.history"),
                histories(db3.options.data().resolve("pg_wal")));
    }

    @Test
    void aPromotionThatDidNotComeAboutLeavesAStandbyThatStarts() throws IOException {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2").follow(db1, 1);
        done(db2.adapter.sever(SyncSet.NOBODY));
        new HistoryFiles(db2.options.data(), new DurableFiles(db2.options.runAs())).take(5);
        done(db2.adapter.stopClean());
        done(db2.adapter.startStandby());
        db2.connect(db1, 1);
        assertEquals(List.of("00000002.history"), histories(db2.options.data().resolve("pg_wal")));
    }

    @Test
    void whatLiesBelowARealTimelineStays(@TempDir Path data) throws IOException {
        Path wal = Files.createDirectory(data.resolve("pg_wal"));
        Files.writeString(wal.resolve("00000002.history"), "1\t0/3000000\tno recovery target specified\n");
        Files.writeString(wal.resolve("0000000A.history"), "1\t0/3000000\tno recovery target specified\n");
        HistoryFiles files = new HistoryFiles(data, new DurableFiles(null));
        files.take(4);
        files.giveBack();
        assertEquals(List.of("00000002.history", "00000003.history", "00000004.history", "0000000A.history"),
                histories(wal));
        Files.delete(wal.resolve("0000000A.history"));
        files.giveBack();
        assertEquals(List.of("00000002.history"), histories(wal));
    }

    /** The same member is the primary again, in another epoch and so on another timeline. */
    private static void again(Member member, long epoch) {
        done(member.adapter.stopClean());
        done(member.adapter.startStandby());
        eventually(() -> member.standby().atEndOfWal());
        member.promote(epoch, SyncSet.EMPTY);
        done(member.adapter.checkpoint());
    }

    private static List<String> histories(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".history"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
