"""Every call against bosbase-local, and the requests that are sent."""

import copy
import itertools
import json
import pickle
import unittest
from collections.abc import Mapping

import bosauth
from bosauth import AuthResult, BosBase, ClientResponseError, Response, Session, Status
from support import (
    EMAIL,
    PASSWORD,
    SUPERUSER,
    URL,
    MockServer,
    bound_token,
    control,
    guarded_account,
    new_token,
    one_time_password,
    response,
)


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
        for call, strings in (
            (self.users.auth_with_token, (bound_token(),)),
            (self.users.auth_with_password, (EMAIL, PASSWORD)),
        ):
            for auto_refresh in (True, False):
                call(*strings, auto_refresh=auto_refresh)
            with self.assertRaises(bosauth.FixCallError) as raised:
                call(*strings, auto_refresh_threshold=1800)
            self.assertEqual(raised.exception.code, Status.UNSUPPORTED)

    def test_generated_tokens(self):
        tokens = {bosauth.generate_token() for _ in range(100)}
        self.assertEqual(len(tokens), 100)
        for token in tokens:
            self.assertRegex(token, r"\A[A-Za-z0-9_-]{43}\Z")
        self.users.bind_custom_token(EMAIL, PASSWORD, token)
        self.assertEqual(self.users.auth_with_token(token)["record"]["email"], EMAIL)


