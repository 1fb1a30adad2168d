"""The peers in Python: `peers.py PEER URL LOGINS THREADS`.

Logs in once, then LOGINS times from THREADS threads. Prints the CPU time of the LOGINS and, with one thread, the
resident memory after the first login. Each peer's function imports the modules that it needs, so that the cold start of
a peer includes no others.
"""

import os
import sys
import time
from urllib.parse import urlsplit

WARM_UP = 10  # Logins per thread before the measurement; they open the connections.

PEER, BASE_URL = sys.argv[1], sys.argv[2]
LOGINS, THREADS = int(sys.argv[3]), int(sys.argv[4])
APP_TOKEN, SESSION_TOKEN = os.environ["PEERS_APP_TOKEN"], os.environ["PEERS_SESSION_TOKEN"]
BODY = os.environ["PEERS_BODY"].encode()
PATH = "/api/collections/users/auth-with-token"
HEADERS = {"Content-Type": "application/json"}
IS_TLS = BASE_URL.startswith("https")
# PEM files: the server's certificate authority, and the same after the authorities of certifi.
CA_FILE, ALL_CAS_FILE = os.environ["PEERS_CA"], os.environ["PEERS_CERTIFI_CAS"]


def check(status, response):
    """Raises unless the status is 200 and the session token and the email of the record are the expected ones."""
    if (status, response["token"], response["record"]["email"]) != (200, SESSION_TOKEN, "user@example.com"):
        raise ValueError("the login did not return the recorded session")


def by_nothing():
    """An empty program, which never logs in."""
    return lambda: lambda: None


def by_bosauth():
    """bosauth. All threads share one client."""
    from bosauth import BosBase

    roots = None
    if IS_TLS:
        with open(CA_FILE, encoding="ascii") as file:
            roots = file.read()
    users = BosBase(BASE_URL, roots_pem=roots).collection("users")

    def log_in():
        check(200, users.auth_with_token(APP_TOKEN))

    return lambda: log_in


def by_http_client():
    """http.client and json of the standard library. Each thread has its own connection."""
    import http.client
    import json

    def worker():
        host = urlsplit(BASE_URL).netloc
        if IS_TLS:
            connection = http.client.HTTPSConnection(host, timeout=20, context=default_context())
        else:
            connection = http.client.HTTPConnection(host, timeout=20)

        def log_in():
            connection.request("POST", PATH, BODY, HEADERS)
            response = connection.getresponse()
            check(response.status, json.loads(response.read()))

        return log_in

    return worker


def by_urllib3():
    """urllib3. All threads share one pool."""
    import urllib3

    context = default_context() if IS_TLS else None
    pool = urllib3.PoolManager(maxsize=THREADS, block=False, timeout=20, ssl_context=context)

    def log_in():
        response = pool.request("POST", BASE_URL + PATH, body=BODY, headers=HEADERS)
        check(response.status, response.json())

    return lambda: log_in


def by_requests():
    """requests. All threads share one session."""
    import requests

    session = requests.Session()
    session.mount(BASE_URL, requests.adapters.HTTPAdapter(pool_maxsize=THREADS))
    session.verify = ALL_CAS_FILE

    def log_in():
        response = session.post(BASE_URL + PATH, data=BODY, headers=HEADERS, timeout=20)
        check(response.status_code, response.json())

    return lambda: log_in


def by_httpx():
    """httpx. All threads share one client."""
    import httpx

    context = httpx.create_ssl_context()
    context.load_verify_locations(CA_FILE)
    limits = httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
    client = httpx.Client(verify=context, limits=limits, timeout=20)

    def log_in():
        response = client.post(BASE_URL + PATH, content=BODY, headers=HEADERS)
        check(response.status_code, response.json())

    return lambda: log_in


def default_context():
    """The default TLS context of the standard library, which also trusts the server's certificate authority."""
    import ssl

    context = ssl.create_default_context()
    context.load_verify_locations(CA_FILE)
    return context


def resident_kib():
    """Resident memory of this process."""
    with open("/proc/self/smaps_rollup", encoding="ascii") as sums:
        return next(int(line.split()[1]) for line in sums if line.startswith("Rss:"))


def measure(worker, logins):
    """Logs in from this thread. Returns CPU time and resident memory."""
    log_in = worker()
    log_in()
    resident = resident_kib()
    before = time.process_time_ns()
    for _ in range(logins):
        log_in()
    return time.process_time_ns() - before, resident


def measure_threads(worker, logins):
    """Logs in from all threads. Returns CPU time and 0."""
    import threading
    from threading import Barrier, Thread

    def fail(reason):
        sys.__excepthook__(reason.exc_type, reason.exc_value, reason.exc_traceback)
        os._exit(1)

    threading.excepthook = fail
    gate = Barrier(THREADS + 1)

    def work():
        log_in = worker()
        for _ in range(WARM_UP):
            log_in()
        gate.wait()
        gate.wait()
        for _ in range(logins // THREADS):
            log_in()

    threads = [Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    gate.wait()
    before = time.process_time_ns()
    gate.wait()
    for thread in threads:
        thread.join()
    return time.process_time_ns() - before, 0


def main():
    """Runs the peer. A name that ends in `-thread` runs it on a thread other than the main one."""
    worker = globals()["by_" + PEER.removesuffix("-thread").replace("-", "_")]()
    if PEER.endswith("-thread") and THREADS == 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as other:
            cpu, resident = other.submit(measure, worker, LOGINS).result()
    else:
        cpu, resident = (measure if THREADS == 1 else measure_threads)(worker, LOGINS)
    print("cpu_ns", cpu, "resident_kib", resident)


main()
