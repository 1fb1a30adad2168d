package io.bosauth;

/**
 * What changed a client's session.
 *
 * <pre>{@code
 * client.addListener(change -> {
 *     if (change.kind() == ChangeKind.CLEAR) {
 *         System.out.println("logged out");
 *     }
 * });
 * client.clearSession();
 * }</pre>
 */
public enum ChangeKind {
    /** A login. */
    LOGIN,
    /** A refresh. */
    REFRESH,
    /** A session that the app has saved. */
    SAVE,
    /** The app has removed the session. */
    CLEAR,
    /** An imported session. */
    IMPORT,
    /** The stored session was read, or it was removed by another process. */
    LOAD;

    /** The numbers of the C API start with 1. */
    static ChangeKind of(int number) {
        return values()[number - 1];
    }
}
