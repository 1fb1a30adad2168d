package io.bosauth;

/**
 * The server was not reached: offline, captive portal, proxy, or the wrong server.
 *
 * <pre>{@code
 * try (Client offline = Client.builder("http://localhost:1").build()) {
 *     offline.collection("users").authWithToken("my-own-token");
 * } catch (CheckNetworkException e) {
 *     System.out.println("Are you online?");
 * }
 * }</pre>
 */
public final class CheckNetworkException extends BosauthException {
    private static final long serialVersionUID = 1;

    CheckNetworkException(Details details) {
        super(details);
    }
}
