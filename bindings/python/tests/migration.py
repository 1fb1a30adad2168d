"""A program for the official package. With bosauth instead, it prints the same."""

import itertools
import json
import secrets
import socket
import sys
import urllib.request

from bosbase import BosBase, ClientResponseError

URL, EMAIL, PASSWORD = sys.argv[1:4]
TOKEN = secrets.token_urlsafe(32)


def attempt(call, *arguments, **options):
    try:
        return call(*arguments, **options)
    except ClientResponseError as error:
        print(error.status, error.url, error.response, error.is_abort)
        print("network" if error.original_error else "response")
        return None


def show(store):
    print(bool(store.token), store.record and store.record["email"], store.is_valid(), store.is_superuser)


def last_code(email):
    """Returns the one-time password that the server would have mailed."""
    command = {"do": "last_otp", "account": {"collection": "guarded", "email": email}}
    with urllib.request.urlopen(f"{URL}/_local/control", json.dumps(command).encode()) as response:
        return json.load(response)["code"]


def by_token(guarded, email, **options):
    return guarded.auth_with_token(TOKEN, **options)


def by_password(guarded, email, **options):
    return guarded.auth_with_password(email, PASSWORD, **options)


def by_code(guarded, email, **options):
    otp = guarded.request_otp(email)
    print(list(otp))
    return guarded.auth_with_otp(otp["otpId"], last_code(email), **options)


def log_in_with_two_factors(first, second):
    """Logs in with a new account that requires two factors, uses the session and deletes the account."""
    client, email = BosBase(URL), f"{secrets.token_hex(8)}@example.com"
    guarded = client.collection("guarded")
    account = {"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD, "verified": None}
    created = client.send("/api/collections/guarded/records", method="POST", body=account)
    print(sorted(created))
    guarded.bind_custom_token(email, PASSWORD, TOKEN)
    for name in ("body", "query"):
        client.auth_store.clear()
        try:
            first(guarded, email)
        except ClientResponseError as error:
            print(error.status, list(error.response))
            mfa_id = error.response["mfaId"]
        attempt(guarded.auth_with_otp, "unknown", "12345678", body={"mfaId": mfa_id})
        attempt(guarded.auth_with_password, email, "wrong", body={"mfaId": mfa_id})
        show(client.auth_store)
        result = second(guarded, email, **{name: {"mfaId": mfa_id}})
        print(sorted(result), result["record"]["email"] == email, result["token"] == client.auth_store.token)
    refreshed = guarded.auth_refresh(fields="token,record.id")
    print(refreshed["record"] == {"id": created["id"]}, refreshed["token"] == client.auth_store.token)
    path = f"/api/collections/guarded/records/{created['id']}"
    print(client.send(path, query={"fields": "verified", "none": None}), client.send(path, method="head"))
    print(client.send(path, method="DELETE"))
    client.auth_store.clear()
    print(client.auth_store.token, client.send("/api/health"))
    attempt(guarded.auth_with_password, email, PASSWORD)
    attempt(client.send, "/api/none", method="PUT", body=[])


client = BosBase(URL, timeout=15)
print(client.base_url)
for collection, email in (("users", EMAIL), ("_superusers", sys.argv[4])):
    accounts = client.collection(collection)
    options = {"body": {"device": "d"}, "query": {"a": 1}, "headers": {"X-A": "b"}}
    print(accounts.bind_custom_token(email, PASSWORD, TOKEN, **options))
    result = accounts.auth_with_token(TOKEN, fields="token,record")
    print(sorted(result), result["record"], result["token"] == client.auth_store.token)
    show(client.auth_store)
    attempt(accounts.bind_custom_token, email, "wrong", TOKEN)
    attempt(accounts.bind_custom_token, "not-an-email", PASSWORD, TOKEN)
    print(accounts.unbind_custom_token(email, PASSWORD, TOKEN))
    attempt(accounts.auth_with_token, TOKEN)
    show(client.auth_store)
for first, second in itertools.permutations((by_token, by_password, by_code), 2):
    log_in_with_two_factors(first, second)
attempt(client.collection("missing").auth_with_token, TOKEN)
client.auth_store.save("e30.e30.e30", {"email": "x"})
print(client.auth_store.token, client.auth_store.record)
client.auth_store.clear()
show(client.auth_store)


def changed(token, record):
    print("changed to", token, record)


remove = client.auth_store.on_change(changed, fire_immediately=True)
client.auth_store.save("e30.e30.e30", {"email": "x"})
client.auth_store.add_listener(changed)
client.auth_store.save("e30.e30.e30", None)
remove()
client.auth_store.save("e30.e30.e31", {"email": "y"})
client.auth_store.remove_listener(changed)
client.auth_store.clear()
with socket.socket() as reserved:
    reserved.bind(("127.0.0.1", 0))
    unreachable = BosBase(f"http://127.0.0.1:{reserved.getsockname()[1]}")
    try:
        unreachable.collection("users").auth_with_token(TOKEN)
    except ClientResponseError as error:
        print(error.status, error.response, error.is_abort, isinstance(error.original_error, OSError))
