package io.bosauth;

/**
 * A listener that was added to a client. It is removed when the subscription or the client is closed, not when the
 * subscription is no longer referenced.
 *
 * <pre>{@code
 * try (Subscription subscription = client.addListener(System.out::println)) {
 *     client.collection("users").authWithToken("my-own-token");
 * }
 * }</pre>
 */
public final class Subscription implements AutoCloseable {
    private final Client client;
    private final int number;
    private final long handle;

    Subscription(Client client, int number, long handle) {
        this.client = client;
        this.number = number;
        this.handle = handle;
    }

    /**
     * Removes the listener. No call of it starts any more; one that is in progress on another thread may continue.
     * Closing again has no effect.
     */
    @Override
    public void close() {
        client.removeListener(number, handle);
    }
}
