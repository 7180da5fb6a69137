package io.holdfast.replication.io;

import io.holdfast.testkit.io.OtherVersions;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** Everything that is done to a PostgreSQL, on PostgreSQL 16. */
@Tag("long")
class PostgresAdapterOn16Test extends PostgresAdapterTest {
    @Override
    Path bin() {
        return OtherVersions.bin(16);
    }
}
