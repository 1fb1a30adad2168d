package io.bosauth;

/**
 * Receives the changes of a client's session. See {@link Client#addListener}.
 *
 * <pre>{@code
 * client.addListener(change -> System.out.println(change.kind() + " " + change.generation()));
 * client.clearSession();
 * }</pre>
 */
@FunctionalInterface
public interface SessionListener {
    /**
     * Is called on a thread that is in a call of the client, usually the one that made the change. It may make any
     * call, and close the client and its own subscription. An exception is passed to the thread's {@link
     * Thread.UncaughtExceptionHandler}; the call is not affected.
     *
     * @param change the change
     */
    void changed(SessionChange change);

    /**
     * Is called when the client is closed, on the thread that closes it, unless the subscription was closed before. A
     * call of {@link #changed} that is in progress on another thread may continue. It is not called for a client that
     * is closed because it is no longer referenced.
     */
    default void closed() {}
}
