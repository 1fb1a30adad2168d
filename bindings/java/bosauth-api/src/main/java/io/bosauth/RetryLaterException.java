package io.bosauth;

/**
 * The call may succeed later: wait for {@link #retryAfter()}, then retry.
 *
 * <pre>{@code
 * try {
 *     client.collection("users").authWithPassword("user@example.com", "correct horse 1");
 * } catch (RetryLaterException e) {
 *     Thread.sleep(e.retryAfter().toMillis());
 * }
 * }</pre>
 */
public final class RetryLaterException extends BosauthException {
    private static final long serialVersionUID = 1;

    RetryLaterException(Details details) {
        super(details);
    }
}
