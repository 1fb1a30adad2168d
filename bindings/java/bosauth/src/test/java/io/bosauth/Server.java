package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertNotNull;

/** The server of the tests, with the accounts of {@code seed.json}. */
final class Server {
    static final String EMAIL = "user@example.com";
    static final String PASSWORD = "correct horse 1";

    private Server() {}

    static String url() {
        String url = System.getenv("BOSAUTH_TEST_URL");
        assertNotNull(url, "run the tests with: cargo test --test it java::");
        return url;
    }

    static Client client() throws BosauthException {
        return Client.builder(url()).build();
    }

    /** Returns a client without a server. */
    static Client unused() throws BosauthException {
        return Client.builder("http://127.0.0.1").build();
    }

    /** Binds a new token to the demo user. */
    static String token(Client client) throws BosauthException {
        String token = Client.generateToken();
        client.collection("users").bindToken(EMAIL, PASSWORD, token);
        return token;
    }
}
