package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The server of the tests, with the accounts of {@code seed.json}. */
final class Server {
    static final String EMAIL = "user@example.com";
    static final String PASSWORD = "correct horse 1";

    private Server() {}

    static String url() {
        return variable("BOSAUTH_TEST_URL");
    }

    /** Returns a variable of the environment. Without it, the test is skipped, or fails with BOSAUTH_ALL_TOOLS=1. */
    static String variable(String name) {
        String value = System.getenv(name);
        String message = name + " is not set; run: cargo test --test it java::";
        if ("1".equals(System.getenv("BOSAUTH_ALL_TOOLS"))) {
            assertNotNull(value, message);
        }
        assumeTrue(value != null, message);
        return value;
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
