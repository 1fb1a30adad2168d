package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** What is left after calls, and after clients that were not closed. */
class LifetimesTest {
    /** Returns how many JNI global references exist. */
    private static int globalReferences() throws Exception {
        ObjectName commands = new ObjectName("com.sun.management:type=DiagnosticCommand");
        Object[] arguments = {new String[0]};
        String[] signature = {String[].class.getName()};
        Object threads =
                ManagementFactory.getPlatformMBeanServer().invoke(commands, "threadPrint", arguments, signature);
        Matcher found = Pattern.compile("JNI global refs: (\\d+)").matcher((String) threads);
        assertTrue(found.find());
        return Integer.parseInt(found.group(1));
    }

    private static int openFiles() {
        return new File("/proc/self/fd").list().length;
    }

    /** Collects garbage until the condition holds. */
    static void collectUntil(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "not collected");
            System.gc();
            Thread.sleep(10);
        }
    }

    private static void round(Client client, String token) throws BosauthException {
        client.collection("users").authWithToken(token);
        assertThrows(AskCredentialsException.class, () -> client.collection("users").authWithToken("unbound"));
        assertThrows(FixCallException.class, () -> client.collection("").authWithToken("t"));
        assertThrows(IllegalArgumentException.class, () -> client.collection("users").authWithToken("\0"));
        client.send("GET", "/api/health").status();
        client.clearSession();
    }

    @Test
    void tenThousandCallsLeaveNothing() throws Exception {
        try (Client client = Server.client()) {
            String token = Server.token(client);
            client.addListener(change -> {
                if (change.kind() == ChangeKind.CLEAR) {
                    throw new IllegalStateException("thrown by a listener");
                }
            });
            Thread.currentThread().setUncaughtExceptionHandler((thread, e) -> {});
            round(client, token);
            collectUntil(() -> Cleanup.count() == 1);
            int references = globalReferences();
            int callbacks = Callbacks.count();
            int files = openFiles();
            for (int i = 1; i < 2000; i++) {
                round(client, token);
                if (i % 500 == 0) {
                    System.gc();
                }
            }
            collectUntil(() -> Cleanup.count() == 1);
            assertEquals(callbacks, Callbacks.count());
            assertTrue(globalReferences() <= references, "JNI global references");
            assertTrue(openFiles() <= files + 3, "open files");
        } finally {
            Thread.currentThread().setUncaughtExceptionHandler(null);
        }
        collectUntil(() -> Cleanup.count() == 0);
    }

    /** Its listener references the client, as that of an app does. */
    private static void forgetClient() throws BosauthException {
        Client client = Server.client();
        client.addListener(change -> client.toString());
        client.send("GET", "/api/health");
        new Cancel();
    }

    @Test
    void forgottenClientsAreClosed() throws Exception {
        collectUntil(() -> Cleanup.count() == 0);
        int before = openFiles();
        int callbacks = Callbacks.count();
        for (int i = 0; i < 50; i++) {
            forgetClient();
        }
        collectUntil(() -> Cleanup.count() == 0);
        collectUntil(() -> openFiles() <= before + 3);
        collectUntil(() -> Callbacks.count() == callbacks);
    }

    @Test
    void failedReleaseDoesNotKeepOthers() throws Exception {
        collectUntil(() -> Cleanup.count() == 0);
        for (int i = 0; i < 3; i++) {
            new Cleanup(new Object(), () -> {
                throw new StackOverflowError();
            });
        }
        collectUntil(() -> Cleanup.count() == 0);
    }

    @Test
    void threadEndsWithTheLastClient() throws Exception {
        collectUntil(() -> cleanupThreads() == 0);
        try (Client client = Server.unused()) {
            assertNull(client.session());
            assertEquals(1, cleanupThreads());
        }
        collectUntil(() -> cleanupThreads() == 0);
    }

    private static long cleanupThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("bosauth-cleanup"))
                .count();
    }

    /** As in an application server, where a class loader of an app is to be collected after the app. */
    @Test
    void threadsDoNotReferenceTheClassLoaderOfTheirCreator() {
        Thread current = Thread.currentThread();
        ClassLoader before = current.getContextClassLoader();
        current.setContextClassLoader(new URLClassLoader(new URL[0]));
        try {
            Thread thread = Threads.daemon("name", () -> {});
            assertSame(Client.class.getClassLoader(), thread.getContextClassLoader());
            assertTrue(thread.isDaemon());
        } finally {
            current.setContextClassLoader(before);
        }
    }

    /** The only references to the client are those of the calls. */
    @Test
    void clientIsNotClosedDuringACall() throws Exception {
        try (SilentServer server = new SilentServer()) {
            CallOptions options = new CallOptions().timeout(java.time.Duration.ofMillis(500));
            Thread[] threads = new Thread[4];
            BosauthException[] errors = new BosauthException[threads.length];
            for (int i = 0; i < threads.length; i++) {
                int at = i;
                threads[i] = new Thread(() -> {
                    for (int n = 0; n < 3; n++) {
                        errors[at] = assertThrows(
                                BosauthException.class,
                                () -> server.client().collection("users").authWithToken("t", options));
                    }
                });
                threads[i].start();
            }
            for (Thread thread : threads) {
                while (thread.isAlive()) {
                    System.gc();
                    thread.join(20);
                }
            }
            for (BosauthException error : errors) {
                assertEquals(Status.TIMEOUT, error.status());
            }
        }
    }
}
