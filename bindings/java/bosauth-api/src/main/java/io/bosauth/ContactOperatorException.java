package io.bosauth;

/**
 * The server's rules, login methods or certificate prevent the call: contact its operator.
 *
 * <pre>{@code
 * try {
 *     client.collection("users").authWithPassword("user@example.com", "correct horse 1");
 * } catch (ContactOperatorException e) {
 *     System.out.println("The service is not available: " + e.status());
 * }
 * }</pre>
 */
public final class ContactOperatorException extends BosauthException {
    private static final long serialVersionUID = 1;

    ContactOperatorException(Details details) {
        super(details);
    }
}
