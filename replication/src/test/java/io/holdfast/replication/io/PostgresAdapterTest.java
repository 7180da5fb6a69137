package io.holdfast.replication.io;

import static io.holdfast.replication.io.PostgresRig.done;
import static io.holdfast.replication.io.PostgresRig.eventually;
import static io.holdfast.replication.io.PostgresRig.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.PostgresRig.Member;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;

class PostgresAdapterTest {
    private PostgresRig rig;

    @BeforeEach
    void setUp() throws Exception {
        rig = new PostgresRig();
    }

    @AfterEach
    void tearDown() throws Exception {
        rig.close();
    }

    @Test
    void makesStartsPromotesAndReadsAPrimary() {
        Member db1 = rig.member("db1");
        assertInstanceOf(LocalPostgres.Absent.class, db1.adapter.read());
        long start = System.nanoTime();
        done(db1.adapter.initdb(db1.nextLife()));
        report("initdb", start);
        LocalPostgres.Stopped stopped = db1.stopped();
        assertTrue(stopped.clean());
        assertEquals(Timeline.of(1, 0), stopped.timeline());
        start = System.nanoTime();
        done(db1.adapter.startStandby());
        report("start", start);
        LocalPostgres.Standby standby = db1.standby();
        assertTrue(standby.isSevered());
        assertEquals(SyncSet.NOBODY, standby.sync());
        eventually(() -> db1.standby().atEndOfWal());
        start = System.nanoTime();
        db1.promote(1, SyncSet.EMPTY);
        report("promote", start);
        LocalPostgres.Primary primary = db1.primary();
        assertEquals(Timeline.of(2, 1), primary.timeline());
        assertEquals(standby.flushed(), primary.switchedAt());
        assertEquals(SyncSet.EMPTY, primary.sync());
        done(db1.adapter.checkpoint());
        assertTrue(db1.primary().rewindable());
        start = System.nanoTime();
        for (int i = 0; i < 20; i++) {
            db1.adapter.read();
        }
        report("20 readings", start);
        start = System.nanoTime();
        done(db1.adapter.stopClean());
        report("clean stop", start);
        assertTrue(db1.stopped().clean());
        done(db1.adapter.startPrimary());
        assertEquals(Timeline.of(2, 1), db1.primary().timeline());
        assertNull(db1.adapter.read().directoryOrNull() == null ? "" : null);
        assertNotEquals(0, db1.adapter.postmasterPid());
    }

    @Test
    void clonesConnectsAndStreams() {
        Member db1 = rig.member("db1");
        Member db2 = rig.member("db2");
        db1.bootstrap();
        long start = System.nanoTime();
        db2.follow(db1, 1);
        report("clone to streaming", start);
        db1.sql("create table t (id int); insert into t values (1)");
        eventually(() -> db1.primary().links().stream()
                .anyMatch(l -> l.member().equals(db2.id()) && l.streaming() && !l.flushed().isAfter(db1.primary().flushed())));
        eventually(() -> db2.standby().flushed().equals(db1.primary().flushed()));
        assertEquals(Timeline.of(2, 1), db2.standby().timeline());
        eventually(() -> db2.sql("select count(*)::text from pg_class where relname = 't'").equals("1"));
    }
}
