"""Suggestions for names of other languages and packages in the message of an AttributeError."""

from __future__ import annotations

import re

#: Names in this package by names elsewhere.
NAMES = {
    "bind_token": "bind_custom_token",
    "unbind_token": "unbind_custom_token",
    "model": "record",
}


def no_attribute(owner: object, name: str) -> AttributeError:
    """Returns the error for a missing attribute, with a suggestion if it has another name here."""
    message = f"{type(owner).__name__!r} object has no attribute {name!r}"
    snake_case = re.sub("(?<=[a-z])([A-Z])", r"_\1", name).lower()
    suggestion = NAMES.get(snake_case, snake_case)
    if suggestion != name and hasattr(type(owner), suggestion):
        message += f"; did you mean {suggestion!r}?"
    return AttributeError(message)
