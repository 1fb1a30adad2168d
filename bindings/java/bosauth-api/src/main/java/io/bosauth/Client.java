package io.bosauth;

import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A client of one BosBase server, with a session. Threads may share it. It is closed by {@link #close}, or some time
 * after it is no longer referenced. After that, calls throw {@link FixCallException} with {@link
 * Status#INVALID_HANDLE}.
 *
 * <p>Plain http protects neither passwords nor responses on the network path: use it on loopback only.
 *
 * <pre>{@code
 * try (Client app = Client.builder(url).timeout(Duration.ofSeconds(15)).build()) {
 *     AuthCollection users = app.collection("users");
 *     users.bindToken("user@example.com", "correct horse 1", "my-own-token");
 *     Session session = users.authWithToken("my-own-token");
 *     System.out.println("hello " + session.field("email"));
 * }
 * }</pre>
 */
public final class Client implements AutoCloseable {
    private final String baseUrl;
    private final Owned owned;
    private final Cleanup cleanup;
    private final Callbacks.@Nullable Storage storage;
    /** The listeners, by the number under which native code knows them. */
    private final Map<Integer, SessionListener> listeners = new ConcurrentHashMap<>();
    private volatile int uses;

    private Client(String baseUrl, long handle, Callbacks.@Nullable Storage storage) {
        this.baseUrl = baseUrl;
        this.storage = storage;
        owned = new Owned(handle);
        cleanup = new Cleanup(this, owned::free);
    }

    /** The native handles of a client. They are validated on every use. */
    private static final class Owned {
        final long client;
        private final Set<Long> listeners = new HashSet<>();

        Owned(long client) {
            this.client = client;
        }

        synchronized void free() {
            Native.clientFree(client);
            for (long listener : listeners) {
                Native.listenerFree(listener);
            }
            listeners.clear();
        }

        synchronized byte[] addListener(int number) {
            byte[] packed = Native.addListener(client, number);
            Results results = new Results(packed);
            if (results.number() == Status.OK.code()) {
                listeners.add(results.number());
            }
            return packed;
        }

        synchronized void freeListener(long listener) {
            if (listeners.remove(listener)) {
                Native.listenerFree(listener);
            }
        }
    }

    /**
     * Returns a builder of a client.
     *
     * <pre>{@code
     * Client app = Client.builder(url).userAgent("my-game/1.0").build();
     * }</pre>
     *
     * @param baseUrl the server's URL: http or https, a host, an optional port and an optional path prefix, without
     *     user info, query or fragment; at most 2048 bytes of ASCII
     * @return the builder
     */
    public static Builder builder(String baseUrl) {
        return new Builder(Objects.requireNonNull(baseUrl, "baseUrl"));
    }

    /**
     * Generates a custom token: 256 random bits from the operating system, as 43 characters of A-Z a-z 0-9 _ -. Nothing
     * is sent.
     *
     * <pre>{@code
     * String token = Client.generateToken();
     * client.collection("users").bindToken("user@example.com", "correct horse 1", token);
     * }</pre>
     *
     * @return the token
     * @throws BosauthException {@link Status#INTERNAL} if the operating system provides no random numbers
     * @throws UnsatisfiedLinkError if the native library cannot be loaded
     */
    public static String generateToken() throws BosauthException {
        Loader.load();
        Results results = new Results(Native.generateToken());
        try {
            Status status = Status.of(results.number());
            if (status != Status.OK) {
                throw BosauthException.of(status, results);
            }
            return results.string();
        } finally {
            results.zeroize();
        }
    }

    /**
     * Returns the calls for an auth collection.
     *
     * @param name the name or id of the collection, such as "users" or "_superusers"; 1 to 255 bytes
     * @return the calls
     */
    public AuthCollection collection(String name) {
        return new AuthCollection(this, Objects.requireNonNull(name, "name"));
    }

    /**
     * Checks the client's session with the server and updates its record. The new session becomes the client's session,
     * unless {@link CallOptions#keepSession} disables that or the client's session has changed since the start of the
     * call; see {@link Session#wasKept}. On failure, the client's session does not change.
     *
     * <pre>{@code
     * try {
     *     client.authRefresh();
     * } catch (AskCredentialsException e) {
     *     System.out.println("Please log in again.");
     * }
     * }</pre>
     *
     * @return the session
     * @throws BosauthException {@link Status#NO_SESSION}, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, STORE, STORE_UNAVAILABLE
     *     or STORE_CORRUPT, or an error of any call
     */
    public Session authRefresh() throws BosauthException {
        return authRefreshRequest(CallOptions.NONE).run();
    }

    /**
     * The same as {@link #authRefresh()} with options.
     *
     * @param options the options
     * @return the session
     * @throws BosauthException as for {@link #authRefresh()}
     */
    public Session authRefresh(CallOptions options) throws BosauthException {
        return authRefreshRequest(options).run();
    }

    /**
     * The same as {@link #authRefresh()} on another thread.
     *
     * @return a future of the session, which fails with the exception of the call
     */
    public CompletableFuture<Session> authRefreshAsync() {
        return authRefreshRequest(CallOptions.NONE).start();
    }

    /**
     * The same as {@link #authRefresh()} with options on another thread.
     *
     * @param options the options
     * @return a future of the session, which fails with the exception of the call
     */
    public CompletableFuture<Session> authRefreshAsync(CallOptions options) {
        return authRefreshRequest(options).start();
    }

    private Request<Session> authRefreshRequest(CallOptions options) {
        Arguments arguments = new Arguments();
        CallOptions.write(options, arguments);
        return new Request<>(this, Native::authRefresh, arguments, options, Session::new);
    }

    /**
     * Sends any other request without a body. See {@link #send(String, String, byte[], CallOptions)}.
     *
     * <pre>{@code
     * try (Response response = client.send("GET", "/api/health")) {
     *     System.out.println(response.status() + " " + response.bodyAsString());
     * }
     * }</pre>
     *
     * @param method the method
     * @param path the path
     * @return the response
     * @throws BosauthException as for {@link #send(String, String, byte[], CallOptions)}
     */
    public Response send(String method, String path) throws BosauthException {
        return sendRequest(method, path, null, CallOptions.NONE).run();
    }

    /**
     * Sends any other request below the base URL. The token of the client's session is sent in the Authorization
     * header, if there is a session and neither the options nor the client have a header of that name. The session does
     * not change. Redirects are not followed. GET and HEAD are retried like other idempotent calls.
     *
     * <pre>{@code
     * Session session = client.collection("users").authWithToken("my-own-token");
     * String path = "/api/collections/users/records/" + session.field("id");
     * byte[] body = "{\"name\":\"Ann\"}".getBytes(StandardCharsets.UTF_8);
     * Response response = client.send("PATCH", path, body, new CallOptions().timeout(Duration.ofSeconds(5)));
     * }</pre>
     *
     * @param method the method, such as "GET"; neither CONNECT nor TRACE
     * @param path the path below the base URL, such as "/api/health", percent-encoded; at most 2048 bytes. Query
     *     parameters are added with {@link CallOptions#query}
     * @param body the body, which is copied; null for none. Its Content-Type is application/json, unless the options
     *     set another
     * @param options the options
     * @return the response, whose HTTP status is 200 to 299
     * @throws BosauthException {@link Status#UNAUTHORIZED}, FORBIDDEN, NOT_FOUND, VALIDATION, METHOD_DISABLED, STORE,
     *     STORE_UNAVAILABLE or STORE_CORRUPT, or an error of any call
     */
    public Response send(String method, String path, byte @Nullable [] body, CallOptions options)
            throws BosauthException {
        return sendRequest(method, path, body, options).run();
    }

    /**
     * The same as {@link #send(String, String)} on another thread.
     *
     * @param method the method
     * @param path the path
     * @return a future of the response, which fails with the exception of the call
     */
    public CompletableFuture<Response> sendAsync(String method, String path) {
        return sendRequest(method, path, null, CallOptions.NONE).start();
    }

    /**
     * The same as {@link #send(String, String, byte[], CallOptions)} on another thread.
     *
     * @param method the method
     * @param path the path
     * @param body the body, which is copied; null for none
     * @param options the options
     * @return a future of the response, which fails with the exception of the call
     */
    public CompletableFuture<Response> sendAsync(
            String method, String path, byte @Nullable [] body, CallOptions options) {
        return sendRequest(method, path, body, options).start();
    }

    private Request<Response> sendRequest(
            String method, String path, byte @Nullable [] body, CallOptions options) {
        Arguments arguments = new Arguments();
        CallOptions.write(options, arguments);
        arguments.string("method", method).string("path", path).bytes(body);
        return new Request<>(this, Native::send, arguments, options, Response::new);
    }

    /**
     * Returns the client's current session. With a session file or storage, the first call reads it, unless the session
     * has been changed before; {@link #syncSession} reads later changes of other processes.
     *
     * <pre>{@code
     * Session session = client.session();
     * System.out.println(session == null ? "not logged in" : session.field("email"));
     * }</pre>
     *
     * @return the session; null if there is none
     * @throws BosauthException {@link Status#STORE}, STORE_UNAVAILABLE or STORE_CORRUPT: the next call tries again; or
     *     INVALID_HANDLE
     */
    public @Nullable Session session() throws BosauthException {
        return read(Native.session(owned.client), results -> results == null ? null : new Session(results));
    }

    /**
     * Makes a token obtained elsewhere the client's session. Nothing is sent.
     *
     * <pre>{@code
     * Session session = client.collection("users").authWithToken("my-own-token");
     * try (Client other = Client.builder(url).build()) {
     *     other.saveSession(session.token(), session.recordJson());
     * }
     * }</pre>
     *
     * @param token the session token; 1 to 8192 bytes of A-Z a-z 0-9 . _ ~ + / = -
     * @param recordJson the account's record, a JSON object; null if there is none
     * @throws BosauthException {@link Status#INVALID_ARGUMENT} or INVALID_HANDLE
     */
    public void saveSession(CharSequence token, @Nullable CharSequence recordJson) throws BosauthException {
        Arguments arguments = new Arguments().string("token", token).nullableString("recordJson", recordJson);
        withArguments(arguments, Native::saveSession);
    }

    /**
     * Removes the client's session, also from the session file or storage. Nothing is sent: the server accepts the
     * token until it expires.
     *
     * <pre>{@code
     * client.clearSession();
     * }</pre>
     *
     * @throws BosauthException {@link Status#STORE} or STORE_UNAVAILABLE: the client has no session any more, but the
     *     stored one remains until the next change of the session or {@link #syncSession} removes it; or INVALID_HANDLE
     */
    public void clearSession() throws BosauthException {
        read(Native.clearSession(owned.client), Client::nothing);
    }

    /**
     * Returns the client's session as a string for {@link #importSession}. Treat it like a password.
     *
     * <pre>{@code
     * String exported = client.exportSession();
     * if (exported != null) {
     *     client.importSession(exported);
     * }
     * }</pre>
     *
     * @return the string; null if there is no session
     * @throws BosauthException as for {@link #session}
     */
    public @Nullable String exportSession() throws BosauthException {
        return read(Native.exportSession(owned.client), results -> results == null ? null : results.string());
    }

    /**
     * Makes an exported session the client's session. Nothing is sent.
     *
     * <pre>{@code
     * String exported = client.exportSession();
     * try (Client other = Client.builder(url).build()) {
     *     if (exported != null) {
     *         other.importSession(exported);
     *     }
     * }
     * }</pre>
     *
     * @param text the exported session of a client with the same base URL; at most 4 MiB and 64 KiB
     * @throws BosauthException {@link Status#INVALID_ARGUMENT} if the string is not such a session, if a later version
     *     of the library has exported it, or if it belongs to another base URL; or INVALID_HANDLE
     */
    public void importSession(CharSequence text) throws BosauthException {
        withArguments(new Arguments().string("text", text), Native::importSession);
    }

    /**
     * Writes the session to the session file or storage if that has failed before, and reads what is stored. A session
     * that another process has stored becomes the client's session; if another process has removed it, there is none.
     * Without a file or storage, it has no effect.
     *
     * <pre>{@code
     * client.syncSession();
     * }</pre>
     *
     * @throws BosauthException {@link Status#STORE}, STORE_UNAVAILABLE or STORE_CORRUPT: the client's session did not
     *     change; or INVALID_HANDLE
     */
    public void syncSession() throws BosauthException {
        read(Native.syncSession(owned.client), Client::nothing);
    }

    /**
     * Returns the number of changes of the client's session: a login, refresh, save, import, clear, or a read of a
     * stored session. It differs exactly if the session was changed in the meantime. Nothing is read.
     *
     * <pre>{@code
     * long before = client.generation();
     * client.clearSession();
     * System.out.println(client.generation() - before); // 1
     * }</pre>
     *
     * @return the number
     * @throws IllegalStateException if the client is closed
     */
    public long generation() {
        long generation = Native.generation(owned.client);
        keepReachable();
        if (generation < 0) {
            throw new IllegalStateException("the client is closed");
        }
        return generation;
    }

    /**
     * Adds a listener for the changes of the client's session from now on. All listeners receive every change in order,
     * one call at a time, usually on the thread that made it. A change that is made in a listener is reported after it
     * has returned. {@link #close} calls {@link SessionListener#closed}, after which listeners are not called any more.
     *
     * <pre>{@code
     * Subscription subscription = client.addListener(change -> System.out.println(change.kind()));
     * client.collection("users").authWithToken("my-own-token"); // prints LOGIN
     * subscription.close();
     * }</pre>
     *
     * @param listener the listener
     * @return the subscription, to remove the listener before the client is closed
     * @throws BosauthException {@link Status#INVALID_HANDLE}
     */
    public Subscription addListener(SessionListener listener) throws BosauthException {
        int number = Callbacks.register(Objects.requireNonNull(listener, "listener"));
        listeners.put(number, listener);
        try {
            return new Subscription(this, number, read(owned.addListener(number), Results::number));
        } catch (BosauthException e) {
            listeners.remove(number);
            throw e;
        }
    }

    void removeListener(int number, long handle) {
        owned.freeListener(handle);
        listeners.remove(number);
        keepReachable();
    }

    /**
     * Closes the client. Calls in progress on other threads throw {@link CancelledException}, except those whose
     * response has already been accepted. This method does not wait for them. The stored session remains. Closing again
     * has no effect.
     */
    @Override
    public void close() {
        cleanup.run();
        for (Integer number : listeners.keySet()) {
            SessionListener listener = listeners.remove(number);
            if (listener != null) {
                Callbacks.closed(listener);
            }
        }
    }

    /**
     * Closes the client like {@link #close()} and waits until none of its calls and callbacks is in progress, except
     * those of this thread. An interrupt does not end the wait.
     *
     * <pre>{@code
     * boolean haveEnded = client.close(Duration.ofSeconds(1));
     * }</pre>
     *
     * @param wait the maximum time to wait; 1 ms to one day
     * @return whether all calls have ended; true if the client was closed before
     * @throws IllegalArgumentException if the time is out of range; the client is not closed
     */
    public boolean close(Duration wait) {
        Status status = Status.of(Native.clientClose(owned.client, milliseconds("wait", wait)));
        if (status == Status.INVALID_ARGUMENT) {
            throw new IllegalArgumentException("wait must be 1 ms to one day");
        }
        close();
        return status != Status.TIMEOUT;
    }

    /** Contains no secret. */
    @Override
    public String toString() {
        return "Client[" + baseUrl + "]";
    }

    long handle() {
        return owned.client;
    }

    /**
     * Ends a use of the handle: before it, this object is not collected, which would close the client.
     * {@code Reference.reachabilityFence} does the same, but requires Android 9.
     */
    void keepReachable() {
        uses = 1;
    }

    private void withArguments(Arguments arguments, ArgumentsFunction function) throws BosauthException {
        try {
            read(function.call(owned.client, arguments.array()), Client::nothing);
        } finally {
            arguments.zeroize();
        }
    }

    private interface ArgumentsFunction {
        byte @Nullable [] call(long client, byte[] arguments);
    }

    /** Ends a native call: reads its results behind the status, null if it has none, and zeroizes them. */
    <T extends @Nullable Object> T read(byte @Nullable [] packed, Request.Reader<T> reader) throws BosauthException {
        keepReachable();
        if (packed == null) {
            return reader.read(null);
        }
        try {
            Results results = new Results(packed);
            Status status = Status.of(results.number());
            if (status == Status.OK) {
                return reader.read(results);
            }
            throw exception(status, results);
        } finally {
            Arrays.fill(packed, (byte) 0);
        }
    }

    private BosauthException exception(Status status, Results results) {
        BosauthException exception = BosauthException.of(status, results);
        Throwable failure = storage != null && exception.isOfStorage() ? storage.failure() : null;
        if (failure != null) {
            exception.initCause(failure);
        }
        return exception;
    }

    /** Reads the results of a call that has none. */
    static @Nullable Void nothing(@Nullable Results results) {
        return null;
    }

    /** A duration that is too long is longer than the longest timeout. */
    static long milliseconds(String name, Duration duration) {
        try {
            return Objects.requireNonNull(duration, name).toMillis();
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE;
        }
    }

    /**
     * Settings of a client. {@link #build} reports an invalid one.
     *
     * <pre>{@code
     * Client app = Client.builder(url).timeout(Duration.ofSeconds(30)).header("X-App", "game").build();
     * }</pre>
     */
    public static final class Builder {
        private final String baseUrl;
        private final List<WrittenSetting> settings = new ArrayList<>();
        private @Nullable String sessionFile;
        private @Nullable SessionStorage sessionStorage;

        private Builder(String baseUrl) {
            this.baseUrl = baseUrl;
        }

        /** Adds a setting to the arguments of the native call. */
        private interface WrittenSetting {
            void write(Arguments arguments);
        }

        private Builder add(WrittenSetting setting) {
            settings.add(setting);
            return this;
        }

        /**
         * Sets the total timeout of a call. The server may delay a login by 15 s while it sends an alert mail: with a
         * shorter timeout, valid logins can time out.
         *
         * @param timeout 1 ms to one day; default 20 s
         * @return this
         */
        public Builder timeout(Duration timeout) {
            long ms = milliseconds("timeout", timeout);
            return add(arguments -> arguments.setting(Setting.TIMEOUT_MS).number(ms));
        }

        /**
         * Sets the timeout of name resolution, connection and TLS handshake together.
         *
         * @param timeout 1 ms to one day; default 5 s
         * @return this
         */
        public Builder connectTimeout(Duration timeout) {
            long ms = milliseconds("timeout", timeout);
            return add(arguments -> arguments.setting(Setting.CONNECT_TIMEOUT_MS).number(ms));
        }

        /**
         * Sets the User-Agent. Keep it constant: the server mails the user when it changes.
         *
         * @param userAgent 1 to 255 bytes of visible ASCII and spaces; default "bosauth"
         * @return this
         */
        public Builder userAgent(String userAgent) {
            Objects.requireNonNull(userAgent, "userAgent");
            return add(arguments -> arguments.setting(Setting.USER_AGENT).string("userAgent", userAgent));
        }

        /**
         * Adds a header to every request. A name added twice is sent twice. Headers that the library sends itself or
         * that change the meaning of a request are rejected: Host, Content-Length, Content-Type, Transfer-Encoding,
         * Connection, Keep-Alive, TE, Trailer, Upgrade, Expect, Accept-Encoding, Proxy-*, Cookie.
         *
         * @param name the name; 1 to 255 bytes
         * @param value the value, which is copied by {@link #build}; at most 8192 bytes, without control characters
         * @return this
         */
        public Builder header(String name, CharSequence value) {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(value, "value");
            return add(arguments -> arguments.setting(Setting.HEADER).string("name", name).string("value", value));
        }

        /**
         * Sets the maximum size of a response body. A larger one is {@link Status#RESPONSE_TOO_LARGE}.
         *
         * @param bytes 1 to 4194304 (4 MiB); default 1 MiB
         * @return this
         */
        public Builder maxResponseBytes(long bytes) {
            return add(arguments -> arguments.setting(Setting.MAX_RESPONSE_BYTES).number(bytes));
        }

        /**
         * Trusts certificate authorities in addition to the bundled ones.
         *
         * @param pem the content of a PEM file with at least one certificate
         * @return this
         */
        public Builder addRootsPem(String pem) {
            Objects.requireNonNull(pem, "pem");
            return add(arguments -> arguments.setting(Setting.ROOTS_PEM).string("pem", pem));
        }

        /**
         * Keeps the session in a file, so that the account is still logged in after a restart. Any number of clients,
         * threads and processes may use one file. It is created with access for its owner only. It replaces a file or
         * storage that was set before.
         *
         * @param file the file
         * @return this
         */
        public Builder sessionFile(File file) {
            sessionFile = Objects.requireNonNull(file, "file").getAbsolutePath();
            sessionStorage = null;
            return this;
        }

        /**
         * Keeps the session in a store of the app. It replaces a file or storage that was set before.
         *
         * @param storage the storage
         * @return this
         */
        public Builder sessionStorage(SessionStorage storage) {
            sessionStorage = Objects.requireNonNull(storage, "storage");
            sessionFile = null;
            return this;
        }

        /**
         * Creates a client. Nothing is sent or read. The builder may be used again.
         *
         * @return the client
         * @throws BosauthException {@link Status#INVALID_ARGUMENT}, with the name of the first invalid setting
         * @throws UnsatisfiedLinkError if the native library cannot be loaded
         */
        public Client build() throws BosauthException {
            Loader.load();
            Callbacks.Storage storage = sessionStorage == null ? null : new Callbacks.Storage(sessionStorage);
            Results results = new Results(create(arguments(), storage));
            Status status = Status.of(results.number());
            if (status != Status.OK) {
                throw BosauthException.of(status, results);
            }
            return new Client(baseUrl, results.number(), storage);
        }

        private static byte[] create(Arguments arguments, Callbacks.@Nullable Storage storage) {
            try {
                if (storage != null) {
                    // From here on, nothing fails before native code has the number, which it releases.
                    arguments.setting(Setting.SESSION_STORAGE).number(Callbacks.register(storage));
                }
                arguments.setting(Setting.END);
                return Native.clientNew(arguments.array());
            } finally {
                arguments.zeroize();
            }
        }

        private Arguments arguments() {
            Arguments arguments = new Arguments().string("baseUrl", baseUrl);
            for (WrittenSetting setting : settings) {
                setting.write(arguments);
            }
            if (sessionFile != null) {
                arguments.setting(Setting.SESSION_FILE).string("sessionFile", sessionFile);
            }
            return arguments;
        }
    }
}
