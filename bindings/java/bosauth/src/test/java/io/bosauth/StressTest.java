package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;

/** Threads make random calls of the same clients, and cancel, interrupt and close those of each other. */
class StressTest {
    private static final int THREADS = 16;
    private static final int CALLS = 150;
    private static final int CLIENTS = 4;

    private final AtomicReferenceArray<Client> clients = new AtomicReferenceArray<>(CLIENTS);
    private final AtomicReferenceArray<Cancel> cancels = new AtomicReferenceArray<>(CLIENTS);
    private final Thread[] threads = new Thread[THREADS];
    private final List<Throwable> unexpected = new CopyOnWriteArrayList<>();
    private String token;

    private static final class FailingStorage implements SessionStorage {
        private final Random random = new Random();
        private String session;

        private void fail() throws Exception {
            switch (random.nextInt(8)) {
                case 0:
                    throw new StorageUnavailableException("locked", null);
                case 1:
                    throw new InterruptedException();
                case 2:
                    throw new StackOverflowError();
                default:
            }
        }

        @Override
        public String load() throws Exception {
            fail();
            return session;
        }

        @Override
        public void save(String session) throws Exception {
            fail();
            this.session = session;
        }
    }

    private static Client newClient() throws BosauthException {
        Client client = Client.builder(Server.url()).sessionStorage(new FailingStorage()).build();
        Random random = new Random();
        client.addListener(change -> {
            switch (random.nextInt(8)) {
                case 0:
                    Thread.currentThread().setUncaughtExceptionHandler((thread, e) -> {});
                    throw new IllegalStateException("thrown by a listener");
                case 1:
                    client.close();
                    break;
                default:
            }
        });
        return client;
    }

    private Client client(int slot, Random random) throws BosauthException {
        Client client = clients.get(slot);
        if (client != null && random.nextInt(20) > 0) {
            return client;
        }
        Client created = newClient();
        Client replaced = clients.getAndSet(slot, created);
        if (replaced != null && random.nextBoolean()) {
            replaced.close(Duration.ofMillis(1 + random.nextInt(100)));
        }
        return created;
    }

    private void disturb(int slot, Random random) {
        if (random.nextInt(20) == 0) {
            cancels.get(slot).trigger();
            cancels.set(slot, new Cancel());
        }
        if (random.nextInt(20) == 0) {
            threads[random.nextInt(THREADS)].interrupt();
        }
        if (random.nextInt(5) == 0) {
            Thread.interrupted();
        }
    }

    private void finish(CompletableFuture<?> call, Random random) {
        switch (random.nextInt(4)) {
            case 0:
                call.cancel(true);
                break;
            case 1:
                call.orTimeout(random.nextInt(20), TimeUnit.MILLISECONDS);
                break;
            case 2:
                call.join();
                break;
            default:
        }
    }

    private void call(Random random) throws BosauthException {
        int slot = random.nextInt(CLIENTS);
        disturb(slot, random);
        Client client = client(slot, random);
        AuthCollection users = client.collection("users");
        CallOptions options = new CallOptions().cancel(cancels.get(slot));
        switch (random.nextInt(8)) {
            case 0:
                users.authWithToken(token, options);
                break;
            case 1:
                users.authWithToken("unbound");
                break;
            case 2:
                finish(users.authWithTokenAsync(token, options), random);
                break;
            case 3:
                finish(client.sendAsync("GET", "/api/health", null, options), random);
                break;
            case 4:
                client.send("GET", "/api/health").header("content-type");
                break;
            case 5:
                client.clearSession();
                break;
            case 6:
                client.addListener(change -> {});
                break;
            default:
                client.saveSession("t", null);
        }
    }

    private void makeCalls() {
        Random random = new Random();
        for (int i = 0; i < CALLS; i++) {
            try {
                call(random);
            } catch (BosauthException | CompletionException e) {
                // Expected.
            } catch (Throwable e) {
                unexpected.add(e);
            }
        }
    }

    @Test
    void randomCallsEndAndLeaveNothing() throws Exception {
        LifetimesTest.collectUntil(() -> Cleanup.count() == 0);
        int callbacks = Callbacks.count();
        try (Client client = Server.client()) {
            token = Server.token(client);
        }
        for (int i = 0; i < CLIENTS; i++) {
            cancels.set(i, new Cancel());
        }
        for (int i = 0; i < THREADS; i++) {
            threads[i] = new Thread(this::makeCalls);
        }
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join(TimeUnit.MINUTES.toMillis(5));
            assertFalse(thread.isAlive(), "a call hangs");
        }
        for (int i = 0; i < CLIENTS; i++) {
            Client client = clients.getAndSet(i, null);
            assertTrue(client == null || client.close(Duration.ofMinutes(1)));
            cancels.set(i, null);
        }
        assertEquals(List.of(), unexpected);
        LifetimesTest.collectUntil(() -> Cleanup.count() == 0);
        LifetimesTest.collectUntil(() -> Callbacks.count() == callbacks);
    }
}
