// Logs in with a token, with bosauth or a peer: `java Peers.java PEER URL WARM_UP LOGINS`. Prints the time to the first
// login, and the CPU time of the process and the elapsed time for each further login. The peers do not parse the
// response.

import com.sun.management.OperatingSystemMXBean;
import io.bosauth.AuthCollection;
import io.bosauth.Client;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;

public class Peers {
    private static final String TOKEN = "my-own-token";
    private static final String PATH = "/api/collections/users/auth-with-token";
    private static final String BODY = "{\"token\":\"" + TOKEN + "\"}";

    private interface Login {
        void run() throws Exception;
    }

    private static Login bosauth(String url) throws Exception {
        AuthCollection users = Client.builder(url).build().collection("users");
        return () -> check(users.authWithToken(TOKEN).wasKept());
    }

    private static Login urlConnection(String url) throws Exception {
        URL target = new URL(url + PATH);
        return () -> {
            HttpURLConnection connection = (HttpURLConnection) target.openConnection();
            connection.setRequestMethod("POST");
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/json");
            connection.getOutputStream().write(BODY.getBytes(StandardCharsets.UTF_8));
            try (InputStream body = connection.getInputStream()) {
                check(connection.getResponseCode() == 200 && body.readAllBytes().length > 0);
            }
        };
    }

    private static Login httpClient(String url) {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + PATH))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(BODY))
                        .build();
        return () -> check(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200);
    }

    private static Login okHttp(String url) {
        OkHttpClient client = new OkHttpClient();
        RequestBody body = RequestBody.create(BODY, MediaType.get("application/json"));
        Request request = new Request.Builder().url(url + PATH).post(body).build();
        return () -> {
            try (okhttp3.Response response = client.newCall(request).execute()) {
                check(response.code() == 200 && response.body().string().length() > 0);
            }
        };
    }

    private static void check(boolean isLoggedIn) {
        if (!isLoggedIn) {
            throw new AssertionError();
        }
    }

    private static Login login(String peer, String url) throws Exception {
        switch (peer) {
            case "bosauth":
                return bosauth(url);
            case "HttpURLConnection":
                return urlConnection(url);
            case "java.net.http":
                return httpClient(url);
            case "OkHttp":
                return okHttp(url);
            default:
                throw new IllegalArgumentException(peer);
        }
    }

    public static void main(String[] args) throws Exception {
        long start = System.nanoTime();
        Login login = login(args[0], args[1]);
        login.run();
        double first = (System.nanoTime() - start) / 1e6;
        for (int i = Integer.parseInt(args[2]); i > 0; i--) {
            login.run();
        }
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        int logins = Integer.parseInt(args[3]);
        long cpu = system.getProcessCpuTime();
        long elapsed = System.nanoTime();
        for (int i = 0; i < logins; i++) {
            login.run();
        }
        elapsed = System.nanoTime() - elapsed;
        cpu = system.getProcessCpuTime() - cpu;
        System.out.printf(
                "| %s | %.0f | %.0f | %.0f |%n", args[0], first, cpu / 1e3 / logins, elapsed / 1e3 / logins);
        System.exit(0);
    }
}
