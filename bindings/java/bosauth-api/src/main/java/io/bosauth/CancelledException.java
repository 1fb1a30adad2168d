package io.bosauth;

/**
 * The call was cancelled: the app cancelled it, interrupted its thread, or closed its client.
 *
 * <pre>{@code
 * Cancel cancel = new Cancel();
 * cancel.trigger();
 * try {
 *     client.collection("users").authWithToken("my-own-token", new CallOptions().cancel(cancel));
 * } catch (CancelledException e) {
 *     System.out.println("stopped");
 * }
 * }</pre>
 */
public final class CancelledException extends BosauthException {
    private static final long serialVersionUID = 1;

    CancelledException(Details details) {
        super(details);
    }
}
