package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionsTest {
    private static final class MemoryStorage implements SessionStorage {
        volatile String session;
        volatile Exception failure;

        @Override
        public String load() throws Exception {
            check();
            return session;
        }

        @Override
        public void save(String session) throws Exception {
            check();
            this.session = session;
        }

        private void check() throws Exception {
            if (failure != null) {
                throw failure;
            }
        }
    }

    private static Client client(SessionStorage storage) throws BosauthException {
        return Client.builder(Server.url()).sessionStorage(storage).build();
    }

    @Test
    void sessionFileOutlivesTheClient(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("session-\u00e9\ud83d\ude00");
        String token;
        try (Client client = Client.builder(Server.url()).sessionFile(file.toFile()).build()) {
            token = client.collection("users").authWithToken(Server.token(client)).token();
        }
        try (Client client = Client.builder(Server.url()).sessionFile(file.toFile()).build()) {
            assertEquals(token, client.session().token());
            assertEquals(Server.EMAIL, client.authRefresh().field("email"));
            client.clearSession();
        }
        assertFalse(file.toFile().exists());
    }

    @Test
    void storageOutlivesTheClient() throws Exception {
        MemoryStorage storage = new MemoryStorage();
        String token;
        try (Client client = client(storage)) {
            token = client.collection("users").authWithToken(Server.token(client)).token();
        }
        try (Client client = client(storage)) {
            assertEquals(token, client.session().token());
            storage.session = null;
            client.syncSession();
            assertNull(client.session());
        }
    }

    @Test
    void failureOfTheStorageIsTheCause() throws Exception {
        MemoryStorage storage = new MemoryStorage();
        try (Client client = client(storage)) {
            storage.failure = new StorageUnavailableException("locked", null);
            RetryLaterException unavailable = assertThrows(RetryLaterException.class, client::session);
            assertEquals(Status.STORE_UNAVAILABLE, unavailable.status());
            assertSame(storage.failure, unavailable.getCause());

            storage.failure = new IOException("broken");
            FixCallException failed = assertThrows(FixCallException.class, client::session);
            assertEquals(Status.STORE, failed.status());
            assertSame(storage.failure, failed.getCause());

            Session session = client.collection("users").authWithToken(Server.token(client));
            assertEquals(Status.STORE, session.storeStatus());
            storage.failure = null;
            client.syncSession();
            assertEquals(Status.OK, client.session().storeStatus());
        }
    }

    @Test
    void corruptSessionIsKept() throws Exception {
        MemoryStorage storage = new MemoryStorage();
        storage.session = "not a session \ud800";
        try (Client client = client(storage)) {
            BosauthException e = assertThrows(AskCredentialsException.class, client::session);
            assertEquals(Status.STORE_CORRUPT, e.status());
            assertNull(e.getCause());
            assertEquals("not a session \ud800", storage.session);
        }
    }

    /** Neither is read as another session. */
    @Test
    void storedSessionWithLoneSurrogateOrNulIsCorrupt() throws Exception {
        MemoryStorage storage = new MemoryStorage();
        try (Client client = client(storage)) {
            client.saveSession("t", "{\"name\":\"Ann\"}");
        }
        String stored = storage.session;
        for (String name : new String[] {"\ud800", "\0"}) {
            storage.session = stored.replace("Ann", name);
            assertFalse(storage.session.equals(stored));
            try (Client client = client(storage)) {
                BosauthException e = assertThrows(AskCredentialsException.class, client::session);
                assertEquals(Status.STORE_CORRUPT, e.status());
            }
        }
    }

    @Test
    void interruptOfAStorageIsKept() throws Exception {
        MemoryStorage storage = new MemoryStorage();
        storage.failure = new InterruptedException("interrupted");
        try (Client client = client(storage)) {
            assertThrows(FixCallException.class, client::session);
            assertTrue(Thread.interrupted(), "of load()");
            client.saveSession("t", null);
            assertTrue(Thread.interrupted(), "of save()");
        }
    }

    @Test
    void errorsOfTheStorageDoNotReachNativeCode() throws Exception {
        SessionStorage storage = new SessionStorage() {
            @Override
            public String load() {
                throw new StackOverflowError();
            }

            @Override
            public void save(String session) {
                throw new OutOfMemoryError();
            }
        };
        try (Client client = client(storage)) {
            assertEquals(Status.STORE, assertThrows(BosauthException.class, client::session).status());
            client.saveSession("token", null);
            assertEquals(Status.STORE, client.session().storeStatus());
        }
    }

    @Test
    void storageMayUseItsClient() throws Exception {
        AtomicReference<Client> client = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        SessionStorage storage = new SessionStorage() {
            @Override
            public String load() throws Exception {
                seen.add("load " + client.get().session());
                return null;
            }

            @Override
            public void save(String session) throws Exception {
                seen.add("save " + client.get().session().token());
            }
        };
        try (Client own = client(storage)) {
            client.set(own);
            assertNull(own.session());
            own.saveSession("t", null);
        }
        assertEquals(List.of("load null", "save t"), seen);
    }

    @Test
    void listenerReceivesChanges() throws Exception {
        List<String> changes = new ArrayList<>();
        try (Client client = Server.client()) {
            Subscription subscription = client.addListener(change -> {
                Session session = change.session();
                String token = session == null ? null : session.token();
                changes.add(change.kind() + " " + change.generation() + " " + token);
                assertFalse(session != null && change.toString().contains(session.token()));
            });
            client.saveSession("first", null);
            String token = client.collection("users").authWithToken(Server.token(client)).token();
            client.authRefresh();
            client.importSession(client.exportSession());
            client.clearSession();
            subscription.close();
            subscription.close();
            client.saveSession("unseen", null);
            String all = String.join(", ", changes);
            String expected = "SAVE 1 first, LOGIN 2 T, REFRESH 3 T, IMPORT 4 T, CLEAR 5 null";
            assertEquals(expected.replace(" T,", " " + token + ","), all);
        }
    }

    /** All changes are reported in the first call, which must not keep a local reference of each. */
    @Test
    void manyChangesAreReportedInOneCall() throws Exception {
        try (Client client = Server.unused()) {
            client.addListener(change -> {
                try {
                    if (change.generation() < 500) {
                        client.saveSession("t" + change.generation(), null);
                    }
                } catch (BosauthException e) {
                    throw new AssertionError(e);
                }
            });
            client.saveSession("t0", null);
            assertEquals(500, client.generation());
        }
    }

    @Test
    void listenerMayChangeTheSessionAndCloseEverything() throws Exception {
        AtomicReference<Subscription> subscription = new AtomicReference<>();
        List<ChangeKind> changes = new ArrayList<>();
        Client client = Server.client();
        subscription.set(client.addListener(change -> {
            changes.add(change.kind());
            try {
                if (change.kind() == ChangeKind.SAVE) {
                    client.clearSession();
                } else {
                    subscription.get().close();
                    client.close();
                }
            } catch (BosauthException e) {
                throw new AssertionError(e);
            }
        }));
        client.saveSession("t", null);
        assertEquals(List.of(ChangeKind.SAVE, ChangeKind.CLEAR), changes);
        assertThrows(FixCallException.class, client::session);
    }

    @Test
    void exceptionOfAListenerIsReportedToItsThread() throws Exception {
        List<Throwable> reported = new ArrayList<>();
        Error thrown = new StackOverflowError();
        Thread thread = new Thread(() -> {
            Thread.currentThread().setUncaughtExceptionHandler((failed, e) -> {
                reported.add(e);
                throw new IllegalStateException("ignored");
            });
            try (Client client = Server.client()) {
                client.addListener(change -> {
                    throw thrown;
                });
                client.saveSession("t", null);
                reported.add(null);
            } catch (BosauthException e) {
                reported.add(e);
            }
        });
        thread.start();
        thread.join();
        assertEquals(java.util.Arrays.asList(thrown, null), reported);
    }

    private static SessionListener closedListener(List<String> closed, String name) {
        return new SessionListener() {
            @Override
            public void changed(SessionChange change) {
                closed.add(name + " changed");
            }

            @Override
            public void closed() {
                closed.add(name + " closed");
            }
        };
    }

    @Test
    void listenersReceiveTheEndOfTheClientOnce() throws Exception {
        List<String> received = new ArrayList<>();
        List<Throwable> reported = new ArrayList<>();
        Client client = Server.unused();
        client.addListener(closedListener(received, "first"));
        client.addListener(closedListener(received, "removed")).close();
        client.addListener(new SessionListener() {
            @Override
            public void changed(SessionChange change) {}

            @Override
            public void closed() {
                throw new IllegalStateException("reported");
            }
        });
        client.addListener(closedListener(received, "last"));
        client.saveSession("t", null);
        Thread closing = new Thread(client::close);
        closing.setUncaughtExceptionHandler((thread, e) -> reported.add(e));
        closing.start();
        closing.join();
        client.close();
        assertTrue(client.close(java.time.Duration.ofSeconds(1)));
        assertEquals(List.of("first changed", "last changed"), received.subList(0, 2));
        List<String> ends = new ArrayList<>(received.subList(2, received.size()));
        ends.sort(null);
        assertEquals(List.of("first closed", "last closed"), ends);
        assertEquals(1, reported.size());
        assertEquals("reported", reported.get(0).getMessage());
    }

    @Test
    void callbacksAreReleased() throws Exception {
        int before = Callbacks.count();
        Client client = client(new MemoryStorage());
        client.addListener(change -> {});
        client.addListener(change -> {}).close();
        assertEquals(before + 2, Callbacks.count());
        client.close();
        assertEquals(before, Callbacks.count());
        assertThrows(FixCallException.class, () -> client.addListener(change -> {}));
        Client.Builder invalid = Client.builder("ftp://a").sessionStorage(new MemoryStorage());
        assertThrows(FixCallException.class, invalid::build);
        assertEquals(before, Callbacks.count());
        assertTrue(client.close(java.time.Duration.ofSeconds(1)));
    }
}
