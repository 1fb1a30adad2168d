package io.bosauth.android;

import android.util.Base64;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * The certificate authorities that the device trusts, for {@link io.bosauth.Client.Builder#addRootsPem}. Only an app
 * whose server has a certificate of a private authority needs them: the library contains those of Mozilla.
 *
 * <pre>{@code
 * Client.Builder builder = Client.builder(url);
 * String pem = DeviceRoots.userPem();
 * if (pem != null) {
 *     builder.addRootsPem(pem);
 * }
 * Client client = builder.build();
 * }</pre>
 *
 * <p>Certificate authorities that the user has disabled are not returned. The methods read about 150 files: do not use
 * them on the main thread.
 */
public final class DeviceRoots {
    private DeviceRoots() {}

    /**
     * Returns the certificate authorities of the system, which Android apps trust by default.
     *
     * @return PEM; null if there are none
     * @throws GeneralSecurityException if they cannot be read
     * @throws IOException if they cannot be read
     */
    public static @Nullable String systemPem() throws GeneralSecurityException, IOException {
        return pem("system:");
    }

    /**
     * Returns the certificate authorities that the user or the administrator of the device has added. Since Android 7,
     * apps do not trust them by default: whoever persuades the user to install one can read and change the app's
     * requests. Use them for an app that is meant for managed devices, or while debugging.
     *
     * @return PEM; null if there are none
     * @throws GeneralSecurityException if they cannot be read
     * @throws IOException if they cannot be read
     */
    public static @Nullable String userPem() throws GeneralSecurityException, IOException {
        return pem("user:");
    }

    private static @Nullable String pem(String prefix) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("AndroidCAStore");
        store.load(null);
        StringBuilder pem = new StringBuilder();
        for (String alias : Collections.list(store.aliases())) {
            Certificate certificate = alias.startsWith(prefix) ? store.getCertificate(alias) : null;
            if (certificate != null) {
                pem.append("-----BEGIN CERTIFICATE-----\n")
                        .append(Base64.encodeToString(certificate.getEncoded(), Base64.DEFAULT))
                        .append("-----END CERTIFICATE-----\n");
            }
        }
        return pem.length() == 0 ? null : pem.toString();
    }
}
