package io.bosauth.android;

import android.content.Context;
import android.os.Build;
import android.os.UserManager;
import android.security.keystore.KeyPermanentlyInvalidatedException;
import android.security.keystore.UserNotAuthenticatedException;
import io.bosauth.StorageUnavailableException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.security.UnrecoverableKeyException;
import java.util.Arrays;
import java.util.regex.Pattern;
import javax.crypto.AEADBadTagException;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * A string in a file of the app, encrypted with an AES-256-GCM key of the Android Keystore. There are two slots for the
 * key, so that a new one does not replace the one that decrypts the file.
 */
final class KeystoreFile {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    /** For all files of the process: several objects may have one name. */
    private static final Object LOCK = new Object();

    private final Context context;
    /** The kind of the file and its name. */
    private final String label;

    /** The file can never be decrypted again: it is damaged, or its key is lost. */
    static final class UnreadableException extends Exception {
        private static final long serialVersionUID = 1;
    }

    KeystoreFile(Context context, String kind, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name must be 1 to 64 of A-Z a-z 0-9 . _ -");
        }
        // An activity would be referenced for as long as the file. In Application.attachBaseContext, there is none.
        Context application = context.getApplicationContext();
        this.context = application == null ? context : application;
        label = kind + "-" + name;
    }

    String label() {
        return label;
    }

    /** Returns the string; null if there is no file. */
    @Nullable String read() throws StorageUnavailableException, IOException, UnreadableException {
        synchronized (LOCK) {
            checkUnlocked();
            byte[] stored = file().read();
            return stored == null ? null : decrypt(stored);
        }
    }

    /** Replaces the string, or removes it and its key with null. After an exception, the old one is still there. */
    void write(@Nullable String string) throws StorageUnavailableException, IOException {
        synchronized (LOCK) {
            checkUnlocked();
            if (string == null) {
                file().delete();
                deleteKeysExcept(FileCipher.NO_SLOT);
                return;
            }
            byte[] text = string.getBytes(StandardCharsets.UTF_8);
            try {
                byte[] encrypted = encrypt(text);
                file().write(encrypted);
                deleteKeysExcept(FileCipher.slot(encrypted));
            } finally {
                Arrays.fill(text, (byte) 0);
            }
        }
    }

    /** Before the first unlock, there are neither the files of the user nor the keys. */
    private void checkUnlocked() throws StorageUnavailableException {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.N
                && !context.getSystemService(UserManager.class).isUserUnlocked()) {
            throw new StorageUnavailableException("the device was not unlocked since it was started", null);
        }
    }

    private ReplacedFile file() {
        return new ReplacedFile(new File(context.getNoBackupFilesDir(), "bosauth"), label);
    }

    private String decrypt(byte[] stored) throws StorageUnavailableException, UnreadableException {
        int slot = FileCipher.slot(stored);
        byte[] text = null;
        try {
            SecretKey key = find(slot);
            if (key == null) {
                throw new UnreadableException();
            }
            text = FileCipher.decrypt(key, label, stored);
            return new String(text, StandardCharsets.UTF_8);
        } catch (GeneralSecurityException | ProviderException e) {
            if (isPermanent(e)) {
                throw new UnreadableException();
            }
            throw unavailable(e);
        } finally {
            if (text != null) {
                Arrays.fill(text, (byte) 0);
            }
        }
    }

    /** Encrypts with the key of the stored string, or with a new key if there is none or it fails. */
    private byte[] encrypt(byte[] text) throws StorageUnavailableException, IOException {
        byte[] stored = file().read();
        int slot = stored == null ? FileCipher.NO_SLOT : FileCipher.slot(stored);
        try {
            SecretKey key = find(slot);
            if (key != null) {
                return FileCipher.encrypt(key, slot, label, text);
            }
        } catch (GeneralSecurityException | ProviderException e) {
            if (isLocked(e)) {
                throw unavailable(e);
            }
        }
        int free = slot == 0 ? 1 : 0;
        try {
            return FileCipher.encrypt(KeystoreKeys.generate(alias(free)), free, label, text);
        } catch (GeneralSecurityException | ProviderException e) {
            throw unavailable(e);
        }
    }

    private @Nullable SecretKey find(int slot) throws GeneralSecurityException {
        return slot == FileCipher.NO_SLOT ? null : KeystoreKeys.find(alias(slot));
    }

    private void deleteKeysExcept(int slot) {
        for (int other = 0; other < FileCipher.SLOTS; other++) {
            if (other != slot) {
                KeystoreKeys.delete(alias(other));
            }
        }
    }

    private String alias(int slot) {
        return "io.bosauth." + label + "." + slot;
    }

    private static boolean isPermanent(Throwable thrown) {
        // Without a cause, the key has been invalidated: Android replaces KeyPermanentlyInvalidatedException.
        boolean isInvalidated = thrown instanceof UnrecoverableKeyException && thrown.getCause() == null;
        return isInvalidated
                || isCausedBy(thrown, KeyPermanentlyInvalidatedException.class)
                || isCausedBy(thrown, AEADBadTagException.class);
    }

    private static boolean isLocked(Throwable thrown) {
        return isCausedBy(thrown, UserNotAuthenticatedException.class);
    }

    private static boolean isCausedBy(@Nullable Throwable thrown, Class<? extends Throwable> type) {
        return thrown != null && (type.isInstance(thrown) || isCausedBy(thrown.getCause(), type));
    }

    private static StorageUnavailableException unavailable(Exception e) {
        String reason = isLocked(e) ? "the Keystore is locked" : "the Keystore failed: " + e;
        return new StorageUnavailableException(reason, e);
    }
}
