#!/usr/bin/env python3
"""CPU time of a login from Python: this package beside http.client and requests, in one process and one run.

Each logs in over one kept connection. In the main thread this package makes a call on another thread, so that signals
are heard; the second line is what it takes without that, in any other thread. What counts is the ratio: the machine is the same for all. Start
`cargo run -p bosbase-local` first and give its URL; BOSAUTH_LIBRARY and PYTHONPATH say where the package is.
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


def by_bosauth(url: str) -> Callable[[], object]:
    """A login by this package."""
    users = BosBase(url).collection("users")
    users.bind_custom_token(EMAIL, PASSWORD, TOKEN)
    return lambda: users.auth_with_token(TOKEN)


def by_http_client(url: str) -> Callable[[], object]:
    """The same request by the standard library, its answer parsed and nothing checked."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def log_in() -> object:
        connection.request("POST", PATH, BODY, HEADERS)
        return json.loads(connection.getresponse().read())

    return log_in


def by_requests(url: str) -> Callable[[], object]:
    """The same request by requests, its answer parsed and nothing checked."""
    import requests

    session = requests.Session()
    return lambda: session.post(url + PATH, data=BODY, headers=HEADERS).json()


def cpu_per_login(log_in: Callable[[], object], logins: int) -> float:
    """Microseconds of this process's CPU time for one login, the least of five rounds."""
    log_in()
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(logins):
            log_in()
        rounds.append((time.process_time() - begin) / logins * 1e6)
    return min(rounds)


def main() -> None:
    """Prints a line for each way and how many times the CPU of this package it takes."""
    url = sys.argv[1]
    logins = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    log_in = by_bosauth(url)
    ours = cpu_per_login(log_in, logins)
    print(f"bosauth      {ours:7.0f} us  1.00")
    with ThreadPoolExecutor(1) as another:
        direct = another.submit(cpu_per_login, log_in, logins).result()
    print(f"in a thread  {direct:7.0f} us  {direct / ours:.2f}")
    for name, way in (("http.client", by_http_client), ("requests", by_requests)):
        try:
            theirs = cpu_per_login(way(url), logins)
        except ImportError:
            print(f"SKIPPED: no {name}")
            continue
        print(f"{name:12} {theirs:7.0f} us  {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
