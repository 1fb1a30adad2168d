"""Every call against the real service, and what goes out over the wire."""

import copy
import json
import pickle
import unittest
from collections.abc import Mapping

import bosauth
from bosauth import AuthResult, BosBase, ClientResponseError, Session, Status
from support import EMAIL, PASSWORD, SUPERUSER, URL, Peer, answer, bound, new_token


class Service(unittest.TestCase):
    def setUp(self):
        self.client = BosBase(URL)
        self.users = self.client.collection("users")

    def test_bind_login_unbind(self):
        token = new_token()
        self.assertIs(self.users.bind_custom_token(EMAIL, PASSWORD, token), True)
        result = self.users.auth_with_token(token)
        self.assertEqual(result["record"]["email"], EMAIL)
        self.assertEqual(result["token"], self.client.auth_store.token)
        self.assertEqual(list(result), ["record", "token"])
        self.assertIs(self.users.unbind_custom_token(EMAIL, PASSWORD, token), True)
        with self.assertRaises(ClientResponseError) as raised:
            self.users.auth_with_token(token)
        self.assertEqual(raised.exception.code, Status.UNKNOWN_TOKEN)
        self.assertEqual(self.client.auth_store.record["email"], EMAIL, "an error logs nobody out")

    def test_secrets_may_be_bytes(self):
        for kind in (lambda text: text.encode(), lambda text: bytearray(text, "utf-8")):
            token = kind(new_token())
            self.users.bind_custom_token(kind(EMAIL), kind(PASSWORD), token)
            self.assertEqual(self.users.auth_with_token(token)["record"]["email"], EMAIL)
            self.users.unbind_custom_token(kind(EMAIL), kind(PASSWORD), token)

    def test_the_auth_store(self):
        store = self.client.auth_store
        self.assertEqual((store.token, store.record, store.snapshot()), ("", None, None))
        self.assertEqual((store.is_valid(), store.is_superuser), (False, False))
        result = self.users.auth_with_token(bound())
        self.assertEqual((store.token, store.record), (result["token"], result["record"]))
        self.assertEqual((store.is_valid(), store.is_superuser), (True, False))
        store.clear()
        self.assertEqual((store.token, store.record), ("", None))
        store.save("a.b.c", {"id": "r", "name": "\u6f22\U0001f600"})
        self.assertEqual((store.token, store.record), ("a.b.c", {"id": "r", "name": "\u6f22\U0001f600"}))
        store.save(b"d.e.f")
        self.assertEqual((store.token, store.record, store.is_valid()), ("d.e.f", None, False))

    def test_superusers(self):
        token = new_token()
        superusers = self.client.collection("_superusers")
        superusers.bind_custom_token(SUPERUSER, PASSWORD, token)
        superusers.auth_with_token(token)
        self.assertTrue(self.client.auth_store.is_superuser)

    def test_the_snapshot_stays_as_it_was(self):
        result = self.users.auth_with_token(bound())
        session = self.client.auth_store.snapshot()
        self.client.auth_store.clear()
        self.client.close()
        self.assertIsInstance(session, Session)
        self.assertEqual((session.token, session.record), (result["token"], result["record"]))
        self.assertEqual(session.record_json, result.session.record_json)
        self.assertEqual((session.field("email"), session.field("verified")), (EMAIL, "true"))
        self.assertEqual((session.field("none"), session.field("\ud800")), ("", ""))
        self.assertGreater(session.expires_at, 4_000_000_000)
        self.assertEqual((session.meta, session.meta_json), (None, ""))
        self.assertEqual((session.is_valid(), session.is_superuser, session.was_kept), (True, False, True))

    def test_a_login_that_is_not_kept(self):
        result = self.users.auth_with_token(bound(), keep_session=False)
        self.assertFalse(result.session.was_kept)
        self.assertIsNone(self.client.auth_store.snapshot())

    def test_expand_and_fields(self):
        players = self.client.collection("players")
        token = new_token()
        players.bind_custom_token("player@example.com", PASSWORD, token)
        given = {"expand": "team", "fields": "token,record.expand.team.title"}
        for form in (given, {"query": given}, {"expand": "none", "query": given, "fields": "id"}):
            record = players.auth_with_token(token, **form)["record"]
            self.assertEqual(record, {"expand": {"team": {"title": "Reds"}}})

    def test_a_collection_outlives_the_name_of_its_client(self):
        token = bound()
        self.assertEqual(BosBase(URL).collection("users").auth_with_token(token)["record"]["email"], EMAIL)
        store = BosBase(URL).auth_store
        store.save("a.b.c")
        self.assertEqual(store.token, "a.b.c")

    def test_context_managers(self):
        with BosBase(URL) as client:
            users = client.collection("users")
            users.auth_with_token(bound())
        for call in (lambda: users.auth_with_token("x"), client.auth_store.clear, client.auth_store.snapshot):
            with self.assertRaises(bosauth.FixCallError) as raised:
                call()
            self.assertEqual(raised.exception.code, Status.INVALID_HANDLE)
            self.assertEqual(raised.exception.argument, "client")
        client.close()
        with self.assertRaises(KeyError), BosBase(URL) as client:
            raise KeyError
        with self.assertRaises(bosauth.FixCallError):
            client.auth_store.clear()

    def test_what_cannot_be_pickled_says_so(self):
        result = self.users.auth_with_token(bound())
        for thing in (self.client, self.users, self.client.auth_store, result.session):
            for way in (pickle.dumps, copy.deepcopy):
                with self.assertRaises(TypeError):
                    way(thing)
        for made in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
            self.assertEqual((type(made), made), (dict, dict(result)))

    def test_a_result_is_a_dictionary(self):
        result = self.users.auth_with_token(bound())
        self.assertIsInstance(result, AuthResult)
        self.assertIsInstance(result, Mapping)
        self.assertEqual(json.loads(json.dumps(result)), {"record": result["record"], "token": result["token"]})

    def test_auto_refresh(self):
        token = bound()
        for auto_refresh in (True, False):
            self.users.auth_with_token(token, auto_refresh=auto_refresh)
        with self.assertRaises(bosauth.FixCallError) as raised:
            self.users.auth_with_token(token, auto_refresh_threshold=1800)
        self.assertEqual(raised.exception.code, Status.UNSUPPORTED)


