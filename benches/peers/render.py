"""Renders the results as a page with plots: `render.py RESULTS DIRECTORY`, or `write` called by measure.py."""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

Row = Dict[str, Any]  # The figures of a peer, its key and its label.
Column = Tuple[str, Callable[[Row], str]]  # A title and the cell of a row.

PAGE = """# Performance

The cost of a login with this library and with other HTTP clients, measured in one run by `benches/peers/run.sh`, which
writes this page. Figures of different pages are not comparable: they depend on the machine.
[Java, Kotlin and Swift](performance/java-and-swift.md) have a page of their own.

A login is one `POST` with a body of {request_size} bytes. The server is a separate process that responds with the same
recorded {response_size} bytes to every login. All logins of a thread use one kept-alive connection; the server counts
logins and connections, and a wrong number fails the run. Every client except the raw socket and "libcurl, unparsed"
checks that the status is 200, parses the response and extracts the session token and the record's email; both are
compared with the recording.

- **raw socket** writes a prepared request and reads a response of known length. It checks nothing: a lower bound.
- **hand-written client** parses the status line, Content-Length and this one response.
- **bosauth** validates its input, parses HTTP strictly, enforces a deadline, can be cancelled, keeps the session and
  zeroizes its buffers. C, C++ and Python use the shared library as shipped; Rust uses the crate.
- **official Rust SDK's base** is reqwest {reqwest_0_11} with the SDK's features, and serde_json. The SDK itself is not
  published as a package; its own work per request is not included.

## One login, HTTP

![CPU time of a login relative to a raw socket]({images}/cpu.svg)

{native_http}

## One login, HTTPS

TLS 1.3 on an open connection; the handshake is part of [Cold start](#cold-start). The raw socket uses rustls.

{native_https}

## One login from Python

![CPU time of a login from Python relative to a raw socket]({images}/python.svg)

{python_http}

The same over HTTPS:

{python_https}

## Cold start

![CPU time until the first login]({images}/cold.svg)

CPU time and instructions of a whole process that loads its libraries, creates a client, logs in once and exits. Over
HTTPS this includes loading the trusted certificates and the TLS handshake. The empty programs are the cost of a process
alone.

{cold}

## Threads

![Logins per CPU second]({images}/threads.svg)

Logins per second of CPU time over HTTP with 8 and with 64 threads. All threads share one client, whose pool is large
enough for all of them. The raw socket, the hand-written client, libcurl and http.client cannot be shared and have one
connection or handle per thread.

{threads}

## Memory

![Resident memory after the first login]({images}/memory.svg)

Resident memory of the process after one login, including pages shared with other processes.

{memory}

## Method

- Instructions are counted by callgrind, allocations by a preloaded `malloc`, system calls by `strace -f -c`. Each is
  the difference between a run of {many} logins and a run of {few}, divided by {difference}. Python runs with
  `PYTHONMALLOC=malloc` while its allocations are counted.
- CPU time is user and system time of all threads of the process. The client runs on one processor, the server on
  another, except with several threads. There are {rounds} rounds of {logins} logins. In each
  round every client runs once, one after the other. Ratios are to the raw socket in the same round; the tables show
  their median and, in parentheses, their quartiles.
- Cold start and memory are medians of {cold_rounds} rounds, threads of {thread_rounds} rounds of {thread_logins} logins.
- Programs in C and C++ are compiled with `-O2`, programs in Rust with cargo's release profile, each alone,
  so that no client changes the features of another client's dependencies.
- Clients have default settings except for the pool size, the timeouts and the server's certificate authority.
- A client without a default timeout is given one of 20 s; ureq per phase, because with a timeout for the whole call
  it starts a thread per call.
- The server's certificate authority is added to those that a client trusts by default. http.client, urllib3, libcurl
  and reqwest read the system's, requests and httpx read certifi's, bosauth has them built in. ureq, the raw socket and
  the hand-written client trust the server's alone.
- The request body is prepared once, except for bosauth, which builds it for each login.

## Limits

- Client and server run on one machine and connect over loopback. CPU times vary with the load of
  the machine, ratios vary less, counts hardly at all.
- Instruction counts exclude the kernel. CPU times include it; the raw socket consists of little else.
- Under valgrind, encryption uses only the processor features that valgrind supports.
- The server has an IP address in its URL: no client resolves a name.
- A login over a real network waits for milliseconds. CPU time matters where many logins share a processor or a battery.

## Machine and versions

{machine}

{versions}
"""

STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de } text { font: 13px sans-serif; fill: #1f2328 } .title { font-weight: 600 }
  .note { fill: #59636e } .ours { fill: #0969da } .peer { fill: #8c959f } .second { opacity: 0.55 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #151b23; stroke: #3d444d } text { fill: #f0f6fc } .note { fill: #9198a1 }
    .ours { fill: #4493f8 } .peer { fill: #7d8590 }
  }
"""


def table(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """Returns a Markdown table, figures aligned to the right."""
    lines = ["| client | " + " | ".join(title for title, _ in columns) + " |"]
    lines.append("|---|" + "--:|" * len(columns))
    for row in rows:
        name = f"**{row['label']}**" if is_bosauth(row) else row["label"]
        lines.append(f"| {name} | " + " | ".join(cell(row) for _, cell in columns) + " |")
    return "\n".join(lines)


def figure(name: str, digits: int = 0) -> Callable[[Row], str]:
    """A cell with the figure of this name, or a dash."""
    return lambda row: f"{row[name]:,.{digits}f}" if name in row else "–"


def ratio(scheme: str) -> Callable[[Row], str]:
    """A cell with the ratio to the raw socket and its quartiles."""

    def cell(row: Row) -> str:
        if f"ratio_{scheme}" not in row:
            return "–"
        low, high = row[f"spread_{scheme}"]
        return f"{row[f'ratio_{scheme}']:.2f} ({low:.2f}–{high:.2f})"

    return cell


def relative_to(floor: Optional[Row], name: str) -> Callable[[Row], str]:
    """A cell with a figure as a multiple of that of another row."""
    return lambda row: f"{row[name] / floor[name]:.2f}" if floor and name in floor and name in row else "–"


def is_bosauth(row: Row) -> bool:
    """Returns whether the row is about this library."""
    return str(row["label"]).startswith("bosauth")


def bars(title: str, note: str, rows: Sequence[Row], names: Sequence[str], digits: int, unit: str = "") -> str:
    """Returns an SVG of horizontal bars, one per row and figure. Its background fits light and dark themes."""
    rows = [row for row in rows if any(name in row for name in names)]
    left, right, top, thick, gap = 232, 90, 62, 14, 10
    width = 760
    step = thick * len(names) + gap
    height = top + step * len(rows) + 12
    largest = max((row[name] for row in rows for name in names if name in row), default=1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}"><style>{STYLE}</style>',
        f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        f'<text class="note" x="16" y="46">{escape(note)}</text>',
    ]
    for number, row in enumerate(rows):
        y = top + number * step
        middle = y + thick * len(names) / 2 + 4
        parts.append(f'<text x="{left - 10}" y="{middle:.0f}" text-anchor="end">{escape(row["label"])}</text>')
        for which, name in enumerate(names):
            if name not in row:
                continue
            length = max(row[name] / largest * (width - left - right), 1)
            at = y + which * thick
            kind = ("ours" if is_bosauth(row) else "peer") + (" second" if which else "")
            parts.append(f'<rect class="{kind}" x="{left}" y="{at}" width="{length:.1f}" height="{thick - 2}" rx="2"/>')
            value = f"{row[name]:,.{digits}f}{unit}"
            parts.append(f'<text x="{left + length + 6:.1f}" y="{at + 11}">{value}</text>')
    return "\n".join([*parts, "</svg>", ""])


def write(results: dict[str, Any], directory: Path) -> str:
    """Writes performance.md and its plots into a directory. Returns the part of the page with the tables."""
    rows = [{**peer, **results["figures"][peer["key"]]} for peer in results["peers"]]
    native = [row for row in rows if not row["is_python"]]
    python = [row for row in rows if row["is_python"]]
    logs_in = [row for row in native if row["key"] != "nothing"]
    logs_in_python = [row for row in python if row["key"] != "py-nothing"]
    standard = next((row for row in python if row["key"] == "py-http-client"), None)

    def login_columns(scheme: str) -> list[Column]:
        return [
            ("instructions", figure(f"instructions_{scheme}")),
            ("allocations", figure(f"allocations_{scheme}")),
            ("system calls", figure(f"system_calls_{scheme}", 1)),
            ("CPU time, µs", figure(f"cpu_us_{scheme}", 1)),
            ("CPU time, × raw socket", ratio(scheme)),
        ]

    def python_columns(scheme: str) -> list[Column]:
        return [*login_columns(scheme), ("× http.client", relative_to(standard, f"cpu_us_{scheme}"))]

    named = [{**row, "label": f"{row['label']} (Python)"} if row["is_python"] else row for row in rows]
    cold: list[Column] = [
        (f"{title}, {scheme.upper()}", figure(f"{name}_{scheme}", digits))
        for title, name, digits in (("ms", "cold_ms", 1), ("instructions", "cold_instructions", 0))
        for scheme in ("http", "https")
    ]
    threads: list[Column] = [(f"{count} threads", figure(f"calls_{count}")) for count in (8, 64)]
    memory: list[Column] = [
        (f"KiB after {scheme.upper()}", figure(f"resident_kib_{scheme}")) for scheme in ("http", "https")
    ]
    size, machine = results["size"], results["machine"]
    response = (Path(__file__).parent / "response.http").read_bytes()
    tables = {
        "native_http": table(logs_in, login_columns("http")),
        "native_https": table(logs_in, login_columns("https")),
        "python_http": table(logs_in_python, python_columns("http")),
        "python_https": table(logs_in_python, python_columns("https")),
        "cold": table(named, cold),
        "threads": table([row for row in named if "calls_8" in row or "calls_64" in row], threads),
        "memory": table(named, memory),
        "machine": "\n".join(f"- {name}: {value}" for name, value in machine.items()),
        "versions": "\n".join(f"- {name}: {version}" for name, version in results["versions"].items()),
    }
    images = "performance"
    (directory / images).mkdir(exist_ok=True)
    by_scheme = "lower is better; upper bar: HTTP, lower bar: HTTPS"
    by_threads = "higher is better; upper bar: 8 threads, lower bar: 64 threads"
    relative = f"{by_scheme}, relative to a raw socket with TLS"
    ratios = ("ratio_http", "ratio_https")
    milliseconds = ("cold_ms_http", "cold_ms_https")
    resident = ("resident_kib_http", "resident_kib_https")
    plots = {
        "cpu": bars("CPU time of a login, relative to a raw socket", relative, logs_in, ratios, 2, "×"),
        "python": bars("CPU time from Python, relative to a raw socket", relative, logs_in_python, ratios, 1, "×"),
        "cold": bars("CPU time of a process that logs in once", by_scheme, named, milliseconds, 1, " ms"),
        "threads": bars("Logins per second of CPU time", by_threads, named, ("calls_8", "calls_64"), 0),
        "memory": bars("Resident memory after the first login", by_scheme, named, resident, 0, " KiB"),
    }
    for name, svg in plots.items():
        (directory / images / f"{name}.svg").write_text(svg)
    page = PAGE.format(
        images=images,
        request_size=results["request_size"],
        response_size=f"{len(response):,}",
        reqwest_0_11=results["versions"]["reqwest of the official Rust SDK"],
        difference=size["many"] - size["few"],
        **{name: f"{value:,}" for name, value in size.items()},
        **tables,
    )
    (directory / "performance.md").write_text(page)
    return page[page.index("## One login, HTTP") :]


if __name__ == "__main__":
    write(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
