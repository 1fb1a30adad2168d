package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CallsTest {
    @Test
    void tokenIsBoundAndUnbound() throws Exception {
        try (Client client = Server.client()) {
            AuthCollection users = client.collection("users");
            String token = Server.token(client);
            Session session = users.authWithToken(token);
            assertEquals(Server.EMAIL, session.field("email"));
            assertTrue(session.isValid() && session.wasKept() && !session.isSuperuser());
            assertEquals(Status.OK, session.storeStatus());
            assertNotNull(session.expiresAt());
            assertEquals(session.token(), client.session().token());
            assertEquals(session.recordJson(), client.authRefresh().recordJson());
            users.unbindToken(Server.EMAIL, Server.PASSWORD, token);
            assertEquals(
                    Status.UNKNOWN_TOKEN,
                    assertThrows(AskCredentialsException.class, () -> users.authWithToken(token)).status());
        }
    }

    @Test
    void charactersOfFourBytesAreSent() throws Exception {
        try (Client client = Server.client()) {
            String email = "\u6f22\u6f22\u6f22" + "@example.com";
            String password = "\ud83d\ude00\ud83d\ude00 \u6f22\u00e9 \"\\ 1";
            String token = "\ud83d\ude00" + Client.generateToken();
            AuthCollection users = client.collection("users");
            users.bindToken(email, password, token);
            assertEquals(email, users.authWithToken(token).field("email"));
            assertThrows(AskCredentialsException.class, () -> users.authWithToken("?" + token.substring(2)));
        }
    }

    @Test
    void secretsAreSentFromArrays() throws Exception {
        try (Client client = Server.client()) {
            String token = Server.token(client);
            char[] password = Server.PASSWORD.toCharArray();
            try (Secret secret = Secret.of(password);
                    Secret bytes = Secret.utf8(token.getBytes(StandardCharsets.UTF_8))) {
                client.collection("users").authWithPassword(Server.EMAIL, secret);
                client.collection("users").authWithToken(bytes);
                assertEquals("***", secret + "");
            }
            assertArrayEquals(new char[password.length], password);
        }
    }

    @Test
    void responseHasStatusHeadersAndBody() throws Exception {
        try (Client client = Server.client()) {
            Session session = client.collection("users").authWithPassword(Server.EMAIL, Server.PASSWORD);
            String path = "/api/collections/users/records/" + session.field("id");
            byte[] body = "{\"name\":\"Demo User\"}".getBytes(StandardCharsets.UTF_8);
            Response response = client.send("PATCH", path, body, new CallOptions().query("fields", "name"));
            try (response) {
                assertEquals(200, response.status());
                assertEquals("{\"name\":\"Demo User\"}\n", response.bodyAsString());
                assertTrue(response.header("content-type").startsWith("application/json"));
                assertNull(response.header("X-None"));
            }
            assertEquals(21, response.body().length);
            assertThrows(IllegalStateException.class, () -> response.header("content-type"));
        }
    }

    @Test
    void asynchronousCallsRunAtTheSameTime() throws Exception {
        try (Client client = Server.client()) {
            String token = Server.token(client);
            List<CompletableFuture<Session>> logins = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                logins.add(client.collection("users").authWithTokenAsync(token));
            }
            for (CompletableFuture<Session> login : logins) {
                assertEquals(Server.EMAIL, login.get(60, TimeUnit.SECONDS).field("email"));
            }
            CompletableFuture<Session> failed = client.collection("users").authWithTokenAsync("unbound");
            Throwable cause = assertThrows(CompletionException.class, failed::join).getCause();
            assertEquals(Status.UNKNOWN_TOKEN, ((BosauthException) cause).status());
        }
    }

    @Test
    void sessionIsMovedByExportAndImport() throws Exception {
        try (Client client = Server.client();
                Client other = Server.client()) {
            assertNull(other.exportSession());
            client.collection("users").authWithToken(Server.token(client));
            other.importSession(client.exportSession());
            assertEquals(client.session().token(), other.session().token());
            assertEquals(1, other.generation());
            other.clearSession();
            assertNull(other.session());
            assertEquals(2, other.generation());
            FixCallException e = assertThrows(FixCallException.class, () -> other.importSession("{}"));
            assertEquals("text", e.argument());
        }
    }

    @Test
    void closedClientFails() throws Exception {
        Client client = Server.unused();
        assertFalse(client.toString().contains("@"));
        assertThrows(IllegalArgumentException.class, () -> client.close(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> client.close(Duration.ofSeconds(Long.MAX_VALUE)));
        assertNull(client.session());
        client.close();
        client.close();
        assertTrue(client.close(Duration.ofSeconds(1)));
        FixCallException e = assertThrows(FixCallException.class, client::session);
        assertEquals(Status.INVALID_HANDLE, e.status());
        assertThrows(FixCallException.class, () -> client.addListener(change -> {}));
        assertThrows(IllegalStateException.class, client::generation);
    }

    @Test
    void fieldsAreStringsOrJson() {
        String json =
                " { \"a\" : \"x\\\"\\u00e9\\n\" , \"b\":{\"a\":[1,\"}\"]},\"n\":-1.5e3 ,\"t\":true,"
                        + "\"s\":\"\\ud83d\\ude00\",\"l\":\"\\ud800\",\"z\":\"\\u0000\",\"\\u0065\":null,\"v\":[]}";
        assertEquals("x\"\u00e9\n", JsonObject.field(json, "a"));
        assertEquals("{\"a\":[1,\"}\"]}", JsonObject.field(json, "b"));
        assertEquals("-1.5e3", JsonObject.field(json, "n"));
        assertEquals("true", JsonObject.field(json, "t"));
        assertEquals("\ud83d\ude00", JsonObject.field(json, "s"));
        assertEquals("\"\\ud800\"", JsonObject.field(json, "l"));
        assertEquals("\"\\u0000\"", JsonObject.field(json, "z"));
        assertEquals("null", JsonObject.field(json, "e"));
        assertEquals("[]", JsonObject.field(json, "v"));
        assertNull(JsonObject.field(json, "missing"));
        assertNull(JsonObject.field("{ }", "a"));
        assertNull(JsonObject.field("", "a"));
    }
}
