"""Names that come from other languages and packages: what they are called here is said by the AttributeError."""

from __future__ import annotations

import re

#: What things are called here, by what they are called elsewhere.
NAMES = {
    "bind_token": "bind_custom_token",
    "unbind_token": "unbind_custom_token",
    "model": "record",
}


def no_attribute(owner: object, name: str) -> AttributeError:
    """The error for an attribute that is not there, with a hint if it has another name here."""
    message = f"{type(owner).__name__!r} object has no attribute {name!r}"
    snake_case = re.sub("(?<=[a-z])([A-Z])", r"_\1", name).lower()
    here = NAMES.get(snake_case, snake_case)
    if here != name and hasattr(type(owner), here):
        message += f"; did you mean {here!r}?"
    return AttributeError(message)
