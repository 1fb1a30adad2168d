"""Invalid strings, numbers and types are rejected before anything is sent; valid strings are sent unchanged."""

import json
import unittest
from pathlib import Path

from bosauth import Action, BosBase, ClientResponseError, Status
from support import EMAIL, PASSWORD, URL, MockServer, bound_token, new_token, response

FIX, ASK = Action.FIX_CALL, Action.ASK_CREDENTIALS

#: The string arguments of each call of a collection.
CALLS = {
    "bind_custom_token": ("email", "password", "token"),
    "unbind_custom_token": ("email", "password", "token"),
    "auth_with_token": ("token",),
    "auth_with_password": ("identity", "password"),
    "request_otp": ("email",),
    "auth_with_otp": ("otp_id", "password"),
}


class Arguments(unittest.TestCase):
    def setUp(self):
        self.server = MockServer(response(204))
        self.addCleanup(self.server.__exit__)

    def calls(self, client):
        """Yields every string argument with a call that takes only it."""

        def call(name, invalid):
            arguments = {**dict.fromkeys(CALLS[name], "x"), "collection": "users", **invalid}
            return getattr(client.collection(arguments.pop("collection")), name)(**arguments)

        for name, strings in CALLS.items():
            for argument in ("collection", *strings):
                yield argument, lambda value, name=name, argument=argument: call(name, {argument: value})
        yield "path", client.send
        yield "method", lambda value: client.send_raw("/x", method=value)
        yield "token", client.auth_store.save
        yield "base_url", BosBase

    def assert_rejected(self, call, status, argument, action=FIX):
        with self.assertRaises(ClientResponseError) as raised:
            call()
        error = raised.exception
        self.assertEqual((error.code, error.argument, error.action), (status, argument, action))
        self.assertEqual((error.status, error.url), (0, None))

    def test_invalid_strings_are_named(self):
        invalid = [
            ("", Status.INVALID_ARGUMENT),
            (b"", Status.INVALID_ARGUMENT),
            ("a\0b", Status.INVALID_ARGUMENT),
            (b"a\0b", Status.INVALID_ARGUMENT),
            (bytearray(b"\0"), Status.INVALID_ARGUMENT),
            ("\ud800", Status.INVALID_UTF8),
            ("x\udfffy", Status.INVALID_UTF8),
            ("\ud83d\ude00", Status.INVALID_UTF8),
            (b"\xff", Status.INVALID_UTF8),
            (b"\xed\xa0\x80", Status.INVALID_UTF8),
            ("x" * 100_000, Status.INVALID_ARGUMENT),
            ("\U0001f600" * 100_000, Status.INVALID_ARGUMENT),
        ]
        client = BosBase(self.server.url)
        for argument, call in self.calls(client):
            action = ASK if argument in ("email", "identity", "password") else FIX
            for value, status in invalid:
                with self.subTest(argument=argument, value=value[:9]):
                    self.assert_rejected(lambda: call(value), status, argument, action)
        self.assertEqual(self.server.requests, [])

    def test_wrong_types_are_named(self):
        for argument, call in self.calls(BosBase(self.server.url)):
            for wrong in (None, 5, ["x"], memoryview(b"x")):
                with self.subTest(argument=argument, wrong=wrong), self.assertRaises(TypeError) as raised:
                    call(wrong)
                self.assertIn(argument, str(raised.exception))
                self.assertIn(type(wrong).__name__, str(raised.exception))
        self.assertEqual(self.server.requests, [])

    def test_length_limits_are_in_bytes(self):
        users = BosBase(self.server.url).collection("users")
        for character, size in (("x", 1), ("\u6f22", 3), ("\U0001f600", 4)):
            fill = lambda length: character * (length // size) + "x" * (length % size)
            users.bind_custom_token(fill(255), fill(255), fill(1024))
            sent = json.loads(self.server.requests[-1][1])
            self.assertEqual(sent, {"email": fill(255), "password": fill(255), "token": fill(1024)})
            bind = users.bind_custom_token
            self.assert_rejected(lambda: bind(fill(256), "p", "t"), Status.INVALID_ARGUMENT, "email", ASK)
            self.assert_rejected(lambda: bind("e", fill(256), "t"), Status.INVALID_ARGUMENT, "password", ASK)
            self.assert_rejected(lambda: bind("e", "p", fill(1025)), Status.INVALID_ARGUMENT, "token")

    def test_invalid_requests_are_named(self):
        invalid = [({"body": body}, "body") for body in ({"a": {1}}, [float("nan")], [object()], {(1,): 1})]
        invalid += [({"body": "", "method": "CONNECT"}, "method"), ({"body": "x", "method": "GET"}, "body")]
        invalid += [({"query": {name: "x"}}, "name") for name in ("mfaId", "token", "")]
        invalid += [({"headers": {"Host": "x"}}, "name"), ({"headers": {"X": "a\nb"}}, "value")]
        invalid += [({"timeout": 0}, "timeout")]
        client = BosBase(self.server.url)
        for send in (client.send, client.send_raw):
            for options, argument in invalid:
                with self.subTest(options):
                    self.assert_rejected(
                        lambda: send("/x", **{"method": "POST", **options}), Status.INVALID_ARGUMENT, argument
                    )
            with self.subTest("surrogate"):
                self.assert_rejected(lambda: send("/x", method="POST", body="\ud800"), Status.INVALID_UTF8, "body")
            for body in (5, True, {1}, memoryview(b"x"), object()):
                with self.subTest(body), self.assertRaisesRegex(TypeError, f"body .*{type(body).__name__}"):
                    send("/x", method="POST", body=body)
        self.assertEqual(self.server.requests, [])

    def test_special_characters_are_sent_unchanged(self):
        users = BosBase(self.server.url).collection("users")
        for string in ('"\\/\t\n\x01\x7f', " \u2028\ufeff\ufffd ", "\u00e9\u6f22\U0001f600\U0010ffff", "<&>%25'+"):
            for token in (string, string.encode(), bytearray(string.encode())):
                users.bind_custom_token("e", "p", token)
                self.assertEqual(json.loads(self.server.requests[-1][1])["token"], string)

    def test_service_receives_strings_unchanged(self):
        seed = json.loads(Path(__file__).with_name("seed.json").read_text(encoding="utf-8"))
        email, password = (seed["accounts"][-1][name] for name in ("email", "password"))
        self.assertEqual(len(email.encode()), 255)
        token = "\U0001f600" * 248 + new_token()[:32]
        users = BosBase(URL).collection("users")
        users.bind_custom_token(email, password, token)
        self.assertEqual(users.auth_with_token(token)["record"]["email"], email)

    def test_invalid_options_are_named(self):
        invalid = [
            ({"timeout": value}, "timeout") for value in (0, -1, 86400.001, float("nan"), float("inf"), 10**400)
        ]
        invalid += [({"query": {"token": "x"}}, "name"), ({"query": {"a": "b\0"}}, "value"), ({"query": {"": ""}}, "name")]
        invalid += [({"headers": {name: "x"}}, "name") for name in ("Host", "cookie", "X:Y", "a\0b", "")]
        invalid += [({"headers": {"X": value}}, "value") for value in ("a\r\nb", "a\0b", "\x01")]
        bodies = [{"TOKEN": 1}, {"to\u212aen": 1}, {"a": {1}}, {"a": float("nan")}, {1: 1, "1": 1}, {"a": "\ud800"}]
        bodies += ["[]", '{"a":1,"a":2}', b"{", "{}\0", {"a": "x" * 70000}]
        invalid += [({"body": body}, "body") for body in bodies]
        invalid += [({"body": {"mfaId": "a/b"}}, "mfa_id"), ({"query": {"mfaId": ""}}, "mfa_id")]
        users = BosBase(self.server.url).collection("users")
        for options, argument in invalid:
            with self.subTest(options):
                bind = lambda: users.bind_custom_token("e", "p", "t", **options)
                self.assert_rejected(bind, Status.INVALID_ARGUMENT, argument)
        cycle = {}
        cycle["cycle"] = cycle
        bind = lambda: users.bind_custom_token("e", "p", "t", body=cycle)
        self.assert_rejected(bind, Status.INVALID_ARGUMENT, "body")
        self.assertEqual(self.server.requests, [])

    def test_invalid_settings_are_named(self):
        invalid = [({name: value}, name) for name in ("timeout", "connect_timeout") for value in (0, -1, 86400.001, 10**400)]
        invalid += [({"max_response_bytes": n}, "max_response_bytes") for n in (0, -1, 2**64 + 5, 5 - 2**64, 2**22 + 1)]
        invalid += [({"user_agent": value}, "user_agent") for value in ("", " x", "x\n", "\u00e9", "a\0b")]
        invalid += [({"roots_pem": value}, "roots_pem") for value in ("", "not PEM", "a\0b")]
        invalid += [({"headers": {"Host": "x"}}, "name"), ({"lang": "a\nb"}, "value")]
        for settings, argument in invalid:
            with self.subTest(settings):
                self.assert_rejected(lambda: BosBase(URL, **settings), Status.INVALID_ARGUMENT, argument)

    def test_wrong_option_types(self):
        users = BosBase(self.server.url).collection("users")
        for options in ({"timeout": "5"}, {"timeout": True}, {"body": 5}, {"query": 5}, {"headers": {"X": 5}}):
            with self.subTest(options), self.assertRaises(TypeError):
                users.bind_custom_token("e", "p", "t", **options)
        for settings in ({"timeout": "5"}, {"max_response_bytes": 1.5}, {"user_agent": 5}, {"headers": {5: "x"}}):
            with self.subTest(settings), self.assertRaises(TypeError):
                BosBase(URL, **settings)
        self.assertEqual(self.server.requests, [])

    def test_invalid_records(self):
        store = BosBase(URL).auth_store
        for record in ({"a": float("inf")}, {"a": b"x"}, {1: 1, "1": 1}):
            with self.subTest(record):
                self.assert_rejected(lambda: store.save("a.b.c", record), Status.INVALID_ARGUMENT, "record")
        self.assertIsNone(store.snapshot())
        # A server may send a lone surrogate, so a saved record may contain one.
        store.save("a.b.c", {"a": "\ud800"})
        self.assertEqual(store.record["a"], "\ud800")

    def test_long_records(self):
        store = BosBase(URL).auth_store
        for character in ("x", "\u00e9"):
            record = f' {{"id": "{character * 10_000}"}} '
            for string in (record, record.encode(), bytearray(record.encode())):
                store.save("a.b.c", string)
                self.assertEqual(store.record, {"id": character * 10_000})

    def test_session_token_length_limit(self):
        store = BosBase(URL).auth_store
        store.save("x" * 8192)
        self.assertEqual(store.token, "x" * 8192)
        self.assert_rejected(lambda: store.save("x" * 8193), Status.INVALID_ARGUMENT, "token")


if __name__ == "__main__":
    unittest.main()
