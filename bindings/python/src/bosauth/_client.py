"""The client of one BosBase server."""

from __future__ import annotations

import ctypes
import re
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Optional, Type

from ._auth_store import AuthStore
from ._call import awaiting, blocking
from ._callbacks import add_client
from ._collection import Collection
from ._errors import ClientResponseError, check, hides_arguments, new_error
from ._handle import Handle
from ._hints import no_attribute
from ._library import lib
from ._options import Headers, PathLike, new_config
from ._prototypes import Client
from ._requests import AsyncClient, Requests
from ._stores import AnyStore, new_store
from ._strings import StringLike, c_string, milliseconds


class BosBase(Requests):
    """A client of one BosBase server, with a session (:attr:`auth_store`).

    Threads may share a client. A child of ``os.fork`` may use the client of its parent, over new connections. A client
    cannot be pickled, so a spawned process creates its own. ``with BosBase(…) as client`` closes the client at the end
    of the block. Otherwise it is closed when the client, its collections, its auth store and its calls in flight are no
    longer referenced.

    Use plain http on loopback only: anyone on the network path can read passwords and forge responses.
    """

    # Shown in the repr of a client whose constructor failed.
    _base_url = ""

    @hides_arguments
    def __init__(
        self,
        base_url: StringLike,
        *,
        lang: Optional[str] = None,
        timeout: Optional[float] = None,
        connect_timeout: Optional[float] = None,
        user_agent: Optional[str] = None,
        headers: Optional[Headers] = None,
        max_response_bytes: Optional[int] = None,
        roots_pem: Optional[StringLike] = None,
        session_file: Optional[PathLike] = None,
        session_store: Optional[AnyStore] = None,
    ) -> None:
        """Creates a client. Sends nothing.

        :param base_url: an http or https URL with a host, and optionally a port and path; up to 2048 bytes of ASCII
        :param lang: the Accept-Language header of every request
        :param timeout: total timeout of a call in seconds, 0.001 to 86400; default 20. A login may take 15 s while the
            server sends an alert mail, so a shorter timeout can fail a login that would have succeeded
        :param connect_timeout: timeout of name resolution, connection and TLS handshake in seconds; default 5
        :param user_agent: default "bosauth". Keep it constant: the server mails the user when it changes
        :param headers: headers of every request; a list sends a header several times
        :param max_response_bytes: maximum size of a response body, 1 to 4194304 bytes; default 1 MiB
        :param roots_pem: certificate authorities in PEM to trust in addition to the bundled ones
        :param session_file: the path of a file in which the session outlives the process. The first use of the session
            reads it. On Unix, only the user can read the file
        :param session_store: an object that does the same: a :class:`SessionStore`, such as a :class:`KeyringStore`,
            or an auth store of the official package. In place of ``session_file``, and not in subinterpreters
        :raises ClientResponseError: INVALID_ARGUMENT or INVALID_UTF8
        """
        handle, error = Client(), new_error()
        if session_file is not None and session_store is not None:
            raise TypeError("session_file and session_store exclude each other")
        store = None if session_store is None else new_store(session_store, base_url)
        config = new_config(
            lang,
            timeout,
            connect_timeout,
            user_agent,
            headers,
            max_response_bytes,
            roots_pem,
            session_file,
            store,
        )
        url = c_string(base_url, "base_url")
        try:
            check(lib.bosauth_client_new(url, config, ctypes.byref(handle), ctypes.byref(error)), error)
        except ClientResponseError as failed:
            if failed.argument == "path":
                # Not in the path of the program, which the message may contain.
                failed.argument, failed.message = "session_file", re.sub(r"^path\b", "session_file", failed.message)
            raise
        self._base_url = (base_url if isinstance(base_url, str) else base_url.decode("ascii")).rstrip("/")
        super().__init__(Handle(handle, store), blocking)
        if store is not None:
            add_client(self._handle)
        self._auth_store = AuthStore(self._handle)

    @property
    def base_url(self) -> str:
        """The base URL of the server."""
        return self._base_url

    @property
    def auth_store(self) -> AuthStore:
        """The session of the client."""
        return self._auth_store

    def collection(self, collection_id_or_name: StringLike) -> Collection:
        """Returns the calls for an auth collection, by name or id of 1 to 255 bytes, such as "users" or
        "_superusers"."""
        return Collection(self._handle, collection_id_or_name, blocking)

    @property
    def aio(self) -> AsyncClient:
        """:meth:`send` and :meth:`send_raw` as coroutines. Collections have their own: :attr:`Collection.aio`."""
        return AsyncClient(Requests(self._handle, awaiting))

    def close(self, wait: float = 1.0) -> bool:
        """Closes the client and removes its session. Its calls on other threads and in tasks raise CANCELLED, unless
        their response has been accepted. Later calls raise INVALID_HANDLE.

        :param wait: maximum time in seconds to wait for calls in flight, 0.001 to 86400
        :returns: whether all calls have ended. Closing again returns the same
        :raises ClientResponseError: INVALID_ARGUMENT, without closing the client
        """
        return self._handle.close(milliseconds(wait, "wait"))

    def __enter__(self) -> BosBase:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    if not TYPE_CHECKING:  # Type checkers must report other attributes as errors.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return f"<BosBase {self._base_url}>"
