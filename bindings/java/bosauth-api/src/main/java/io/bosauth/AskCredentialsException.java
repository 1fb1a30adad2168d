package io.bosauth;

/**
 * The email, password or token was not accepted: ask the user.
 *
 * <pre>{@code
 * try {
 *     client.collection("users").authWithToken("unbound-token");
 * } catch (AskCredentialsException e) {
 *     System.out.println("Please log in with your password.");
 * }
 * }</pre>
 */
public final class AskCredentialsException extends BosauthException {
    private static final long serialVersionUID = 1;

    AskCredentialsException(Details details) {
        super(details);
    }
}
