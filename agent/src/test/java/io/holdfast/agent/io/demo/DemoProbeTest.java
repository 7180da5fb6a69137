package io.holdfast.agent.io.demo;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class DemoProbeTest {
    private volatile int status = 200;

    @Test
    void isReadyOnlyWhenTheMemberSaysSo() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/readiness", exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        String address = "127.0.0.1:" + server.getAddress().getPort();
        try {
            assertTrue(DemoProbe.isReady(address));
            status = 503;
            assertFalse(DemoProbe.isReady(address));
        } finally {
            server.stop(0);
        }
        assertFalse(DemoProbe.isReady(address));
    }
}
