// The scenario driver for Java: runs each line of its input through the package io.bosauth, and prints the result. The
// format is that of tests/scenarios/README.md.

import io.bosauth.BosauthException;
import io.bosauth.CallOptions;
import io.bosauth.Cancel;
import io.bosauth.Client;
import io.bosauth.Response;
import io.bosauth.Session;
import io.bosauth.SessionChange;
import io.bosauth.SessionStorage;
import io.bosauth.Status;
import io.bosauth.StorageUnavailableException;
import io.bosauth.Subscription;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

class Driver {
    private static final String UNKNOWN = "UNKNOWN VERB";

    // A URL for clients that send nothing.
    private static final String UNUSED_URL = "http://127.0.0.1";

    /** The store of `config session_store`. */
    private static final class MemoryStorage implements SessionStorage {
        Status status = Status.OK;
        String content;

        @Override
        public String load() throws Exception {
            check();
            return content;
        }

        @Override
        public void save(String session) throws Exception {
            check();
            content = session;
        }

        private void check() throws Exception {
            if (status == Status.STORE_UNAVAILABLE) {
                throw new StorageUnavailableException("locked", null);
            }
            if (status != Status.OK) {
                throw new IOException("failed");
            }
        }
    }

    private interface Setter<T> {
        void set(T settings) throws BosauthException;
    }

    private final MemoryStorage storage = new MemoryStorage();
    private final StringBuilder changes = new StringBuilder();
    private final Deque<Subscription> listeners = new ArrayDeque<>();
    private final List<Setter<Client.Builder>> settings = new ArrayList<>();
    private CallOptions options = new CallOptions();
    private Client client;
    private Session login;
    private Response response;
    private Cancel cancel;
    private BosauthException error;

