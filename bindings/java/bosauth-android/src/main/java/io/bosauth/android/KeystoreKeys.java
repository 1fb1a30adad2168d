package io.bosauth.android;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyProperties;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.ProviderException;
import java.security.UnrecoverableKeyException;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/** The AES keys of this app in the Android Keystore. The methods throw ProviderException, too, if it fails. */
final class KeystoreKeys {
    private static final String PROVIDER = "AndroidKeyStore";

    private KeystoreKeys() {}

    private static KeyStore keystore() throws GeneralSecurityException {
        KeyStore keystore = KeyStore.getInstance(PROVIDER);
        try {
            keystore.load(null);
        } catch (IOException e) {
            throw new GeneralSecurityException(e);
        }
        return keystore;
    }

    /**
     * Returns a key.
     *
     * @return the key; null if there is none
     * @throws UnrecoverableKeyException if it cannot be used at the moment or, without a cause, any more
     */
    static @Nullable SecretKey find(String alias) throws GeneralSecurityException {
        return (SecretKey) keystore().getKey(alias, null);
    }

    /** Generates a key, which replaces one of the same alias. */
    static SecretKey generate(String alias) throws GeneralSecurityException {
        KeyGenerator generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER);
        int purposes = KeyProperties.PURPOSE_ENCRYPT | KeyProperties.PURPOSE_DECRYPT;
        generator.init(
                new KeyGenParameterSpec.Builder(alias, purposes)
                        .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                        .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                        .setKeySize(256)
                        .setRandomizedEncryptionRequired(true)
                        .build());
        return generator.generateKey();
    }

    /** Deletes a key. One that cannot be deleted is harmless: no file is encrypted with it. */
    static void delete(String alias) {
        try {
            keystore().deleteEntry(alias);
        } catch (GeneralSecurityException | ProviderException e) {
            // The next save or logout tries again.
        }
    }
}
