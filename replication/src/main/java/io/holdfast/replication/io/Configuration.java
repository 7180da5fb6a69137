package io.holdfast.replication.io;

import io.holdfast.config.ClusterSettings;
import io.holdfast.replication.SharedMemory;
import io.holdfast.replication.Upstream;
import io.holdfast.replication.io.PostgresOptions.Endpoint;
import io.holdfast.replication.io.PostgresOptions.Tls;
import io.holdfast.statesync.Epoch;
import io.holdfast.statesync.MemberId;
import io.holdfast.statesync.MemberName;
import io.holdfast.statesync.SyncSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's configuration files. {@code config_file} is Holdfast's own and includes the user's; what decides safety also
 * stands in {@code postgresql.auto.conf}, because ALTER SYSTEM overrides every include.
 */
final class Configuration {
    private static final String SYNC = "synchronous_standby_names";
    private static final String CONNINFO = "primary_conninfo";
    private static final String SLOT = "primary_slot_name";
    static final String WAL_LEVEL = "wal_level";
    private static final Set<String> CHANGING = Set.of(SYNC, CONNINFO, SLOT);
    private static final MemberName SOMEBODY = new MemberName("unknown");

    /** The first release that can archive by a library instead, which would stand above the command. */
    private static final int ARCHIVES_BY_LIBRARY = 15;
    /** The first release that carries logical slots to standbys (manual, "Replication Slot Synchronization"). */
    private static final int CARRIES_SLOTS = 17;

    private final IntSupplier majorVersion;
    private final PostgresOptions options;
    private final DurableFiles files;

    /**
     * Of a member.
     *
     * @param majorVersion of PostgreSQL's programs
     */
    Configuration(PostgresOptions options, DurableFiles files, IntSupplier majorVersion) {
        this.majorVersion = majorVersion;
        this.options = options;
        this.files = files;
    }

    /** The file that PostgreSQL is started with. */
    Path main() {
        return options.state().resolve("postgresql.conf");
    }

    /**
     * Writes everything but {@code postgresql.auto.conf}.
     *
     * @param sharedMemory what is taken of these parameters, whatever the settings say
     */
    void writeFiles(Map<String, Long> sharedMemory) throws IOException {
        files.write(options.state().resolve("pg_hba.conf"), hba());
        files.write(options.state().resolve("pg_ident.conf"), ident());
        files.write(main(), mainText(sharedMemory));
    }

    /** What decides safety and has a foreign value in {@code postgresql.auto.conf}, or none: ALTER SYSTEM wrote it. */
    Set<String> foreign() throws IOException {
        Map<String, String> found = auto();
        Set<String> names = new TreeSet<>();
        critical().forEach((name, value) -> {
            if (!value.equals(found.get(name))) {
                names.add(name);
            }
        });
        return names;
    }

    /** True when {@link #writeFiles} would write something else than what is there. */
    boolean isChanged(Map<String, Long> sharedMemory) throws IOException {
        return !Files.exists(main()) || !Files.readString(main()).equals(mainText(sharedMemory));
    }

    private String mainText(Map<String, Long> sharedMemory) throws IOException {
        Map<String, Long> wanted = wantedSharedMemory();
        Map<String, String> others = new TreeMap<>();
        sharedMemory.forEach((name, value) -> {
            if (!value.equals(wanted.get(name))) {
                others.put(name, value.toString());
            }
        });
        return "# Holdfast writes this file anew; change cluster.settings.parameters instead ('holdfast config set').\n"
                + "include_if_exists = '"
                + options.data().resolve("postgresql.conf").toString().replace("'", "''") + "'\n"
                + Settings.lines(defaults()) + Settings.lines(options.settings().get().parameters())
                + (others.isEmpty() ? "" : "# For now: a standby must not have less than its primary.\n")
                + Settings.lines(others) + Settings.lines(critical());
    }

    /** What the settings say of the parameters that standby and primary must agree on; then the user's file, then PostgreSQL. */
    Map<String, Long> wantedSharedMemory() throws IOException {
        Path own = options.data().resolve("postgresql.conf");
        Map<String, String> values = new LinkedHashMap<>(
                Files.exists(own) ? Settings.parse(Files.readString(own)) : Map.of());
        values.putAll(defaults());
        values.putAll(options.settings().get().parameters());
        Map<String, Long> wanted = new TreeMap<>();
        SharedMemory.DEFAULTS.forEach((name, value) -> wanted.put(name, number(values.get(name), value)));
        return wanted;
    }

    /** What is no plain number is left to PostgreSQL's own word. */
    private static long number(@Nullable String text, long otherwise) {
        return text != null && text.matches("[0-9]{1,9}") ? Long.parseLong(text) : otherwise;
    }

    /** The parameters that Holdfast sets whatever the settings say. */
    Set<String> owned() {
        Set<String> names = new TreeSet<>(critical().keySet());
        names.remove(WAL_LEVEL);
        names.addAll(CHANGING);
        return names;
    }

