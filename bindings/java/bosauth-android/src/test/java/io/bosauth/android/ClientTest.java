package io.bosauth.android;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import android.app.Application;
import io.bosauth.AskCredentialsException;
import io.bosauth.BosauthException;
import io.bosauth.Client;
import io.bosauth.Response;
import io.bosauth.RetryLaterException;
import io.bosauth.Session;
import io.bosauth.Status;
import io.bosauth.StorageUnavailableException;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;

/** Clients with the native library of this machine. */
@RunWith(RobolectricTestRunner.class)
public class ClientTest {
    private static final String EMAIL = "user@example.com";
    private static final String PASSWORD = "correct horse 1";

    @Rule public final TestKeystore keystore = new TestKeystore();

    private final Application context = RuntimeEnvironment.getApplication();

    /** Returns a variable of the environment. Without it, the test is skipped, or fails with BOSAUTH_ALL_TOOLS=1. */
    static String variable(String name) {
        String value = System.getenv(name);
        String message = name + " is not set; run: cargo test --test it android_module::";
        if ("1".equals(System.getenv("BOSAUTH_ALL_TOOLS"))) {
            assertNotNull(message, value);
        }
        assumeTrue(message, value != null);
        return value;
    }

    /** A client as after a restart. */
    private Client client() throws BosauthException {
        String url = variable("BOSAUTH_TEST_URL");
        return Client.builder(url).sessionStorage(new KeystoreSessionStorage(context)).build();
    }

    private static String logIn(Client client) throws BosauthException {
        Session session = client.collection("users").authWithPassword(EMAIL, PASSWORD);
        assertEquals(Status.OK, session.storeStatus());
        return session.token();
    }

    @Test
    public void accountIsStillLoggedInAfterARestart() throws Exception {
        String token;
        try (Client client = client()) {
            assertNull(client.session());
            token = logIn(client);
        }
        try (Client client = client()) {
            assertEquals(token, client.session().token());
            assertEquals(EMAIL, client.authRefresh().field("email"));
            client.clearSession();
        }
        try (Client client = client()) {
            assertNull(client.session());
        }
    }

    @Test
    public void accountIsLoggedInOnceTheKeystoreIsUnlocked() throws Exception {
        String token;
        try (Client client = client()) {
            token = logIn(client);
        }
        try (Client client = client()) {
            keystore.fault = TestKeystore.Fault.LOCKED;
            RetryLaterException e = assertThrows(RetryLaterException.class, client::session);
            assertEquals(Status.STORE_UNAVAILABLE, e.status());
            assertTrue(e.getCause() instanceof StorageUnavailableException);
            keystore.fault = null;
            assertEquals(token, client.session().token());
        }
    }

    @Test
    public void loginReplacesASessionThatCannotBeDecrypted() throws Exception {
        try (Client client = client()) {
            logIn(client);
        }
        keystore.invalidate();
        String token;
        try (Client client = client()) {
            AskCredentialsException e = assertThrows(AskCredentialsException.class, client::session);
            assertEquals(Status.STORE_CORRUPT, e.status());
            token = logIn(client);
        }
        File file = new File(context.getNoBackupFilesDir(), "bosauth/session-default");
        byte[] stored = Files.readAllBytes(file.toPath());
        try (Client client = client()) {
            assertEquals(token, client.session().token());
        }
        Files.write(file.toPath(), new byte[] {1, 2, 3});
        try (Client client = client()) {
            assertThrows(AskCredentialsException.class, client::session);
            Files.write(file.toPath(), stored);
            assertEquals(token, client.session().token());
        }
    }

    @Test
    public void loginOfALockedDeviceIsStoredLater() throws Exception {
        try (Client client = client()) {
            keystore.fault = TestKeystore.Fault.LOCKED;
            Session session = client.collection("users").authWithPassword(EMAIL, PASSWORD);
            assertEquals(Status.STORE_UNAVAILABLE, session.storeStatus());
            keystore.fault = null;
            client.syncSession();
        }
        try (Client client = client()) {
            assertEquals(EMAIL, client.session().field("email"));
        }
    }

    @Test
    public void tokenOutlivesTheProcess() throws Exception {
        try (Client client = client()) {
            String token = Client.generateToken();
            client.collection("users").bindToken(EMAIL, PASSWORD, token);
            new KeystoreToken(context).save(token);
            String stored = new KeystoreToken(context).load();
            assertEquals(EMAIL, client.collection("users").authWithToken(stored).field("email"));
        }
    }

    private static Certificate certificate(String pem) throws Exception {
        byte[] bytes = pem.getBytes(StandardCharsets.US_ASCII);
        return CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes));
    }

    @Test
    public void rootsOfTheDeviceAreTrusted() throws Exception {
        assertNull(DeviceRoots.systemPem());
        assertNull(DeviceRoots.userPem());
        keystore.authorities.put("user:1.0", certificate(variable("BOSAUTH_TEST_ROOTS")));
        assertNull(DeviceRoots.systemPem());
        String url = variable("BOSAUTH_TEST_TLS_URL");
        try (Client client = Client.builder(url).build()) {
            BosauthException e = assertThrows(BosauthException.class, () -> client.send("GET", "/api/health"));
            assertEquals(Status.TLS, e.status());
        }
        try (Client client = Client.builder(url).addRootsPem(DeviceRoots.userPem()).build();
                Response response = client.send("GET", "/api/health")) {
            assertEquals(200, response.status());
        }
        keystore.authorities.put("system:2.0", certificate(variable("BOSAUTH_TEST_ROOTS")));
        assertEquals(DeviceRoots.userPem(), DeviceRoots.systemPem());
    }
}
