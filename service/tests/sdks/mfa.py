"""Finishes MFA logins with the official Python SDK. Takes the base URL."""

import json
import sys
import urllib.request

from bosbase import BosBase
from bosbase.exceptions import ClientResponseError

URL, EMAIL, PASSWORD = sys.argv[1], "a@example.com", "correct horse 1"
client = BosBase(URL)
guarded = client.collection("guarded")


def first(login, *arguments):
    """Makes a login that wants a second factor; gives the session."""
    try:
        login(*arguments)
    except ClientResponseError as error:
        assert error.status == 401, error
        return error.response["mfaId"]
    raise AssertionError("a second factor should have been wanted")


def last_code():
    step = {"do": "last_otp", "account": {"collection": "guarded", "email": EMAIL}}
    request = urllib.request.Request(URL + "/_local/control", json.dumps(step).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["code"]


def finished(answer):
    assert answer["record"]["email"] == EMAIL
    assert client.auth_store.token == answer["token"] and client.auth_store.is_valid()
    client.auth_store.clear()


guarded.bind_custom_token(EMAIL, PASSWORD, "tok")
session = first(guarded.auth_with_token, "tok")
finished(guarded.auth_with_password(EMAIL, PASSWORD, body={"mfaId": session}))
session = first(guarded.auth_with_password, EMAIL, PASSWORD)
finished(guarded.auth_with_token("tok", body={"mfaId": session}))
session = first(guarded.auth_with_token, "tok")
otp = guarded.request_otp(EMAIL)["otpId"]
finished(guarded.auth_with_otp(otp, last_code(), query={"mfaId": session}))
assert guarded.list_auth_methods()["mfa"]["enabled"]
print("three logins")
