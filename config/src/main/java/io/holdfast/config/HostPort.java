package io.holdfast.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where something listens.
 *
 * @param host a name or an address; an IPv6 address without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9a-fA-F:.]+)]|([^\\[\\]:\\s]+)):([0-9]{1,5})");

    /** Throws IllegalArgumentException when the host is empty or the port out of range. */
    public HostPort {
        if (host.isEmpty() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException("not host:port: '" + host + ":" + port + "'");
        }
    }

    /** Reads {@code host:port} or {@code [ipv6]:port}; empty when the form is wrong. */
    public static Optional<HostPort> read(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int port = Integer.parseInt(matcher.group(3));
        if (port < 1 || port > 65_535) {
            return Optional.empty();
        }
        return Optional.of(new HostPort(matcher.group(1) == null ? matcher.group(2) : matcher.group(1), port));
    }

    /** Reads {@code host:port}; throws IllegalArgumentException when the form is wrong. */
    public static HostPort parse(String text) {
        return read(text).orElseThrow(() -> new IllegalArgumentException("not host:port: '" + text + "'"));
    }

    /** True for the address that means all addresses of the host. */
    public boolean isWildcard() {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    /** {@code host:port}, an IPv6 host in brackets. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
