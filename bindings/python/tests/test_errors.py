"""What a call raises: each class, each attribute, from the real service where it gives them."""

import json
import pickle
import traceback
import unittest

import bosauth
from bosauth import Action, BosBase, ClientResponseError, Status
from bosauth._errors import CLASSES, failure
from support import EMAIL, PASSWORD, URL, Peer, answer, new_token, unused_url


def envelope(status, message, data=None):
    return answer(status, json.dumps({"data": data or {}, "message": message, "status": status}).encode())


class Errors(unittest.TestCase):
    def error(self, call, *arguments, **options):
        with self.assertRaises(ClientResponseError) as raised:
            call(*arguments, **options)
        return raised.exception

    def of_peer(self, reply, **settings):
        with Peer(reply) as peer:
            users = BosBase(peer.url, **settings).collection("users")
            return self.error(users.auth_with_token, "secret-token")

    def assert_is(self, error, kind, status, http):
        self.assertIs(type(error), kind)
        self.assertEqual((error.code, error.name, error.status), (status, status.name, http))
        self.assertTrue(error.message)

    def test_from_the_service(self):
        token = new_token()
        client = BosBase(URL)
        bind = lambda collection, email, password: self.error(
            client.collection(collection).bind_custom_token, email, password, token
        )
        self.assert_is(bind("users", EMAIL, "wrong"), bosauth.AskCredentialsError, Status.CREDENTIALS, 400)
        self.assert_is(bind("nowhere", EMAIL, PASSWORD), bosauth.FixCallError, Status.NOT_FOUND, 404)
        closed = bind("tokensonly", EMAIL, PASSWORD)
        self.assert_is(closed, bosauth.ContactOperatorError, Status.METHOD_DISABLED, 403)
        invalid = bind("users", "nobody", PASSWORD)
        self.assert_is(invalid, bosauth.AskCredentialsError, Status.VALIDATION, 400)
        self.assertEqual(invalid.data["email"]["code"], "validation_is_email")
        unknown = self.error(client.collection("users").auth_with_token, token)
        self.assert_is(unknown, bosauth.AskCredentialsError, Status.UNKNOWN_TOKEN, 400)
        locked = client.collection("locked")
        locked.bind_custom_token("locked@example.com", PASSWORD, token)
        forbidden = self.error(locked.auth_with_token, token)
        self.assert_is(forbidden, bosauth.ContactOperatorError, Status.FORBIDDEN, 403)
        unbound = self.error(client.collection("users").unbind_custom_token, EMAIL, "wrong", token)
        self.assert_is(unbound, bosauth.AskCredentialsError, Status.CREDENTIALS, 400)

    def test_the_words_of_the_official_package(self):
        error = self.error(BosBase(URL).collection("users").auth_with_token, new_token())
        self.assertEqual(error.url, f"{URL}/api/collections/users/auth-with-token")
        self.assertEqual(error.response, {"data": {}, "message": "Failed to authenticate.", "status": 400})
        self.assertEqual((error.is_abort, error.original_error), (False, None))
        self.assertEqual(error.server_message, "Failed to authenticate.")
        self.assertEqual(json.loads(error.body), error.response)
        made = ClientResponseError(url="u", status=404, response={"a": 1}, is_abort=True, original_error=None)
        self.assertEqual((made.url, made.status, made.response, made.is_abort), ("u", 404, {"a": 1}, True))

    def test_a_second_factor(self):
        error = self.of_peer(answer(401, b'{"mfaId":"m-1"}'))
        self.assert_is(error, bosauth.SecondFactorError, Status.MFA_REQUIRED, 401)
        self.assertEqual((error.mfa_id, error.response), ("m-1", {"mfaId": "m-1"}))

    def test_waiting(self):
        error = self.of_peer(envelope(429, "Too Many Requests."))
        self.assert_is(error, bosauth.RetryLaterError, Status.RATE_LIMITED, 429)
        self.assertEqual(error.retry_after, 3.0)
        self.assert_is(self.of_peer(envelope(500, "No.")), bosauth.RetryLaterError, Status.SERVER, 500)

    def test_the_network(self):
        taken, url = unused_url()
        with taken:
            error = self.error(BosBase(url).collection("users").auth_with_token, "t")
        self.assert_is(error, bosauth.CheckNetworkError, Status.CONNECT, 0)
        self.assertIsInstance(error.original_error, ConnectionError)
        self.assertFalse(error.outcome_unknown)
        with Peer() as peer:
            error = self.error(BosBase(peer.url, timeout=0.2).collection("users").auth_with_token, "t")
            self.assert_is(error, bosauth.CheckNetworkError, Status.TIMEOUT, 0)
            self.assertIsInstance(error.original_error, TimeoutError)
            self.assertTrue(error.outcome_unknown)
            users = BosBase(peer.url).collection("users")
            error = self.error(users.bind_custom_token, "e", "p", "t", timeout=0.2)
            self.assert_is(error, bosauth.CheckNetworkError, Status.TIMEOUT, 0)
        error = self.of_peer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        self.assert_is(error, bosauth.CheckNetworkError, Status.CONNECTION_LOST, 200)

    def test_answers_of_others(self):
        error = self.of_peer(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
        self.assertEqual((error.code, error.response, error.body), (Status.UNEXPECTED_RESPONSE, {}, b""))
        for junk in (b"<html>", b"[1]", b"[" * 5000, b'{"a":' * 5000, b"\xff", b'"\\ud800"'):
            with self.subTest(junk[:9]):
                error = self.of_peer(answer(502, junk))
                self.assertEqual((error.status, error.response, error.data, error.body), (502, {}, {}, junk))
        error = self.of_peer(answer(200, b"x" * 99), max_response_bytes=9)
        self.assertEqual(error.code, Status.RESPONSE_TOO_LARGE)

    def test_a_body_with_nul_is_whole(self):
        self.assertEqual(self.of_peer(answer(502, b"a\0b")).body, b"a\0b")

    def test_every_action_has_its_class(self):
        for action in Action:
            error = failure(Status.REFUSED, action, "no")
            self.assertIs(type(error), CLASSES.get(action, ClientResponseError))
            self.assertEqual(type(error) is ClientResponseError, action is Action.NONE)
        self.assertIs(failure(Status.CANCELLED, Action.NONE, "no").is_abort, True)
        unknown = failure(99, 99, "a newer library's")
        self.assertEqual((type(unknown), unknown.code, unknown.name), (ClientResponseError, 99, "UNKNOWN"))

    def test_messages_are_in_terms_of_this_package(self):
        """Seconds, attributes and arguments, and no name of C."""
        client = BosBase(URL)
        users = client.collection("users")
        closed = BosBase(URL)
        closed.close()
        expected = {
            "timeout must be 0.001 to 86400 seconds": lambda: users.auth_with_token("t", timeout=0),
            "connect_timeout must be 0.001 to 86400 seconds": lambda: BosBase(URL, connect_timeout=1e9),
            "user_agent is empty": lambda: BosBase(URL, user_agent=""),
            "the client is closed": closed.auth_store.clear,
        }
        for message, call in expected.items():
            self.assertEqual(self.error(call).message, message)
        with Peer() as peer:
            users = BosBase(peer.url).collection("users")
            late = self.error(users.auth_with_token, "t", timeout=0.25)
            self.assertRegex(late.message, r"\(the whole call has 0\.25 s\)$")
        invalid = self.error(client.collection("users").bind_custom_token, "nobody", PASSWORD, "t")
        self.assertRegex(invalid.message, r"; data tells which field and why$")
        for error in (late, invalid, *map(self.error, expected.values())):
            self.assertNotRegex(str(error), r"bosauth_|_json|\bms\b|milliseconds")

    def test_names_are_those_of_the_package(self):
        for name in bosauth.__all__:
            thing = getattr(bosauth, name)
            if isinstance(thing, type):
                self.assertEqual((thing.__module__, thing.__qualname__), ("bosauth", name))
        error = self.error(BosBase(URL).collection("users").auth_with_token, "nobody bound this")
        shown = traceback.format_exception_only(type(error), error)
        self.assertTrue(shown[-1].startswith("bosauth.AskCredentialsError: UNKNOWN_TOKEN: "), shown)

    def test_names_of_other_languages_are_hinted_at(self):
        client = BosBase(URL)
        users = client.collection("users")
        expected = (
            (users, "bind_token", "bind_custom_token"),
            (users, "unbindCustomToken", "unbind_custom_token"),
            (users.aio, "unbind_token", "unbind_custom_token"),
            (users.aio, "authWithToken", "auth_with_token"),
            (client, "authStore", "auth_store"),
            (client.auth_store, "isValid", "is_valid"),
            (client.auth_store, "model", "record"),
        )
        for owner, name, here in expected:
            with self.assertRaisesRegex(AttributeError, f"has no attribute '{name}'; did you mean '{here}'\\?$"):
                getattr(owner, name)
        with self.assertRaisesRegex(AttributeError, "has no attribute 'nothing'$"):
            users.nothing

    def test_text_and_pickling(self):
        error = self.error(BosBase(URL).collection("users").auth_with_token, new_token())
        self.assertRegex(str(error), r"^UNKNOWN_TOKEN: .* \(HTTP 400\)$")
        self.assertEqual(repr(error), f"<AskCredentialsError {error}>")
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(again), vars(again)), (type(error), vars(error)))


if __name__ == "__main__":
    unittest.main()
