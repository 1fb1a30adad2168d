package io.bosauth;

/**
 * The call is wrong: fix the program. {@link #argument()} returns the name of the invalid argument.
 *
 * <pre>{@code
 * try {
 *     client.collection("").authWithToken("my-own-token");
 * } catch (FixCallException e) {
 *     System.out.println(e.argument()); // collection
 * }
 * }</pre>
 */
public final class FixCallException extends BosauthException {
    private static final long serialVersionUID = 1;

    FixCallException(Details details) {
        super(details);
    }
}
