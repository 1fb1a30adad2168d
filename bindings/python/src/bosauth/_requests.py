"""Any other request to the server."""

from __future__ import annotations

import ctypes
import json
from collections import abc
from ctypes import byref
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, NoReturn, Optional, Tuple, Union, cast

from ._call import Call, awaited
from ._cancel import Cancel, new_handle
from ._errors import check, hides_arguments, new_error
from ._handle import Handle
from ._hints import no_attribute
from ._json import to_json
from ._library import lib
from ._options import Headers, Query, request_options
from ._prototypes import Options
from ._prototypes import Response as ResponsePointer
from ._strings import StringLike, c_bytes, encode

#: A mapping or list, which is sent as JSON; or the bytes of the body.
Body = Union[Mapping[str, Any], List[Any], Tuple[Any, ...], StringLike]


class Response:
    """The response to :meth:`BosBase.send_raw`. It is immutable. Any thread may read it.

    The library's copy is zeroized when the response is deleted.
    """

    __slots__ = ("_pointer",)

    def __init__(self, pointer: ResponsePointer) -> None:
        """Takes ownership of a ``bosauth_response``. :meth:`BosBase.send_raw` returns responses."""
        self._pointer = pointer

    @property
    def status(self) -> int:
        """The HTTP status, 200 to 299."""
        return cast(int, lib.bosauth_response_http_status(self._pointer))

    def header(self, name: StringLike) -> str:
        """Returns the value of a header, "" if there is none. Several values are joined with ", "; of Set-Cookie, it is
        the first one."""
        return cast(str, lib.bosauth_response_header(self._pointer, encode(name, "name")).decode("utf-8"))

    @property
    def body(self) -> bytes:
        """The body."""
        length = ctypes.c_size_t()
        start = lib.bosauth_response_body(self._pointer, byref(length))
        return ctypes.string_at(start, length.value)

    @property
    def data(self) -> Any:
        """What :meth:`BosBase.send` returns."""
        if self.status == 204:
            return None
        if "application/json" not in self.header("Content-Type").lower():
            return self.body
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return {}

    def __repr__(self) -> str:
        return f"<Response {self.status}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Response cannot be pickled or copied: it belongs to its process")


class Requests:
    """The calls of a client that belong to no collection."""

    def __init__(self, handle: Handle, run: Callable[[Call[Any]], Any]) -> None:
        """``run`` runs the calls."""
        self._handle = handle
        self._run = run

    @hides_arguments
    def send(
        self,
        path: StringLike,
        *,
        method: StringLike = "GET",
        headers: Optional[Headers] = None,
        query: Optional[Query] = None,
        body: Optional[Body] = None,
        timeout: Optional[float] = None,
        cancel: Optional[Cancel] = None,
    ) -> Any:
        """Sends any other request to the server, with the session if there is one. The session does not change.

        The token of the session is sent as ``Authorization``, unless ``headers`` or the client has a header of that
        name. Redirects are not followed. GET and HEAD can be retried, see docs/timeouts-and-cancellation.md.

        :param path: the path below the base URL, such as "/api/health"; at most 2048 bytes of ASCII without
            ``\\ ? # @``
        :param method: the method, sent in upper case; neither CONNECT nor TRACE
        :param headers: extra headers; a list sends a header several times
        :param query: query parameters; the server logs them, so they must not contain a secret
        :param body: a mapping or list, which is sent as JSON; or the body as a string or bytes, up to 32 MiB. Its
            Content-Type is application/json, unless ``headers`` has another one. GET and HEAD have none
        :param timeout: total timeout in seconds, 0.001 to 86400; default: the timeout of the client
        :param cancel: a :class:`Cancel` that can cancel the call
        :returns: the decoded body of an ``application/json`` response, or ``{}`` if it is not JSON; None for status
            204; the bytes of any other response
        :raises ClientResponseError: UNAUTHORIZED (there is no session, or the server does not accept it), FORBIDDEN,
            NOT_FOUND, VALIDATION, and errors common to all calls
        """
        return self._send(path, method, headers, query, body, timeout, cancel, attrgetter("data"))

    @hides_arguments
    def send_raw(
        self,
        path: StringLike,
        *,
        method: StringLike = "GET",
        headers: Optional[Headers] = None,
        query: Optional[Query] = None,
        body: Optional[Body] = None,
        timeout: Optional[float] = None,
        cancel: Optional[Cancel] = None,
    ) -> Response:
        """Sends a request as :meth:`send` does, and returns its response: status, headers and body.

        Arguments and errors are those of :meth:`send`.
        """
        response: Response = self._send(path, method, headers, query, body, timeout, cancel, lambda response: response)
        return response

    def _send(
        self,
        path: StringLike,
        method: StringLike,
        headers: Optional[Headers],
        query: Optional[Query],
        body: Optional[Body],
        timeout: Optional[float],
        cancel: Optional[Cancel],
        result_of: Callable[[Response], Any],
    ) -> Any:
        handle = new_handle(cancel)
        options = request_options(query, headers, timeout, handle)
        verb, target = encode(method, "method").upper(), encode(path, "path")
        content, length = _content(body)

        def send(options: Optional[Options]) -> Any:
            pointer, error = ResponsePointer(), new_error()
            check(
                lib.bosauth_send(
                    self._handle.value, verb, target, content, length, options, byref(pointer), byref(error)
                ),
                error,
            )
            return result_of(Response(pointer))

        return self._run(Call(options, handle, send))


class AsyncClient:
    """The calls of a client that belong to no collection, as coroutines: ``await client.aio.send(…)``.

    Arguments, results and errors are those of :class:`BosBase`. Tasks are cancelled as for :class:`AsyncCollection`.
    """

    __slots__ = ("_calls",)

    def __init__(self, calls: Requests) -> None:
        """Created by :attr:`BosBase.aio`."""
        self._calls = calls

    send = awaited(Requests.send)
    send_raw = awaited(Requests.send_raw)

    if not TYPE_CHECKING:  # Type checkers must report other attributes as errors.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return "<AsyncClient>"


def _content(body: Optional[Body]) -> Tuple[Any, int]:
    """Returns a pointer to the bytes of a body, and their number."""
    if body is None:
        return None, 0
    if isinstance(body, (abc.Mapping, list, tuple)):
        content = to_json(body, "body")
        return content, content.length
    if isinstance(body, (str, bytes, bytearray)):
        return c_bytes(body, "body")
    raise TypeError(f"body must be a mapping, list, str, bytes or bytearray, not {type(body).__name__}")
