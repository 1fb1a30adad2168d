package io.bosauth;

import org.jspecify.annotations.Nullable;

/**
 * Keeps the session of a client in a store of the app, such as a keychain. The store has one string of at most 4 MiB
 * and 64 KiB, which contains the session token: treat it like a password. The first call that needs the session reads
 * it.
 *
 * <p>The methods of one client are called one at a time, on a thread that is in a call of that client; their run time
 * does not count towards the timeout of the call. In them, calls of the client use the session in memory, and a change
 * of it is stored after they have returned. A failure is the cause of the {@link BosauthException} of the call.
 *
 * <pre>{@code
 * final class MemoryStorage implements SessionStorage {
 *     private String session;
 *
 *     public String load() {
 *         return session;
 *     }
 *
 *     public void save(String session) {
 *         this.session = session;
 *     }
 * }
 *
 * try (Client stored = Client.builder(url).sessionStorage(new MemoryStorage()).build()) {
 *     stored.collection("users").authWithToken("my-own-token");
 * }
 * }</pre>
 */
public interface SessionStorage {
    /**
     * Reads the stored session.
     *
     * @return the session; null if there is none
     * @throws StorageUnavailableException if the store cannot be read at the moment, for example because it is locked
     * @throws Exception if it failed
     */
    @Nullable String load() throws Exception;

    /**
     * Stores a session in place of the stored one. After an exception, the previous session should still be stored.
     *
     * @param session the session; null: the stored session is to be removed
     * @throws StorageUnavailableException if the store cannot be written at the moment
     * @throws Exception if it failed
     */
    void save(@Nullable String session) throws Exception;
}
