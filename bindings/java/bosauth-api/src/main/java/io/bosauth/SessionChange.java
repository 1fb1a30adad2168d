package io.bosauth;

import org.jspecify.annotations.Nullable;

/**
 * A change of a client's session. See {@link Client#addListener}.
 *
 * <pre>{@code
 * client.addListener(change -> {
 *     boolean isLoggedIn = change.session() != null;
 *     System.out.println(isLoggedIn ? "logged in" : "logged out");
 * });
 * client.collection("users").authWithToken("my-own-token");
 * }</pre>
 */
public final class SessionChange {
    private final ChangeKind kind;
    private final long generation;
    private final @Nullable Session session;

    SessionChange(ChangeKind kind, long generation, @Nullable Session session) {
        this.kind = kind;
        this.generation = generation;
        this.session = session;
    }

    /**
     * Returns what changed the session.
     *
     * @return the kind
     */
    public ChangeKind kind() {
        return kind;
    }

    /**
     * Returns the number of changes up to this one. See {@link Client#generation}.
     *
     * @return the number
     */
    public long generation() {
        return generation;
    }

    /**
     * Returns the session from then on.
     *
     * @return the session; null if there is none
     */
    public @Nullable Session session() {
        return session;
    }

    @Override
    public String toString() {
        return "SessionChange[" + kind + ", generation " + generation + ", " + session + "]";
    }
}
