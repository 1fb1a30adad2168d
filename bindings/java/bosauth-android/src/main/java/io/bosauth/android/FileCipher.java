package io.bosauth.android;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * The format of the file: the version of the format, the slot of the key, the IV, and the ciphertext with its tag. The
 * label of the file and the first two bytes are authenticated too.
 */
final class FileCipher {
    static final int NO_SLOT = -1;
    static final int SLOTS = 2;
    /** The bytes that are added to a text. */
    static final int OVERHEAD = 2 + 12 + 16;

    private static final byte VERSION = 1;
    private static final int IV_AT = 2;
    private static final int TEXT_AT = IV_AT + 12;
    private static final int TAG_BITS = 128;

    private FileCipher() {}

    /** Returns the slot of the key; {@link #NO_SLOT} if these bytes have another format. */
    static int slot(byte[] encrypted) {
        boolean isKnown = encrypted.length >= OVERHEAD && encrypted[0] == VERSION;
        return isKnown && encrypted[1] >= 0 && encrypted[1] < SLOTS ? encrypted[1] : NO_SLOT;
    }

    static byte[] encrypt(SecretKey key, int slot, String label, byte[] text) throws GeneralSecurityException {
        // Of no provider by name: the key decides. The Keystore chooses the IV.
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, key);
        byte[] iv = cipher.getIV();
        byte[] encrypted = Arrays.copyOf(new byte[] {VERSION, (byte) slot}, OVERHEAD + text.length);
        System.arraycopy(iv, 0, encrypted, IV_AT, TEXT_AT - IV_AT);
        cipher.updateAAD(associatedData(label, encrypted));
        byte[] ciphertext = cipher.doFinal(text);
        System.arraycopy(ciphertext, 0, encrypted, TEXT_AT, ciphertext.length);
        return encrypted;
    }

    /** Returns the text, which the caller zeroizes. */
    static byte[] decrypt(SecretKey key, String label, byte[] encrypted) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, encrypted, IV_AT, TEXT_AT - IV_AT));
        cipher.updateAAD(associatedData(label, encrypted));
        return cipher.doFinal(encrypted, TEXT_AT, encrypted.length - TEXT_AT);
    }

    private static byte[] associatedData(String label, byte[] encrypted) {
        byte[] bytes = label.getBytes(StandardCharsets.UTF_8);
        byte[] data = Arrays.copyOf(bytes, bytes.length + IV_AT);
        System.arraycopy(encrypted, 0, data, bytes.length, IV_AT);
        return data;
    }
}
