package io.bosauth.android;

import android.content.Context;
import io.bosauth.SessionStorage;
import io.bosauth.StorageUnavailableException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the session in a file of the app, encrypted with an AES-256-GCM key of the Android Keystore. The key cannot be
 * exported. The file is in {@link Context#getNoBackupFilesDir}, so that neither backups nor transfers to another device
 * contain it, and is replaced atomically.
 *
 * <pre>{@code
 * Client client = Client.builder(url).sessionStorage(new KeystoreSessionStorage(context)).build();
 * Session session = client.session();
 * }</pre>
 *
 * <p>A file that can never be decrypted again, because it is damaged or its key is lost, is {@link
 * io.bosauth.Status#STORE_CORRUPT}: it is kept until the next login, save, import or logout replaces it. Until the user
 * has unlocked the device for the first time since it was started, and if the Keystore fails otherwise, the storage is
 * {@link io.bosauth.Status#STORE_UNAVAILABLE}, and nothing changes. A login uses a new key if the old one fails.
 *
 * <p>A call of the Keystore takes milliseconds, on some devices up to seconds: do not use it on the main thread.
 * Threads may share a storage, and storages of one process may have the same name. Two processes must not use the same
 * name.
 */
public final class KeystoreSessionStorage implements SessionStorage {
    /** Not a session, which the client reports as STORE_CORRUPT. */
    private static final String UNREADABLE = "The stored session cannot be decrypted.";

    private final KeystoreFile file;

    /**
     * Creates the storage "default".
     *
     * @param context any context of the app
     */
    public KeystoreSessionStorage(Context context) {
        this(context, "default");
    }

    /**
     * Creates a storage. Each account of an app with several accounts has its own.
     *
     * <pre>{@code
     * SessionStorage work = new KeystoreSessionStorage(context, "work");
     * SessionStorage home = new KeystoreSessionStorage(context, "home");
     * }</pre>
     *
     * @param context any context of the app
     * @param name the name; 1 to 64 of A-Z a-z 0-9 . _ -
     * @throws IllegalArgumentException if the name is invalid
     */
    public KeystoreSessionStorage(Context context, String name) {
        file = new KeystoreFile(context, "session", name);
    }

    /**
     * Reads the session.
     *
     * @return the session; null if there is none; a string that is not a session if it can never be decrypted again
     * @throws StorageUnavailableException if the device is locked, or the Keystore fails
     * @throws IOException if the file cannot be read
     */
    @Override
    public @Nullable String load() throws StorageUnavailableException, IOException {
        try {
            return file.read();
        } catch (KeystoreFile.UnreadableException e) {
            return UNREADABLE;
        }
    }

    /**
     * Stores a session, or removes the stored one and its key. After an exception, the previous session is still
     * stored.
     *
     * @param session the session; null: the stored one is to be removed
     * @throws StorageUnavailableException if the device is locked, or the Keystore fails
     * @throws IOException if the file cannot be written or removed
     */
    @Override
    public void save(@Nullable String session) throws StorageUnavailableException, IOException {
        file.write(session);
    }

    /** Contains no secret. */
    @Override
    public String toString() {
        return "KeystoreSessionStorage[" + file.label() + "]";
    }
}
