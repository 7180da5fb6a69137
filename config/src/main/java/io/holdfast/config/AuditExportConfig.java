package io.holdfast.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code sessions.audit}: where an agent's part of the audit log goes besides.
 *
 * @param file lines of JSON are appended to it; null: to none
 * @param syslog a server that takes syslog; null: none
 */
public record AuditExportConfig(@Nullable Path file, @Nullable Syslog syslog) {
    /** It stays where it is. */
    public static final AuditExportConfig NONE = new AuditExportConfig(null, null);

    /**
     * A server that takes syslog (RFC 5424).
     *
     * @param server its address
     * @param transport how it is spoken to
     * @param ca with TLS: the authority of its certificate, PEM; null: those that Java trusts
     */
    public record Syslog(HostPort server, Transport transport, @Nullable Path ca) {}

    /** How a server is spoken to. */
    public enum Transport {
        /** RFC 5426: messages may be lost. */
        UDP,
        /** RFC 6587, with each message's length. */
        TCP,
        /** RFC 5425. */
        TLS
    }
}
