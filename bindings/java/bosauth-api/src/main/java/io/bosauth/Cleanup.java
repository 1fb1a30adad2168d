package io.bosauth;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Releases what an object owns, once: when the object is closed or, if it is forgotten, after it was collected.
 * {@code java.lang.ref.Cleaner} does the same, but requires Android 13.
 */
final class Cleanup extends PhantomReference<Object> {
    private static final ReferenceQueue<Object> QUEUE = new ReferenceQueue<>();
    private static final Set<Cleanup> PENDING = Collections.newSetFromMap(new ConcurrentHashMap<>());

    static {
        Thread thread = new Thread(Cleanup::releaseCollected, "bosauth-cleanup");
        thread.setDaemon(true);
        thread.start();
    }

    private final Runnable release;

    /**
     * Registers an object.
     *
     * @param release must not reference the object
     */
    Cleanup(Object object, Runnable release) {
        super(object, QUEUE);
        this.release = release;
        PENDING.add(this);
    }

    /** Returns how many objects were not released. */
    static int count() {
        return PENDING.size();
    }

    void run() {
        if (PENDING.remove(this)) {
            release.run();
        }
    }

    private static void releaseCollected() {
        while (true) {
            try {
                ((Cleanup) QUEUE.remove()).run();
            } catch (InterruptedException | RuntimeException e) {
                // Nobody ends this thread, and one object must not keep the others from being released.
            }
        }
    }
}
