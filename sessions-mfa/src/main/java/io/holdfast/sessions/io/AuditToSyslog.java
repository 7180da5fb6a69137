package io.holdfast.sessions.io;

import com.cloudbees.syslog.Facility;
import com.cloudbees.syslog.MessageFormat;
import com.cloudbees.syslog.Severity;
import com.cloudbees.syslog.SyslogMessage;
import com.cloudbees.syslog.sender.AbstractSyslogMessageSender;
import com.cloudbees.syslog.sender.TcpSyslogMessageSender;
import com.cloudbees.syslog.sender.UdpSyslogMessageSender;
import io.holdfast.config.AuditExportConfig;
import io.holdfast.config.AuditExportConfig.Transport;
import io.holdfast.config.io.ClientTls;
import io.holdfast.sessions.AuditRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;

/**
 * Sends records to a server by syslog (RFC 5424): facility log audit, severity notice for what was refused, else informational, the
 * action as message id, the record as JSON. No transport confirms: what a server that dies had taken is lost there.
 */
final class AuditToSyslog implements AuditTarget {
    private static final int CONNECT_MILLIS = 3000;

    private final AuditExportConfig.Syslog config;
    private final String member;
    private final AbstractSyslogMessageSender sender;

    /**
     * To a server; connects when there is something to send.
     *
     * @param member what it is told as the host's name
     */
    AuditToSyslog(AuditExportConfig.Syslog config, String member) throws IOException {
        this.config = config;
        this.member = member;
        this.sender = config.transport() == Transport.UDP ? udp() : tcp();
    }

    private UdpSyslogMessageSender udp() {
        UdpSyslogMessageSender udp = new UdpSyslogMessageSender();
        udp.setSyslogServerHostname(config.server().host());
        udp.setSyslogServerPort(config.server().port());
        udp.setMessageFormat(MessageFormat.RFC_5424);
        return udp;
    }

    private TcpSyslogMessageSender tcp() throws IOException {
        TcpSyslogMessageSender tcp = new TcpSyslogMessageSender();
        tcp.setSyslogServerHostname(config.server().host());
        tcp.setSyslogServerPort(config.server().port());
        tcp.setSocketConnectTimeoutInMillis(CONNECT_MILLIS);
        // The same as RFC 5424, with each message's length before it, and so without a line feed behind it.
        tcp.setMessageFormat(MessageFormat.RFC_5425);
        tcp.setPostfix("");
        if (config.transport() == Transport.TLS) {
            tcp.setSsl(true);
            Path ca = config.ca();
            if (ca != null) {
                tcp.setSSLContext(trusting(ca));
            }
        }
        return tcp;
    }

    private static SSLContext trusting(Path ca) throws IOException {
        try {
            return ClientTls.context(ca, null, null);
        } catch (GeneralSecurityException e) {
            throw new IOException("the authority in " + ca + " cannot be used: " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return "syslog";
    }

    @Override
    public String where() {
        return config.transport().name().toLowerCase(Locale.ROOT) + " " + config.server();
    }

    @Override
    public void take(List<AuditRecord> records) throws IOException {
        for (AuditRecord record : records) {
            sender.sendMessage(new SyslogMessage().withFacility(Facility.AUDIT)
                    .withSeverity(record.entry().allowed() ? Severity.INFORMATIONAL : Severity.NOTICE)
                    .withTimestamp(record.at().toEpochMilli())
                    .withHostname(member)
                    .withAppName("holdfast")
                    .withMsgId(record.entry().action())
                    .withMsg(SessionJson.write(record)));
        }
    }
}
