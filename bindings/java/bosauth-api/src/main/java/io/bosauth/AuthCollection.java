package io.bosauth;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The calls for an auth collection of a client. Secrets may be any CharSequence, such as a {@link Secret}; the copies
 * that a call makes are zeroized.
 *
 * <p>A call blocks its thread until its deadline at the latest. If the thread is interrupted while the call waits, it
 * throws {@link CancelledException} within 200 ms, and the thread remains interrupted. The methods whose names end with
 * Async make the same calls on threads of the library. Their future fails with the {@link BosauthException}; a future
 * that is cancelled, or completed by other means such as {@code orTimeout}, cancels its call. Cancelling a dependent
 * future does not.
 *
 * <pre>{@code
 * AuthCollection users = client.collection("users");
 * users.bindToken("user@example.com", "correct horse 1", "my-own-token");
 * CompletableFuture<Session> login = users.authWithTokenAsync("my-own-token");
 * System.out.println(login.get(10, TimeUnit.SECONDS).field("email"));
 * }</pre>
 */
public final class AuthCollection {
    private final Client client;
    private final String name;

    AuthCollection(Client client, String name) {
        this.client = client;
        this.name = name;
    }

    private Arguments arguments(CallOptions options) {
        Arguments arguments = new Arguments();
        CallOptions.write(options, arguments);
        return arguments.string("collection", name);
    }

    /**
     * Binds a token to an account. From then on, the token alone logs in to the account, like a password: use at least
     * 128 random bits, see {@link Client#generateToken}. If the token is bound to another account of the collection, it
     * moves to this one. The client's session does not change. The call may be retried.
     *
     * <pre>{@code
     * users.bindToken("user@example.com", "correct horse 1", "my-own-token");
     * }</pre>
     *
     * @param email the account's email; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @throws BosauthException {@link Status#CREDENTIALS}, VALIDATION, METHOD_DISABLED or NOT_FOUND, or an error of any
     *     call
     */
    public void bindToken(CharSequence email, CharSequence password, CharSequence token) throws BosauthException {
        bindTokenRequest(email, password, token, CallOptions.NONE).run();
    }

    /**
     * The same as {@link #bindToken(CharSequence, CharSequence, CharSequence)} with options.
     *
     * @param email the account's email; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @param options the options
     * @throws BosauthException {@link Status#CREDENTIALS}, VALIDATION, METHOD_DISABLED or NOT_FOUND, or an error of any
     *     call
     */
    public void bindToken(CharSequence email, CharSequence password, CharSequence token, CallOptions options)
            throws BosauthException {
        bindTokenRequest(email, password, token, options).run();
    }

    /**
     * The same as {@link #bindToken(CharSequence, CharSequence, CharSequence)} on another thread.
     *
     * @param email the account's email; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @return a future of null, which fails with the exception of the call
     */
    public CompletableFuture<@Nullable Void> bindTokenAsync(
            CharSequence email, CharSequence password, CharSequence token) {
        return bindTokenRequest(email, password, token, CallOptions.NONE).start();
    }

    /**
     * The same as {@link #bindToken(CharSequence, CharSequence, CharSequence)} with options on another thread.
     *
     * @param email the account's email; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @param options the options
     * @return a future of null, which fails with the exception of the call
     */
    public CompletableFuture<@Nullable Void> bindTokenAsync(
            CharSequence email, CharSequence password, CharSequence token, CallOptions options) {
        return bindTokenRequest(email, password, token, options).start();
    }

    private Request<@Nullable Void> bindTokenRequest(
            CharSequence email, CharSequence password, CharSequence token, CallOptions options) {
        Arguments arguments =
                arguments(options).string("email", email).string("password", password).string("token", token);
        return new Request<>(client, Native::bindToken, arguments, options, Client::nothing);
    }