    /** A standby's settings that let it receive nothing and, were it promoted by mistake, acknowledge nothing. */
    void writeSevered() throws IOException {
        writeSevered(SyncSet.NOBODY);
    }

    /** Makes a standby receive nothing, and leaves its sync setting. */
    void writeNoUpstream() throws IOException {
        writeAuto(Map.of(CONNINFO, "", SLOT, ""));
    }

    /** Makes a standby receive nothing, and sets who would count if it were promoted. */
    void writeSevered(SyncSet set) throws IOException {
        writeAuto(Map.of(CONNINFO, "", SLOT, "", SYNC, set.toPostgres()));
    }

    void writeSync(SyncSet set) throws IOException {
        writeAuto(Map.of(SYNC, set.toPostgres()));
    }

    void writeUpstream(Upstream upstream, MemberId self) throws IOException {
        writeAuto(Map.of(CONNINFO, streamingFrom(upstream.member(), self), SLOT, upstream.slotOf(options.self()), SYNC,
                SyncSet.NOBODY.toPostgres()));
    }

    /** Undoes foreign values of what decides safety, and leaves Holdfast's own that change. */
    void writeUnchanged() throws IOException {
        writeAuto(Map.of());
    }

    /** The durable sync setting; null when it is not one of Holdfast's. */
    @Nullable
    SyncSet sync() throws IOException {
        return SyncText.parse(auto().getOrDefault(SYNC, ""));
    }

    /**
     * What the durable settings tell a standby to stream from; null: nothing.
     *
     * @param identity what it was last told
     */
    @Nullable
    Upstream upstream(Identity identity) throws IOException {
        Map<String, String> auto = auto();
        String conninfo = auto.getOrDefault(CONNINFO, "");
        if (conninfo.isEmpty()) {
            return null;
        }
        Upstream told = identity.upstream();
        String slot = auto.getOrDefault(SLOT, "");
        boolean ours = told != null && slot.equals(told.slotOf(options.self()))
                && options.addresses().apply(told.member()) != null
                && conninfo.equals(streamingFrom(told.member(), new MemberId(options.self(), identity.incarnation())));
        // Foreign settings name nobody, but they do mean that it is not severed.
        return ours ? told : new Upstream(SOMEBODY, Epoch.NONE);
    }

    /** How to reach another member as the replication role. */
    String conninfo(MemberName from, String applicationName) {
        Endpoint address = options.addresses().apply(from);
        if (address == null) {
            throw new IllegalArgumentException("the address of " + from + " is not known yet");
        }
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("host", address.host());
        parts.put("port", Integer.toString(address.port()));
        parts.put("user", options.replication());
        parts.put("application_name", applicationName);
        parts.put("connect_timeout", "2");
        parts.put("keepalives_idle", "5");
        parts.put("keepalives_interval", "2");
        parts.put("keepalives_count", "3");
        parts.put("tcp_user_timeout", "10000");
        Tls tls = options.tls();
        if (tls == null) {
            parts.put("sslmode", "disable");
        } else {
            parts.put("sslmode", "verify-full");
            parts.put("sslrootcert", tls.ca().toString());
            parts.put("sslcert", tls.cert().toString());
            parts.put("sslkey", tls.key().toString());
        }
        StringBuilder text = new StringBuilder();
        parts.forEach((name, value) -> text.append(text.isEmpty() ? "" : " ")
                .append(name)
                .append("='")
                .append(value.replace("\\", "\\\\").replace("'", "\\'"))
                .append('\''));
        return text.toString();
    }

    private String streamingFrom(MemberName member, MemberId self) {
        // What carries slots logs in to a database; a walreceiver needs none.
        return conninfo(member, self.toString()) + (carriesSlots() ? " dbname='postgres'" : "");
    }

    // ---- the texts

    private boolean carriesSlots() {
        return majorVersion.getAsInt() >= CARRIES_SLOTS;
    }

