package io.bosauth;

/**
 * A bug in the library. The client stays usable.
 *
 * <pre>{@code
 * try {
 *     client.collection("users").authWithPassword("user@example.com", "correct horse 1");
 * } catch (ReportBugException e) {
 *     System.err.println(e);
 * }
 * }</pre>
 */
public final class ReportBugException extends BosauthException {
    private static final long serialVersionUID = 1;

    ReportBugException(Details details) {
        super(details);
    }
}
