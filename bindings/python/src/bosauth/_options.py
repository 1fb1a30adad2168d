"""Converts Python arguments to ``bosauth_config`` and ``bosauth_options``.

The library keeps the error of the first setter that failed, and the call that uses the object returns it. The statuses
of setters are therefore ignored here.
"""

from __future__ import annotations

import os
from collections import abc
from typing import Any, Callable, Iterable, List, Mapping, Optional, Tuple, Union

from ._json import JsonObject, c_json
from ._library import lib
from ._prototypes import Cancel, Config, Options
from ._stores import Store
from ._strings import StringLike, c_string, clamped, encode, milliseconds

#: Header values by name. A list sends the header several times.
Headers = Mapping[str, Union[StringLike, List[StringLike]]]
Query = Mapping[str, Any]
#: A path of a file.
PathLike = Union[str, "os.PathLike[str]"]


def new_config(
    lang: Optional[StringLike],
    timeout: Optional[float],
    connect_timeout: Optional[float],
    user_agent: Optional[StringLike],
    headers: Optional[Headers],
    max_response_bytes: Optional[int],
    roots_pem: Optional[StringLike],
    session_file: Optional[PathLike],
    store: Optional[Store],
) -> Config:
    """Creates a ``bosauth_config``. None selects the default of the library."""
    config: Config = lib.bosauth_config_new()
    _set(lib.bosauth_config_set_timeout_ms, config, milliseconds(timeout, "timeout"))
    _set(lib.bosauth_config_set_connect_timeout_ms, config, milliseconds(connect_timeout, "connect_timeout"))
    _set_string(lib.bosauth_config_set_user_agent, config, user_agent, "user_agent")
    _add_headers(lib.bosauth_config_add_header, config, None if lang is None else {"Accept-Language": lang})
    _add_headers(lib.bosauth_config_add_header, config, headers)
    if max_response_bytes is not None:
        size = clamped(max_response_bytes, "max_response_bytes")
        _set(lib.bosauth_config_set_max_response_bytes, config, size)
    _set_string(lib.bosauth_config_add_roots_pem, config, roots_pem, "roots_pem")
    if session_file is not None:
        _set_string(lib.bosauth_config_set_session_file, config, os.fspath(session_file), "session_file")
    if store is not None:
        store.add_to(config)
    return config


def new_options(
    body: Optional[JsonObject],
    query: Optional[Query],
    headers: Optional[Headers],
    timeout: Optional[float],
    cancel: Optional[Cancel],
    keep_session: bool = True,
    mfa_id: Optional[StringLike] = None,
) -> Optional[Options]:
    """Creates a ``bosauth_options``, or returns None if no option is set. An ``mfaId`` in query or body becomes the
    MFA id."""
    nothing_to_send = body is None and query is None and headers is None and mfa_id is None
    if nothing_to_send and timeout is None and cancel is None and keep_session:
        return None
    query, query_mfa_id = _without_mfa_id(query)
    body, body_mfa_id = _without_mfa_id(body)
    options = request_options(query, headers, timeout, cancel)
    if body is not None:
        lib.bosauth_options_set_body_json(options, c_json(body, "body"))
    _set(lib.bosauth_options_set_keep_session, options, int(bool(keep_session)))
    for value in (body_mfa_id, query_mfa_id, mfa_id):
        _set_string(lib.bosauth_options_set_mfa_id, options, value, "mfa_id")
    return options


def request_options(
    query: Optional[Query], headers: Optional[Headers], timeout: Optional[float], cancel: Optional[Cancel]
) -> Options:
    """Creates a ``bosauth_options`` with the options of any request."""
    options: Options = lib.bosauth_options_new()
    _set(lib.bosauth_options_set_cancel, options, cancel)
    _set(lib.bosauth_options_set_timeout_ms, options, milliseconds(timeout, "timeout"))
    _add_query(options, query)
    _add_headers(lib.bosauth_options_add_header, options, headers)
    return options


def _without_mfa_id(values: Any) -> Tuple[Any, Any]:
    """Splits ``mfaId`` from the other values. These are None if there are no others."""
    if values is None or not isinstance(values, abc.Mapping):
        return values, None
    others = dict(values)
    mfa_id = others.pop("mfaId", None)
    return others or None, mfa_id


def _set(setter: Callable[[Any, Any], Any], settings: Any, value: Any) -> None:
    if value is not None:
        setter(settings, value)


def _set_string(setter: Callable[[Any, bytes], Any], settings: Any, value: Optional[StringLike], argument: str) -> None:
    if value is not None:
        setter(settings, encode(value, argument))


def _add_headers(add: Callable[[Any, bytes, Any], Any], settings: Any, headers: Optional[Headers]) -> None:
    """Adds headers. A value may be an Authorization, so it is copied as a secret."""
    for name, value in _pairs(headers, "headers"):
        add(settings, encode(name, "name"), c_string(value, "value"))


def _add_query(options: Any, query: Optional[Query]) -> None:
    for name, value in _pairs(query, "query"):
        string = value if isinstance(value, (str, bytes, bytearray)) else str(value)
        lib.bosauth_options_add_query(options, encode(name, "name"), encode(string, "value"))


def _pairs(values: Optional[Mapping[str, Any]], argument: str) -> Iterable[Tuple[str, Any]]:
    """Yields each name with each of its values. As in the official package, None is not sent."""
    if values is None:
        return
    if not isinstance(values, abc.Mapping):
        raise TypeError(f"{argument} must be a mapping, not {type(values).__name__}")
    for name, value in values.items():
        several = value if isinstance(value, (list, tuple)) else [value]
        yield from ((name, one) for one in several if one is not None)
