package io.bosauth;

import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The functions that {@code bosauth_jni.c} calls. None of them throws.
 *
 * <p>Native code knows a storage or listener by its number. The map references it weakly, so that a forgotten client is
 * collected although its listener references it. The client references it strongly.
 */
final class Callbacks {
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final ConcurrentMap<Integer, WeakReference<Object>> OBJECTS = new ConcurrentHashMap<>();

    private Callbacks() {}

    /** A storage, and why its last call failed. */
    static final class Storage {
        private final SessionStorage storage;
        private volatile @Nullable Throwable failure;

        Storage(SessionStorage storage) {
            this.storage = storage;
        }

        @Nullable Throwable failure() {
            return failure;
        }

        private Status failed(Throwable thrown) {
            failure = thrown;
            if (thrown instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            return thrown instanceof StorageUnavailableException ? Status.STORE_UNAVAILABLE : Status.STORE;
        }
    }

    /** Returns the number for an object until native code releases it. */
    static int register(Object object) {
        int number;
        do {
            number = NEXT.incrementAndGet();
        } while (OBJECTS.putIfAbsent(number, new WeakReference<>(object)) != null);
        return number;
    }

    /** Returns how many objects native code has not released. */
    static int count() {
        return OBJECTS.size();
    }

    private static @Nullable Object object(int number) {
        WeakReference<Object> reference = OBJECTS.get(number);
        return reference == null ? null : reference.get();
    }

    static void release(int number) {
        OBJECTS.remove(number);
    }

    /** A wait is interruptible, but the interrupt remains set: the methods do not throw InterruptedException. */
    static int isInterrupted() {
        return Thread.currentThread().isInterrupted() ? 1 : 0;
    }

    /** Returns the status and, if it is OK, the session. */
    static byte[] load(int number) {
        Storage storage = (Storage) object(number);
        if (storage == null) {
            return status(Status.STORE).array();
        }
        try {
            String session = storage.storage.load();
            storage.failure = null;
            return session == null ? status(Status.OK).bytes(null).array() : withStatus(session);
        } catch (Throwable e) {
            return status(storage.failed(e)).array();
        }
    }

    private static Arguments status(Status status) {
        return new Arguments().number(status.code());
    }

    private static byte[] withStatus(String session) {
        try {
            return status(Status.OK).string("session", session).array();
        } catch (IllegalArgumentException e) {
            // Not what save() has received. Native code reports this as corrupt.
            return status(Status.OK).string("session", "?").array();
        }
    }

    static int save(int number, byte @Nullable [] session) {
        Storage storage = (Storage) object(number);
        if (storage == null) {
            return Status.STORE.code();
        }
        try {
            storage.storage.save(session == null ? null : new String(session, StandardCharsets.UTF_8));
            storage.failure = null;
            return Status.OK.code();
        } catch (Throwable e) {
            return storage.failed(e).code();
        } finally {
            if (session != null) {
                Arrays.fill(session, (byte) 0);
            }
        }
    }

    static void changed(int number, int kind, long generation, byte @Nullable [] session) {
        SessionListener listener = (SessionListener) object(number);
        if (listener == null) {
            return;
        }
        try {
            listener.changed(new SessionChange(ChangeKind.of(kind), generation, read(session)));
        } catch (Throwable e) {
            report(e);
        }
    }

    /** Is called by the client, not by native code. */
    static void closed(SessionListener listener) {
        try {
            listener.closed();
        } catch (Throwable e) {
            report(e);
        }
    }

    private static @Nullable Session read(byte @Nullable [] session) {
        if (session == null) {
            return null;
        }
        try {
            return new Session(new Results(session));
        } finally {
            Arrays.fill(session, (byte) 0);
        }
    }

    private static void report(Throwable thrown) {
        Thread thread = Thread.currentThread();
        try {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
        } catch (Throwable e) {
            // As the JVM does with what an UncaughtExceptionHandler throws.
        }
    }
}
