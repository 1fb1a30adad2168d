"""The scenario driver for Python: runs each line of its input through the package bosauth, and prints the result.
The format is that of tests/scenarios/README.md."""

import json
import socket
import sys
from urllib.parse import quote_from_bytes, unquote

from bosauth import BosBase, Cancel, ClientResponseError, Status, StoreUnavailable, generate_token

UNKNOWN = "UNKNOWN VERB"

# The characters that are not encoded in a field.
VISIBLE = "".join(map(chr, range(33, 127))).replace("%", "")

# A closed port: a call to it reports rejected options, since they are checked first.
CLOSED = socket.socket()
CLOSED.bind(("127.0.0.1", 0))
CLOSED_URL = f"http://127.0.0.1:{CLOSED.getsockname()[1]}"

# Names of the scenarios that differ in Python.
SETTINGS = {"timeout_ms": "timeout", "connect_timeout_ms": "connect_timeout", "header": "headers", "body_json": "body"}
ARGUMENTS = {
    "body": "object",
    "max_response_bytes": "bytes",
    "record": "record_json",
    "roots_pem": "pem",
    "session_file": "path",
    "timeout": "ms",
    "connect_timeout": "ms",
}
ARGUMENTS_OF_VERBS = {"login_with_otp": {"password": "code"}, "send": {"body": "body"}}


def decoded(field):
    return "" if field == '""' else unquote(field, errors="strict")


def encoded(value):
    data = value if isinstance(value, bytes) else value.encode()
    return f"OK {quote_from_bytes(data, VISIBLE)}" if data else 'OK ""'


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def put(settings, name, value, *more):
    """Adds a config or option line to the arguments of the next client or call."""
    key = SETTINGS.get(name, name)
    if name in ("session_file", "session_store"):
        # The last one counts.
        settings.pop("session_file", None)
        settings.pop("session_store", None)
    if name in ("header", "query"):
        several = settings.setdefault(key, {})
        several[value] = [several[value], more[0]] if value in several else more[0]
    elif name.endswith("_ms"):
        settings[key] = int(value) / 1000
    elif name in ("keep_session", "max_response_bytes"):
        settings[key] = int(value)
    else:
        settings[key] = value
    return settings


def failure(error, verb):
    argument = {**ARGUMENTS, **ARGUMENTS_OF_VERBS.get(verb, {})}.get(error.argument, error.argument)
    line = f"{error.name} {error.status} {error.action.name}"
    line += f" arg={argument}" if argument else ""
    return line + (" outcome=unknown" if error.outcome_unknown else "")


def show(session, part=None):
    if session is None:
        return "OK none"
    if part is None:
        expiry = "unknown" if session.expires_at is None else "known"
        flags = (session.is_valid(), session.is_superuser, session.was_kept)
        stored = "" if session.store_status == Status.OK else f" store={session.store_status.name}"
        return "OK expiry={} valid={:d} superuser={:d} kept={:d}{}".format(expiry, *flags, stored)
    parts = {
        "@token": lambda: session.token,
        "@record": lambda: session.record_json,
        "@meta": lambda: session.meta_json,
        "@expires_at": lambda: str(session.expires_at or 0),
    }
    return encoded(parts[part]() if part in parts else session.field(part))


class Store:
    """A session store in memory. It fails if there is an exception."""

    def __init__(self):
        self.text = self.failure = None

    def load(self):
        self.save(self.text)
        return self.text

    def save(self, text):
        if self.failure is not None:
            raise self.failure
        self.text = text


