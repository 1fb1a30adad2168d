package io.bosauth.android;

import android.content.Context;
import io.bosauth.StorageUnavailableException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the token that the app has bound to its account, encrypted like the session of {@link KeystoreSessionStorage}.
 * With it, the app logs in again when the session has expired.
 *
 * <pre>{@code
 * KeystoreToken stored = new KeystoreToken(context);
 * String token = stored.load();
 * if (token == null) {
 *     token = Client.generateToken();
 *     client.collection("users").bindToken(email, password, token);
 *     stored.save(token);
 * }
 * client.collection("users").authWithToken(token);
 * }</pre>
 *
 * <p>The rules for threads and processes are those of {@link KeystoreSessionStorage}.
 */
public final class KeystoreToken {
    private final KeystoreFile file;

    /**
     * Creates the storage "default".
     *
     * @param context any context of the app
     */
    public KeystoreToken(Context context) {
        this(context, "default");
    }

    /**
     * Creates a storage. Each account of an app with several accounts has its own.
     *
     * @param context any context of the app
     * @param name the name; 1 to 64 of A-Z a-z 0-9 . _ -
     * @throws IllegalArgumentException if the name is invalid
     */
    public KeystoreToken(Context context, String name) {
        file = new KeystoreFile(context, "token", name);
    }

    /**
     * Reads the token.
     *
     * @return the token; null if there is none, or if it can never be decrypted again: bind another one
     * @throws StorageUnavailableException if the device is locked, or the Keystore fails
     * @throws IOException if the file cannot be read
     */
    public @Nullable String load() throws StorageUnavailableException, IOException {
        try {
            return file.read();
        } catch (KeystoreFile.UnreadableException e) {
            return null;
        }
    }

    /**
     * Stores a token, or removes the stored one and its key. After an exception, the previous token is still stored.
     *
     * @param token the token; null: the stored one is to be removed
     * @throws StorageUnavailableException if the device is locked, or the Keystore fails
     * @throws IOException if the file cannot be written or removed
     */
    public void save(@Nullable String token) throws StorageUnavailableException, IOException {
        file.write(token);
    }

    /** Contains no secret. */
    @Override
    public String toString() {
        return "KeystoreToken[" + file.label() + "]";
    }
}