class Wire(unittest.TestCase):
    """What a peer is sent."""

    LOGIN = answer(200, b'{"token":"a.b.c","record":{"id":"r","n":1.50},"meta":{"x":1}}')

    def test_options(self):
        with Peer(answer(204)) as peer:
            client = BosBase(
                peer.url, lang="de-DE", user_agent="game/1", headers={"X-App": "1", "X-Both": ["a", "b"]}
            )
            client.collection("a b").bind_custom_token(
                "e", "p", "t", body={"n": [1, None], "\u6f22": True}, query={"q": ["1", 2, None], "none": None},
                headers={"x-app": b"2"},
            )
            head, body = peer.requests[0]
        lines = head.decode().split("\r\n")
        self.assertEqual(lines[0], "POST /api/collections/a%20b/bind-token?q=1&q=2 HTTP/1.1")
        self.assertIn("User-Agent: game/1", lines)
        self.assertIn("Accept-Language: de-DE", lines)
        self.assertEqual([line for line in lines if line.lower().startswith("x-app")], ["x-app: 2"])
        self.assertEqual([line for line in lines if line.startswith("X-Both")], ["X-Both: a", "X-Both: b"])
        expected = {"n": [1, None], "\u6f22": True, "email": "e", "password": "p", "token": "t"}
        self.assertEqual(json.loads(body), expected)

    def test_the_mfa_id_goes_into_the_query(self):
        ways = (
            {"mfa_id": "m-1"},
            {"query": {"mfaId": "m-1"}},
            {"body": {"mfaId": "m-1"}},
            {"query": {"mfaId": "m-1"}, "body": {"mfaId": "m-2"}},
            {"mfa_id": "m-1", "query": {"mfaId": "m-2"}},
        )
        for way in ways:
            with self.subTest(way), Peer(self.LOGIN) as peer:
                BosBase(peer.url).collection("users").auth_with_token("t", **way)
                head, body = peer.requests[0]
                self.assertTrue(head.startswith(b"POST /api/collections/users/auth-with-token?mfaId=m-1 HTTP"))
                self.assertEqual(json.loads(body), {"token": "t"})

    def test_what_is_given_is_not_changed(self):
        body, query = {"mfaId": "m-1"}, {"mfaId": "m-1"}
        with Peer(self.LOGIN) as peer:
            BosBase(peer.url).collection("users").auth_with_token("t", body=body, query=query)
        self.assertEqual((body, query), ({"mfaId": "m-1"}, {"mfaId": "m-1"}))

    def test_a_held_session_is_not_sent(self):
        with Peer(self.LOGIN) as peer:
            client = BosBase(peer.url)
            client.collection("users").auth_with_token("t")
            client.collection("users").auth_with_token("t")
        self.assertNotIn(b"uthorization", b"".join(head for head, _ in peer.requests))

    def test_meta(self):
        with Peer(self.LOGIN) as peer:
            result = BosBase(peer.url).collection("users").auth_with_token("t")
        self.assertEqual(result, {"token": "a.b.c", "record": {"id": "r", "n": 1.5}, "meta": {"x": 1}})
        self.assertEqual((result.session.field("n"), result.session.meta), ("1.50", {"x": 1}))


if __name__ == "__main__":
    unittest.main()
