"""Measures the programs that run.sh builds: `measure.py PROGRAMS PYTHON [--short]`.

Counts (instructions, allocations, system calls) are the difference of two runs, which excludes start and first login.
CPU times come from interleaved rounds: in each round every peer runs once.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Queue
from statistics import median, quantiles
from typing import Any, Callable, Iterable, Optional

import render

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCHEMES = ("http", "https")
APP_TOKEN = "Vq8x3Zr1uT6yKc0LwPd9Nf"
BODY = json.dumps({"token": APP_TOKEN}, separators=(",", ":"))
SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")
WARM_UP = 10  # Logins per thread before the measurement, as in the programs.
RUN_TIMEOUT = 600  # seconds


@dataclass
class Size:
    """Number of rounds and logins."""

    rounds: int = 31
    logins: int = 1000
    cold_rounds: int = 15
    thread_rounds: int = 7
    thread_logins: int = 6400
    few: int = 20
    many: int = 220


SHORT = Size(rounds=2, logins=200, cold_rounds=2, thread_rounds=1, thread_logins=640, few=0, many=20)


@dataclass
class Peer:
    """A program that logs in."""

    key: str
    label: str
    is_python: bool
    command: list[str]
    variables: dict[str, str]

    @property
    def logs_in(self) -> bool:
        """False for the empty programs."""
        return not self.key.endswith("nothing")


class Server:
    """The fixed-response server, and the environment of the programs that log in to it."""

    def __init__(self, programs: Path, work: Path, certifi: Optional[Path]) -> None:
        authority = Path(tempfile.mkdtemp(dir=work)) / "authority.pem"
        response = HERE / "response.http"
        variables = {
            "PEERS_APP_TOKEN": APP_TOKEN,
            "PEERS_BODY": BODY,
            "PEERS_SESSION_TOKEN": json.loads(response.read_bytes().split(b"\r\n\r\n")[1])["token"],
            "PEERS_CA": str(authority),
        }
        # No other variables: clients may read proxies and certificate authorities from the environment.
        self.variables = {**variables, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
        command = [programs / "server", response, authority]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.variables)
        assert self.process.stdout
        self.urls = {scheme: self.process.stdout.readline().strip() for scheme in SCHEMES}
        for name, others in (("PEERS_SYSTEM_CAS", SYSTEM_ROOTS), ("PEERS_CERTIFI_CAS", certifi)):
            file = authority.with_name(name)
            file.write_bytes((others.read_bytes() if others and others.exists() else b"") + authority.read_bytes())
            self.variables[name] = str(file)

    def pin(self, cpus: set[int]) -> None:
        """Runs all threads of the server on these processors."""
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            os.sched_setaffinity(int(thread), cpus)

    def counts(self) -> tuple[int, int]:
        """Returns the number of logins and of connections with at least one login."""
        with urllib.request.urlopen(self.urls["http"] + "/counts") as response:
            logins, connections = response.read().split()
        return int(logins), int(connections)


@dataclass
class Run:
    """The figures of one run of a program."""

    per_login: float  # nanoseconds of CPU time
    process: float  # seconds of CPU time of the whole process
    resident_kib: int
    errors: str


def run(
    peer: Peer,
    server: Server,
    scheme: str,
    logins: int,
    threads: int = 1,
    wrapper: Iterable[str] = (),
    variables: Optional[dict[str, str]] = None,
    cpus: Optional[set[int]] = None,
) -> Run:
    """Runs a program and checks the number of its logins and connections: exactly one for one thread, fewer than two
    per thread for several threads, as some pools open a few more."""
    logins -= logins % threads
    expected = logins + (1 if threads == 1 else threads * WARM_UP)
    before = server.counts()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*wrapper, *peer.command, server.urls[scheme], str(logins), str(threads)],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**server.variables, **peer.variables, **(variables or {})},
            preexec_fn=partial(os.sched_setaffinity, 0, cpus or processors()),
        )
        watchdog = threading.Timer(RUN_TIMEOUT, process.kill)
        watchdog.start()
        assert process.stdout
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watchdog.cancel()
        errors.seek(0)
        error_output = errors.read().decode(errors="replace")
    if process.returncode != 0:
        raise RuntimeError(f"exit status {process.returncode}: {error_output[-2000:]}")
    done, connections = (after - count for after, count in zip(server.counts(), before))
    if peer.logs_in and (done != expected or connections > 2 * threads - 1):
        raise RuntimeError(f"{done} logins over {connections} connections, not {expected} over {threads}")
    figures = re.fullmatch(r"cpu_ns (\d+) resident_kib (\d+)\n", output)
    if not figures:
        raise RuntimeError(f"unexpected output {output!r}")
    cpu = usage.ru_utime + usage.ru_stime
    return Run(int(figures[1]) / max(logins, 1), cpu, int(figures[2]), error_output)


# ---- counts ----


def instructions(peer: Peer, server: Server, scheme: str, logins: int) -> int:
    """Returns the instructions of a run."""
    wrapper = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
    errors = run(peer, server, scheme, logins, wrapper=wrapper).errors
    return int(re.findall(r"Collected : (\d+)", errors)[0])


def allocations(peer: Peer, server: Server, scheme: str, logins: int) -> int:
    """Returns the allocations of a run. Python allocates through malloc."""
    variables = {"LD_PRELOAD": str(Path(sys.argv[1]) / "count_malloc.so"), "PYTHONMALLOC": "malloc"}
    errors = run(peer, server, scheme, logins, variables=variables).errors
    return int(re.findall(r"allocations (\d+)", errors)[0])


def system_calls(peer: Peer, server: Server, scheme: str, logins: int) -> int:
    """Returns the system calls of a run."""
    with tempfile.NamedTemporaryFile("r") as table:
        run(peer, server, scheme, logins, wrapper=("strace", "-f", "-qq", "-c", "-o", table.name))
        rows = [line.split() for line in table]
    return sum(int(row[3]) for row in rows if len(row) >= 5 and row[3].isdigit() and row[-1] != "total")


# ---- the measurement ----


class Measurement:
    """The figures of all peers."""

    def __init__(self, programs: Path, python: Path, size: Size) -> None:
        self.size = size
        self.failures: list[str] = []
        self.skipped: list[str] = []
        self.work = Path(tempfile.mkdtemp())
        self.peers = list(self.find_peers(programs, python))
        self.figures: dict[str, dict[str, Any]] = {peer.key: {} for peer in self.peers}
        certifi = output_of([str(python), "-c", "import certifi; print(certifi.where())"])
        self.servers = [Server(programs, self.work, Path(certifi) if certifi else None) for _ in processors()]

    def find_peers(self, programs: Path, python: Path) -> Iterable[Peer]:
        """Yields the peers whose programs and packages are available."""
        for key, label in NATIVE:
            if (programs / key).exists():
                yield Peer(key, label, False, [str(programs / key)], {})
            else:
                self.skip(label)
        library = {"BOSAUTH_LIBRARY": str(programs / "libbosauth.so"), "PYTHONPATH": str(ROOT / "bindings/python/src")}
        for name, label, module in PYTHON:
            if not module or output_of([str(python), "-c", f"import {module}; print({module})"]):
                command = [str(python), str(HERE / "python/peers.py"), name]
                variables = library if label.startswith("bosauth") else {}
                yield Peer(f"py-{name}", label, True, command, variables)
            else:
                self.skip(label)

    def skip(self, what: str) -> None:
        """Reports a missing tool or package."""
        print(f"SKIPPED: {what}", flush=True)
        self.skipped.append(what)

    def try_run(self, peer: Peer, what: str, function: Callable[[], Any]) -> Any:
        """Calls a function. If it fails, the peer is left out from then on and the program fails at the end."""
        try:
            return function()
        except (RuntimeError, OSError, IndexError) as reason:
            failure = f"FAILED: {peer.label}, {what}: {reason}"
            print(failure, file=sys.stderr, flush=True)
            self.failures.append(failure)
            if peer in self.peers:
                self.peers.remove(peer)
            return None

    def count(self) -> None:
        """Counts on all processors at once: counts do not depend on the load."""
        counters = [("instructions", instructions, "valgrind"), ("allocations", allocations, "cc")]
        counters.append(("system_calls", system_calls, "strace"))
        free: Queue[Server] = Queue()
        for server in self.servers:
            free.put(server)

        def job(peer: Peer, scheme: str, name: str, counter: Callable[..., int]) -> None:
            server = free.get()
            try:
                few, many = self.size.few, self.size.many
                of_few = counter(peer, server, scheme, few)
                of_many = counter(peer, server, scheme, many)
                self.figures[peer.key][f"{name}_{scheme}"] = (of_many - of_few) / (many - few)
                if name == "instructions":
                    cold = counter(peer, server, scheme, 0) if few else of_few
                    self.figures[peer.key][f"cold_instructions_{scheme}"] = cold
            finally:
                free.put(server)

        with ThreadPoolExecutor(len(self.servers)) as pool:
            jobs = []
            print("counts", file=sys.stderr, flush=True)
            for name, counter, tool in counters:
                if not shutil.which(tool):
                    self.skip(f"{name}: no {tool}")
                    continue
                for peer in [peer for peer in self.peers if peer.logs_in]:
                    for scheme in SCHEMES:
                        if name == "instructions" and peer.is_python and scheme == "https" and self.size is SHORT:
                            continue  # It would double the time of a short run.
                        jobs.append((peer, name, pool.submit(job, peer, scheme, name, counter)))
            for peer, name, future in jobs:
                self.try_run(peer, name, future.result)

    def rounds(self, what: str, rounds: int, logins: int, threads: int, schemes: Iterable[str] = SCHEMES) -> Any:
        """Runs every peer once per round. Returns the runs by scheme and peer, in the order of the rounds.

        One thread and the server run on a processor each: whether they share one halves or doubles the CPU time.
        """
        all_cpus = processors()
        client, of_server = ({max(all_cpus)}, {min(all_cpus)}) if threads == 1 else (all_cpus, all_cpus)
        server = self.servers[0]
        server.pin(of_server)
        runs: dict[str, dict[str, list[Run]]] = {scheme: {} for scheme in schemes}
        for number in range(rounds):
            print(f"{what}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            for scheme in schemes:
                for peer in list(self.peers):
                    once = partial(run, peer, server, scheme, logins, threads, cpus=client)
                    one = self.try_run(peer, what, once)
                    if one:
                        runs[scheme].setdefault(peer.key, []).append(one)
        return runs

    def measure(self) -> None:
        """Measures everything."""
        self.rounds("warm-up", 1, 0, 1)  # The first run of Python compiles its modules.
        self.count()
        size, figures = self.size, self.figures
        for scheme, by_peer in self.rounds("CPU time", size.rounds, size.logins, 1).items():
            raw = [one.per_login for one in by_peer.get("raw", [])]
            for key, runs in by_peer.items():
                figures[key][f"cpu_us_{scheme}"] = median(one.per_login for one in runs) / 1000
                ratios = [one.per_login / floor for one, floor in zip(runs, raw)]
                if ratios:
                    figures[key][f"ratio_{scheme}"] = median(ratios)
                    figures[key][f"spread_{scheme}"] = quantiles(ratios, n=4)[::2] if len(ratios) > 1 else ratios * 2
        for scheme, by_peer in self.rounds("cold start", size.cold_rounds, 0, 1).items():
            for key, runs in by_peer.items():
                figures[key][f"cold_ms_{scheme}"] = median(one.process for one in runs) * 1000
                figures[key][f"resident_kib_{scheme}"] = median(one.resident_kib for one in runs)
        self.peers = [peer for peer in self.peers if peer.logs_in and peer.key != "py-bosauth"]
        for threads in (8, 64):
            what = f"{threads} threads"
            rounds = self.rounds(what, size.thread_rounds, size.thread_logins, threads, ("http",))
            for key, runs in rounds["http"].items():
                figures[key][f"calls_{threads}"] = 1e9 / median(one.per_login for one in runs)

    def close(self) -> None:
        """Stops the servers."""
        for server in self.servers:
            server.process.kill()
            server.process.wait()
        shutil.rmtree(self.work)


# Program, and label.
NATIVE = (
    ("nothing", "empty program"),
    ("raw", "raw socket"),
    ("handwritten", "hand-written client"),
    ("bosauth-c", "bosauth, C"),
    ("bosauth-cpp", "bosauth, C++"),
    ("bosauth", "bosauth, Rust"),
    ("ureq", "ureq"),
    ("reqwest", "reqwest"),
    ("reqwest-0-11", "official Rust SDK's base"),
    ("curl", "libcurl, unparsed"),
    ("curl-cjson", "libcurl, cJSON"),
    ("curl-nlohmann", "libcurl, nlohmann/json"),
)
# Peer, label, and the module that must be installed.
PYTHON = (
    ("nothing", "empty program", ""),
    ("bosauth", "bosauth, main thread", ""),
    ("bosauth-thread", "bosauth, other thread", ""),
    ("http-client", "http.client", ""),
    ("urllib3", "urllib3", "urllib3"),
    ("requests", "requests", "requests"),
    ("httpx", "httpx", "httpx"),
)


def versions(python: Path) -> dict[str, str]:
    """Returns the versions of the peers and of their libraries and compilers."""
    lock = (HERE / "Cargo.lock").read_text()

    def crate(name: str, start: str = "") -> str:
        found = re.findall(rf'name = "{name}"\nversion = "({start}.*)"', lock)
        return str(found[-1]) if found else ""

    def library(name: str) -> str:
        return output_of(["pkg-config", "--modversion", name])

    def package(name: str) -> str:
        return output_of([str(python), "-c", f"import importlib.metadata as m; print(m.version({name!r}))"])

    openssl = re.findall(r"OpenSSL/(\S+)", output_of(["curl", "--version"])) or ["?"]
    python_openssl = output_of([str(python), "-c", "import ssl; print(ssl.OPENSSL_VERSION)"]).split()[1]
    found = {
        "bosauth": crate("bosauth"),
        "rustls (raw socket, hand-written client, bosauth, ureq, reqwest)": crate("rustls", "0.23"),
        "ureq": crate("ureq"),
        "reqwest": crate("reqwest", "0.13"),
        "reqwest of the official Rust SDK": crate("reqwest", "0.11"),
        "serde_json": crate("serde_json"),
        "libcurl": f"{library('libcurl')}, OpenSSL {openssl[0]}",
        "cJSON": library("libcjson"),
        "nlohmann/json": library("nlohmann_json"),
        "Python": f"{output_of([str(python), '--version']).split()[-1]}, OpenSSL {python_openssl}",
        **{name: package(name) for name in ("urllib3", "requests", "httpx")},
        "Rust": output_of(["rustc", "--version"]).removeprefix("rustc "),
        "C compiler": output_of(["cc", "--version"]).partition("\n")[0],
    }
    return {name: version or "missing" for name, version in found.items()}


def output_of(command: list[str]) -> str:
    """Returns the output of a command, "" if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def processors() -> set[int]:
    """Returns the processors that this process may use."""
    return os.sched_getaffinity(0)


