package io.bosauth;

import org.jspecify.annotations.Nullable;

/**
 * A {@link SessionStorage} cannot be used at the moment, for example because the device is locked. Nothing was lost.
 * The call of the client fails with {@link Status#STORE_UNAVAILABLE}.
 *
 * <pre>{@code
 * class LockedStorage implements SessionStorage {
 *     public String load() throws StorageUnavailableException {
 *         throw new StorageUnavailableException("the device is locked", null);
 *     }
 *
 *     public void save(String session) throws StorageUnavailableException {
 *         throw new StorageUnavailableException("the device is locked", null);
 *     }
 * }
 *
 * try (Client locked = Client.builder(url).sessionStorage(new LockedStorage()).build()) {
 *     locked.session();
 * } catch (RetryLaterException e) {
 *     System.out.println(e.status() + ": " + e.getCause().getMessage());
 * }
 * }</pre>
 */
public final class StorageUnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * Creates an exception.
     *
     * @param message why the storage is unavailable
     * @param cause the exception of the store; may be null
     */
    public StorageUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
