package io.bosauth;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An immutable copy of a session.
 *
 * <pre>{@code
 * Session session = client.collection("users").authWithToken("my-own-token");
 * System.out.println(session.field("email") + " until " + session.expiresAt());
 * }</pre>
 */
public final class Session {
    private final String token;
    private final String recordJson;
    private final String metaJson;
    private final long expiresAt;
    private final boolean valid;
    private final boolean superuser;
    private final boolean kept;
    private final Status storeStatus;

    Session(Results results) {
        token = results.string();
        recordJson = results.string();
        metaJson = results.string();
        expiresAt = results.number();
        valid = results.flag();
        superuser = results.flag();
        kept = results.flag();
        storeStatus = Status.of(results.number());
    }

    /**
     * Returns the session's token, a JWT.
     *
     * @return the token
     */
    public String token() {
        return token;
    }

    /**
     * Returns the account's record as the server sent it.
     *
     * @return a JSON object; null if the session was saved without one
     */
    public @Nullable String recordJson() {
        return recordJson.isEmpty() ? null : recordJson;
    }

    /**
     * Returns the {@code meta} value of the login response.
     *
     * @return JSON; null if there was none
     */
    public @Nullable String metaJson() {
        return metaJson.isEmpty() ? null : metaJson;
    }

    /**
     * Returns a top-level field of the record, such as "id", "email" or "collectionName". A string is returned
     * unchanged, any other value as JSON. A string that contains U+0000 or a lone surrogate is also returned as JSON.
     *
     * @param name the name of the field
     * @return the value; null if there is no such field
     */
    public @Nullable String field(String name) {
        return JsonObject.field(recordJson, Objects.requireNonNull(name, "name"));
    }

    /**
     * Returns the expiry time of the token.
     *
     * @return the time; null if the token has no expiry
     */
    public @Nullable Instant expiresAt() {
        return expiresAt == 0 ? null : Instant.ofEpochSecond(expiresAt);
    }

    /**
     * Returns whether the token was a JWT that had not expired when this copy was made, by the server's clock if the
     * client knew it. {@link Client#session} returns a new copy. The server may reject the token nevertheless.
     *
     * @return whether the token was valid
     */
    public boolean isValid() {
        return valid;
    }

    /**
     * Returns whether the account is a superuser.
     *
     * @return whether the account is a superuser
     */
    public boolean isSuperuser() {
        return superuser;
    }

    /**
     * Returns whether the session became the client's session. It did not if {@link CallOptions#keepSession} disabled
     * that, if a login, save or clear that started later had already completed, or if the client's session changed
     * during a refresh.
     *
     * @return whether the session became the client's session
     */
    public boolean wasKept() {
        return kept;
    }

    /**
     * Returns whether the session was stored. If not, it is live in memory, and the next change of the session or
     * {@link Client#syncSession} stores it.
     *
     * @return {@link Status#OK} if it is stored, if it is not the client's session, or if the client has no session
     *     file or storage; otherwise {@link Status#STORE} or {@link Status#STORE_UNAVAILABLE}
     */
    public Status storeStatus() {
        return storeStatus;
    }

    /** Contains no secret. */
    @Override
    public String toString() {
        return "Session[expires " + expiresAt() + "]";
    }
}
