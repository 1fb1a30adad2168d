package io.bosauth;

/**
 * A second factor is required: continue with {@link #mfaId()}, or restart the login.
 *
 * <pre>{@code
 * AuthCollection users = client.collection("users");
 * try {
 *     users.authWithPassword("user@example.com", "correct horse 1");
 * } catch (SecondFactorException e) {
 *     if (e.status() != Status.MFA_REQUIRED) {
 *         throw e;
 *     }
 *     users.authWithToken("my-own-token", new CallOptions().mfaId(e.mfaId()));
 * }
 * }</pre>
 */
public final class SecondFactorException extends BosauthException {
    private static final long serialVersionUID = 1;

    SecondFactorException(Details details) {
        super(details);
    }
}