    /**
     * Unbinds a token from an account. It also succeeds for a token that was not bound. The call may be retried.
     *
     * <pre>{@code
     * users.unbindToken("user@example.com", "correct horse 1", "my-own-token");
     * }</pre>
     *
     * @param email the account's email; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @throws BosauthException as for {@link #bindToken(CharSequence, CharSequence, CharSequence)}
     */
    public void unbindToken(CharSequence email, CharSequence password, CharSequence token) throws BosauthException {
        unbindTokenRequest(email, password, token, CallOptions.NONE).run();
    }

    /**
     * The same as {@link #unbindToken(CharSequence, CharSequence, CharSequence)} with options.
     *
     * @param email the account's email; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @param options the options
     * @throws BosauthException as for {@link #bindToken(CharSequence, CharSequence, CharSequence)}
     */
    public void unbindToken(CharSequence email, CharSequence password, CharSequence token, CallOptions options)
            throws BosauthException {
        unbindTokenRequest(email, password, token, options).run();
    }

    /**
     * The same as {@link #unbindToken(CharSequence, CharSequence, CharSequence)} on another thread.
     *
     * @param email the account's email; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @return a future of null, which fails with the exception of the call
     */
    public CompletableFuture<@Nullable Void> unbindTokenAsync(
            CharSequence email, CharSequence password, CharSequence token) {
        return unbindTokenRequest(email, password, token, CallOptions.NONE).start();
    }

    /**
     * The same as {@link #unbindToken(CharSequence, CharSequence, CharSequence)} with options on another thread.
     *
     * @param email the account's email; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @param options the options
     * @return a future of null, which fails with the exception of the call
     */
    public CompletableFuture<@Nullable Void> unbindTokenAsync(
            CharSequence email, CharSequence password, CharSequence token, CallOptions options) {
        return unbindTokenRequest(email, password, token, options).start();
    }

    private Request<@Nullable Void> unbindTokenRequest(
            CharSequence email, CharSequence password, CharSequence token, CallOptions options) {
        Arguments arguments =
                arguments(options).string("email", email).string("password", password).string("token", token);
        return new Request<>(client, Native::unbindToken, arguments, options, Client::nothing);
    }

    /**
     * Logs in with a bound token. The new session becomes the client's session, unless {@link CallOptions#keepSession}
     * disables that or a login, save or clear that started later has already completed; see {@link Session#wasKept}. On
     * failure, the client's session does not change. If the session cannot be stored, the login succeeds nevertheless;
     * see {@link Session#storeStatus}.
     *
     * <pre>{@code
     * Session session = users.authWithToken("my-own-token");
     * }</pre>
     *
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @return the session
     * @throws BosauthException {@link Status#UNKNOWN_TOKEN}, MFA_REQUIRED, FORBIDDEN or NOT_FOUND, for a second factor
     *     also MFA_SESSION and MFA_SAME_METHOD, or an error of any call
     */
    public Session authWithToken(CharSequence token) throws BosauthException {
        return authWithTokenRequest(token, CallOptions.NONE).run();
    }

    /**
     * The same as {@link #authWithToken(CharSequence)} with options.
     *
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @param options the options
     * @return the session
     * @throws BosauthException {@link Status#UNKNOWN_TOKEN}, MFA_REQUIRED, FORBIDDEN or NOT_FOUND, for a second factor
     *     also MFA_SESSION and MFA_SAME_METHOD, or an error of any call
     */
    public Session authWithToken(CharSequence token, CallOptions options) throws BosauthException {
        return authWithTokenRequest(token, options).run();
    }

    /**
     * The same as {@link #authWithToken(CharSequence)} on another thread.
     *
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @return a future of the session, which fails with the exception of the call
     */
    public CompletableFuture<Session> authWithTokenAsync(CharSequence token) {
        return authWithTokenRequest(token, CallOptions.NONE).start();
    }

    /**
     * The same as {@link #authWithToken(CharSequence)} with options on another thread.
     *
     * @param token the token; 1 to 1024 bytes, sent unchanged
     * @param options the options
     * @return a future of the session, which fails with the exception of the call
     */
    public CompletableFuture<Session> authWithTokenAsync(CharSequence token, CallOptions options) {
        return authWithTokenRequest(token, options).start();
    }