def machine() -> dict[str, str]:
    """Returns the properties of the machine."""
    models = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) or [platform.machine()]
    system = re.findall(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text()) or [""]
    return {
        "Date": time.strftime("%Y-%m-%d"),
        "Processor": f"{models[0]}, {len(processors())} cores",
        "System": f"Linux {platform.release()}, {system[0]}",
    }


def load_average() -> str:
    """Returns the load average of 1, 5 and 15 minutes."""
    return ", ".join(Path("/proc/loadavg").read_text().split()[:3])


def main() -> None:
    """Measures, prints the tables and writes the page."""
    programs, python = Path(sys.argv[1]), Path(sys.argv[2])
    short = "--short" in sys.argv[3:]
    compiler = ["cc", "-O2", "-shared", "-fPIC", str(ROOT / "benches/count_malloc.c"), "-o"]
    subprocess.run([*compiler, str(programs / "count_malloc.so")], check=True)
    load = load_average()
    measurement = Measurement(programs, python, SHORT if short else Size())
    peers = list(measurement.peers)
    began = time.monotonic()
    try:
        measurement.measure()
    finally:
        measurement.close()
    results = {
        "peers": [{"key": peer.key, "label": peer.label, "is_python": peer.is_python} for peer in peers],
        "figures": measurement.figures,
        "versions": versions(python),
        "machine": {**machine(), "Load average": f"{load} at the start, {load_average()} at the end"},
        "request_size": len(BODY),
        "size": vars(measurement.size),
        "skipped": measurement.skipped,
    }
    page = programs.parent / "page" if short or measurement.failures else ROOT / "docs"
    page.mkdir(exist_ok=True)
    (programs.parent / "results.json").write_text(json.dumps(results, indent=1))
    print(render.write(results, page))
    print(f"{time.monotonic() - began:.0f} s")
    for failure in measurement.failures:
        print(failure)
    if measurement.failures or (measurement.skipped and os.environ.get("BOSAUTH_ALL_TOOLS")):
        sys.exit(1)


if __name__ == "__main__":
    main()