class Factors(unittest.TestCase):
    """Password, one-time password, and two factors."""

    def setUp(self):
        self.client = BosBase(URL)
        self.guarded = self.client.collection("guarded")

    def assert_error(self, error_class, status, call, *arguments, **options):
        with self.assertRaises(error_class) as raised:
            call(*arguments, **options)
        self.assertIs(type(raised.exception), error_class)
        self.assertEqual(raised.exception.code, status)
        return raised.exception

    def test_password_login(self):
        users = self.client.collection("users")
        result = users.auth_with_password(EMAIL, bytearray(PASSWORD.encode()), fields="token,record.email")
        self.assertEqual(result, {"token": self.client.auth_store.token, "record": {"email": EMAIL}})
        self.assertFalse(users.auth_with_password(EMAIL, PASSWORD, keep_session=False).session.was_kept)
        login = users.auth_with_password
        self.assert_error(bosauth.AskCredentialsError, Status.CREDENTIALS, login, EMAIL, "wrong")
        login = self.client.collection("tokensonly").auth_with_password
        self.assert_error(bosauth.ContactOperatorError, Status.METHOD_DISABLED, login, EMAIL, PASSWORD)
        self.assertEqual(self.client.auth_store.record, {"email": EMAIL}, "an error leaves the session unchanged")

    def factors(self, email):
        """Returns the logins of an account of "guarded"."""
        token = new_token()
        self.guarded.bind_custom_token(email, PASSWORD, token)
        return {
            "token": lambda **options: self.guarded.auth_with_token(token, **options),
            "password": lambda **options: self.guarded.auth_with_password(email, PASSWORD, **options),
            "otp": lambda **options: self.guarded.auth_with_otp(*one_time_password(self.client, email), **options),
        }

    def test_every_order_of_two_factors(self):
        # The package bosbase has no argument for the id.
        ways = (
            lambda mfa_id: {"mfa_id": mfa_id},
            lambda mfa_id: {"body": {"mfaId": mfa_id}},
            lambda mfa_id: {"query": {"mfaId": mfa_id}},
        )
        for first, second in itertools.permutations(("token", "password", "otp"), 2):
            email = guarded_account()
            factors = self.factors(email)
            for way in ways:
                with self.subTest(first=first, second=second):
                    self.client.auth_store.clear()
                    error = self.assert_error(bosauth.SecondFactorError, Status.MFA_REQUIRED, factors[first])
                    self.assertEqual((error.status, error.response), (401, {"mfaId": error.mfa_id}))
                    self.assertIsNone(self.client.auth_store.record)
                    result = factors[second](**way(error.mfa_id))
                    self.assertEqual(result["record"]["email"], email)
                    self.assertEqual(result["token"], self.client.auth_store.token)

    def test_errors_of_second_factors(self):
        login, email = self.guarded.auth_with_password, guarded_account()
        mfa_id = self.assert_error(bosauth.SecondFactorError, Status.MFA_REQUIRED, login, email, PASSWORD).mfa_id
        second_factor = lambda status, call, *strings, mfa_id=mfa_id: self.assert_error(
            bosauth.SecondFactorError, status, call, *strings, mfa_id=mfa_id
        )
        second_factor(Status.MFA_SAME_METHOD, login, email, PASSWORD)
        otp_id, code = one_time_password(self.client, email)
        second_factor(Status.OTP_INVALID, self.guarded.auth_with_otp, otp_id, "wrong")
        second_factor(Status.MFA_SESSION, self.guarded.auth_with_otp, otp_id, code, mfa_id="unknown")
        self.assertIsNone(self.client.auth_store.snapshot())

    def test_one_time_password_of_an_unknown_email(self):
        otp = self.guarded.request_otp("nobody@example.com")
        self.assertEqual((type(otp), list(otp)), (dict, ["otpId"]))
        self.assert_error(
            bosauth.SecondFactorError, Status.OTP_INVALID, self.guarded.auth_with_otp, otp["otpId"], "12345678"
        )
        login = self.client.collection("users").request_otp
        self.assert_error(bosauth.ContactOperatorError, Status.METHOD_DISABLED, login, EMAIL)

    def test_refresh(self):
        users = self.client.collection("users")
        token = users.auth_with_password(EMAIL, PASSWORD)["token"]
        account = {"collection": "users", "email": EMAIL}
        self.addCleanup(control, "update_account", account=account, set={"name": "Demo User"})
        control("update_account", account=account, set={"name": "Renamed"})
        self.assertEqual(users.auth_refresh(keep_session=False)["record"]["name"], "Renamed")
        self.assertEqual(self.client.auth_store.record["name"], "Demo User")
        result = users.auth_refresh(fields="token,record", timeout=60)
        self.assertEqual((result["token"], result.session.was_kept), (token, True))
        self.assertEqual(self.client.auth_store.record, result["record"])

    def test_refresh_is_for_the_collection_of_the_session(self):
        self.client.collection("users").auth_with_password(EMAIL, PASSWORD)
        record = self.client.auth_store.record
        for name in (record["collectionName"], b"USERS", bytearray(b"Users"), record["collectionId"]):
            self.client.collection(name).auth_refresh()
        for name in ("_superusers", "", "\ud800", record["id"]):
            refresh = self.client.collection(name).auth_refresh
            error = self.assert_error(bosauth.FixCallError, Status.INVALID_ARGUMENT, refresh)
            self.assertEqual((error.argument, error.url), ("collection", None))
        # Without the names of the collection in the record, it is not compared.
        token = self.client.auth_store.token
        for saved in (None, {}, {"id": record["id"], "collectionId": record["collectionId"]}):
            self.client.auth_store.save(token, saved)
            self.assertEqual(self.client.collection("users").auth_refresh()["record"], record)

    def test_sessions_that_cannot_be_refreshed(self):
        refresh = self.client.collection("users").auth_refresh
        self.assert_error(bosauth.AskCredentialsError, Status.NO_SESSION, refresh)
        self.client.auth_store.save("a.b.c")
        self.assert_error(bosauth.AskCredentialsError, Status.NO_SESSION, refresh)
        self.client.auth_store.save("a.b.c", {"id": "r", "collectionId": "users"})
        self.assert_error(bosauth.AskCredentialsError, Status.UNAUTHORIZED, refresh)
        self.assertEqual(self.client.auth_store.token, "a.b.c")


