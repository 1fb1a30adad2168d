package io.bosauth;

import java.io.Serializable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A call failed. The subclass is what to do, {@link #status()} is the cause. The message is one line in English for
 * logs, without secrets and without strings from the server.
 *
 * <pre>{@code
 * try {
 *     client.collection("users").authWithToken("unbound-token");
 * } catch (AskCredentialsException e) {
 *     System.out.println("Please log in with your password.");
 * } catch (BosauthException e) {
 *     System.err.println(e.getMessage());
 * }
 * }</pre>
 */
public abstract class BosauthException extends Exception {
    private static final long serialVersionUID = 1;

    /** The parts of an error. */
    static final class Details implements Serializable {
        private static final long serialVersionUID = 1;

        final Status status;
        final Action action;
        final int httpStatus;
        final boolean outcomeUnknown;
        final long retryAfterMs;
        final String message;
        final String argument;
        final String serverMessage;
        final String dataJson;
        final String url;
        final String mfaId;
        final byte[] body;

        Details(Status status, Results results) {
            this.status = status;
            action = Action.values()[(int) results.number()];
            httpStatus = (int) results.number();
            outcomeUnknown = results.flag();
            retryAfterMs = results.number();
            message = results.string();
            argument = results.string();
            serverMessage = results.string();
            dataJson = results.string();
            url = results.string();
            mfaId = results.string();
            body = results.bytes();
        }

        String line() {
            return status + ": " + message + (httpStatus == 0 ? "" : " (HTTP " + httpStatus + ")");
        }
    }

    /** What the native library has returned. */
    private final Details details;

    BosauthException(Details details) {
        super(details.line());
        this.details = details;
    }

    /** Returns the exception of a failed call. */
    static BosauthException of(Status status, Results results) {
        return ofAction(new Details(status, results));
    }

    boolean isOfStorage() {
        return details.status == Status.STORE || details.status == Status.STORE_UNAVAILABLE;
    }

    private static BosauthException ofAction(Details details) {
        switch (details.action) {
            case NONE:
                return new CancelledException(details);
            case FIX_CALL:
                return new FixCallException(details);
            case ASK_CREDENTIALS:
                return new AskCredentialsException(details);
            case SECOND_FACTOR:
                return new SecondFactorException(details);
            case RETRY_LATER:
                return new RetryLaterException(details);
            case CHECK_NETWORK:
                return new CheckNetworkException(details);
            case CONTACT_OPERATOR:
                return new ContactOperatorException(details);
            default:
                return new ReportBugException(details);
        }
    }

    private static @Nullable String nullIfEmpty(String string) {
        return string.isEmpty() ? null : string;
    }

    /**
     * Returns the cause.
     *
     * @return the status
     */
    public final Status status() {
        return details.status;
    }

    /**
     * Returns what to do.
     *
     * @return the action
     */
    public final Action action() {
        return details.action;
    }

    /**
     * Returns the HTTP status of the response.
     *
     * @return the HTTP status; 0 if there was no response
     */
    public final int httpStatus() {
        return details.httpStatus;
    }

    /**
     * Returns whether the server may have processed the request even though the call failed. It is true for every 5xx.
     *
     * @return false if the request was not processed
     */
    public final boolean isOutcomeUnknown() {
        return details.outcomeUnknown;
    }

    /**
     * Returns the time to wait before a retry.
     *
     * @return at most one day; zero if there is no need to wait
     */
    public final Duration retryAfter() {
        return Duration.ofMillis(details.retryAfterMs);
    }

    /**
     * Returns the name of the invalid argument as in the C API, such as "email".
     *
     * @return the name; null if no argument was invalid
     */
    public final @Nullable String argument() {
        return nullIfEmpty(details.argument);
    }

    /**
     * Returns the server's message, sanitized for display: at most 512 bytes, with secrets of the call replaced by
     * "***".
     *
     * @return the message; null if the server sent none
     */
    public final @Nullable String serverMessage() {
        return nullIfEmpty(details.serverMessage);
    }

    /**
     * Returns the {@code data} object of the response, which contains the reason for each invalid field. Secrets of the
     * call are replaced by "***".
     *
     * @return JSON; null if the server sent none, "{}" if it is longer than 64 KiB
     */
    public final @Nullable String dataJson() {
        return nullIfEmpty(details.dataJson);
    }

    /**
     * Returns the URL of the request, without query and user info.
     *
     * @return the URL; null if an argument was invalid
     */
    public final @Nullable String url() {
        return nullIfEmpty(details.url);
    }

    /**
     * Returns the id of the MFA login, for {@link CallOptions#mfaId} of the second factor.
     *
     * @return the id; null unless the status is {@link Status#MFA_REQUIRED}
     */
    public final @Nullable String mfaId() {
        return nullIfEmpty(details.mfaId);
    }

    /**
     * Returns the first 64 KiB of the response body, with secrets of the call replaced by "***".
     *
     * @return a copy; empty if there was no response, and for a 2xx response
     */
    public final byte[] body() {
        return details.body.clone();
    }
}
