"""The client of one BosBase server."""

from __future__ import annotations

import ctypes
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Optional, Type

from ._auth_store import AuthStore
from ._call import blocking
from ._collection import Collection
from ._errors import check, hides_arguments
from ._handle import Handle
from ._hints import no_attribute
from ._library import lib
from ._options import Headers, configured
from ._prototypes import Client, Error
from ._text import Secret, Text, milliseconds


class BosBase:
    """A client of one BosBase server, and the session that it holds (:attr:`auth_store`).

    Any thread may use it, also several at once. A child of ``os.fork`` may go on using it, with connections of its
    own; it cannot be pickled, so a process that is spawned makes its own. ``with BosBase(…) as client`` closes it at
    the end; without that it is closed when nobody refers to it, its collections and its auth store any more. A call
    in flight does.

    Over plain http anybody on the way reads the passwords and can forge an answer: use it on loopback only.
    """

    # What is shown of one that could not be made.
    _base_url = ""

    @hides_arguments
    def __init__(
        self,
        base_url: Text,
        *,
        lang: Optional[str] = None,
        timeout: Optional[float] = None,
        connect_timeout: Optional[float] = None,
        user_agent: Optional[str] = None,
        headers: Optional[Headers] = None,
        max_response_bytes: Optional[int] = None,
        roots_pem: Optional[Text] = None,
    ) -> None:
        """Makes a client. Nothing is sent yet.

        :param base_url: http or https, a host, perhaps a port and a path prefix; up to 2048 bytes of ASCII
        :param lang: an Accept-Language header for every request
        :param timeout: seconds for a whole call, 0.001 to 86400, 20 if not said. A login may wait 15 s for the
            server's alert mail, so a shorter one can fail logins that were good
        :param connect_timeout: seconds of it to connect, 5 if not said
        :param user_agent: "bosauth" if not said. Keep it stable: the server mails the user when it changes
        :param headers: headers for every request; a list sends a header several times
        :param max_response_bytes: the largest response that is read, 1 to 4194304 bytes, 1 MiB if not said
        :param roots_pem: certificate authorities to trust besides the bundled ones, as PEM
        :raises ClientResponseError: INVALID_ARGUMENT or INVALID_UTF8
        """
        handle, error = Client(), Error()
        config = configured(lang, timeout, connect_timeout, user_agent, headers, max_response_bytes, roots_pem)
        url = Secret(base_url, "base_url")
        check(lib.bosauth_client_new(url, config, ctypes.byref(handle), ctypes.byref(error)), error)
        self._base_url = (base_url if isinstance(base_url, str) else base_url.decode("ascii")).rstrip("/")
        self._handle = Handle(handle)
        self._auth_store = AuthStore(self._handle)

    @property
    def base_url(self) -> str:
        """The server's address."""
        return self._base_url

    @property
    def auth_store(self) -> AuthStore:
        """The session that the client holds."""
        return self._auth_store

    def collection(self, collection_id_or_name: Text) -> Collection:
        """The calls for an auth collection: "users", "_superusers" or any other, by name or id of 1 to 255 bytes."""
        return Collection(self._handle, collection_id_or_name, blocking)

    def close(self, wait: float = 1.0) -> bool:
        """Lets go of the client and forgets its session. Calls of it that are in flight on other threads and in tasks
        end with CANCELLED, unless their response has already been accepted; later ones raise INVALID_HANDLE.

        :param wait: how many seconds to wait at most until they have ended, 0.001 to 86400
        :returns: whether they have. Closing again does nothing and says what is known
        :raises ClientResponseError: INVALID_ARGUMENT; then nothing was done
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

    if not TYPE_CHECKING:  # For type checkers there is no other attribute.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return f"<BosBase {self._base_url}>"
