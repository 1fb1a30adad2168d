"""Bad texts, numbers and types are named before anything is sent; good ones arrive whole."""

import json
import unittest
from pathlib import Path

from bosauth import Action, BosBase, ClientResponseError, Status
from support import EMAIL, PASSWORD, URL, Peer, answer, bound, new_token

FIX, ASK = Action.FIX_CALL, Action.ASK_CREDENTIALS


class Texts(unittest.TestCase):
    def setUp(self):
        self.peer = Peer(answer(204))
        self.addCleanup(self.peer.__exit__)

    def calls(self, client):
        """Each call with a text in each place."""
        good = {"collection": "users", "email": "e", "password": "p", "token": "t"}

        def call(name, **bad):
            given = {**good, **bad}
            method = getattr(client.collection(given.pop("collection")), name)
            if name == "auth_with_token":
                given = {"token": given["token"]}
            return method(**given)

        for name in ("bind_custom_token", "unbind_custom_token"):
            for argument in good:
                yield argument, lambda text, name=name, argument=argument: call(name, **{argument: text})
        for argument in ("collection", "token"):
            yield argument, lambda text, argument=argument: call("auth_with_token", **{argument: text})
        yield "token", client.auth_store.save
        yield "base_url", BosBase

    def assert_refused(self, call, status, argument, action=FIX):
        with self.assertRaises(ClientResponseError) as raised:
            call()
        error = raised.exception
        self.assertEqual((error.code, error.argument, error.action), (status, argument, action))
        self.assertEqual((error.status, error.url), (0, None))

    def test_bad_texts_are_named(self):
        bad = [
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
        client = BosBase(self.peer.url)
        for argument, call in self.calls(client):
            action = ASK if argument in ("email", "password") else FIX
            for text, status in bad:
                with self.subTest(argument=argument, text=text[:9]):
                    self.assert_refused(lambda: call(text), status, argument, action)
        self.assertEqual(self.peer.requests, [])

    def test_wrong_types_are_named(self):
        for argument, call in self.calls(BosBase(self.peer.url)):
            for wrong in (None, 5, ["x"], memoryview(b"x")):
                with self.subTest(argument=argument, wrong=wrong), self.assertRaises(TypeError) as raised:
                    call(wrong)
                self.assertIn(argument, str(raised.exception))
                self.assertIn(type(wrong).__name__, str(raised.exception))
        self.assertEqual(self.peer.requests, [])

    def test_lengths_are_counted_in_bytes(self):
        users = BosBase(self.peer.url).collection("users")
        for text, unit in (("x", 1), ("\u6f22", 3), ("\U0001f600", 4)):
            fill = lambda length: text * (length // unit) + "x" * (length % unit)
            users.bind_custom_token(fill(255), fill(255), fill(1024))
            sent = json.loads(self.peer.requests[-1][1])
            self.assertEqual(sent, {"email": fill(255), "password": fill(255), "token": fill(1024)})
            bind = users.bind_custom_token
            self.assert_refused(lambda: bind(fill(256), "p", "t"), Status.INVALID_ARGUMENT, "email", ASK)
            self.assert_refused(lambda: bind("e", fill(256), "t"), Status.INVALID_ARGUMENT, "password", ASK)
            self.assert_refused(lambda: bind("e", "p", fill(1025)), Status.INVALID_ARGUMENT, "token")

    def test_every_kind_of_text_arrives_whole(self):
        users = BosBase(self.peer.url).collection("users")
        for text in ('"\\/\t\n\x01\x7f', " \u2028\ufeff\ufffd ", "\u00e9\u6f22\U0001f600\U0010ffff", "<&>%25'+"):
            for token in (text, text.encode(), bytearray(text.encode())):
                users.bind_custom_token("e", "p", token)
                self.assertEqual(json.loads(self.peer.requests[-1][1])["token"], text)

    def test_the_service_gets_what_was_given(self):
        seed = json.loads(Path(__file__).with_name("seed.json").read_text(encoding="utf-8"))
        email, password = (seed["accounts"][-1][name] for name in ("email", "password"))
        self.assertEqual(len(email.encode()), 255)
        token = "\U0001f600" * 248 + new_token()[:32]
        users = BosBase(URL).collection("users")
        users.bind_custom_token(email, password, token)
        self.assertEqual(users.auth_with_token(token)["record"]["email"], email)

    def test_options(self):
        bad = [
            ({"timeout": value}, "timeout") for value in (0, -1, 86400.001, float("nan"), float("inf"), 10**400)
        ]
        bad += [({"query": {"token": "x"}}, "name"), ({"query": {"a": "b\0"}}, "value"), ({"query": {"": ""}}, "name")]
        bad += [({"headers": {name: "x"}}, "name") for name in ("Host", "cookie", "X:Y", "a\0b", "")]
        bad += [({"headers": {"X": value}}, "value") for value in ("a\r\nb", "a\0b", "\x01")]
        bodies = [{"TOKEN": 1}, {"to\u212aen": 1}, {"a": {1}}, {"a": float("nan")}, {1: 1, "1": 1}, {"a": "\ud800"}]
        bodies += ["[]", '{"a":1,"a":2}', b"{", "{}\0", {"a": "x" * 70000}]
        bad += [({"body": body}, "body") for body in bodies]
        bad += [({"body": {"mfaId": "a/b"}}, "mfa_id"), ({"query": {"mfaId": ""}}, "mfa_id")]
        users = BosBase(self.peer.url).collection("users")
        for options, argument in bad:
            with self.subTest(options):
                bind = lambda: users.bind_custom_token("e", "p", "t", **options)
                self.assert_refused(bind, Status.INVALID_ARGUMENT, argument)
        circle = {}
        circle["circle"] = circle
        bind = lambda: users.bind_custom_token("e", "p", "t", body=circle)
        self.assert_refused(bind, Status.INVALID_ARGUMENT, "body")
        self.assertEqual(self.peer.requests, [])

    def test_settings(self):
        bad = [({name: value}, name) for name in ("timeout", "connect_timeout") for value in (0, -1, 86400.001, 10**400)]
        bad += [({"max_response_bytes": n}, "max_response_bytes") for n in (0, -1, 2**64 + 5, 5 - 2**64, 2**22 + 1)]
        bad += [({"user_agent": text}, "user_agent") for text in ("", " x", "x\n", "\u00e9", "a\0b")]
        bad += [({"roots_pem": text}, "roots_pem") for text in ("", "nothing", "a\0b")]
        bad += [({"headers": {"Host": "x"}}, "name"), ({"lang": "a\nb"}, "value")]
        for settings, argument in bad:
            with self.subTest(settings):
                self.assert_refused(lambda: BosBase(URL, **settings), Status.INVALID_ARGUMENT, argument)

    def test_wrong_types_of_options(self):
        users = BosBase(self.peer.url).collection("users")
        for options in ({"timeout": "5"}, {"timeout": True}, {"body": 5}, {"query": 5}, {"headers": {"X": 5}}):
            with self.subTest(options), self.assertRaises(TypeError):
                users.bind_custom_token("e", "p", "t", **options)
        for settings in ({"timeout": "5"}, {"max_response_bytes": 1.5}, {"user_agent": 5}, {"headers": {5: "x"}}):
            with self.subTest(settings), self.assertRaises(TypeError):
                BosBase(URL, **settings)
        self.assertEqual(self.peer.requests, [])

    def test_records_that_are_none(self):
        store = BosBase(URL).auth_store
        for record in ({"a": float("inf")}, {"a": b"x"}, {1: 1, "1": 1}):
            with self.subTest(record):
                self.assert_refused(lambda: store.save("a.b.c", record), Status.INVALID_ARGUMENT, "record")
        self.assertIsNone(store.snapshot())
        # A server may send a lone surrogate, so a saved record may hold one.
        store.save("a.b.c", {"a": "\ud800"})
        self.assertEqual(store.record["a"], "\ud800")

    def test_the_longest_session_token(self):
        store = BosBase(URL).auth_store
        store.save("x" * 8192)
        self.assertEqual(store.token, "x" * 8192)
        self.assert_refused(lambda: store.save("x" * 8193), Status.INVALID_ARGUMENT, "token")


if __name__ == "__main__":
    unittest.main()
