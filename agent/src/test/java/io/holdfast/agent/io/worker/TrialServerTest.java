package io.holdfast.agent.io.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class TrialServerTest {
    /** Whoever may ask for a trial names a database of it, and leads psql to no other server. */
    @Test
    void theNameOfADatabaseIsANameWhateverItLooksLike() {
        assertEquals("dbname='orders'", TrialServer.conninfo("orders"));
        assertEquals("dbname='host=10.0.0.9 port=5432'", TrialServer.conninfo("host=10.0.0.9 port=5432"));
        assertEquals("dbname='postgresql://10.0.0.9/x'", TrialServer.conninfo("postgresql://10.0.0.9/x"));
        assertEquals("dbname='x\\' host=\\'10.0.0.9'", TrialServer.conninfo("x' host='10.0.0.9"));
        assertEquals("dbname='x\\\\\\' host=10.0.0.9 y=\\''", TrialServer.conninfo("x\\' host=10.0.0.9 y='"));
    }
}
