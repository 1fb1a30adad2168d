package io.bosauth;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The response to {@link Client#send}. It owns native memory, which is released when it is closed or no longer
 * referenced.
 *
 * <pre>{@code
 * try (Response response = client.send("GET", "/api/health")) {
 *     System.out.println(response.header("Content-Type") + " " + response.bodyAsString());
 * }
 * }</pre>
 */
public final class Response implements AutoCloseable {
    private final int status;
    private final byte[] body;
    private final Cleanup cleanup;
    /** The address of the native response; 0 after it was freed. */
    private long address;

    Response(Results results) {
        address = results.number();
        long owned = address;
        cleanup = new Cleanup(this, () -> Native.responseFree(owned));
        status = (int) results.number();
        body = results.bytes();
    }

    /**
     * Returns the HTTP status.
     *
     * @return 200 to 299
     */
    public int status() {
        return status;
    }

    /**
     * Returns the body.
     *
     * @return a copy
     */
    public byte[] body() {
        return body.clone();
    }

    /**
     * Returns the body decoded from UTF-8. Bytes that are not UTF-8 are replaced by U+FFFD.
     *
     * @return the body
     */
    public String bodyAsString() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /**
     * Returns the value of a header. The values of several fields of one name are joined with ", "; that of Set-Cookie
     * is the first.
     *
     * @param name the name, such as "Content-Type"; not case-sensitive
     * @return the value; null if there is no such header, or if its value is empty
     * @throws IllegalStateException if the response is closed
     */
    public synchronized @Nullable String header(String name) {
        if (address == 0) {
            throw new IllegalStateException("the response is closed");
        }
        Arguments arguments = new Arguments().string("name", name);
        String value = new Results(Native.responseHeader(address, arguments.array())).string();
        return value.isEmpty() ? null : value;
    }

    /** Releases the native memory. {@link #status} and {@link #body} remain. Closing again has no effect. */
    @Override
    public synchronized void close() {
        address = 0;
        cleanup.run();
    }

    @Override
    public String toString() {
        return "Response[" + status + ", " + body.length + " bytes]";
    }
}
