package io.bosauth;

/**
 * The cause of an error. The numbers are those of the C API.
 *
 * <pre>{@code
 * try {
 *     client.collection("users").authWithToken("unbound-token");
 * } catch (BosauthException e) {
 *     if (e.status() == Status.UNKNOWN_TOKEN) {
 *         System.out.println("This device is not known.");
 *     }
 * }
 * }</pre>
 */
public enum Status {
    /** No error. */
    OK(0),
    /** A required argument is null. */
    NULL_ARGUMENT(1),
    /** A string is not valid Unicode. */
    INVALID_UTF8(2),
    /** An argument is empty, too long or malformed. {@link BosauthException#argument()} returns its name. */
    INVALID_ARGUMENT(3),
    /** The client is closed. */
    INVALID_HANDLE(4),
    /** The call requires a session and there is none. */
    NO_SESSION(5),
    /** The library does not support the feature. */
    UNSUPPORTED(6),
    /** The host name of the server cannot be resolved. */
    NAME_LOOKUP(10),
    /** No address of the server accepts a connection. */
    CONNECT(11),
    /** TLS failed: certificate name, chain or expiry, protocol, or an alert from the server. */
    TLS(12),
    /** A proxy refused the request. */
    PROXY(14),
    /** The connection was closed before the response was complete. */
    CONNECTION_LOST(15),
    /** The deadline passed. */
    TIMEOUT(16),
    /** The app cancelled the call, interrupted its thread, or closed its client. */
    CANCELLED(17),
    /** The response is not one of BosBase: a redirect, HTML, or an unexpected status or format. */
    UNEXPECTED_RESPONSE(20),
    /** The head or body of the response exceeds its size limit. */
    RESPONSE_TOO_LARGE(21),
    /** The server rejected a field. {@link BosauthException#dataJson()} contains which one and why. */
    VALIDATION(30),
    /** The email, identity or password is wrong. */
    CREDENTIALS(31),
    /**
     * The token is not bound in this collection. Do not delete a token on a single error of this kind: during the first
     * two seconds after the first bind on a new server, the server also returns it for a bound token. Retry after 3 s.
     */
    UNKNOWN_TOKEN(32),
    /** A second factor is required. Continue with {@link BosauthException#mfaId()}. */
    MFA_REQUIRED(33),
    /** The MFA id is unknown, used, expired or belongs to another account. */
    MFA_SESSION(34),
    /** The second factor must use another method than the first. */
    MFA_SAME_METHOD(35),
    /** The one-time password is wrong, expired or was tried too often. */
    OTP_INVALID(36),
    /** The login method is disabled in this collection. */
    METHOD_DISABLED(37),
    /** The server does not accept the session, or no longer. */
    UNAUTHORIZED(40),
    /** The auth rule of the collection rejected the account. */
    FORBIDDEN(41),
    /** The collection or path does not exist. */
    NOT_FOUND(42),
    /** Too many requests. Wait for {@link BosauthException#retryAfter()}. */
    RATE_LIMITED(43),
    /** The server failed (5xx). */
    SERVER(44),
    /** The server rejected the request for another reason. */
    REFUSED(45),
    /** The session file or the app's {@link SessionStorage} failed. */
    STORE(50),
    /** The session file or the app's {@link SessionStorage} cannot be used at the moment. Nothing was lost. */
    STORE_UNAVAILABLE(51),
    /** What is stored is not a session of this server. It is kept until a login, save, import or clear replaces it. */
    STORE_CORRUPT(52),
    /** A bug in the library. The client stays usable. */
    INTERNAL(90);

    private final int code;

    Status(int code) {
        this.code = code;
    }

    /**
     * Returns the number of the status in the C API.
     *
     * @return the number
     */
    public int code() {
        return code;
    }

    /** The native library has the version of these classes, and no other status. */
    static Status of(long code) {
        for (Status status : values()) {
            if (status.code == code) {
                return status;
            }
        }
        return INTERNAL;
    }
}