    public static void main(String[] arguments) throws IOException {
        // Fields are UTF-8 in every locale.
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Driver driver = new Driver();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals("reset")) {
                driver.close();
                driver = new Driver();
                out.println("OK");
            } else {
                out.println(driver.run(line));
            }
        }
        driver.close();
    }

    private void close() {
        if (client != null) {
            client.close();
        }
    }

    private String run(String line) {
        String[] words = line.split(" ");
        String[] fields = Arrays.stream(words).skip(1).map(Driver::decoded).toArray(String[]::new);
        try {
            return run(words[0], fields);
        } catch (BosauthException e) {
            error = e;
            return failure(e);
        }
    }

    private String run(String verb, String[] a) throws BosauthException {
        switch (verb) {
            case "config":
                return configure(a);
            case "option":
                return option(a);
            case "client":
                return create(a[0]);
            case "cancel":
                return cancel(a[0]);
            case "bind":
                client.collection(a[0]).bindToken(a[1], a[2], a[3], nextOptions());
                return "OK";
            case "unbind":
                client.collection(a[0]).unbindToken(a[1], a[2], a[3], nextOptions());
                return "OK";
            case "login":
                login = null;
                return loggedIn(client.collection(a[0]).authWithToken(a[1], nextOptions()));
            case "login_with_password":
                login = null;
                return loggedIn(client.collection(a[0]).authWithPassword(a[1], a[2], nextOptions()));
            case "request_otp":
                return encoded(client.collection(a[0]).requestOtp(a[1], nextOptions()));
            case "login_with_otp":
                login = null;
                return loggedIn(client.collection(a[0]).authWithOtp(a[1], a[2], nextOptions()));
            case "refresh":
                login = null;
                return loggedIn(client.authRefresh(nextOptions()));
            case "generate_token":
                return encoded(Client.generateToken());
            case "send":
                byte[] body = a.length == 2 ? null : a[2].getBytes(StandardCharsets.UTF_8);
                response = client.send(a[0], a[1], body, nextOptions());
                return "OK " + response.status();
            case "received":
                return a[0].equals("@body") ? encoded(response.body()) : encoded(response.header(a[0]));
            case "save":
                client.saveSession(a[0], a.length == 1 ? null : a[1]);
                return "OK";
            case "clear":
                client.clearSession();
                return "OK";
            case "export":
                String exported = client.exportSession();
                return exported == null ? "OK none" : encoded(exported);
            case "import":
                client.importSession(a[0]);
                return "OK";
            case "sync":
                client.syncSession();
                return "OK";
            case "generation":
                return "OK " + client.generation();
            case "store":
                storage.status = Status.valueOf(a[0]);
                return "OK";
            case "stored":
                return storage.content == null ? "OK none" : encoded(storage.content);
            case "listen":
                listeners.push(client.addListener(this::record));
                return "OK";
            case "unlisten":
                listeners.pop().close();
                return "OK";
            case "changes":
                String recorded = changes.toString();
                changes.setLength(0);
                return encoded(recorded);
            case "session":
                return show(client.session(), a);
            case "result":
                return show(login, a);
            case "error":
                return partOfError(a[0]);
            case "free":
                client.close();
                return "OK";
            case "close":
                return client.close(milliseconds(a[0])) ? "OK" : "TIMEOUT";
            default:
                return UNKNOWN;
        }
    }

    // ---- fields and results ----

    private static String decoded(String field) {
        if (field.equals("\"\"")) {
            return "";
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int at = 0; at < field.length(); at++) {
            if (field.charAt(at) == '%') {
                bytes.write(Integer.parseInt(field.substring(at + 1, at + 3), 16));
                at += 2;
            } else {
                bytes.write(field.charAt(at));
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static String encoded(String value) {
        return encoded(value == null ? new byte[0] : value.getBytes(StandardCharsets.UTF_8));
    }

    private static String encoded(byte[] value) {
        StringBuilder field = new StringBuilder("OK ");
        for (byte b : value) {
            if (b > ' ' && b < 127 && b != '%') {
                field.append((char) b);
            } else {
                field.append(String.format("%%%02X", b));
            }
        }
        return value.length == 0 ? "OK \"\"" : field.toString();
    }

    private static String failure(BosauthException e) {
        String line = e.status() + " " + e.httpStatus() + " " + e.action();
        if (e.argument() != null) {
            line += " arg=" + e.argument();
        }
        return e.isOutcomeUnknown() ? line + " outcome=unknown" : line;
    }

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    private static String show(Session session, String[] part) {
        if (session == null) {
            return "OK none";
        }
        if (part.length == 0) {
            String line = "OK expiry=" + (session.expiresAt() == null ? "unknown" : "known");
            line += " valid=" + flag(session.isValid()) + " superuser=" + flag(session.isSuperuser());
            line += " kept=" + flag(session.wasKept());
            return session.storeStatus() == Status.OK ? line : line + " store=" + session.storeStatus();
        }
        switch (part[0]) {
            case "@token":
                return encoded(session.token());
            case "@record":
                return encoded(session.recordJson());
            case "@meta":
                return encoded(session.metaJson());
            case "@expires_at":
                return "OK " + (session.expiresAt() == null ? 0 : session.expiresAt().getEpochSecond());
            default:
                return encoded(session.field(part[0]));
        }
    }

    private String partOfError(String part) {
        switch (part) {
            case "message":
                return encoded(error.getMessage().replaceFirst("^[A-Z_]+: ", "").replaceFirst(" \\(HTTP \\d+\\)$", ""));
            case "server_message":
                return encoded(error.serverMessage());
            case "data":
                return encoded(error.dataJson());
            case "body":
                return encoded(error.body());
            case "url":
                return encoded(error.url());
            case "mfa_id":
                return encoded(error.mfaId());
            case "retry_after_ms":
                return "OK " + error.retryAfter().toMillis();
            default:
                return UNKNOWN;
        }
    }

    private String loggedIn(Session session) {
        login = session;
        return session.wasKept() ? "OK kept" : "OK lost";
    }

    private void record(SessionChange change) {
        if (changes.length() > 0) {
            changes.append(',');
        }
        String token = Optional.ofNullable(change.session()).map(Session::token).orElse("-");
        changes.append(change.kind()).append(':');
        changes.append(change.generation()).append(':').append(token);
    }

    // ---- configuration and options ----

    private static Duration milliseconds(String value) {
        return Duration.ofMillis(Long.parseLong(value));
    }

    private String create(String url) throws BosauthException {
        Client.Builder builder = Client.builder(url);
        for (Setter<Client.Builder> setting : settings) {
            setting.set(builder);
        }
        settings.clear();
        client = builder.build();
        return "OK";
    }

    private String configure(String[] a) throws BosauthException {
        Setter<Client.Builder> setter = setting(a);
        settings.add(setter);
        if (a[0].equals("session_file")) {
            // The file is checked with the next client.
            return "OK";
        }
        Client.Builder fresh = Client.builder(UNUSED_URL);
        setter.set(fresh);
        try {
            fresh.build().close();
            return "OK";
        } catch (BosauthException e) {
            return e.status().name();
        }
    }

    private Setter<Client.Builder> setting(String[] a) {
        switch (a[0]) {
            case "timeout_ms":
                return builder -> builder.timeout(milliseconds(a[1]));
            case "connect_timeout_ms":
                return builder -> builder.connectTimeout(milliseconds(a[1]));
            case "max_response_bytes":
                return builder -> builder.maxResponseBytes(Long.parseLong(a[1]));
            case "user_agent":
                return builder -> builder.userAgent(a[1]);
            case "session_file":
                return builder -> builder.sessionFile(new File(a[1]));
            case "session_store":
                return builder -> builder.sessionStorage(storage);
            case "roots_pem":
                return builder -> builder.addRootsPem(a[1]);
            case "header":
                return builder -> builder.header(a[1], a[2]);
            default:
                throw new IllegalArgumentException(a[0]);
        }
    }

    private CallOptions nextOptions() {
        CallOptions next = options;
        options = new CallOptions();
        return next;
    }

    private String option(String[] a) {
        setOption(options, a);
        if (a[0].equals("cancel")) {
            return "OK";
        }
        CallOptions fresh = new CallOptions();
        setOption(fresh, a);
        return statusOf(fresh);
    }

    private void setOption(CallOptions target, String[] a) {
        switch (a[0]) {
            case "timeout_ms":
                target.timeout(milliseconds(a[1]));
                break;
            case "keep_session":
                target.keepSession(!a[1].equals("0"));
                break;
            case "body_json":
                target.bodyJson(a[1]);
                break;
            case "mfa_id":
                target.mfaId(a[1]);
                break;
            case "query":
                target.query(a[1], a[2]);
                break;
            case "header":
                target.header(a[1], a[2]);
                break;
            case "cancel":
                target.cancel(cancel);
                break;
            default:
                throw new IllegalArgumentException(a[0]);
        }
    }

    /** Returns the error of options with which a call fails, or OK. The call accepts every option and sends nothing. */
    private static String statusOf(CallOptions options) {
        Cancel triggered = new Cancel();
        triggered.trigger();
        try (Client unused = Client.builder(UNUSED_URL).build()) {
            unused.send("GET", "/a", null, options.cancel(triggered));
            return "OK";
        } catch (BosauthException e) {
            return e.status() == Status.CANCELLED ? "OK" : e.status().name();
        }
    }

    private String cancel(String what) {
        switch (what) {
            case "new":
                cancel = new Cancel();
                return "OK";
            case "trigger":
                cancel.trigger();
                return "OK";
            case "free":
                cancel = null;
                return "OK";
            default:
                return UNKNOWN;
        }
    }
}
