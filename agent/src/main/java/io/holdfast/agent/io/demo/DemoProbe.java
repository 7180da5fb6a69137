package io.holdfast.agent.io.demo;

import io.holdfast.config.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Asks a member's health port, as a load balancer would. */
final class DemoProbe {
    private static final int PATIENCE_MILLIS = 1000;

    private DemoProbe() {}

    /** True when the member answers 200 to {@code /readiness}. */
    static boolean isReady(String health) {
        HostPort at = HostPort.parse(health);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(at.host(), at.port()), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write("GET /readiness HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String status = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            return status.startsWith("HTTP/1.") && status.endsWith(" 200");
        } catch (IOException e) {
            return false; // It is not up yet.
        }
    }
}