class Driver:
    """A client, the settings of the next client and call, and the results of the last calls."""

    def __init__(self):
        self.client = self.login = self.response = self.error = self.cancel = None
        self.settings, self.options, self.rejected = {}, {}, False
        self.store, self.listeners, self.recorded = Store(), [], []

    def run(self, line):
        verb, *fields = line.split()
        method = getattr(self, f"do_{verb}", None)
        if method is None:
            return UNKNOWN
        try:
            return method(*map(decoded, fields)) or "OK"
        except ClientResponseError as error:
            self.error = error
            return failure(error, verb)

    def taken(self, name):
        """Takes the settings of the next client or call."""
        taken = getattr(self, name)
        setattr(self, name, {})
        return taken

    def do_reset(self):
        self.__init__()

    def do_config(self, name, *values):
        """Settings are arguments of one call, so those after a rejected one are omitted."""
        if name == "session_store":
            values = [self.store]
        if not self.rejected:
            put(self.settings, name, *values)
        if name == "session_file":
            # The file is checked with the next client.
            return None
        try:
            BosBase(CLOSED_URL, **put({}, name, *values)).close()
        except ClientResponseError as error:
            self.rejected = True
            return error.name

    def do_option(self, name, *values):
        if name == "cancel":
            self.options["cancel"] = self.cancel
            return None
        put(self.options, name, *values)
        client, option = BosBase(CLOSED_URL), put({}, name, *values)
        try:
            # Only `send` accepts every header, and only a login every other option.
            if name == "header":
                client.send("/x", **option)
            else:
                client.collection("users").auth_with_token("x", **option)
        except ClientResponseError as error:
            return "OK" if error.name == "CONNECT" else error.name

    def do_client(self, url):
        self.rejected = False
        self.client = BosBase(url, **self.taken("settings"))

    def do_free(self):
        self.client.close()

    def do_bind(self, collection, *strings):
        self.client.collection(collection).bind_custom_token(*strings, **self.for_binding())

    def do_unbind(self, collection, *strings):
        self.client.collection(collection).unbind_custom_token(*strings, **self.for_binding())

    def for_binding(self):
        """The options of a call without an argument for the MFA id, which is sent in the query."""
        options = self.taken("options")
        if "mfa_id" in options:
            options.setdefault("query", {})["mfaId"] = options.pop("mfa_id")
        return options

    def do_login(self, collection, *strings):
        return self.log_in(self.client.collection(collection).auth_with_token, *strings)

    def do_login_with_password(self, collection, *strings):
        return self.log_in(self.client.collection(collection).auth_with_password, *strings)

    def do_login_with_otp(self, collection, *strings):
        return self.log_in(self.client.collection(collection).auth_with_otp, *strings)

    def do_refresh(self):
        """The collection must be that of the session."""
        record = self.client.auth_store.record or {}
        return self.log_in(self.client.collection(record.get("collectionId", "users")).auth_refresh)

    def log_in(self, call, *strings):
        self.login = None
        self.login = call(*strings, **self.taken("options")).session
        return "OK kept" if self.login.was_kept else "OK lost"

    def do_request_otp(self, collection, email):
        return encoded(self.client.collection(collection).request_otp(email, **self.for_binding())["otpId"])

    def do_generate_token(self):
        return encoded(generate_token())

    def do_send(self, method, path, body=None):
        options = self.taken("options")
        for name in ("body", "mfa_id", "keep_session"):
            options.pop(name, None)
        self.response = self.client.send_raw(path, method=method, body=body, **options)
        return f"OK {self.response.status}"

    def do_received(self, part):
        return encoded(self.response.body if part == "@body" else self.response.header(part))

    def do_save(self, token, record=None):
        self.client.auth_store.save(token, record)

    def do_clear(self):
        self.client.auth_store.clear()

    def do_store(self, status):
        failures = {"OK": None, "STORE": OSError("full"), "STORE_UNAVAILABLE": StoreUnavailable("locked")}
        if status not in failures:
            return UNKNOWN
        self.store.failure = failures[status]
        return None

    def do_stored(self):
        return "OK none" if self.store.text is None else encoded(self.store.text)

    def do_export(self):
        text = self.client.auth_store.export_session()
        return "OK none" if text is None else encoded(text)

    def do_import(self, text):
        self.client.auth_store.import_session(text)

    def do_sync(self):
        self.client.auth_store.sync()

    def do_generation(self):
        return f"OK {self.client.auth_store.generation}"

    def do_listen(self):
        self.listeners.append(self.client.auth_store.subscribe(self.recorded.append))

    def do_unlisten(self):
        if not self.listeners:
            return UNKNOWN
        return self.listeners.pop()()

    def do_changes(self):
        shown = ",".join(f"{change.kind.name}:{change.generation}:{change.token or '-'}" for change in self.recorded)
        self.recorded.clear()
        return encoded(shown)

    def do_cancel(self, what):
        if what == "new":
            self.cancel = Cancel()
        elif what == "trigger":
            self.cancel.trigger()
        elif what == "free":
            self.cancel = None
        else:
            return UNKNOWN
        return None

    def do_close(self, wait):
        return "OK" if self.client.close(int(wait) / 1000) else "TIMEOUT"

    def do_session(self, part=None):
        return show(self.client.auth_store.snapshot(), part)

    def do_result(self, part=None):
        return show(self.login, part)

    def do_error(self, part):
        error = self.error
        parts = {
            "message": lambda: error.message,
            "server_message": lambda: error.server_message,
            "data": lambda: compact(error.data) if "data" in error.response else "",
            "body": lambda: error.body,
            "url": lambda: error.url or "",
            "mfa_id": lambda: error.mfa_id,
            "retry_after_ms": lambda: str(round((error.retry_after or 0) * 1000)),
        }
        return encoded(parts[part]()) if part in parts else UNKNOWN


def main():
    # Exceptions of the store after which a call succeeds.
    sys.unraisablehook = lambda _: None
    # Fields are UTF-8 in every locale.
    sys.stdin.reconfigure(encoding="utf-8")
    driver = Driver()
    for line in sys.stdin:
        print(driver.run(line), flush=True)


if __name__ == "__main__":
    main()
