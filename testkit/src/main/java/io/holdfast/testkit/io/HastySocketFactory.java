package io.holdfast.testkit.io;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import javax.net.SocketFactory;

/**
 * Sockets that give up after a number of milliseconds, whatever they are told: pgjdbc counts its connection time-outs in whole
 * seconds, which is longer than the outages that are to be measured.
 */
public final class HastySocketFactory extends SocketFactory {
    private final int limitMillis;

    /** For pgjdbc's {@code socketFactoryArg}: the limit for connecting and for every read, in milliseconds, 1 and up. */
    public HastySocketFactory(String limitMillis) {
        this.limitMillis = Integer.parseInt(limitMillis);
    }

    @Override
    public Socket createSocket() {
        return new HastySocket(limitMillis);
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("pgjdbc connects by itself");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException("pgjdbc connects by itself");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException("pgjdbc connects by itself");
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException("pgjdbc connects by itself");
    }

    private static final class HastySocket extends Socket {
        private final int limitMillis;

        HastySocket(int limitMillis) {
            this.limitMillis = limitMillis;
        }

        @Override
        public void connect(SocketAddress endpoint, int timeoutMillis) throws IOException {
            super.connect(endpoint, shorter(timeoutMillis));
            super.setSoTimeout(limitMillis);
        }

        @Override
        public void setSoTimeout(int timeoutMillis) throws SocketException {
            super.setSoTimeout(shorter(timeoutMillis));
        }

        private int shorter(int timeoutMillis) {
            return timeoutMillis <= 0 ? limitMillis : Math.min(timeoutMillis, limitMillis);
        }
    }
}
