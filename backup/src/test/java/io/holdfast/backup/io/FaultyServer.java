package io.holdfast.backup.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/** Stands before an HTTP server, and breaks what passes: a connection at a time, as often as it is told. */
final class FaultyServer implements AutoCloseable {
    private static final int PIECE = 16 << 10;

    /** What becomes of a connection. */
    sealed interface Fault {
        /** Answered with a status, without the server. */
        record Answer(int status) implements Fault {}

        /** Cut when so many bytes of the answers have passed. */
        record CutAnswer(long afterBytes) implements Fault {}

        /** Cut when so many bytes of the requests have passed. */
        record CutRequest(long afterBytes) implements Fault {}

        /** Both ways pass so many bytes a second. */
        record Slow(int bytesPerSecond) implements Fault {}

        /** Nothing is ever answered. */
        record Silent() implements Fault {}

        /** The server does what it is asked; when that was a certain request, its answer is lost. */
        record LoseAnswerTo(String request) implements Fault {}

        /** The condition that an object must not be there does not reach the server. */
        record WithoutCondition() implements Fault {}
    }

    private final ServerSocket listening;
    private final URI server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger left = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile Fault fault = new Fault.Silent();

    FaultyServer(URI server) throws IOException {
        this.server = server;
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** Where it listens. */
    URI uri() {
        return URI.create("http://127.0.0.1:" + listening.getLocalPort());
    }

    /** From now on so many connections meet a fault; those that are open are closed first. */
    void inject(Fault next, int times) {
        fault = next;
        left.set(times);
        connections.set(0);
        open.forEach(FaultyServer::close);
    }

    /** No fault any more. */
    void heal() {
        inject(new Fault.Silent(), 0);
    }

    /** How many connections there were since the last fault was told. */
    int connections() {
        return connections.get();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                // Closed: the loop ends.
                continue;
            }
        }
    }

    private void serve(Socket client) {
        connections.incrementAndGet();
        open.add(client);
        try (client) {
            if (left.getAndUpdate(times -> Math.max(0, times - 1)) == 0) {
                pass(client, new Fault.CutAnswer(Long.MAX_VALUE));
                return;
            }
            Fault now = fault;
            switch (now) {
                case Fault.Answer answer -> answer(client, answer.status());
                case Fault.Silent _ -> client.getInputStream().transferTo(OutputStream.nullOutputStream());
                case Fault.CutAnswer _,Fault.CutRequest _,Fault.Slow _,Fault.LoseAnswerTo _,Fault.WithoutCondition _ ->
                    pass(
                            client, now);
            }
        } catch (IOException e) {
            // The client went away, as it may.
            return;
        } finally {
            open.remove(client);
        }
    }

    private void pass(Socket client, Fault met) throws IOException {
        try (Socket behind = new Socket(server.getHost(), server.getPort())) {
            AtomicBoolean asked = new AtomicBoolean();
            long answer = met instanceof Fault.CutAnswer cut ? cut.afterBytes() : Long.MAX_VALUE;
            Thread answers = Thread.ofVirtual().start(() -> {
                pump(behind, client, answer, met, piece -> asked.get() ? new byte[0] : piece);
                close(client);
            });
            if (met instanceof Fault.CutRequest cut) {
                pump(client, behind, cut.afterBytes(), met, piece -> piece);
                close(client);
            } else {
                pump(client, behind, Long.MAX_VALUE, met, piece -> seen(piece, met, asked));
                behind.shutdownOutput();
                answers.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Passes what comes, piece by piece, until a piece becomes empty on the way. */
    private static void pump(Socket from, Socket to, long most, Fault met, UnaryOperator<byte[]> change) {
        int bytesPerSecond = met instanceof Fault.Slow slow ? slow.bytesPerSecond() : Integer.MAX_VALUE;
        byte[] buffer = new byte[Math.min(PIECE, bytesPerSecond)];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (long passed = 0; passed < most;) {
                int count = in.read(buffer, 0, (int) Math.min(buffer.length, most - passed));
                byte[] piece = count < 0 ? new byte[0] : change.apply(Arrays.copyOf(buffer, count));
                if (piece.length == 0) {
                    return;
                }
                out.write(piece);
                passed += count;
                if (bytesPerSecond < Integer.MAX_VALUE) {
                    LockSupport.parkNanos(1_000_000_000L * count / bytesPerSecond);
                }
            }
        } catch (IOException e) {
            // One of the two went away: the other one is told by closing.
            return;
        }
    }

    /** The head of a request comes in one piece here. */
    private static byte[] seen(byte[] piece, Fault met, AtomicBoolean asked) {
        String text = new String(piece, StandardCharsets.ISO_8859_1);
        if (met instanceof Fault.LoseAnswerTo lose && text.startsWith(lose.request())) {
            asked.set(true);
        }
        return met instanceof Fault.WithoutCondition
                ? text.replace("If-None-Match: *", "X-None-Match: * ").getBytes(StandardCharsets.ISO_8859_1)
                : piece;
    }

    private static void answer(Socket client, int status) throws IOException {
        InputStream in = client.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                return;
            }
            head.write(next);
        }
        client.getOutputStream()
                .write(("HTTP/1.1 " + status + " Fault\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        client.shutdownOutput();
        in.transferTo(OutputStream.nullOutputStream());
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is of no use any more either way.
            return;
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        open.forEach(FaultyServer::close);
    }
}
