#!/usr/bin/env python3
"""A TLS server by OpenSSL that forwards requests to a plain HTTP server, and reports connections.

The first line on standard output is the port.  The others are about connections, which are numbered from 1:

    1 TLSv1.3          the handshake has completed
    1 failed 0 reason  it has failed, for OpenSSL's reason, after this many bytes of a request
    1 closed 3         the connection is closed, after this many requests

It exits at the end of its standard input.
"""

import argparse
import select
import socket
import ssl
import sys
import threading
import time
import warnings

CHUNK = 65536
VERSIONS = {
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


class Relay:
    """One connection: TLS towards the client, plain towards the server.

    TLS runs in memory, so that data can be delayed or truncated.
    """

    def __init__(self, number: int, client: socket.socket, options: argparse.Namespace) -> None:
        self.number = number
        self.client = client
        self.options = options
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = options.context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.request_bytes = 0
        self.requests = 0

    def run(self) -> None:
        """Serves the connection."""
        with self.client:
            if self.options.behave == "hang-up":
                self.client.recv(CHUNK)
                report(self.number, "failed 0")
                return
            try:
                self.handshake()
            except (ssl.SSLError, OSError) as error:
                self.send_outgoing()
                reason = getattr(error, "reason", None) or type(error).__name__
                report(self.number, f"failed {self.request_bytes} {reason}")
                return
            report(self.number, str(self.tls.version()))
            try:
                with socket.create_connection(self.options.server) as server:
                    self.pass_on(server)
            except (ssl.SSLError, OSError):
                pass
        report(self.number, f"closed {self.requests}")

    def handshake(self) -> None:
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.send_outgoing()
                self.receive()
        if self.options.behave != "late-tickets":
            self.send_outgoing()

    def receive(self) -> None:
        data = self.client.recv(CHUNK)
        if not data:
            raise ConnectionError("the client has closed")
        self.incoming.write(data)

    def send_outgoing(self) -> None:
        data = self.outgoing.read()
        if data:
            try:
                self.client.sendall(data)
            except OSError:
                pass  # the client has disconnected after a failed handshake

    def pass_on(self, server: socket.socket) -> None:
        """Forwards data in both directions until one side closes."""
        self.pass_request(server)
        while True:
            ready, _, _ = select.select([self.client, server], [], [])
            if self.client in ready:
                self.receive()
                self.pass_request(server)
            if server in ready:
                response = server.recv(CHUNK)
                if not response:
                    self.end()
                    return
                self.tls.write(response)
                self.send_outgoing()

    def pass_request(self, server: socket.socket) -> None:
        """Forwards a part of a request."""
        while True:
            try:
                request = self.tls.read(CHUNK)
            except ssl.SSLWantReadError:
                return
            if not request:
                raise ConnectionError("close_notify of the client")
            self.request_bytes += len(request)
            self.requests += request.count(b" HTTP/1.1\r\n")
            # Sends the delayed tickets in a separate packet while the client waits.
            if self.outgoing.pending:
                self.send_outgoing()
                time.sleep(0.05)
            server.sendall(request)

    def end(self) -> None:
        """Closes the connection with or without close_notify."""
        if self.options.behave != "cut":
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass  # the client's close_notify has not arrived
            self.send_outgoing()


def pass_plain(number: int, client: socket.socket, options: argparse.Namespace) -> None:
    """Forwards bytes in both directions, and counts those of a plain-text request."""
    request = b""
    with client, socket.create_connection(options.server) as server:
        pairs = {client: server, server: client}
        at_end = False
        while not at_end:
            for source in select.select(list(pairs), [], [])[0]:
                try:
                    data = source.recv(CHUNK)
                    pairs[source].sendall(data)
                except OSError:
                    data = b""
                request += data if source is client else b""
                at_end = at_end or not data
    start = request.find(b"POST ")
    report(number, f"failed {0 if start < 0 else len(request) - start}")


def report(number: int, what: str) -> None:
    """Prints a line, from any thread."""
    sys.stdout.write(f"{number} {what}\n")
    sys.stdout.flush()


def context(options: argparse.Namespace) -> ssl.SSLContext:
    """The server's TLS configuration."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if options.version == "1.1":
        # OpenSSL allows it at security level 0 only.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if options.version != "any":
            context.minimum_version = VERSIONS[options.version]
            context.maximum_version = VERSIONS[options.version]
    context.load_cert_chain(options.certificate, options.key)
    return context


def address(string: str) -> tuple[str, int]:
    """Splits `HOST:PORT`."""
    host, port = string.rsplit(":", 1)
    return host, int(port)


def accept(listener: socket.socket, options: argparse.Namespace) -> None:
    """Accepts connections, with a thread for each."""
    number = 0
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number += 1
        if options.behave == "plain":
            work = threading.Thread(target=pass_plain, args=(number, client, options), daemon=True)
        else:
            work = threading.Thread(target=Relay(number, client, options).run, daemon=True)
        work.start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", type=address, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--version", choices=["any", *VERSIONS], default="any")
    parser.add_argument(
        "--behave", choices=["well", "late-tickets", "hang-up", "cut", "plain"], default="well"
    )
    options = parser.parse_args()
    options.context = context(options)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(listener, options), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
