package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A server that reads requests and does not respond. */
final class SilentServer implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final Semaphore requests = new Semaphore(0);

    SilentServer() throws IOException {
        start(this::accept);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                start(() -> read(socket));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void read(Socket socket) {
        try {
            if (socket.getInputStream().read() >= 0) {
                requests.release();
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    /** Returns a client whose calls do not end within the time of a test. */
    Client client() throws BosauthException {
        String url = "http://127.0.0.1:" + listener.getLocalPort();
        return Client.builder(url).timeout(java.time.Duration.ofHours(1)).build();
    }

    void awaitRequests(int count) throws InterruptedException {
        assertTrue(requests.tryAcquire(count, 60, TimeUnit.SECONDS), "no request");
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
