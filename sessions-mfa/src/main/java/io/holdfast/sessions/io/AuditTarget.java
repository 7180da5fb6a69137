package io.holdfast.sessions.io;

import io.holdfast.sessions.AuditRecord;
import java.io.IOException;
import java.util.List;

/** Where records of the audit log go besides. */
interface AuditTarget {
    /** Its name, one of a kind on an agent. */
    String name();

    /** Where it is, for people. */
    String where();

    /** Hands records over, in order; when it throws, all of them are handed over again. */
    void take(List<AuditRecord> records) throws IOException;
}
