package io.holdfast.replication.io;

import static io.holdfast.replication.io.PostgresRig.done;
import static io.holdfast.replication.io.PostgresRig.eventually;
import static io.holdfast.replication.io.PostgresRig.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.replication.Effect;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.io.PostgresRig.Member;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.Lsn;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Timeline;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresAdapterTest {
    private PostgresRig rig;

    @BeforeEach
    void setUp() throws Exception {
        rig = new PostgresRig(bin());
    }

    /** Where PostgreSQL's programs are. */
    Path bin() {
        return PostgresRig.BIN;
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
        assertEquals(Map.of(1, standby.flushed()), primary.switches());
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
        assertNotNull(db1.adapter.postmasterPid());
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
        eventually(() -> db1.primary()
                .links()
                .stream()
                .anyMatch(l -> l.member().equals(db2.id()) && l.streaming()
                        && !l.flushed().isAfter(db1.primary().flushed())));
        eventually(() -> db2.standby().flushed().equals(db1.primary().flushed()));
        assertEquals(Timeline.of(2, 1), db2.standby().timeline());
        eventually(() -> db2.sql("select count(*)::text from pg_class where relname = 't'").equals("1"));
    }

    @Test
    void aCloneOwesTheArchiveWhatItBrought() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2", o -> KeepingTest.archiving(o, "/bin/false"));
        db2.follow(db1, 1);
        assertEquals("always", db2.sql("select current_setting('archive_mode')"));
        // What a clone brings ends with a whole segment: the end of a base backup completes it.
        assertFalse(marks(db2, ".ready").isEmpty());
        // Something is written first: with nothing to end there is no end, and what is named then depends on the version.
        db1.sql("create table t (id int)");
        String streamed = db1.sql("select pg_walfile_name(pg_switch_wal())");
        db1.sql("insert into t values (1)");
        eventually(() -> marks(db2, ".ready").contains(streamed + ".ready"));
        assertEquals(List.of(), marks(db2, ".done"));
    }

    private static List<String> marks(Member member, String ending) {
        try (Stream<Path> files = Files.list(member.options.data().resolve("pg_wal/archive_status"))) {
            return files.map(file -> file.getFileName().toString()).filter(n -> n.endsWith(ending)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void seversWhileReplayIsPaused() {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2").follow(db1, 1);
        db2.sql("select pg_wal_replay_pause()");
        db1.sql("create table t (id int); insert into t select generate_series(1, 1000)");
        eventually(() -> db2.standby().flushed().equals(db1.primary().flushed()));
        long start = System.nanoTime();
        done(db2.adapter.sever(SyncSet.NOBODY));
        report("sever, replay paused", start);
        LocalPostgres.Standby severed = db2.standby();
        assertTrue(severed.isSevered());
        assertTrue(severed.atEndOfWal());
        assertTrue(severed.flushed().isAfter(severed.replayed()));
        db1.sql("insert into t values (0)");
        eventually(() -> db1.primary().links().isEmpty());
        assertEquals(severed.flushed(), db2.standby().flushed());
        db2.promote(2, SyncSet.EMPTY);
        assertEquals("1000", db2.sql("select count(*)::text from t"));
    }

    @Test
    void seversWhileTheReceiverStillConnects() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2").follow(db1, 1);
        db1.crash();
        // Something that takes connections and says nothing, where the primary was.
        try (ServerSocket mute = new ServerSocket()) {
            mute.setReuseAddress(true);
            mute.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), db1.port), 50);
            eventually(() -> db2.standby().receiver() && !db2.standby().streaming());
            long start = System.nanoTime();
            done(db2.adapter.sever(SyncSet.NOBODY));
            report("sever, receiver connecting", start);
            assertTrue(db2.standby().isSevered());
            eventually(() -> db2.standby().atEndOfWal());
            assertEquals(db2.standby().replayed(), db2.standby().flushed());
        }
    }

    @Test
    void firstCommitAfterAPromotionWaitsForTheSyncSet() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2").follow(db1, 1);
        Member db3 = rig.member("db3").follow(db1, 1);
        db1.sql("create table t (id int)");
        eventually(() -> db2.standby().flushed().equals(db1.primary().flushed())
                && db3.standby().flushed().equals(db1.primary().flushed()));
        SyncSet set = SyncSet.of(1, List.of(db3.id()));
        done(db1.adapter.stopNow("the test says so"));
        long start = System.nanoTime();
        done(db2.adapter.sever(SyncSet.NOBODY));
        report("sever", start);
        done(db3.adapter.sever(SyncSet.NOBODY));
        start = System.nanoTime();
        db2.promote(2, set);
        report("setSync and promote", start);
        AtomicLong ended = new AtomicLong();
        Thread writer = Thread.ofVirtual().start(() -> {
            db2.sql("set synchronous_commit = on; insert into t values (1)");
            ended.set(System.nanoTime());
        });
        eventually(
                () -> db2.sql("select count(*)::text from pg_stat_activity where wait_event = 'SyncRep'").equals("1"));
        assertEquals(0, ended.get());
        db3.connect(db2, 2);
        writer.join();
        assertEquals(set, db2.primary().sync());
        start = System.nanoTime();
        Effect.Noted noted = assertInstanceOf(Effect.Noted.class, db2.adapter.confirmSync(set));
        report("confirmSync", start);
        assertTrue(!noted.lsn().isAfter(db2.primary().flushed()));
        assertEquals(Timeline.of(3, 2), db3.standby().timeline());
        assertEquals(Timeline.of(3, 2), db2.primary().timeline());

        done(db2.adapter.setSync(SyncSet.EMPTY));
        start = System.nanoTime();
        assertInstanceOf(Effect.Noted.class, db2.adapter.confirmSync(SyncSet.EMPTY));
        report("confirmSync of nobody", start);
        done(db3.adapter.sever(SyncSet.NOBODY));
        db2.sql("set synchronous_commit = on; insert into t values (2)");
    }

    @Test
    void aStandbyThatDoesNotAnswerIsNotInForce() {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2").follow(db1, 1);
        SyncSet set = SyncSet.of(1, List.of(db2.id()));
        done(db1.adapter.setSync(set));
        assertInstanceOf(Effect.Noted.class, db1.adapter.confirmSync(set));
        List<ProcessTable.Entry> frozen = ProcessTable.workingIn(db2.options.data());
        frozen.forEach(p -> Libc.signal(p.pid(), 19));
        assertInstanceOf(Effect.Failed.class, db1.adapter.confirmSync(set));
        done(db1.adapter.setSync(SyncSet.EMPTY));
        assertInstanceOf(Effect.Noted.class, db1.adapter.confirmSync(SyncSet.EMPTY));
        frozen.forEach(p -> Libc.signal(p.pid(), 18));
    }

    @Test
    void aCrashedPrimaryStartedAsAStandbyShowsTheTrueEndOfItsWal() {
        Member db1 = rig.member("db1").bootstrap();
        done(db1.adapter.checkpoint());
        db1.sql("create table t (id int); insert into t select generate_series(1, 50000)");
        // The end of a record: what has been flushed may end within one, which replay leaves out.
        Lsn end = Lsn.parse(db1.sql("select pg_logical_emit_message(true, 'end', '')"));
        db1.crash();
        LocalPostgres.Stopped stopped = db1.stopped();
        assertFalse(stopped.clean());
        assertTrue(end.isAfter(stopped.checkpoint()));
        done(db1.adapter.startStandby());
        eventually(() -> db1.adapter.read() instanceof LocalPostgres.Standby s && s.atEndOfWal());
        Lsn flushed = db1.standby().flushed();
        assertFalse(end.isAfter(flushed), () -> flushed + " is before " + end);
        // What comes after it: the commit, and at most what PostgreSQL writes by itself.
        assertTrue(flushed.minus(end) < 64 * 1024, () -> flushed + " is far after " + end);
        assertEquals(Timeline.of(2, 1), db1.standby().timeline());
        done(db1.adapter.stopClean());
        assertTrue(db1.stopped().clean());
    }

    @Test
    void rewindsAfterADivergenceWhileThePrimaryIsWritten() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2").follow(db1, 1);
        db1.sql("create table t (id int); insert into t select generate_series(1, 1000)");
        eventually(() -> db2.standby().flushed().equals(db1.primary().flushed()));
        done(db2.adapter.sever(SyncSet.NOBODY));
        db1.sql("insert into t select generate_series(1001, 2000)");
        db1.crash();
        db2.promote(2, SyncSet.EMPTY);
        done(db2.adapter.checkpoint());
        assertTrue(db2.primary().rewindable());
        AtomicBoolean enough = new AtomicBoolean();
        Thread writer = Thread.ofVirtual().start(() -> {
            while (!enough.get()) {
                db2.sql("insert into t select generate_series(1, 2000)");
            }
        });
        try {
            assertInstanceOf(Effect.Failed.class, db1.adapter.rewind(db2.name, new Incarnation("early"), db2.book()));
            assertInstanceOf(LocalPostgres.Stopped.class, db1.adapter.read());
            done(db1.adapter.startStandby());
            eventually(() -> db1.adapter.read() instanceof LocalPostgres.Standby s && s.atEndOfWal());
            done(db1.adapter.stopClean());
            long start = System.nanoTime();
            done(db1.adapter.rewind(db2.name, db1.nextLife(), db2.book()));
            report("rewind", start);
            assertEquals(db1.life(), db1.stopped().directory().incarnation());
            done(db1.adapter.startStandby());
            eventually(() -> db1.adapter.read() instanceof LocalPostgres.Standby s && s.atEndOfWal());
            assertTrue(db1.standby().isSevered());
            assertEquals(SyncSet.NOBODY, db1.standby().sync());
            db1.connect(db2, 2);
        } finally {
            enough.set(true);
            writer.join();
        }
        eventually(() -> db1.standby().replayed().equals(db2.primary().flushed()));
        assertEquals(db2.sql("select count(*)::text from t"), db1.sql("select count(*)::text from t"));
        assertEquals(Timeline.of(3, 2), db1.standby().timeline());
    }

    @Test
    void clonesAgainKeepsTheOldDirectoryAsideAndTablespacesApart() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        Path space = rig.base.resolve("db1/space");
        new DurableFiles(PostgresRig.ROOT ? "postgres" : null).makeDirectory(space);
        db1.sql("create tablespace s location '" + space + "'");
        db1.sql("create table t (id int) tablespace s; insert into t values (1)");
        Member db2 = rig.member("db2").follow(db1, 1);
        assertEquals("1", db2.sql("select count(*)::text from t"));
        done(db2.adapter.stopNow("the test says so"));
        db2.follow(db1, 1);
        db1.sql("insert into t values (2)");
        eventually(() -> db2.sql("select count(*)::text from t").equals("2"));
        assertEquals(2, db2.adapter.deleteOld().size());
        assertEquals("2", db2.sql("select count(*)::text from t"));
    }

    @Test
    void neverTouchesWhatIsNotItsOwn() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        done(db1.adapter.stopClean());
        Path record = db1.options.state().resolve("postgres.json");
        String kept = Files.readString(record);

        Files.delete(record);
        assertForeign(db1, "HF-3013");
        assertInstanceOf(Effect.Failed.class, db1.adapter.initdb(db1.nextLife()));
        assertInstanceOf(Effect.Failed.class, db1.adapter.clone(db1.name, db1.nextLife(), Identity.parse(kept).book()));
        assertInstanceOf(Effect.Failed.class, db1.adapter.startStandby());

        Files.writeString(record, kept.replace(Identity.parse(kept).systemId(), "7000000000000000000"));
        assertForeign(db1, "HF-3017");
        Files.writeString(record, kept.replace("\"db11\"", "\"other\""));
        assertForeign(db1, "HF-3014");
        Files.writeString(record, kept);
        Path version = db1.options.data().resolve("PG_VERSION");
        String right = Files.readString(version);
        Files.writeString(version, "12\n");
        assertForeign(db1, "HF-3016");
        Files.writeString(version, right);
        assertInstanceOf(LocalPostgres.Stopped.class, db1.adapter.read());
    }

    @Test
    void whatAServerLeavesThatLostItsFilesIsNoDirectory() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        db1.crash();
        Path data = db1.options.data();
        DurableFiles.deleteTree(data, false);
        Files.createDirectories(data.resolve("base/5"));
        Files.writeString(data.resolve("base/5/2619_vm"), "");
        assertInstanceOf(LocalPostgres.Absent.class, db1.adapter.read());

        Files.writeString(data.resolve("somebody's.txt"), "");
        assertForeign(db1, "HF-3013");
    }

    @Test
    void anInterruptedCloneIsBrokenAndIsClonedAnew() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        Member db2 = rig.member("db2").follow(db1, 1);
        db2.crash();
        Identity identity = Identity.parse(Files.readString(db2.options.state().resolve("postgres.json")));
        for (Identity.Pending pending : List.of(Identity.Pending.CLONE, Identity.Pending.REWIND,
                Identity.Pending.INITDB)) {
            Files.writeString(db2.options.state().resolve("postgres.json"),
                    Identity.beginning(pending, db2.id().incarnation(), identity.systemId(), identity.book()).toJson());
            assertInstanceOf(LocalPostgres.Broken.class, db2.adapter.read());
            assertInstanceOf(Effect.Failed.class, db2.adapter.startStandby());
        }
        db2.follow(db1, 1);
    }

    @Test
    void anotherAgentAdoptsTheRunningPostgres() {
        Member db1 = rig.member("db1").bootstrap();
        long pid = Objects.requireNonNull(db1.adapter.postmasterPid());
        db1.adapter.close();
        db1.adapter = db1.open();
        assertInstanceOf(LocalPostgres.Primary.class, db1.adapter.read());
        assertEquals(Long.valueOf(pid), db1.adapter.postmasterPid());
        int wakes = db1.wakes.get();
        long start = System.nanoTime();
        Libc.signal(pid, Libc.SIGKILL);
        eventually(() -> db1.wakes.get() > wakes);
        report("death of the postmaster seen", start);
        LocalPostgres after = db1.adapter.read();
        assertTrue(after instanceof LocalPostgres.Silent || after instanceof LocalPostgres.Stopped, after.toString());
        start = System.nanoTime();
        done(db1.adapter.stopNow("its postmaster is gone"));
        report("what is left is gone", start);
        assertInstanceOf(LocalPostgres.Stopped.class, db1.adapter.read());
    }

    @Test
    void processesWithoutTheirDirectoryAreNotAbsent() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        // The checkpoint after the promotion would stop PostgreSQL by itself, once it finds no control file.
        done(db1.adapter.checkpoint());
        DurableFiles.deleteTree(db1.options.data(), true);
        assertInstanceOf(LocalPostgres.Silent.class, db1.adapter.read());
        done(db1.adapter.stopNow("its directory is gone"));
        assertInstanceOf(LocalPostgres.Absent.class, db1.adapter.read());
    }

    @Test
    void aStartThatWasFencedMeanwhileDoesNotHappen() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        done(db1.adapter.stopClean());
        PostgresProcess process = new PostgresProcess(db1.options, new Commands(db1.options), new DurableFiles(null),
                () -> {});
        long before = process.fences();
        assertTrue(process.stopNow(Duration.ZERO));
        assertInstanceOf(PostgresProcess.Started.Died.class, process.start(List.of(), Duration.ofSeconds(5), before));
        assertTrue(process.all().isEmpty());
    }

    @Test
    void undoesForeignValuesOfWhatDecidesSafety() {
        Member db1 = rig.member("db1").bootstrap();
        db1.sql("alter system set synchronous_standby_names = '*'");
        db1.sql("alter system set restart_after_crash = on");
        db1.sql("alter system set work_mem = '5MB'");
        assertNull(db1.primary().sync());
        done(db1.adapter.setSync(SyncSet.EMPTY));
        assertEquals(SyncSet.EMPTY, db1.primary().sync());
        assertEquals("off", db1.sql("select current_setting('restart_after_crash')"));
        assertEquals("5MB", db1.sql("select current_setting('work_mem')"));
    }

    @Test
    void tellsACutRecordFromAWholeOne() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        String here = "select pg_current_wal_insert_lsn()::text";
        Lsn start = Lsn.parse(db1.sql(here));
        db1.sql("select pg_logical_emit_message(false, 'x', repeat('x', 40000))");
        Lsn end = Lsn.parse(db1.sql(here));
        db1.sql("select pg_logical_emit_message(true, 'x', '')");
        WalFiles wal = new WalFiles(db1.options.data());
        assertFalse(wal.isRecordCut(start, end, 1 << 20, 1));
        assertTrue(wal.isRecordCut(start, new Lsn(end.bytes() - 16), 1 << 20, 1));
        assertTrue(wal.isRecordCut(start, start, 1 << 20, 1));
    }

    @Test
    void copiesStreamsAndRewindsByCertificate() throws Exception {
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.crt");
        Member db1 = rig.member("db1", this::withCertificate);
        Member db2 = rig.member("db2", this::withCertificate);
        done(db1.adapter.initdb(db1.nextLife()));
        done(db1.adapter.startStandby());
        db1.promote(1, SyncSet.EMPTY);
        db2.follow(db1, 1);
        assertEquals("true",
                db1.sql("select bool_and(ssl)::text from pg_stat_ssl join pg_stat_replication using (pid)"));
        done(db2.adapter.sever(SyncSet.NOBODY));
        db1.sql("create table t (id int)");
        done(db1.adapter.stopClean());
        db2.promote(2, SyncSet.EMPTY);
        done(db2.adapter.checkpoint());
        done(db1.adapter.rewind(db2.name, db1.nextLife(), db2.book()));
        done(db1.adapter.startStandby());
        db1.connect(db2, 2);
    }

    private PostgresOptions withCertificate(PostgresOptions o) {
        String name = o.self().value();
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name
                + ".key -out " + name + ".csr");
        run("echo subjectAltName=IP:127.0.0.1 > san; openssl x509 -req -in " + name
                + ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out " + name + ".crt");
        run("chmod 600 *.key; chmod 644 *.crt" + (o.runAs() == null ? "" : "; chown " + o.runAs() + " *.key"));
        Path dir = rig.base;
        return new PostgresOptions(o.self(), o.data(), o.bin(), o.listen(), o.socket(), o.state(), o.hba(),
                o.superuser(),
                o.replication(),
                new PostgresOptions.Tls(dir.resolve("ca.crt"), dir.resolve(name + ".crt"), dir.resolve(name + ".key")),
                o.addresses(), o.initdb(), o.sql(), o.settings(), o.runAs());
    }

    private void run(String command) {
        try {
            Process process = new ProcessBuilder("bash", "-e", "-c", command).directory(rig.base.toFile())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), output);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(command, e);
        }
    }

    @Test
    void worksOnVertxVirtualThreadsToo() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        CompletableFuture<LocalPostgres> read = new CompletableFuture<>();
        AbstractVerticle verticle = new AbstractVerticle() {
            @Override
            public void start() {
                done(db1.adapter.setSync(SyncSet.EMPTY));
                assertInstanceOf(Effect.Noted.class, db1.adapter.confirmSync(SyncSet.EMPTY));
                read.complete(db1.adapter.read());
            }
        };
        rig.vertx.deployVerticle(verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        assertInstanceOf(LocalPostgres.Primary.class, read.get(1, TimeUnit.SECONDS));
    }

    @Test
    void aTimelineKeepsTheEpochThatMadeIt() {
        Member db1 = rig.member("db1").bootstrap();
        assertInstanceOf(Effect.Failed.class, db1.adapter.promote(new Epoch(5), 2, Set.of()));
        assertEquals(Timeline.of(2, 1), db1.primary().timeline());
        done(db1.adapter.promote(new Epoch(1), 2, Set.of()));
    }

    @Test
    void runsTheOperatorsSqlOnceAndSaysWhatFails() throws Exception {
        Path sql = rig.base.resolve("first.sql");
        Files.writeString(sql, "create database app; create role nobody;");
        Member db1 = rig.member("db1", o -> withSql(o, sql));
        done(db1.adapter.initdb(db1.nextLife()));
        done(db1.adapter.startStandby());
        eventually(() -> db1.standby().atEndOfWal());
        assertEquals("1", db1.sql("select count(*)::text from pg_database where datname = 'app'"));

        Files.writeString(sql, "create nonsense;");
        Member db2 = rig.member("db2", o -> withSql(o, sql));
        Effect.Failed failed = assertInstanceOf(Effect.Failed.class, db2.adapter.initdb(db2.nextLife()));
        assertTrue(failed.why().startsWith("HF-3028 ") && failed.why().contains("nonsense"), failed.why());
        assertInstanceOf(LocalPostgres.Broken.class, db2.adapter.read());
        assertNull(db2.adapter.postmasterPid());
        Files.writeString(sql, "select 1");
        done(db2.adapter.initdb(db2.nextLife()));
    }

    private static PostgresOptions withSql(PostgresOptions o, Path sql) {
        return new PostgresOptions(o.self(), o.data(), o.bin(), o.listen(), o.socket(), o.state(), o.hba(),
                o.superuser(),
                o.replication(), o.tls(), o.addresses(), o.initdb(), sql, o.settings(), o.runAs());
    }

    @Test
    void aStartThatFailsSaysWhy() throws Exception {
        Member db1 = rig.member("db1").bootstrap();
        done(db1.adapter.stopClean());
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), db1.port));
            Effect.Failed failed = assertInstanceOf(Effect.Failed.class, db1.adapter.startPrimary());
            assertTrue(failed.why().startsWith("HF-3031 "), failed.why());
        }
        done(db1.adapter.startPrimary());
    }

    private static void assertForeign(Member member, String code) {
        LocalPostgres.Foreign foreign = assertInstanceOf(LocalPostgres.Foreign.class, member.adapter.read());
        assertTrue(foreign.why().startsWith(code + " "), foreign.why());
    }
}
