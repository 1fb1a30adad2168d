"""Every call against bosbase-local, and the requests that are sent."""

import copy
import json
import pickle
import unittest
from collections.abc import Mapping

import bosauth
from bosauth import AuthResult, BosBase, ClientResponseError, Session, Status
from support import EMAIL, PASSWORD, SUPERUSER, URL, MockServer, bound_token, new_token, response


class Calls(unittest.TestCase):
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
        self.assertEqual(self.client.auth_store.record["email"], EMAIL, "an error leaves the session unchanged")

    def test_secrets_may_be_bytes(self):
        for convert in (lambda string: string.encode(), lambda string: bytearray(string, "utf-8")):
            token = convert(new_token())
            self.users.bind_custom_token(convert(EMAIL), convert(PASSWORD), token)
            self.assertEqual(self.users.auth_with_token(token)["record"]["email"], EMAIL)
            self.users.unbind_custom_token(convert(EMAIL), convert(PASSWORD), token)

    def test_auth_store(self):
        store = self.client.auth_store
        self.assertEqual((store.token, store.record, store.snapshot()), ("", None, None))
        self.assertEqual((store.is_valid(), store.is_superuser), (False, False))
        result = self.users.auth_with_token(bound_token())
        self.assertEqual((store.token, store.record), (result["token"], result["record"]))
        self.assertEqual((store.is_valid(), store.is_superuser), (True, False))
        store.clear()
        self.assertEqual((store.token, store.record), ("", None))
        store.save("a.b.c", {"id": "r", "name": "\u6f22\U0001f600"})
        self.assertEqual((store.token, store.record), ("a.b.c", {"id": "r", "name": "\u6f22\U0001f600"}))
        store.save(b"d.e.f")
        self.assertEqual((store.token, store.record, store.is_valid()), ("d.e.f", None, False))

    def test_superuser_login(self):
        token = new_token()
        superusers = self.client.collection("_superusers")
        superusers.bind_custom_token(SUPERUSER, PASSWORD, token)
        superusers.auth_with_token(token)
        self.assertTrue(self.client.auth_store.is_superuser)

    def test_snapshot_is_immutable(self):
        result = self.users.auth_with_token(bound_token())
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

    def test_keep_session_false(self):
        result = self.users.auth_with_token(bound_token(), keep_session=False)
        self.assertFalse(result.session.was_kept)
        self.assertIsNone(self.client.auth_store.snapshot())

    def test_expand_and_fields(self):
        players = self.client.collection("players")
        token = new_token()
        players.bind_custom_token("player@example.com", PASSWORD, token)
        parameters = {"expand": "team", "fields": "token,record.expand.team.title"}
        for arguments in (parameters, {"query": parameters}, {"expand": "none", "query": parameters, "fields": "id"}):
            record = players.auth_with_token(token, **arguments)["record"]
            self.assertEqual(record, {"expand": {"team": {"title": "Reds"}}})

    def test_collection_keeps_its_client_alive(self):
        token = bound_token()
        self.assertEqual(BosBase(URL).collection("users").auth_with_token(token)["record"]["email"], EMAIL)
        store = BosBase(URL).auth_store
        store.save("a.b.c")
        self.assertEqual(store.token, "a.b.c")

    def test_context_manager_closes_the_client(self):
        with BosBase(URL) as client:
            users = client.collection("users")
            users.auth_with_token(bound_token())
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

    def test_pickle_and_copy(self):
        result = self.users.auth_with_token(bound_token())
        for instance in (self.client, self.users, self.client.auth_store, result.session):
            for copier in (pickle.dumps, copy.deepcopy):
                with self.assertRaises(TypeError):
                    copier(instance)
        for duplicate in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
            self.assertEqual((type(duplicate), duplicate), (dict, dict(result)))

    def test_result_is_a_dictionary(self):
        result = self.users.auth_with_token(bound_token())
        self.assertIsInstance(result, AuthResult)
        self.assertIsInstance(result, Mapping)
        self.assertEqual(json.loads(json.dumps(result)), {"record": result["record"], "token": result["token"]})

    def test_auto_refresh_is_unsupported(self):
        token = bound_token()
        for auto_refresh in (True, False):
            self.users.auth_with_token(token, auto_refresh=auto_refresh)
        with self.assertRaises(bosauth.FixCallError) as raised:
            self.users.auth_with_token(token, auto_refresh_threshold=1800)
        self.assertEqual(raised.exception.code, Status.UNSUPPORTED)


class Requests(unittest.TestCase):
    """The requests that a server receives."""

    LOGIN = response(200, b'{"token":"a.b.c","record":{"id":"r","n":1.50},"meta":{"x":1}}')

    def test_settings_and_options_are_sent(self):
        with MockServer(response(204)) as server:
            client = BosBase(
                server.url, lang="de-DE", user_agent="game/1", headers={"X-App": "1", "X-Both": ["a", "b"]}
            )
            client.collection("a b").bind_custom_token(
                "e", "p", "t", body={"n": [1, None], "\u6f22": True}, query={"q": ["1", 2, None], "none": None},
                headers={"x-app": b"2"},
            )
            head, body = server.requests[0]
        lines = head.decode().split("\r\n")
        self.assertEqual(lines[0], "POST /api/collections/a%20b/bind-token?q=1&q=2 HTTP/1.1")
        self.assertIn("User-Agent: game/1", lines)
        self.assertIn("Accept-Language: de-DE", lines)
        self.assertEqual([line for line in lines if line.lower().startswith("x-app")], ["x-app: 2"])
        self.assertEqual([line for line in lines if line.startswith("X-Both")], ["X-Both: a", "X-Both: b"])
        expected = {"n": [1, None], "\u6f22": True, "email": "e", "password": "p", "token": "t"}
        self.assertEqual(json.loads(body), expected)

    def test_mfa_id_is_sent_in_the_query(self):
        variants = (
            {"mfa_id": "m-1"},
            {"query": {"mfaId": "m-1"}},
            {"body": {"mfaId": "m-1"}},
            {"query": {"mfaId": "m-1"}, "body": {"mfaId": "m-2"}},
            {"mfa_id": "m-1", "query": {"mfaId": "m-2"}},
        )
        for arguments in variants:
            with self.subTest(arguments), MockServer(self.LOGIN) as server:
                BosBase(server.url).collection("users").auth_with_token("t", **arguments)
                head, body = server.requests[0]
                self.assertTrue(head.startswith(b"POST /api/collections/users/auth-with-token?mfaId=m-1 HTTP"))
                self.assertEqual(json.loads(body), {"token": "t"})

    def test_arguments_are_not_modified(self):
        body, query = {"mfaId": "m-1"}, {"mfaId": "m-1"}
        with MockServer(self.LOGIN) as server:
            BosBase(server.url).collection("users").auth_with_token("t", body=body, query=query)
        self.assertEqual((body, query), ({"mfaId": "m-1"}, {"mfaId": "m-1"}))

    def test_session_is_not_sent(self):
        with MockServer(self.LOGIN) as server:
            client = BosBase(server.url)
            client.collection("users").auth_with_token("t")
            client.collection("users").auth_with_token("t")
        self.assertNotIn(b"uthorization", b"".join(head for head, _ in server.requests))

    def test_meta(self):
        with MockServer(self.LOGIN) as server:
            result = BosBase(server.url).collection("users").auth_with_token("t")
        self.assertEqual(result, {"token": "a.b.c", "record": {"id": "r", "n": 1.5}, "meta": {"x": 1}})
        self.assertEqual((result.session.field("n"), result.session.meta), ("1.50", {"x": 1}))


if __name__ == "__main__":
    unittest.main()
