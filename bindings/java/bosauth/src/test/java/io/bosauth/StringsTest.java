package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class StringsTest {
    private static final String[] INVALID = {"a\0b", "\0", "a\ud800", "\udc00a", "\ud800\ud800"};

    /** Calls with an invalid argument, by the name of the argument. */
    private static Map<String, Executable> calls(Client client, String invalid) {
        AuthCollection users = client.collection("users");
        Map<String, Executable> calls = new LinkedHashMap<>();
        calls.put("collection", () -> client.collection(invalid).authWithToken("t"));
        calls.put("email", () -> users.bindToken(invalid, "p", "t"));
        calls.put("password", () -> users.bindToken("e", invalid, "t"));
        calls.put("token", () -> users.bindToken("e", "p", invalid));
        calls.put("email ", () -> users.unbindToken(invalid, "p", "t"));
        calls.put("password ", () -> users.unbindToken("e", invalid, "t"));
        calls.put("token ", () -> users.unbindToken("e", "p", invalid));
        calls.put("token  ", () -> users.authWithToken(invalid));
        calls.put("token   ", () -> users.authWithToken(Secret.of(invalid.toCharArray())));
        calls.put("token    ", () -> users.authWithTokenAsync(invalid));
        calls.put("identity", () -> users.authWithPassword(invalid, "p"));
        calls.put("password  ", () -> users.authWithPassword("i", invalid));
        calls.put("email  ", () -> users.requestOtp(invalid));
        calls.put("otpId", () -> users.authWithOtp(invalid, "c"));
        calls.put("code", () -> users.authWithOtp("o", invalid));
        calls.put("method", () -> client.send(invalid, "/"));
        calls.put("path", () -> client.send("GET", invalid));
        calls.put("name", () -> users.authWithToken("t", new CallOptions().header(invalid, "v")));
        calls.put("value", () -> users.authWithToken("t", new CallOptions().query("n", invalid)));
        calls.put("value ", () -> users.authWithToken("t", new CallOptions().bodyJson(invalid)));
        calls.put("value  ", () -> users.authWithToken("t", new CallOptions().mfaId(invalid)));
        calls.put("token     ", () -> client.saveSession(invalid, null));
        calls.put("recordJson", () -> client.saveSession("t", invalid));
        calls.put("text", () -> client.importSession(invalid));
        calls.put("baseUrl", () -> Client.builder(invalid).build());
        calls.put("userAgent", () -> Client.builder("http://a").userAgent(invalid).build());
        calls.put("pem", () -> Client.builder("http://a").addRootsPem(invalid).build());
        calls.put("value   ", () -> Client.builder("http://a").header("n", invalid).build());
        return calls;
    }

    @Test
    void loneSurrogatesAndNulAreRejected() throws Exception {
        try (Client client = Server.unused()) {
            for (String invalid : INVALID) {
                calls(client, invalid).forEach((name, call) -> {
                    String message = assertThrows(IllegalArgumentException.class, call, name).getMessage();
                    assertTrue(message.startsWith(name.trim() + " must not contain "), message);
                    assertFalse(message.contains(invalid), "the message has no secret");
                });
            }
        }
    }

    @Test
    void nullIsRejected() throws Exception {
        try (Client client = Server.unused()) {
            AuthCollection users = client.collection("users");
            client.saveSession("t", "{}");
            Session session = client.session();
            Map<String, Executable> calls = new LinkedHashMap<>();
            calls.put("token", () -> users.authWithToken(null));
            calls.put("password", () -> users.authWithPassword("i", null));
            calls.put("options", () -> users.authWithToken("t", null));
            calls.put("options ", () -> users.authWithTokenAsync("t", null));
            calls.put("options  ", () -> client.authRefresh(null));
            calls.put("options   ", () -> client.send("GET", "/", null, null));
            calls.put("name", () -> client.collection(null));
            calls.put("path", () -> client.send("GET", null));
            calls.put("listener", () -> client.addListener(null));
            calls.put("wait", () -> client.close(null));
            calls.put("baseUrl", () -> Client.builder(null));
            calls.put("timeout", () -> Client.builder("http://a").timeout(null));
            calls.put("timeout ", () -> Client.builder("http://a").connectTimeout(null));
            calls.put("timeout  ", () -> new CallOptions().timeout(null));
            calls.put("cancel", () -> new CallOptions().cancel(null));
            calls.put("file", () -> Client.builder("http://a").sessionFile(null));
            calls.put("storage", () -> Client.builder("http://a").sessionStorage(null));
            calls.put("name ", () -> session.field(null));
            calls.put("chars", () -> Secret.of(null));
            calls.put("bytes", () -> Secret.utf8(null));
            calls.forEach((name, call) -> {
                String message = assertThrows(NullPointerException.class, call, name).getMessage();
                assertEquals(name.trim(), message);
            });
        }
    }

    @Test
    void argumentsAreZeroized() {
        Arguments arguments = new Arguments().string("token", "secret-token");
        byte[] first = arguments.array();
        assertTrue(new String(first, StandardCharsets.UTF_8).contains("secret-token"));
        arguments.string("record", "x".repeat(10_000));
        assertArrayEquals(new byte[first.length], first, "the array that was too short");
    }

    @Test
    void argumentsAreZeroizedIfOneIsInvalid() {
        assertZeroized(IllegalArgumentException.class, arguments -> arguments.string("record", "\ud800"));
        assertZeroized(IllegalArgumentException.class, arguments -> arguments.string("record", "a\0"));
        assertZeroized(NullPointerException.class, arguments -> arguments.string("record", null));
        assertZeroized(IllegalArgumentException.class, arguments -> arguments.string("record", new TooLong()));
    }

    @Test
    void resultsAreZeroized() throws Exception {
        try (Client client = Server.unused()) {
            byte[] token = new Arguments().number(Status.OK.code()).string("token", "secret-token").array();
            assertEquals("secret-token", client.read(token, Results::string));
            assertArrayEquals(new byte[token.length], token);

            byte[] unread = new Arguments().number(Status.OK.code()).string("token", "secret-token").array();
            Request.Reader<String> reader = results -> {
                throw new OutOfMemoryError();
            };
            assertThrows(OutOfMemoryError.class, () -> client.read(unread, reader));
            assertArrayEquals(new byte[unread.length], unread);
        }
    }

    private static void assertZeroized(Class<? extends Throwable> expected, Consumer<Arguments> invalid) {
        Arguments arguments = new Arguments().string("token", "secret-token");
        byte[] array = arguments.array();
        assertTrue(new String(array, StandardCharsets.UTF_8).contains("secret-token"));
        assertThrows(expected, () -> invalid.accept(arguments));
        assertArrayEquals(new byte[array.length], array);
    }

    /** Needs more bytes than an array has. */
    private static final class TooLong implements CharSequence {
        @Override
        public int length() {
            return Integer.MAX_VALUE;
        }

        @Override
        public char charAt(int index) {
            return 'a';
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return this;
        }
    }

    @Test
    void secretsAreCharactersUntilTheyAreClosed() {
        byte[] utf8 = "p\u00e9\ud83d\ude00".getBytes(StandardCharsets.UTF_8);
        Secret secret = Secret.utf8(utf8);
        assertEquals(4, secret.length());
        assertEquals('\u00e9', secret.charAt(1));
        assertEquals('p', secret.subSequence(0, 1).charAt(0));
        assertThrows(IndexOutOfBoundsException.class, () -> secret.charAt(4));
        assertThrows(IndexOutOfBoundsException.class, () -> secret.subSequence(1, 5));
        secret.close();
        assertEquals('\0', secret.charAt(0));
        assertThrows(IllegalArgumentException.class, () -> Secret.utf8(new byte[] {'a', (byte) 0xff}));
        assertThrows(IllegalArgumentException.class, () -> Secret.utf8(new byte[] {'a', (byte) 0xc3}));
    }
}
