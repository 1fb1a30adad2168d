"""A program for the official package. With bosauth instead, it prints the same."""

import secrets
import socket
import sys

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
attempt(client.collection("missing").auth_with_token, TOKEN)
client.auth_store.save("e30.e30.e30", {"email": "x"})
print(client.auth_store.token, client.auth_store.record)
client.auth_store.clear()
show(client.auth_store)
with socket.socket() as reserved:
    reserved.bind(("127.0.0.1", 0))
    unreachable = BosBase(f"http://127.0.0.1:{reserved.getsockname()[1]}")
    try:
        unreachable.collection("users").auth_with_token(TOKEN)
    except ClientResponseError as error:
        print(error.status, error.response, error.is_abort, isinstance(error.original_error, OSError))
