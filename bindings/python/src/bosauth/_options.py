"""How a client is set up and how one call differs, from Python's values to the library's objects.

A setter that fails is remembered by the library: the call that uses the object raises its error. So no status
is looked at here.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable, List, Mapping, Optional, Tuple, Union

from ._codes import Action, Status
from ._errors import failure
from ._library import lib
from ._prototypes import Cancel, Config, Options
from ._text import Secret, Text, count, milliseconds, plain

#: One header value, or several for a header that is sent several times.
Headers = Mapping[str, Union[Text, List[Text]]]
Query = Mapping[str, Any]
#: A mapping, or the JSON of an object as text.
JsonObject = Union[Mapping[str, Any], Text]


def configured(
    lang: Optional[Text],
    timeout: Optional[float],
    connect_timeout: Optional[float],
    user_agent: Optional[Text],
    headers: Optional[Headers],
    max_response_bytes: Optional[int],
    roots_pem: Optional[Text],
) -> Config:
    """A ``bosauth_config``. None leaves the library's default."""
    config: Config = lib.bosauth_config_new()
    _set(lib.bosauth_config_set_timeout_ms, config, milliseconds(timeout, "timeout"))
    _set(lib.bosauth_config_set_connect_timeout_ms, config, milliseconds(connect_timeout, "connect_timeout"))
    _set_text(lib.bosauth_config_set_user_agent, config, user_agent, "user_agent")
    _add_headers(lib.bosauth_config_add_header, config, {} if lang is None else {"Accept-Language": lang})
    _add_headers(lib.bosauth_config_add_header, config, headers)
    if max_response_bytes is not None:
        size = count(max_response_bytes, "max_response_bytes")
        _set(lib.bosauth_config_set_max_response_bytes, config, size)
    _set_text(lib.bosauth_config_add_roots_pem, config, roots_pem, "roots_pem")
    return config


def call_options(
    body: Optional[JsonObject],
    query: Optional[Query],
    headers: Optional[Headers],
    timeout: Optional[float],
    stop: Cancel,
    keep_session: bool = True,
    mfa_id: Optional[Text] = None,
) -> Options:
    """A ``bosauth_options``. An ``mfaId`` in query or body becomes the MFA id."""
    others, in_query = _without_mfa_id(query)
    members, in_body = _without_mfa_id(body)
    options: Options = lib.bosauth_options_new()
    lib.bosauth_options_set_cancel(options, stop)
    _set(lib.bosauth_options_set_timeout_ms, options, milliseconds(timeout, "timeout"))
    _add_query(options, others)
    _add_headers(lib.bosauth_options_add_header, options, headers)
    if members is not None:
        _set_text(lib.bosauth_options_set_body_json, options, to_json(members, "body"), "body")
    _set(lib.bosauth_options_set_keep_session, options, int(bool(keep_session)))
    for given in (in_body, in_query, mfa_id):
        _set_text(lib.bosauth_options_set_mfa_id, options, given, "mfa_id")
    return options


def _without_mfa_id(values: Any) -> Tuple[Any, Any]:
    """What is given without its ``mfaId``, and that. None if there is nothing else."""
    if not isinstance(values, Mapping):
        return values, None
    others = dict(values)
    mfa_id = others.pop("mfaId", None)
    return others or None, mfa_id


def _set(setter: Callable[[Any, Any], Any], settings: Any, value: Optional[int]) -> None:
    if value is not None:
        setter(settings, value)


def _set_text(setter: Callable[[Any, bytes], Any], settings: Any, text: Optional[Text], argument: str) -> None:
    if text is not None:
        setter(settings, plain(text, argument))


def _add_headers(add: Callable[[Any, bytes, Any], Any], settings: Any, headers: Optional[Headers]) -> None:
    """Adds headers. A value may be an Authorization, so it is copied as a secret."""
    for name, value in _pairs(headers, "headers"):
        add(settings, plain(name, "name"), Secret(value, "value"))


def _add_query(options: Any, query: Optional[Query]) -> None:
    for name, value in _pairs(query, "query"):
        text = value if isinstance(value, (str, bytes, bytearray)) else str(value)
        lib.bosauth_options_add_query(options, plain(name, "name"), plain(text, "value"))


def _pairs(values: Optional[Mapping[str, Any]], argument: str) -> Iterable[Tuple[str, Any]]:
    """Each name with each of its values. None is nothing to send, as in the official package."""
    if not isinstance(values, (Mapping, type(None))):
        raise TypeError(f"{argument} must be a mapping, not {type(values).__name__}")
    for name, value in (values or {}).items():
        several = value if isinstance(value, (list, tuple)) else [value]
        yield from ((name, one) for one in several if one is not None)


def to_json(members: JsonObject, argument: str) -> Text:
    """The JSON of an object. A value that has none is an INVALID_ARGUMENT that does not show it."""
    if not isinstance(members, Mapping):
        return members
    try:
        return json.dumps(dict(members), allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        message = f"the {argument} holds something that JSON has no form for"
    raise failure(Status.INVALID_ARGUMENT, Action.FIX_CALL, message, argument)
