#!/usr/bin/env python3
"""Compares the CPU time of a login from Python with http.client and requests, in one process.

Each logs in over one open connection. The first line is a call in the main thread, where signal handlers run, the second
a call in another thread. The ratios do not depend on the machine. Start `cargo run -p bosbase-local` and pass its URL;
set BOSAUTH_LIBRARY and PYTHONPATH as in docs/python.md.
"""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable
from urllib.parse import urlsplit

from bosauth import BosBase

EMAIL, PASSWORD, TOKEN = "user@example.com", "correct horse 1", "bench-python"
PATH = "/api/collections/users/auth-with-token"
BODY = json.dumps({"token": TOKEN})
HEADERS = {"Content-Type": "application/json"}


def with_bosauth(url: str) -> Callable[[], object]:
    """Returns a login with this package."""
    users = BosBase(url).collection("users")
    users.bind_custom_token(EMAIL, PASSWORD, TOKEN)
    return lambda: users.auth_with_token(TOKEN)


def with_http_client(url: str) -> Callable[[], object]:
    """Returns the same request with the standard library. The response is parsed but not checked."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def log_in() -> object:
        connection.request("POST", PATH, BODY, HEADERS)
        return json.loads(connection.getresponse().read())

    return log_in


def with_requests(url: str) -> Callable[[], object]:
    """Returns the same request with requests. The response is parsed but not checked."""
    import requests

    session = requests.Session()
    return lambda: session.post(url + PATH, data=BODY, headers=HEADERS).json()


def cpu_per_login(log_in: Callable[[], object], logins: int) -> float:
    """Returns the CPU time of the process per login in microseconds: the minimum of five rounds."""
    log_in()
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(logins):
            log_in()
        rounds.append((time.process_time() - start) / logins * 1e6)
    return min(rounds)


def main() -> None:
    """Prints the CPU time of each client and its ratio to this package."""
    url = sys.argv[1]
    logins = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    log_in = with_bosauth(url)
    ours = cpu_per_login(log_in, logins)
    print(f"bosauth      {ours:7.0f} us  1.00")
    with ThreadPoolExecutor(1) as another:
        direct = another.submit(cpu_per_login, log_in, logins).result()
    print(f"in a thread  {direct:7.0f} us  {direct / ours:.2f}")
    for name, client in (("http.client", with_http_client), ("requests", with_requests)):
        try:
            theirs = cpu_per_login(client(url), logins)
        except ImportError:
            print(f"SKIPPED: no {name}")
            continue
        print(f"{name:12} {theirs:7.0f} us  {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
