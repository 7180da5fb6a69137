package io.holdfast.replication.io;

import io.holdfast.testkit.io.OtherVersions;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** Parameters and slots, on PostgreSQL 16. */
@Tag("long")
class KeepingOn16Test extends KeepingTest {
    @Override
    Path bin() {
        return OtherVersions.bin(16);
    }
}