    private Request<Session> authWithTokenRequest(CharSequence token, CallOptions options) {
        Arguments arguments = arguments(options).string("token", token);
        return new Request<>(client, Native::authWithToken, arguments, options, Session::new);
    }

    /**
     * Logs in with an identity and a password. The new session becomes the client's session as for
     * {@link #authWithToken(CharSequence)}. The call is not retried once a byte was sent.
     *
     * <pre>{@code
     * Session session = users.authWithPassword("user@example.com", "correct horse 1");
     * }</pre>
     *
     * @param identity the account's email, or the value of another field that the collection allows; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @return the session
     * @throws BosauthException {@link Status#CREDENTIALS}, VALIDATION, METHOD_DISABLED, or as for
     *     {@link #authWithToken(CharSequence)}
     */
    public Session authWithPassword(CharSequence identity, CharSequence password) throws BosauthException {
        return authWithPasswordRequest(identity, password, CallOptions.NONE).run();
    }

    /**
     * The same as {@link #authWithPassword(CharSequence, CharSequence)} with options.
     *
     * @param identity the account's email, or the value of another field that the collection allows; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param options the options
     * @return the session
     * @throws BosauthException {@link Status#CREDENTIALS}, VALIDATION, METHOD_DISABLED, or as for
     *     {@link #authWithToken(CharSequence)}
     */
    public Session authWithPassword(CharSequence identity, CharSequence password, CallOptions options)
            throws BosauthException {
        return authWithPasswordRequest(identity, password, options).run();
    }

    /**
     * The same as {@link #authWithPassword(CharSequence, CharSequence)} on another thread.
     *
     * @param identity the account's email, or the value of another field that the collection allows; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @return a future of the session, which fails with the exception of the call
     */
    public CompletableFuture<Session> authWithPasswordAsync(CharSequence identity, CharSequence password) {
        return authWithPasswordRequest(identity, password, CallOptions.NONE).start();
    }

    /**
     * The same as {@link #authWithPassword(CharSequence, CharSequence)} with options on another thread.
     *
     * @param identity the account's email, or the value of another field that the collection allows; 1 to 255 bytes
     * @param password the account's password; 1 to 255 bytes
     * @param options the options
     * @return a future of the session, which fails with the exception of the call
     */
    public CompletableFuture<Session> authWithPasswordAsync(
            CharSequence identity, CharSequence password, CallOptions options) {
        return authWithPasswordRequest(identity, password, options).start();
    }

    private Request<Session> authWithPasswordRequest(
            CharSequence identity, CharSequence password, CallOptions options) {
        Arguments arguments = arguments(options).string("identity", identity).string("password", password);
        return new Request<>(client, Native::authWithPassword, arguments, options, Session::new);
    }

    /**
     * Requests a one-time password, which the server mails to the user. Success does not mean that the account exists.
     * The call is not retried once a byte was sent.
     *
     * <pre>{@code
     * String otpId = users.requestOtp("user@example.com");
     * }</pre>
     *
     * @param email the account's email; 1 to 255 bytes
     * @return the id of the one-time password, for {@link #authWithOtp(CharSequence, CharSequence)}
     * @throws BosauthException {@link Status#VALIDATION}, METHOD_DISABLED or NOT_FOUND, or an error of any call
     */
    public String requestOtp(CharSequence email) throws BosauthException {
        return requestOtpRequest(email, CallOptions.NONE).run();
    }

    /**
     * The same as {@link #requestOtp(CharSequence)} with options.
     *
     * @param email the account's email; 1 to 255 bytes
     * @param options the options
     * @return the id of the one-time password, for {@link #authWithOtp(CharSequence, CharSequence)}
     * @throws BosauthException {@link Status#VALIDATION}, METHOD_DISABLED or NOT_FOUND, or an error of any call
     */
    public String requestOtp(CharSequence email, CallOptions options) throws BosauthException {
        return requestOtpRequest(email, options).run();
    }

