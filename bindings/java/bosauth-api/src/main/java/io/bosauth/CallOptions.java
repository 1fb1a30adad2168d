package io.bosauth;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Options of a call. The values are copied when a call starts; an invalid one throws {@link FixCallException} then. An
 * option that does not apply to a call is ignored.
 *
 * <pre>{@code
 * CallOptions options = new CallOptions().timeout(Duration.ofSeconds(10)).query("expand", "team");
 * client.collection("users").authWithToken("my-own-token", options);
 * }</pre>
 */
public final class CallOptions {
    /** The defaults, which are not changed. */
    static final CallOptions NONE = new CallOptions();

    private final List<Entry> entries = new ArrayList<>();
    private @Nullable Cancel cancel;

    /** Creates options with the defaults. */
    public CallOptions() {}

    /** A setting with its values. */
    private static final class Entry {
        final Setting setting;
        final @Nullable String name;
        final @Nullable CharSequence value;
        final long number;

        Entry(Setting setting, @Nullable String name, @Nullable CharSequence value, long number) {
            this.setting = setting;
            this.name = name;
            this.value = value;
            this.number = number;
        }
    }

    private CallOptions add(Setting setting, @Nullable String name, @Nullable CharSequence value, long number) {
        entries.add(new Entry(setting, name, value, number));
        return this;
    }

    /**
     * Sets the total timeout of the call, in place of that of the client.
     *
     * @param timeout 1 ms to one day
     * @return this
     */
    public CallOptions timeout(Duration timeout) {
        return add(Setting.TIMEOUT_MS, null, null, Client.milliseconds("timeout", timeout));
    }

    /**
     * Adds a query parameter such as "expand" or "fields". The server logs request URLs: do not pass a secret.
     *
     * @param name the name; 1 to 255 bytes, neither "token" nor "mfaId"
     * @param value the value; at most 8192 bytes
     * @return this
     */
    public CallOptions query(String name, String value) {
        return add(Setting.QUERY, Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"), 0);
    }

    /**
     * Adds a header. It replaces those of the client with the same name. A name added twice is sent twice. See
     * {@link Client.Builder#header} for the rejected names; {@code send} also accepts Content-Type.
     *
     * @param name the name; 1 to 255 bytes
     * @param value the value; at most 8192 bytes, without control characters
     * @return this
     */
    public CallOptions header(String name, CharSequence value) {
        return add(Setting.HEADER, Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"), 0);
    }

    /**
     * Sets extra fields of the request body. The names of the call's own fields are rejected, such as "email".
     *
     * @param object a JSON object without duplicate names at its top level; at most 65536 bytes
     * @return this
     */
    public CallOptions bodyJson(CharSequence object) {
        return add(Setting.BODY_JSON, null, Objects.requireNonNull(object, "object"), 0);
    }

    /**
     * Sets whether the session of a login or refresh becomes the client's session.
     *
     * @param on true is the default
     * @return this
     */
    public CallOptions keepSession(boolean on) {
        return add(Setting.KEEP_SESSION, null, null, on ? 1 : 0);
    }

    /**
     * Sets the id of the MFA login that the call completes, from {@link BosauthException#mfaId}.
     *
     * @param mfaId the id; 1 to 255 bytes of A-Z a-z 0-9 _ -
     * @return this
     */
    public CallOptions mfaId(CharSequence mfaId) {
        return add(Setting.MFA_ID, null, Objects.requireNonNull(mfaId, "mfaId"), 0);
    }

    /**
     * Sets what cancels the call. An asynchronous call is cancelled by its future, too.
     *
     * @param cancel the cancel
     * @return this
     */
    public CallOptions cancel(Cancel cancel) {
        this.cancel = Objects.requireNonNull(cancel, "cancel");
        return this;
    }

    @Nullable Cancel cancel() {
        return cancel;
    }

    /** Adds the options to the arguments of a call, without the cancel. */
    static void write(CallOptions options, Arguments arguments) {
        for (Entry entry : Objects.requireNonNull(options, "options").entries) {
            arguments.setting(entry.setting);
            if (entry.value == null) {
                arguments.number(entry.number);
                continue;
            }
            if (entry.name != null) {
                arguments.string("name", entry.name);
            }
            arguments.string("value", entry.value);
        }
        arguments.setting(Setting.END);
    }
}