    /** Where a user's own value is as good. */
    private Map<String, String> defaults() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("max_wal_senders", "16");
        values.put("max_replication_slots", "16");
        values.put("wal_keep_size", "512MB");
        values.put("max_slot_wal_keep_size", "10GB");
        values.put("wal_sender_timeout", "10s");
        values.put("wal_receiver_timeout", "10s");
        values.put("wal_receiver_status_interval", "1s");
        boolean carried = carriesSlots() && options.settings().get().slots().hasLogical();
        values.put("hot_standby_feedback", carried ? "on" : "off");
        if (carried) {
            values.put("sync_replication_slots", "on");
        }
        values.put("password_encryption", "scram-sha-256");
        if (options.archive() != null) {
            // What is written at night is in the archive before the morning.
            values.put("archive_timeout", "60s");
        }
        return values;
    }

    /** What decides safety and changes at a restart only. */
    private Map<String, String> critical() {
        Map<String, String> values = new LinkedHashMap<>();
        String host = options.listen().host();
        values.put("listen_addresses",
                options.listen().isLoopback() || host.equals("*") || host.equals("0.0.0.0")
                        ? host
                        : host + ",localhost");
        values.put("port", Integer.toString(options.listen().port()));
        values.put("unix_socket_directories", options.socket().toString());
        values.put("hba_file", options.state().resolve("pg_hba.conf").toString());
        values.put("ident_file", options.state().resolve("pg_ident.conf").toString());
        values.put("cluster_name", options.self().value());
        values.put(WAL_LEVEL, walLevel());
        values.put("wal_log_hints", "on");
        values.put("full_page_writes", "on");
        values.put("fsync", "on");
        values.put("hot_standby", "on");
        values.put("restart_after_crash", "off");
        archiving(values);
        // Asked during a promotion too, which then waited for the repository.
        values.put("restore_command", "");
        values.put("wal_retrieve_retry_interval", "500ms");
        values.put("recovery_target_timeline", "latest");
        // A left-over recovery target would stop a standby's replay for good.
        for (String target : List.of("", "_name", "_time", "_xid", "_lsn")) {
            values.put("recovery_target" + target, "");
        }
        Tls tls = options.tls();
        if (tls != null) {
            values.put("ssl", "on");
            values.put("ssl_ca_file", tls.ca().toString());
            values.put("ssl_cert_file", tls.cert().toString());
            values.put("ssl_key_file", tls.key().toString());
        }
        return values;
    }

    /**
     * Standbys archive too, not only who is primary (manual, "Continuous Archiving in Standby"). With {@code on} a standby marks as
     * archived whatever it receives, and removes it: what its primary had not archived when it fell, since the repository was away
     * say, would be nowhere. With {@code always} it keeps each segment until the repository has it, whoever has brought it there;
     * so no list of the archive has to be compared with {@code pg_wal} after a promotion, which could find too late that something
     * is missing. It costs every standby a look at each segment that its primary has archived before.
     */
    private void archiving(Map<String, String> values) {
        PostgresOptions.Archive archive = options.archive();
        values.put("archive_mode", archive == null ? "off" : "always");
        values.put("archive_command", archive == null ? "" : archive.command());
        if (majorVersion.getAsInt() >= ARCHIVES_BY_LIBRARY) {
            values.put("archive_library", "");
        }
    }

    private String walLevel() {
        ClusterSettings settings = options.settings().get();
        boolean logical = settings.slots().hasLogical()
                || settings.parameters().getOrDefault(WAL_LEVEL, "").equals("logical");
        return logical ? "logical" : "replica";
    }

    private String hba() {
        String superuser = quoted(options.superuser().user());
        String replication = quoted(options.replication());
        StringBuilder text = new StringBuilder(
                "# Holdfast writes this file anew at every start; add lines under postgresql.hba.\n");
        text.append("local all ")
                .append(superuser)
                .append(options.superuser().password() == null ? " peer map=holdfast_local\n" : " scram-sha-256\n");
        for (String database : List.of("replication", "postgres")) {
            if (options.tls() != null) {
                text.append("hostssl ")
                        .append(database)
                        .append(' ')
                        .append(replication)
                        .append(" all cert map=holdfast_members\n");
            } else {
                text.append("host ").append(database).append(' ').append(replication).append(" 127.0.0.0/8 trust\n");
                text.append("host ").append(database).append(' ').append(replication).append(" ::1/128 trust\n");
            }
        }
        options.hba().forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    private String ident() {
        Set<String> users = new TreeSet<>();
        users.add(System.getProperty("user.name"));
        String owner = options.runAs();
        if (owner != null) {
            users.add(owner);
        }
        StringBuilder text = new StringBuilder("# Holdfast writes this file anew at every start.\n");
        users.forEach(user -> text.append("holdfast_local ")
                .append(quoted(user))
                .append(' ')
                .append(quoted(options.superuser().user()))
                .append('\n'));
        // Whoever has a certificate of the cluster's own authority is a member.
        text.append("holdfast_members /^.*$ ").append(quoted(options.replication())).append('\n');
        return text.toString();
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    // ---- postgresql.auto.conf

    private Path autoFile() {
        return options.data().resolve("postgresql.auto.conf");
    }

    private Map<String, String> auto() throws IOException {
        return Settings.parse(autoText());
    }

    private String autoText() throws IOException {
        return Files.exists(autoFile()) ? Files.readString(autoFile(), StandardCharsets.UTF_8) : "";
    }

    private void writeAuto(Map<String, String> changed) throws IOException {
        String old = autoText();
        Map<String, String> values = critical();
        Map<String, String> before = Settings.parse(old);
        for (String name : new TreeSet<>(CHANGING)) {
            String value = changed.getOrDefault(name,
                    before.getOrDefault(name, name.equals(SYNC) ? SyncSet.NOBODY.toPostgres() : ""));
            values.put(name, value);
        }
        files.write(autoFile(), Settings.without(old, values.keySet()) + Settings.lines(values));
    }
}