    /**
     * The same as {@link #requestOtp(CharSequence)} on another thread.
     *
     * @param email the account's email; 1 to 255 bytes
     * @return a future of the id of the one-time password, for {@link #authWithOtp(CharSequence, CharSequence)}, which
     *     fails with the exception of the call
     */
    public CompletableFuture<String> requestOtpAsync(CharSequence email) {
        return requestOtpRequest(email, CallOptions.NONE).start();
    }

    /**
     * The same as {@link #requestOtp(CharSequence)} with options on another thread.
     *
     * @param email the account's email; 1 to 255 bytes
     * @param options the options
     * @return a future of the id of the one-time password, for {@link #authWithOtp(CharSequence, CharSequence)}, which
     *     fails with the exception of the call
     */
    public CompletableFuture<String> requestOtpAsync(CharSequence email, CallOptions options) {
        return requestOtpRequest(email, options).start();
    }

    private Request<String> requestOtpRequest(CharSequence email, CallOptions options) {
        Arguments arguments = arguments(options).string("email", email);
        return new Request<>(client, Native::requestOtp, arguments, options, Results::string);
    }

    /**
     * Logs in with a one-time password. The new session becomes the client's session as for
     * {@link #authWithToken(CharSequence)}. The call is not retried once a byte was sent.
     *
     * <pre>{@code
     * String otpId = users.requestOtp("user@example.com");
     * String code = System.console().readLine("code: ");
     * Session session = users.authWithOtp(otpId, code);
     * }</pre>
     *
     * @param otpId the id from {@link #requestOtp(CharSequence)}
     * @param code the one-time password that the user received; 1 to 71 bytes
     * @return the session
     * @throws BosauthException {@link Status#OTP_INVALID}, or as for {@link #authWithPassword(CharSequence,
     *     CharSequence)}
     */
    public Session authWithOtp(CharSequence otpId, CharSequence code) throws BosauthException {
        return authWithOtpRequest(otpId, code, CallOptions.NONE).run();
    }

    /**
     * The same as {@link #authWithOtp(CharSequence, CharSequence)} with options.
     *
     * @param otpId the id from {@link #requestOtp(CharSequence)}
     * @param code the one-time password that the user received; 1 to 71 bytes
     * @param options the options
     * @return the session
     * @throws BosauthException {@link Status#OTP_INVALID}, or as for {@link #authWithPassword(CharSequence,
     *     CharSequence)}
     */
    public Session authWithOtp(CharSequence otpId, CharSequence code, CallOptions options) throws BosauthException {
        return authWithOtpRequest(otpId, code, options).run();
    }

    /**
     * The same as {@link #authWithOtp(CharSequence, CharSequence)} on another thread.
     *
     * @param otpId the id from {@link #requestOtp(CharSequence)}
     * @param code the one-time password that the user received; 1 to 71 bytes
     * @return a future of the session, which fails with the exception of the call
     */
    public CompletableFuture<Session> authWithOtpAsync(CharSequence otpId, CharSequence code) {
        return authWithOtpRequest(otpId, code, CallOptions.NONE).start();
    }

    /**
     * The same as {@link #authWithOtp(CharSequence, CharSequence)} with options on another thread.
     *
     * @param otpId the id from {@link #requestOtp(CharSequence)}
     * @param code the one-time password that the user received; 1 to 71 bytes
     * @param options the options
     * @return a future of the session, which fails with the exception of the call
     */
    public CompletableFuture<Session> authWithOtpAsync(CharSequence otpId, CharSequence code, CallOptions options) {
        return authWithOtpRequest(otpId, code, options).start();
    }

    private Request<Session> authWithOtpRequest(CharSequence otpId, CharSequence code, CallOptions options) {
        Arguments arguments = arguments(options).string("otpId", otpId).string("code", code);
        return new Request<>(client, Native::authWithOtp, arguments, options, Session::new);
    }

    @Override
    public String toString() {
        return "AuthCollection[" + name + "]";
    }
}
