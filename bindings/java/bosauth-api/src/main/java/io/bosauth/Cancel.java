package io.bosauth;

/**
 * Cancels blocking calls from other threads. It may be used for any number of calls, clients and threads; once triggered,
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
    private volatile boolean isTriggered;
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
    public void trigger() {
        isTriggered = true;
        Native.cancelTrigger(handle);
        keepReachable();
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
    public boolean isTriggered() {
        return isTriggered;
    }
}
