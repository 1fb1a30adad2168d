"""Completes MFA logins, and manages a guest account, with the official Python SDK. The argument is the base URL."""

import json
import sys
import urllib.request

from bosbase import BosBase
from bosbase.exceptions import ClientResponseError

URL, EMAIL, PASSWORD = sys.argv[1], "a@example.com", "correct horse 1"
client = BosBase(URL)
guarded = client.collection("guarded")


def first(login, *arguments):
    """Expects that a login requires a second factor, and returns the MFA id."""
    try:
        login(*arguments)
    except ClientResponseError as error:
        assert error.status == 401, error
        return error.response["mfaId"]
    raise AssertionError("no second factor was required")


def last_code():
    command = {"do": "last_otp", "account": {"collection": "guarded", "email": EMAIL}}
    request = urllib.request.Request(URL + "/_local/control", json.dumps(command).encode())
    with urllib.request.urlopen(request) as response:
        return json.load(response)["code"]


def check_login(login):
    assert login["record"]["email"] == EMAIL
    assert client.auth_store.token == login["token"] and client.auth_store.is_valid()
    client.auth_store.clear()


guarded.bind_custom_token(EMAIL, PASSWORD, "tok")
mfa_id = first(guarded.auth_with_token, "tok")
check_login(guarded.auth_with_password(EMAIL, PASSWORD, body={"mfaId": mfa_id}))
mfa_id = first(guarded.auth_with_password, EMAIL, PASSWORD)
check_login(guarded.auth_with_token("tok", body={"mfaId": mfa_id}))
mfa_id = first(guarded.auth_with_token, "tok")
otp = guarded.request_otp(EMAIL)["otpId"]
check_login(guarded.auth_with_otp(otp, last_code(), query={"mfaId": mfa_id}))
assert guarded.list_auth_methods()["mfa"]["enabled"]

users = client.collection("users")
passwords = {"password": PASSWORD, "passwordConfirm": PASSWORD}
record = users.create(body={"email": EMAIL, **passwords})
users.bind_custom_token(EMAIL, PASSWORD, "guest")
users.auth_with_token("guest")
assert users.update(record["id"], body={"name": "Ann"})["name"] == "Ann"
assert users.get_one(record["id"])["email"] == EMAIL
assert [item["id"] for item in users.get_full_list()] == [record["id"]]
users.delete(record["id"])
print("three logins and a guest account")