class Send(unittest.TestCase):
    """Any other request."""

    HEALTH = {"message": "API is healthy.", "code": 200, "data": {}}

    def test_results_are_those_of_the_official_package(self):
        typed = lambda kind, body: response(200, body).replace(b"application/json", kind)
        expected = (
            (response(204), None),
            (response(200, b'{"a":[1,null]}'), {"a": [1, None]}),
            (response(201, b"[1.5]"), [1.5]),
            (response(200, b'"\xe6\xbc\xa2"'), "\u6f22"),
            (response(200, b"null"), None),
            (typed(b"Application/JSON; charset=utf-8", b"1"), 1),
            (typed(b"text/plain", b"a\0b"), b"a\0b"),
            (typed(b"application/octet-stream", b""), b""),
            (response(200, b""), {}),
            (response(200, b"{"), {}),
            (response(200, b"\xff"), {}),
            (response(200, b"[" * 100_000), {}),
        )
        for received, result in expected:
            with self.subTest(received[-40:]), MockServer(received) as server:
                client = BosBase(server.url)
                self.assertEqual(client.send("/x"), result)
                self.assertIs(type(client.send("/x")), type(result))

    def test_raw_response(self):
        client = BosBase(URL)
        received = client.send_raw("/api/health")
        client.close()
        self.assertIs(type(received), Response)
        self.assertEqual((received.status, repr(received)), (200, "<Response 200>"))
        self.assertEqual((received.header("content-TYPE"), received.header("X-None")), ("application/json", ""))
        self.assertEqual((received.body, received.data), (received.body, self.HEALTH))
        self.assertEqual(json.loads(received.body), self.HEALTH)
        for copier in (pickle.dumps, copy.deepcopy):
            with self.assertRaises(TypeError):
                copier(received)
        with MockServer(response(204)) as server:
            received = BosBase(server.url).send_raw(b"/x", method="delete")
        self.assertEqual((received.status, received.body, received.data), (204, b"", None))

    def test_requests(self):
        with MockServer(response(200, b"{}")) as server:
            client = BosBase(server.url)
            client.auth_store.save("a.b.c")
            client.send(
                "/api/x", method="patch", query={"q": ["1", 2, None], "none": None}, headers={"X-A": ["1", "2"]},
                body={"n": [1, None, ("a",)], "\u6f22": {"none": None, "t": True}, "none": None, 5: "\ud800\"\n"},
            )  # fmt: skip
            head, body = server.requests[0]
            lines = head.decode().split("\r\n")
            self.assertEqual(lines[0], "PATCH /api/x?q=1&q=2 HTTP/1.1")
            for line in ("Authorization: a.b.c", "X-A: 1", "X-A: 2", "Content-Type: application/json"):
                self.assertIn(line, lines)
            self.assertEqual(body, rb'{"n":[1,null,["a"]],"\u6f22":{"t":true},"5":"\ud800\"\n"}')

    def test_bodies(self):
        bodies = (
            (None, b""), ({}, b"{}"), ([], b"[]"), ((1, {"a": 2}), b'[1,{"a":2}]'), ("", b""), (b"", b""),
            (bytearray(), b""), ("{}", b"{}"), ("\u6f22\0\U0001f600", "\u6f22\0\U0001f600".encode()),
            (b"\xff\0", b"\xff\0"), (bytearray(b"\xff\0"), b"\xff\0"),
        )  # fmt: skip
        with MockServer(response(204)) as server:
            client = BosBase(server.url)
            for body, expected in bodies:
                with self.subTest(body):
                    self.assertIsNone(client.send("/x", method="POST", body=body))
                    self.assertEqual(server.requests[-1][1], expected)
            client.send("/x", method="PUT", body="a", headers={"Content-Type": "text/plain"})
            self.assertIn(b"\r\nContent-Type: text/plain\r\n", server.requests[-1][0] + b"\r\n")

    def test_session_and_errors(self):
        client = BosBase(URL)
        users = client.collection("users")
        record = users.auth_with_password(EMAIL, PASSWORD)["record"]
        path = f"/api/collections/users/records/{record['id']}"
        self.assertEqual(client.send(path, query={"fields": "email"}), {"email": EMAIL})
        client.auth_store.clear()
        with self.assertRaises(bosauth.FixCallError) as raised:
            client.send("/api/none")
        self.assertEqual((raised.exception.code, raised.exception.status), (Status.NOT_FOUND, 404))
        self.assertEqual(raised.exception.url, f"{URL}/api/none")
        with self.assertRaises(bosauth.AskCredentialsError) as raised:
            client.send("/api/collections/users/auth-refresh", method="POST")
        self.assertEqual(raised.exception.code, Status.UNAUTHORIZED)
        client.close()
        with self.assertRaises(bosauth.FixCallError) as raised:
            client.send("/api/health")
        self.assertEqual(raised.exception.code, Status.INVALID_HANDLE)

    def test_timeout(self):
        with MockServer() as server, self.assertRaises(bosauth.CheckNetworkError) as raised:
            BosBase(server.url).send("/x", timeout=0.2)
        self.assertEqual(raised.exception.code, Status.TIMEOUT)


class Requests(unittest.TestCase):
    """The requests that a server receives."""

    LOGIN = response(200, b'{"token":"a.b.c","record":{"id":"r","n":1.50},"meta":{"x":1}}')

    def test_settings_and_options_are_sent(self):
        with MockServer(response(204)) as server:
            client = BosBase(
                server.url, lang="de-DE", user_agent="game/1", headers={"X-App": "1", "X-Both": ["a", "b"]}
            )
            client.collection("a b").bind_custom_token(
                "e", "p", "t", body={"n": [1, None], "\u6f22": True, "none": None},
                query={"q": ["1", 2, None], "none": None}, headers={"x-app": b"2"},
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
