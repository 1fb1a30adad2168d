package io.bosauth;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Releases what an object owns, once: when the object is closed or, if it is forgotten, after it was collected.
 * {@code java.lang.ref.Cleaner} does the same, but requires Android 13.
 *
 * <p>A thread waits for collected objects while there are objects to be released. It would otherwise keep the class
 * loader of the library from being collected.
 */
final class Cleanup extends PhantomReference<Object> {
    private static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();
    /** What is not released yet; also the lock. */
    private static final Set<Cleanup> PENDING = new HashSet<>();

    private static @Nullable Thread thread;

    private final Runnable release;

    /**
     * Registers an object.
     *
     * @param release must not reference the object
     */
    Cleanup(Object object, Runnable release) {
        super(object, QUEUE);
        this.release = release;
        synchronized (PENDING) {
            if (thread == null) {
                Thread started = Threads.daemon("bosauth-cleanup", Cleanup::releaseCollected);
                started.start();
                thread = started;
            }
            PENDING.add(this);
        }
    }

    /** Returns how many objects were not released. */
    static int count() {
        synchronized (PENDING) {
            return PENDING.size();
        }
    }

    void run() {
        if (remove()) {
            release.run();
        }
    }

    /** Returns whether it was to be released, and ends the thread after the last one. */
    private boolean remove() {
        synchronized (PENDING) {
            boolean isRemoved = PENDING.remove(this);
            if (PENDING.isEmpty() && thread != null) {
                thread.interrupt();
                thread = null;
            }
            return isRemoved;
        }
    }

    private static boolean isNeeded() {
        synchronized (PENDING) {
            return thread == Thread.currentThread();
        }
    }

    private static void releaseCollected() {
        while (isNeeded()) {
            try {
                ((Cleanup) QUEUE.remove()).run();
            } catch (Throwable e) {
                // Interrupted to end, or an object failed, which must not keep the others from being released.
            }
        }
    }
}
