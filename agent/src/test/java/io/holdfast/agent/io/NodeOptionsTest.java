package io.holdfast.agent.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.holdfast.agent.MemoryAgent;
import io.holdfast.config.HoldfastConfig;
import io.holdfast.config.io.ConfigLoader;
import io.holdfast.replication.io.PostgresOptions;
import io.holdfast.replication.io.PostgresOptions.Endpoint;
import io.holdfast.statesync.MemberName;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeOptionsTest {
    private final MemoryAgent agent = new MemoryAgent();

    @Test
    void comeFromTheConfigurationAndTheMembersOwnRecords() {
        HoldfastConfig config = ConfigLoader.read("""
                cluster: {name: orders, bootstrap: {initdb: [--locale=C.UTF-8], sql: first.sql}}
                member: db1
                listen: {api: 10.0.0.1:8009, health: 10.0.0.1:8008, peer: 10.0.0.1:8010}
                peers: {db1: 10.0.0.1:8010, db2: 10.0.0.2:8010, db3: 10.0.0.3:8010}
                state: state
                tls: {ca: ca.crt, cert: db1.crt, key: db1.key}
                postgresql: {data: data, bin: /usr/lib/postgresql/15/bin, address: 10.0.0.1:5432, hba: ["host all all all trust"]}
                """, Path.of("/srv/hf"), name -> null);
        PostgresOptions options = NodeOptions.of(config, agent::state);
        assertEquals(new MemberName("db1"), options.self());
        assertEquals(Path.of("/srv/hf/data"), options.data());
        assertEquals(Path.of("/srv/hf/state/socket"), options.socket());
        assertEquals(new Endpoint("10.0.0.2", 5432), options.addresses().apply(new MemberName("db2")));
        assertNull(options.addresses().apply(new MemberName("db9")));
        assertEquals(agent.state().settings(), options.settings().get());
        assertEquals("--locale=C.UTF-8", options.initdb().getFirst());
        assertNull(options.superuser().password());
        assertNull(options.archive());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "none", value = {
            "encryption: none | '/srv/hf/state/worker/wal-push' '/srv/hf/state/worker/wal.sock' \"%f\"",
            "recipients: [age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z], wal-identity: wal.key "
                    + "| '/srv/hf/state/worker/wal-push' '/srv/hf/state/worker/wal.sock' \"%f\"",
            "recipients: [age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z] | none"})
    void walIsArchivedWhereThisNodeCanCompareItWithTheArchive(String keys, @Nullable String command) {
        HoldfastConfig config = ConfigLoader.read("""
                cluster: {name: orders}
                member: db1
                state: state
                postgresql: {data: data, bin: /usr/lib/postgresql/15/bin, address: 127.0.0.1:5432}
                backup: {repository: 'file:/srv/backups', %s}
                """.formatted(keys), Path.of("/srv/hf"), name -> null);
        PostgresOptions.Archive archive = NodeOptions.of(config, agent::state).archive();
        assertEquals(command, archive == null ? null : archive.command());
    }
}
