package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CancellationTest {
    private SilentServer server;
    private Client client;
    private AuthCollection users;

    @BeforeEach
    void start() throws Exception {
        server = new SilentServer();
        client = server.client();
        users = client.collection("users");
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        server.close();
    }

    /** A call on a thread of its own, which returns its exception and whether the thread was interrupted then. */
    private static final class Blocked {
        private final FutureTask<BosauthException> result;
        final Thread thread;
        volatile boolean wasInterrupted;

        Blocked(org.junit.jupiter.api.function.Executable call) {
            result = new FutureTask<>(() -> {
                BosauthException e = assertThrows(BosauthException.class, call);
                wasInterrupted = Thread.currentThread().isInterrupted();
                return e;
            });
            thread = new Thread(result);
            thread.start();
        }

        void assertCancelled() throws Exception {
            BosauthException e = result.get(60, TimeUnit.SECONDS);
            assertInstanceOf(CancelledException.class, e);
            assertEquals(Status.CANCELLED, e.status());
        }
    }

    @Test
    void cancelStopsBlockingCalls() throws Exception {
        Cancel cancel = new Cancel();
        Blocked one = new Blocked(() -> users.authWithToken("t", new CallOptions().cancel(cancel)));
        Blocked two = new Blocked(() -> client.send("GET", "/a", null, new CallOptions().cancel(cancel)));
        server.awaitRequests(2);
        assertFalse(cancel.isTriggered());
        cancel.trigger();
        one.assertCancelled();
        two.assertCancelled();
        assertTrue(cancel.isTriggered());
    }

    @Test
    void interruptStopsABlockingCall() throws Exception {
        Blocked call = new Blocked(() -> users.authWithToken("t"));
        server.awaitRequests(1);
        call.thread.interrupt();
        call.assertCancelled();
        assertTrue(call.wasInterrupted, "the thread remains interrupted");
    }

    @Test
    void closeStopsCallsOfOtherThreads() throws Exception {
        Blocked one = new Blocked(() -> users.authWithToken("t"));
        Blocked two = new Blocked(() -> users.requestOtp("e"));
        server.awaitRequests(2);
        client.close();
        one.assertCancelled();
        two.assertCancelled();
    }

    @Test
    void closeWaitsForCalls() throws Exception {
        CompletableFuture<Session> login = users.authWithTokenAsync("t");
        server.awaitRequests(1);
        assertTrue(client.close(Duration.ofMinutes(1)));
        ExecutionException e = assertThrows(ExecutionException.class, () -> login.get(60, TimeUnit.SECONDS));
        assertInstanceOf(CancelledException.class, e.getCause());
    }

    @Test
    void cancelledFutureStopsItsCall() throws Exception {
        CompletableFuture<Session> login = users.authWithTokenAsync("t");
        server.awaitRequests(1);
        assertTrue(login.cancel(false));
        assertThrows(CancellationException.class, login::join);
        awaitIdleThreads();
    }

    @Test
    void futureThatTimesOutStopsItsCall() throws Exception {
        CompletableFuture<Session> login = users.authWithTokenAsync("t").orTimeout(1, TimeUnit.MILLISECONDS);
        ExecutionException e = assertThrows(ExecutionException.class, () -> login.get(60, TimeUnit.SECONDS));
        assertInstanceOf(TimeoutException.class, e.getCause());
        awaitIdleThreads();
    }

    @Test
    void cancelledFutureSendsNothing() throws Exception {
        try (Client other = Server.client()) {
            String token = Server.token(other);
            for (int i = 0; i < 200; i++) {
                other.collection("users").authWithTokenAsync(token).cancel(true);
            }
            awaitIdleThreads();
            other.collection("users").authWithToken(token);
        }
    }

    /** Waits until no thread of the library is in a native call. */
    private static void awaitIdleThreads() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (inNativeCall()) {
            assertTrue(System.nanoTime() < deadline, "a cancelled call is still in progress");
            Thread.sleep(5);
        }
    }

    private static boolean inNativeCall() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(entry -> entry.getKey().getName().equals("bosauth-call"))
                .flatMap(entry -> java.util.Arrays.stream(entry.getValue()))
                .anyMatch(frame -> frame.getClassName().equals("io.bosauth.Request"));
    }

    @Test
    void cancelStopsAsynchronousCalls() throws Exception {
        Cancel cancel = new Cancel();
        CallOptions options = new CallOptions().cancel(cancel);
        CompletableFuture<Session> before = users.authWithTokenAsync("t", options);
        server.awaitRequests(1);
        cancel.trigger();
        CompletableFuture<Session> after = users.authWithTokenAsync("t", options);
        for (CompletableFuture<Session> login : List.of(before, after)) {
            ExecutionException e = assertThrows(ExecutionException.class, () -> login.get(60, TimeUnit.SECONDS));
            assertInstanceOf(CancelledException.class, e.getCause());
        }
    }

    @Test
    void timeoutOfACall() {
        CallOptions options = new CallOptions().timeout(Duration.ofMillis(50));
        BosauthException e = assertThrows(BosauthException.class, () -> users.authWithToken("t", options));
        assertEquals(Status.TIMEOUT, e.status());
        assertTrue(e.isOutcomeUnknown());
    }
}
