package io.bosauth;

/**
 * What to do about an error. Each action has a subclass of {@link BosauthException}.
 *
 * <pre>{@code
 * try {
 *     client.collection("users").authWithToken("unbound-token");
 * } catch (BosauthException e) {
 *     System.out.println(e.getMessage() + "; what to do: " + e.action());
 * }
 * }</pre>
 */
public enum Action {
    /** Nothing: the app cancelled the call. See {@link CancelledException}. */
    NONE,
    /** Fix the program: the call is wrong. See {@link FixCallException}. */
    FIX_CALL,
    /** Ask the user for the email, the password or another token. See {@link AskCredentialsException}. */
    ASK_CREDENTIALS,
    /** Continue with a second factor, or restart the login. See {@link SecondFactorException}. */
    SECOND_FACTOR,
    /** Wait for {@link BosauthException#retryAfter()}, then retry. See {@link RetryLaterException}. */
    RETRY_LATER,
    /** Check the network: offline, captive portal, proxy, wrong server. See {@link CheckNetworkException}. */
    CHECK_NETWORK,
    /** Contact the operator of the server. See {@link ContactOperatorException}. */
    CONTACT_OPERATOR,
    /** Report a bug in the library. See {@link ReportBugException}. */
    REPORT_BUG;

    /**
     * Returns the number of the action in the C API.
     *
     * @return the number
     */
    public int code() {
        return ordinal();
    }
}
