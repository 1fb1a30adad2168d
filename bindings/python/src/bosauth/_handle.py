"""The client handle that a client, its collections and its auth store share."""

from __future__ import annotations

from typing import NoReturn, Optional

from ._codes import Action, Status
from ._errors import failure
from ._library import lib
from ._prototypes import Client


class Handle:
    """A ``bosauth_client``, freed when it is closed or no longer referenced. The library validates it on every use."""

    __slots__ = ("value", "_has_drained")

    def __init__(self, value: Client) -> None:
        self.value = value
        self._has_drained = False

    def close(self, wait: Optional[int]) -> bool:
        """Closes the client, waits up to ``wait`` milliseconds, and returns whether its calls have ended."""
        status = lib.bosauth_client_close(self.value, 0 if wait is None else wait)
        if status == Status.INVALID_ARGUMENT:
            raise failure(status, Action.FIX_CALL, "wait must be 0.001 to 86400 seconds", "wait")
        if status != Status.INVALID_HANDLE:
            self._has_drained = status == Status.OK
        return self._has_drained

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client of bosauth cannot be pickled or copied: create one in each process")
