"""Exceptions: every class and attribute, from bosbase-local where possible."""

import json
import pickle
import traceback
import unittest

import bosauth
from bosauth import Action, BosBase, ClientResponseError, Status
from bosauth._errors import CLASSES, failure
from support import EMAIL, PASSWORD, URL, MockServer, new_token, response, unused_url


def envelope(status, message, data=None):
    return response(status, json.dumps({"data": data or {}, "message": message, "status": status}).encode())


class Errors(unittest.TestCase):
    def error(self, call, *arguments, **options):
        with self.assertRaises(ClientResponseError) as raised:
            call(*arguments, **options)
        return raised.exception

    def error_of(self, response_bytes, **settings):
        with MockServer(response_bytes) as server:
            users = BosBase(server.url, **settings).collection("users")
            return self.error(users.auth_with_token, "secret-token")

    def assert_error(self, error, expected_class, status, http_status):
        self.assertIs(type(error), expected_class)
        self.assertEqual((error.code, error.name, error.status), (status, status.name, http_status))
        self.assertTrue(error.message)

    def test_errors_of_the_service(self):
        token = new_token()
        client = BosBase(URL)
        bind = lambda collection, email, password: self.error(
            client.collection(collection).bind_custom_token, email, password, token
        )
        self.assert_error(bind("users", EMAIL, "wrong"), bosauth.AskCredentialsError, Status.CREDENTIALS, 400)
        self.assert_error(bind("missing", EMAIL, PASSWORD), bosauth.FixCallError, Status.NOT_FOUND, 404)
        disabled = bind("tokensonly", EMAIL, PASSWORD)
        self.assert_error(disabled, bosauth.ContactOperatorError, Status.METHOD_DISABLED, 403)
        invalid = bind("users", "not-an-email", PASSWORD)
        self.assert_error(invalid, bosauth.AskCredentialsError, Status.VALIDATION, 400)
        self.assertEqual(invalid.data["email"]["code"], "validation_is_email")
        unknown = self.error(client.collection("users").auth_with_token, token)
        self.assert_error(unknown, bosauth.AskCredentialsError, Status.UNKNOWN_TOKEN, 400)
        locked = client.collection("locked")
        locked.bind_custom_token("locked@example.com", PASSWORD, token)
        forbidden = self.error(locked.auth_with_token, token)
        self.assert_error(forbidden, bosauth.ContactOperatorError, Status.FORBIDDEN, 403)
        unbound = self.error(client.collection("users").unbind_custom_token, EMAIL, "wrong", token)
        self.assert_error(unbound, bosauth.AskCredentialsError, Status.CREDENTIALS, 400)

    def test_attributes_of_the_official_package(self):
        error = self.error(BosBase(URL).collection("users").auth_with_token, new_token())
        self.assertEqual(error.url, f"{URL}/api/collections/users/auth-with-token")
        self.assertEqual(error.response, {"data": {}, "message": "Failed to authenticate.", "status": 400})
        self.assertEqual((error.is_abort, error.original_error), (False, None))
        self.assertEqual(error.server_message, "Failed to authenticate.")
        self.assertEqual(json.loads(error.body), error.response)
        created = ClientResponseError(url="u", status=404, response={"a": 1}, is_abort=True, original_error=None)
        self.assertEqual((created.url, created.status, created.response, created.is_abort), ("u", 404, {"a": 1}, True))

    def test_second_factor(self):
        error = self.error_of(response(401, b'{"mfaId":"m-1"}'))
        self.assert_error(error, bosauth.SecondFactorError, Status.MFA_REQUIRED, 401)
        self.assertEqual((error.mfa_id, error.response), ("m-1", {"mfaId": "m-1"}))

    def test_retry_after(self):
        error = self.error_of(envelope(429, "Too Many Requests."))
        self.assert_error(error, bosauth.RetryLaterError, Status.RATE_LIMITED, 429)
        self.assertEqual(error.retry_after, 3.0)
        self.assert_error(self.error_of(envelope(500, "No.")), bosauth.RetryLaterError, Status.SERVER, 500)

    def test_network_errors(self):
        reserved, url = unused_url()
        with reserved:
            error = self.error(BosBase(url).collection("users").auth_with_token, "t")
        self.assert_error(error, bosauth.CheckNetworkError, Status.CONNECT, 0)
        self.assertIsInstance(error.original_error, ConnectionError)
        self.assertFalse(error.outcome_unknown)
        with MockServer() as server:
            error = self.error(BosBase(server.url, timeout=0.2).collection("users").auth_with_token, "t")
            self.assert_error(error, bosauth.CheckNetworkError, Status.TIMEOUT, 0)
            self.assertIsInstance(error.original_error, TimeoutError)
            self.assertTrue(error.outcome_unknown)
            users = BosBase(server.url).collection("users")
            error = self.error(users.bind_custom_token, "e", "p", "t", timeout=0.2)
            self.assert_error(error, bosauth.CheckNetworkError, Status.TIMEOUT, 0)
        error = self.error_of(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        self.assert_error(error, bosauth.CheckNetworkError, Status.CONNECTION_LOST, 200)

    def test_unexpected_responses(self):
        error = self.error_of(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
        self.assertEqual((error.code, error.response, error.body), (Status.UNEXPECTED_RESPONSE, {}, b""))
        for body in (b"<html>", b"[1]", b"[" * 5000, b'{"a":' * 5000, b"\xff", b'"\\ud800"'):
            with self.subTest(body[:9]):
                error = self.error_of(response(502, body))
                self.assertEqual((error.status, error.response, error.data, error.body), (502, {}, {}, body))
        error = self.error_of(response(200, b"x" * 99), max_response_bytes=9)
        self.assertEqual(error.code, Status.RESPONSE_TOO_LARGE)

    def test_body_with_nul_is_complete(self):
        self.assertEqual(self.error_of(response(502, b"a\0b")).body, b"a\0b")

    def test_every_action_has_a_class(self):
        for action in Action:
            error = failure(Status.REFUSED, action, "no")
            self.assertIs(type(error), CLASSES.get(action, ClientResponseError))
            self.assertEqual(type(error) is ClientResponseError, action is Action.NONE)
        self.assertIs(failure(Status.CANCELLED, Action.NONE, "no").is_abort, True)
        unknown = failure(99, 99, "status of a newer library")
        self.assertEqual((type(unknown), unknown.code, unknown.name), (ClientResponseError, 99, "UNKNOWN"))

    def test_messages_use_python_terms(self):
        """Messages contain seconds, attributes and arguments of this package, and no names of the C API."""
        client = BosBase(URL)
        users = client.collection("users")
        closed = BosBase(URL)
        closed.close()
        expected = {
            "timeout must be 0.001 to 86400 seconds": lambda: users.auth_with_token("t", timeout=0),
            "connect_timeout must be 0.001 to 86400 seconds": lambda: BosBase(URL, connect_timeout=1e9),
            "user_agent ": lambda: BosBase(URL, user_agent=""),
            "the client is closed": closed.auth_store.clear,
            "password must be 1 to 71 bytes": lambda: users.auth_with_otp("o", ""),
            "a GET or HEAD request must have no body": lambda: client.send("/x", body="x"),
        }
        for message, call in expected.items():
            self.assertTrue(self.error(call).message.startswith(message), message)
        with MockServer() as server:
            users = BosBase(server.url).collection("users")
            late = self.error(users.auth_with_token, "t", timeout=0.25)
            self.assertIn(" 0.25 s", late.message)
        invalid = self.error(client.collection("users").bind_custom_token, "not-an-email", PASSWORD, "t")
        self.assertRegex(invalid.message, r"\bdata\b")
        for error in (late, invalid, *map(self.error, expected.values())):
            self.assertNotRegex(str(error), r"bosauth_|_json|\bms\b|milliseconds")

    def test_classes_show_the_public_module(self):
        for name in bosauth.__all__:
            member = getattr(bosauth, name)
            if isinstance(member, type):
                self.assertEqual((member.__module__, member.__qualname__), ("bosauth", name))
        error = self.error(BosBase(URL).collection("users").auth_with_token, "unbound-token")
        shown = traceback.format_exception_only(type(error), error)
        self.assertTrue(shown[-1].startswith("bosauth.AskCredentialsError: UNKNOWN_TOKEN: "), shown)

    def test_names_of_other_languages_are_suggested(self):
        client = BosBase(URL)
        users = client.collection("users")
        expected = (
            (users, "bind_token", "bind_custom_token"),
            (users, "unbindCustomToken", "unbind_custom_token"),
            (users.aio, "unbind_token", "unbind_custom_token"),
            (users.aio, "authWithToken", "auth_with_token"),
            (users, "authWithOTP", "auth_with_otp"),
            (client.aio, "sendRaw", "send_raw"),
            (client, "authStore", "auth_store"),
            (client.auth_store, "isValid", "is_valid"),
            (client.auth_store, "model", "record"),
        )
        for owner, name, suggestion in expected:
            with self.assertRaisesRegex(AttributeError, f"has no attribute '{name}'; did you mean '{suggestion}'\\?$"):
                getattr(owner, name)
        with self.assertRaisesRegex(AttributeError, "has no attribute 'missing'$"):
            users.missing

    def test_str_repr_and_pickle(self):
        error = self.error(BosBase(URL).collection("users").auth_with_token, new_token())
        self.assertRegex(str(error), r"^UNKNOWN_TOKEN: .* \(HTTP 400\)$")
        self.assertEqual(repr(error), f"<AskCredentialsError {error}>")
        duplicate = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(duplicate), vars(duplicate)), (type(error), vars(error)))


if __name__ == "__main__":
    unittest.main()
