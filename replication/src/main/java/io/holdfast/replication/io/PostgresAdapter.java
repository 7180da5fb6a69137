package io.holdfast.replication.io;

import io.holdfast.config.ConfigProblem;
import io.holdfast.config.HoldfastException;
import io.holdfast.config.Problem;
import io.holdfast.replication.Effect;
import io.holdfast.replication.Headroom;
import io.holdfast.replication.LocalPostgres;
import io.holdfast.replication.LocalPostgres.Silent.Phase;
import io.holdfast.replication.Postgres;
import io.holdfast.replication.SharedMemory;
import io.holdfast.replication.Supplies;
import io.holdfast.replication.TimelineBook;
import io.holdfast.replication.Upstream;
import io.holdfast.replication.io.DataDirectory.Finding;
import io.holdfast.replication.io.Identity.Pending;
import io.holdfast.replication.io.PostgresProcess.Started;
import io.holdfast.replication.io.ProcessTable.Entry;
import io.holdfast.statesync.Disk;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.Incarnation;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.Restoring;
import io.holdfast.statesync.SyncSet;
import io.holdfast.statesync.Upkeep;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The real PostgreSQL beside this agent. Its calls come one at a time, but for {@link #stopNow}, which may come at any time. */
public final class PostgresAdapter implements Postgres, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresAdapter.class);
    private static final Duration START = Duration.ofSeconds(3);
    private static final Duration STOP = Duration.ofSeconds(15);
    /** How long clients wait at most for a stop that an operator asked for. */
    private static final Duration HANDOVER = Duration.ofSeconds(5);
    private static final Duration PROMOTE = Duration.ofSeconds(60);
    private static final Duration CHECKPOINT = Duration.ofMinutes(5);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(5);

    private final PostgresOptions options;
    private final DurableFiles files;
    private final Commands commands;
    private final DataDirectory directory;
    private final Configuration configuration;
    private final PostgresProcess process;
    private final Monitor monitor;
    private final Reading reading;
    private final Copies copies;
    private final Restores restores;
    private final Bootstrap bootstrap;
    private final HistoryFiles histories;
    private final InForce inForce;
    private final Keeping keeping;
    private final StorageWatch storage;
    private final HeadroomWatch headroom;
    private final News news;
    private volatile @Nullable Identity lastUsed;
    private volatile Restorer restorer = Restorer.NONE;
    private volatile Copier copier = Copier.NONE;

    /**
     * Makes the state and socket directories; touches nothing else.
     *
     * @param vertx for the connection
     * @param options what to look after
     * @param wake called, on any thread, when PostgreSQL ends or the connection to it is lost; must not block
     * @param progress hears of initdb, clone and rewind
     */
    public PostgresAdapter(Vertx vertx, PostgresOptions options, Runnable wake, Progress progress) {
        this(vertx, options, wake, progress, (type, text, details) -> LOG.info("{}", text));
    }

    /**
     * The same.
     *
     * @param news hears what somebody may ask about later
     */
    public PostgresAdapter(Vertx vertx, PostgresOptions options, Runnable wake, Progress progress, News news) {
        this.options = options.withRealPath();
        files = new DurableFiles(options.runAs());
        commands = new Commands(this.options);
        directory = new DataDirectory(this.options, files);
        configuration = new Configuration(this.options, files, this::majorVersion);
        process = new PostgresProcess(this.options, commands, files, wake);
        monitor = new Monitor(vertx, this.options, wake);
        reading = new Reading(monitor, configuration, this.options.data());
        copies = new Copies(this.options, commands, files, directory, configuration, progress);
        restores = new Restores(this.options, commands, files, directory, configuration);
        bootstrap = new Bootstrap(this.options, commands, files, directory, configuration, process, progress);
        histories = new HistoryFiles(this.options.data(), files);
        inForce = new InForce(monitor, process);
        keeping = new Keeping(this.options, commands, files, configuration, process, monitor, news);
        storage = StorageWatch.start(this.options.data());
        headroom = new HeadroomWatch(monitor);
        this.news = news;
        try {
            files.makeDirectory(options.state());
            files.makeDirectory(options.socket());
        } catch (IOException e) {
            throw new Problem("HF-3029",
                    "cannot make " + options.state() + " or " + options.socket() + ": " + e.getMessage(),
                    "The agent's user must be able to write there.").toException();
        }
    }

    /** 0 for programs that do not say. */
    private int majorVersion() {
        String version = directory.binariesVersion(commands);
        return version.matches("[0-9]{1,4}") ? Integer.parseInt(version) : 0;
    }

    @Override
    public LocalPostgres read() {
        LocalPostgres stuck = withoutStorage();
        if (stuck != null) {
            return stuck;
        }
        try {
            return look();
        } catch (IOException | UncheckedIOException e) {
            return new LocalPostgres.Foreign(
                    new Problem("HF-3030", "the data directory cannot be read: " + e.getMessage(),
                            "Look at the disk and its permissions.").message());
        } catch (HoldfastException e) {
            return new LocalPostgres.Foreign(e.problem().message());
        } catch (RuntimeException e) {
            LOG.error("the reading of PostgreSQL failed", e);
            return new LocalPostgres.Foreign(new Problem("HF-3030", "the data directory cannot be read: " + e,
                    "This is a fault of Holdfast's; the log has more.").message());
        }
    }

    /** What it is while its storage does not answer, told without a look at any file; null when it answers. */
    private @Nullable LocalPostgres withoutStorage() {
        Identity identity = lastUsed;
        long silent = storage.silentMillis();
        if (identity == null || silent < options.settings().get().lease().toMillis()) {
            return null;
        }
        // Without a process there is nothing to stop; it starts once the storage answers.
        return new LocalPostgres.Silent(identity.directory(),
                process.all().isEmpty() ? Phase.STARTING : Phase.HUNG,
                "its data directory does not answer: what was asked of it %d s ago has not ended"
                        .formatted(silent / 1000));
    }

    @Override
    public long storageSilentMillis() {
        return storage.silentMillis();
    }

    /** Looks at what grows in a primary; gives the pause until the next look. */
    public Duration watchHeadroom(LocalPostgres seen) {
        return headroom.turn(seen);
    }

    /** What that look showed; empty when it showed nothing. */
    public Optional<Headroom> headroom() {
        return headroom.last();
    }

    /** Tells what has become of the storage, once for each change. Never touches it. */
    public Disk watchStorage() {
        return storage.tell(options.self(), options.settings().get().lease(), news);
    }

    private LocalPostgres look() throws IOException {
        return switch (directory.look(commands)) {
            case Finding.None none -> withoutDirectory();
            case Finding.Interrupted interrupted -> DataDirectory.broken(interrupted.identity());
            case Finding.NotOurs foreign -> new LocalPostgres.Foreign(foreign.why());
            case Finding.Usable usable -> {
                lastUsed = usable.identity();
                yield look(usable.identity());
            }
        };
    }

    /** Processes can outlive their directory; they must go before another is made. */
    private LocalPostgres withoutDirectory() throws IOException {
        Identity identity = directory.identityOrNull();
        return identity == null || process.all().isEmpty()
                ? new LocalPostgres.Absent()
                : new LocalPostgres.Silent(identity.directory(), Phase.STOPPING,
                        "its data directory is gone, its processes are not");
    }

    private LocalPostgres look(Identity identity) throws IOException {
        Entry postmaster = process.postmaster();
        if (postmaster == null) {
            if (process.all().isEmpty()) {
                return stopped(identity);
            }
            postmaster = process.postmaster();
            if (postmaster == null) {
                return new LocalPostgres.Silent(identity.directory(), Phase.STOPPING,
                        "its postmaster is gone, some of its processes are not");
            }
        }
        String status = process.status();
        if (status.equals("starting")) {
            return new LocalPostgres.Silent(identity.directory(), Phase.STARTING, "it is starting");
        }
        try {
            return reading.read(identity, postmaster);
        } catch (IOException e) {
            return new LocalPostgres.Silent(identity.directory(), Phase.HUNG, "its files cannot be read: " + e);
        } catch (Await.Failure e) {
            boolean stopping = process.status().equals("stopping");
            return new LocalPostgres.Silent(identity.directory(), stopping ? Phase.STOPPING : Phase.HUNG,
                    stopping ? "it is stopping" : String.valueOf(e.getMessage()));
        }
    }

    private LocalPostgres stopped(Identity identity) {
        ControlFile control = ControlFile.read(commands, options.data());
        return control.systemId().equals(identity.systemId())
                ? new LocalPostgres.Stopped(identity.directory(), identity.book().timeline(control.timelineId()),
                        control.checkpoint(), control.clean())
                : new LocalPostgres.Foreign(DataDirectory.otherSystem(control.systemId(), identity.systemId()));
    }

    // ---- from nothing

    @Override
    public Effect initdb(Incarnation incarnation) {
        return effect("initdb", () -> switch (directory.look(commands)) {
            case Finding.None none -> process.all().isEmpty() ? bootstrap.run(incarnation) : stillThere();
            case Finding.Interrupted left when left.identity().pending() == Pending.INITDB -> {
                process.stopNow(Duration.ZERO);
                yield bootstrap.run(incarnation);
            }
            case Finding.Interrupted left when left.identity().pending() == Pending.ADOPTION -> {
                process.stopNow(Duration.ZERO);
                yield directory.isVacant() ? bootstrap.run(incarnation) : bootstrap.goOn(incarnation);
            }
            case Finding.Interrupted other ->
                new Effect.Failed("an interrupted clone or rewind is there, no empty directory");
            case Finding.NotOurs foreign -> new Effect.Failed(foreign.why());
            case Finding.Usable usable -> new Effect.Failed("there is a database already");
        });
    }

    @Override
    public Effect clone(MemberName from, Incarnation incarnation, TimelineBook book) {
        return effect("clone", () -> replace(keepOld -> copies.clone(from, incarnation, book, keepOld)));
    }

    @Override
    public Effect cloneFromBackup(MemberName from, Incarnation incarnation, TimelineBook book) {
        Effect effect = effect("clone from a backup",
                () -> replace(keepOld -> copies.fromBackup(from, incarnation, book, copier)));
        copier.ended(effect instanceof Effect.Failed failed ? failed.why() : "");
        return effect;
    }

    /** Makes another data directory. */
    @FunctionalInterface
    private interface Making {
        /**
         * Makes it.
         *
         * @param keepOld whether the old one could be of use yet
         */
        Effect make(boolean keepOld) throws IOException;
    }

    private Effect replace(Making making) throws IOException {
        return switch (directory.look(commands)) {
            case Finding.NotOurs foreign -> new Effect.Failed(foreign.why());
            case Finding.Interrupted left when left.identity().pending() == Pending.ADOPTION
                    && !directory.isVacant() ->
                new Effect.Failed(new Problem("HF-3073",
                        "the data directory was made of a backup, and another member has made the cluster meanwhile",
                        "It is not deleted; move it away, and this member is cloned.").message());
            case Finding.Interrupted left when left.identity().pending() != Pending.REWIND -> {
                process.stopNow(Duration.ZERO);
                yield making.make(false);
            }
            case Finding.Interrupted rewind -> making.make(true);
            case Finding.None none -> process.all().isEmpty() ? making.make(false) : stillThere();
            case Finding.Usable usable -> process.all().isEmpty() ? making.make(true) : stillThere();
        };
    }

    @Override
    public Effect rewind(MemberName from, Incarnation incarnation, TimelineBook book) {
        return effect("rewind", () -> directory.look(commands) instanceof Finding.Usable
                ? process.all().isEmpty() ? copies.rewind(from, incarnation, book) : stillThere()
                : new Effect.Failed("there is no database to rewind"));
    }

    /** Who brings data from backups, from now on: of the whole cluster, or for a copy of the primary. */
    public void restoresBy(Restorer other, Copier another) {
        restorer = other;
        copier = another;
    }

    /** Gives up a copy of the primary that is being made from the primary; another one can be made then. */
    public void giveUpClone() {
        copies.giveUp();
    }

    @Override
    public Supplies supplies() {
        return new Supplies(restorer.ready(), copier.ready(), missing());
    }

    /** Who has had a data directory makes no other first one, and its storage may hang: that is not touched then. */
    private String missing() {
        Path from = options.from();
        if (from == null || lastUsed != null) {
            return "";
        }
        try {
            Identity identity = directory.identityOrNull();
            boolean taken = identity != null && identity.pending() == Pending.ADOPTION && !directory.isVacant();
            return taken || Files.exists(from)
                    ? ""
                    : "the cluster is made of " + from + ", which is not on this member";
        } catch (IOException | HoldfastException e) {
            return "what is in the data directory cannot be read: " + e.getMessage();
        }
    }

    @Override
    public Effect prepareRestore(Restoring restoring) {
        return effect("prepare the restore", () -> restores.prepare(restoring, restorer));
    }

    @Override
    public Effect restore(Restoring restoring, Incarnation incarnation, int taken) {
        return effect("restore", () -> switch (directory.look(commands)) {
            case Finding.NotOurs foreign -> new Effect.Failed(foreign.why());
            case Finding.Interrupted left -> {
                // The server of a former attempt may still replay.
                process.stopNow(Duration.ZERO);
                yield restores.restore(restoring, incarnation, taken, restorer);
            }
            case Finding.None none ->
                process.all().isEmpty() ? restores.restore(restoring, incarnation, taken, restorer) : stillThere();
            case Finding.Usable usable ->
                process.all().isEmpty() ? restores.restore(restoring, incarnation, taken, restorer) : stillThere();
        });
    }

    /** Deletes the data directories that clones have moved aside; to be called once the new one has streamed. */
    public List<Path> deleteOld() {
        try {
            return directory.deleteOld();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- up and down

    @Override
    public Effect startStandby() {
        return effect("start as a standby", () -> start(true));
    }

    @Override
    public Effect startPrimary() {
        return effect("start as the primary", () -> start(false));
    }

    private Effect start(boolean standby) throws IOException {
        long fences = process.fences();
        if (!(directory.look(commands) instanceof Finding.Usable)) {
            return new Effect.Failed("there is no database to start");
        }
        if (process.postmaster() != null || !process.all().isEmpty()) {
            return stillThere();
        }
        Map<String, Long> had = ControlFile.read(commands, options.data()).sharedMemory();
        Map<String, Long> wanted = configuration.wantedSharedMemory();
        configuration.writeFiles(standby
                ? SharedMemory.ofStandby(wanted, had)
                : SharedMemory.ofPrimary(wanted, had, options.standbys().get()));
        if (standby) {
            Slots.removeFrom(options.data(), false);
            configuration.writeSevered();
            histories.giveBack();
        } else {
            configuration.writeNoUpstream();
        }
        directory.makeStandby(standby);
        Started started = process.start(List.of(), START, fences);
        return switch (started) {
            case Started.Ready ready -> new Effect.Done();
            case Started.Starting starting -> new Effect.Done();
            case Started.Died died ->
                new Effect.Failed(new Problem("HF-3031", "PostgreSQL did not start: " + died.why(),
                        "See " + process.log() + ".").message());
        };
    }

    @Override
    public Effect stopClean() {
        return effect("stop", () -> {
            boolean gone = process.stopFast(STOP);
            monitor.drop();
            return gone
                    ? new Effect.Done()
                    : new Effect.Failed("it was still stopping after " + STOP.toSeconds() + " s");
        });
    }

    @Override
    public Effect stopPrimary() {
        return effect("stop the primary", () -> {
            boolean clean = process.stopFast(HANDOVER);
            boolean gone = clean || process.stopNow(options.settings().get().margin().dividedBy(2));
            monitor.drop();
            return clean
                    ? new Effect.Done()
                    : new Effect.Failed(gone
                            ? "it did not stop within " + HANDOVER.toSeconds() + " s, and was stopped at once"
                            : "some of its processes cannot be killed");
        });
    }

    @Override
    public Effect stopNow(String why) {
        return effect("fence", () -> {
            LOG.info("PostgreSQL is stopped at once: {}", why);
            boolean gone = process.stopNow(options.settings().get().margin().dividedBy(2));
            monitor.drop();
            return gone ? new Effect.Done() : new Effect.Failed("some of its processes cannot be killed");
        });
    }

    // ---- replication

    @Override
    public Effect sever(SyncSet sync) {
        return effect("sever", () -> {
            configuration.writeSevered(sync);
            if (process.postmaster() == null && process.all().isEmpty()) {
                return new Effect.Done();
            }
            return inForce.severed()
                    ? new Effect.Done()
                    : new Effect.Failed("a walreceiver is still there, or the setting has not come through");
        });
    }

    @Override
    public Effect connect(Upstream upstream, TimelineBook book) {
        return effect("connect to " + upstream.member(), () -> {
            Identity identity = directory.identity().with(book).with(upstream);
            directory.write(identity);
            configuration.writeUpstream(upstream, new MemberId(options.self(), identity.incarnation()));
            return process.reload() ? new Effect.Done() : new Effect.Failed("it is not running");
        });
    }

    @Override
    public Effect setSync(SyncSet set) {
        return effect("set the sync set", () -> {
            configuration.writeSync(set);
            if (process.postmaster() == null) {
                return new Effect.Done();
            }
            return inForce.isShown("synchronous_standby_names", set.toPostgres())
                    ? new Effect.Done()
                    : new Effect.Failed("new connections do not show the setting");
        });
    }

    @Override
    public Effect confirmSync(SyncSet set) {
        return effect("confirm the sync set", () -> inForce.confirm(set, CHECKPOINT));
    }

    @Override
    public Effect checkpoint() {
        return effect("checkpoint", () -> {
            try (Monitor.Session session = monitor.open()) {
                session.ask("checkpoint", CHECKPOINT, "checkpoint");
            }
            return new Effect.Done();
        });
    }

    @Override
    public Effect keepSlots(Set<String> wanted) {
        return effect("keep the slots", () -> Slots.keep(monitor, wanted));
    }

    @Override
    public Effect promote(Epoch epoch, int taken, Set<String> slots) {
        Effect promoted = effect("promote", () -> promote(epoch, taken));
        if (promoted instanceof Effect.Done) {
            // What fails here is seen to be missing in the next reading.
            effect("make the slots", () -> Slots.make(monitor, slots));
        }
        return promoted;
    }

    private Effect promote(Epoch epoch, int taken) throws IOException {
        Identity identity = directory.identity();
        histories.take(taken);
        directory.write(identity.with(identity.book().promoting(epoch)));
        // A paused replay would leave the promotion waiting for good.
        monitor.ask("resume replay", ANSWER, "select pg_wal_replay_resume() where pg_is_in_recovery()");
        monitor.ask("promote", ANSWER, "select pg_promote(false) where pg_is_in_recovery()");
        boolean promoted = Await.until(PROMOTE, POLL,
                () -> monitor.text("look", ANSWER, "select pg_is_in_recovery()::text").equals("false"));
        if (!promoted) {
            return new Effect.Failed("it was still in recovery after " + PROMOTE.toSeconds() + " s");
        }
        String file = monitor.text("timeline", ANSWER, "select pg_walfile_name(pg_current_wal_lsn())");
        return promoted(Integer.parseInt(file.substring(0, 8), 16), epoch);
    }

    /** A timeline that has an epoch already was made then, by another promotion, and keeps it. */
    private Effect promoted(int timelineId, Epoch epoch) throws IOException {
        Identity now = directory.identity();
        Epoch made = now.book().epochs().get(timelineId);
        if (made != null) {
            return made.equals(epoch)
                    ? new Effect.Done()
                    : new Effect.Failed("it takes writes already, on timeline " + timelineId + " of epoch " + made);
        }
        directory.write(now.with(now.book().with(timelineId, epoch)));
        return new Effect.Done();
    }

    /**
     * Keeps parameters, WAL and permanent slots as the settings want them; called between turns that have nothing to do, and cheap
     * when nothing changed.
     *
     * @param seen the last reading
     * @param primary what the primary tells of itself, for a standby
     */
    public Upkeep keep(LocalPostgres seen, Upkeep primary) {
        return keeping.turn(seen, primary);
    }

    /** What PostgreSQL's own program says against values of its parameters, as far as one member can tell. */
    public List<ConfigProblem> refusals(Map<String, String> parameters) {
        return new ParameterCheck(options, commands, files).refusals(parameters, configuration.owned());
    }

    /** Makes a running PostgreSQL read its files again, certificates too; false when it does not run. */
    public boolean reload() {
        return process.reload();
    }

    /** Lets go; PostgreSQL runs on and is adopted by the next agent. */
    @Override
    public void close() {
        process.forget();
        storage.close();
        headroom.close();
        monitor.close();
    }

    /** The postmaster's process number; null when there is none. For status and tests. */
    public @Nullable Long postmasterPid() {
        Entry postmaster = process.postmaster();
        return postmaster == null ? null : postmaster.pid();
    }

    private static Effect stillThere() {
        return new Effect.Failed("processes of PostgreSQL are still there");
    }

    /** Something that is done to PostgreSQL. */
    @FunctionalInterface
    private interface Step {
        Effect run() throws IOException;
    }

    private static Effect effect(String name, Step step) {
        try {
            return step.run();
        } catch (HoldfastException e) {
            return new Effect.Failed(e.problem().message());
        } catch (Await.Failure | IOException | UncheckedIOException | IllegalArgumentException e) {
            return new Effect.Failed(name + ": " + e.getMessage());
        }
    }
}
