package io.bosauth;

import java.util.HashSet;
import java.util.Set;

/**
 * Cancels calls from other threads. It may be used for any number of calls, clients and threads; once triggered,
 * it stays triggered.
 *
 * <pre>{@code
 * Cancel cancel = new Cancel();
 * Thread button = new Thread(cancel::trigger);
 * button.start();
 * button.join();
 * try {
 *     client.collection("users").authWithToken("my-own-token", new CallOptions().cancel(cancel));
 * } catch (CancelledException e) {
 *     System.out.println("stopped");
 * }
 * }</pre>
 */
public final class Cancel {
    private final long handle;
    /** The handles of asynchronous calls, whose futures cancel them too. */
    private final Set<Long> asynchronous = new HashSet<>();
    private boolean isTriggered;
    private volatile int uses;

    /**
     * Creates a cancel that is not triggered.
     *
     * @throws UnsatisfiedLinkError if the native library cannot be loaded
     */
    public Cancel() {
        Loader.load();
        handle = newHandle();
        long owned = handle;
        new Cleanup(this, () -> Native.cancelFree(owned));
    }

    /** Returns a handle to be freed. */
    static long newHandle() {
        long handle = Native.cancelNew();
        if (handle == 0) {
            throw new IllegalStateException("16777216 cancellation handles exist");
        }
        return handle;
    }

    long handle() {
        return handle;
    }

    /**
     * Cancels all calls that use this cancel. They throw {@link CancelledException}, except those whose response has
     * already been accepted. A call that starts later throws it and sends nothing. This method does not wait for the
     * calls. Triggering again has no effect.
     */
    public synchronized void trigger() {
        isTriggered = true;
        Native.cancelTrigger(handle);
        for (long call : asynchronous) {
            Native.cancelTrigger(call);
        }
        keepReachable();
    }

    /** Adds the handle of an asynchronous call until it has ended. */
    synchronized void add(long call) {
        asynchronous.add(call);
        if (isTriggered) {
            Native.cancelTrigger(call);
        }
    }

    synchronized void remove(long call) {
        asynchronous.remove(call);
    }

    /** Ends a use of the handle: before it, this object is not collected. See {@link Client#keepReachable}. */
    void keepReachable() {
        uses = 1;
    }

    /**
     * Returns whether it was triggered.
     *
     * @return whether it was triggered
     */
    public synchronized boolean isTriggered() {
        return isTriggered;
    }
}
