#!/usr/bin/env python3
"""Compares the CPU time of a login from Python with http.client and requests, in one process.

Each logs in over one open connection, in rounds that alternate. The first line is a call in the main thread, where
signal handlers run, the second a call in another thread. The ratios hardly depend on the machine. Start `cargo run -p bosbase-local` and pass its URL;
set BOSAUTH_LIBRARY and PYTHONPATH as in docs/python.md.
"""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Callable, Dict
from urllib.parse import urlsplit

from bosauth import BosBase

EMAIL, PASSWORD, TOKEN = "user@example.com", "correct horse 1", "bench-python-with-a-token-of-43-characters-"
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
    """Returns the CPU time of the process per login in microseconds."""
    start = time.process_time()
    for _ in range(logins):
        log_in()
    return (time.process_time() - start) / logins * 1e6


def main() -> None:
    """Prints the CPU time of each client, the minimum of its rounds, and its ratio to http.client."""
    url = sys.argv[1]
    logins = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    log_in, another = with_bosauth(url), ThreadPoolExecutor(1)
    clients: Dict[str, Callable[[], float]] = {
        "bosauth": lambda: cpu_per_login(log_in, logins),
        "in a thread": lambda: another.submit(cpu_per_login, log_in, logins).result(),
    }
    for name, client in (("http.client", with_http_client), ("requests", with_requests)):
        try:
            clients[name] = partial(cpu_per_login, client(url), logins)
        except ImportError:
            print(f"SKIPPED: no {name}")
    # The first round opens the connections.
    rounds = [{name: run() for name, run in clients.items()} for _ in range(11)][1:]
    cpu = {name: min(times[name] for times in rounds) for name in clients}
    for name, time_per_login in cpu.items():
        print(f"{name:12} {time_per_login:7.0f} us  {time_per_login / cpu['http.client']:.2f}")


if __name__ == "__main__":
    main()
