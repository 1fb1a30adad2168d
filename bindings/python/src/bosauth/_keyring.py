"""A session store in the keyring of the operating system."""

from __future__ import annotations

import importlib
from typing import Any, Callable, Optional, cast

from ._callbacks import StoreUnavailable
from ._errors import hides_arguments


class KeyringStore:
    """A session store in the keyring of the user: Keychain, Credential Locker, Secret Service or KWallet::

        client = BosBase(url, session_store=KeyringStore("my-app", "session"))

    It requires the package ``keyring``: ``pip install bosauth[keyring]``. If there is no keyring or it is locked, calls
    that need the session fail with STORE_UNAVAILABLE; a login succeeds, and is stored later.

    A keyring may limit the size of an entry. Windows stores up to 2560 bytes, two for each character, so the session of
    an account with a large record does not fit: the status is then STORE. Request a smaller record with ``fields``,
    or use ``session_file``.
    """

    __slots__ = ("_keyring", "_errors", "_service", "_username")

    def __init__(self, service: str, username: str) -> None:
        """:param service: the name of the program
        :param username: the name of the session, such as the server or the profile
        :raises ImportError: the package ``keyring`` is not installed
        """
        for name, value in (("service", service), ("username", username)):
            if not isinstance(value, str):
                raise TypeError(f"{name} must be str, not {type(value).__name__}")
        try:
            self._keyring: Any = importlib.import_module("keyring")
            self._errors: Any = importlib.import_module("keyring.errors")
        except ImportError as error:
            message = "bosauth: KeyringStore requires the package keyring: pip install 'bosauth[keyring]'"
            raise ImportError(message, name="keyring") from error
        self._service = service
        self._username = username

    @hides_arguments
    def load(self) -> Optional[str]:
        """Returns the stored string, or None."""
        return cast("Optional[str]", self._run(self._keyring.get_password))

    @hides_arguments
    def save(self, text: Optional[str]) -> None:
        """Stores a string, or removes it for None."""
        if text is not None:
            self._run(self._keyring.set_password, text)
        elif self._run(self._keyring.get_password) is not None:
            self._run(self._keyring.delete_password)

    def _run(self, function: Callable[..., Any], *arguments: str) -> Any:
        errors = self._errors
        try:
            return function(self._service, self._username, *arguments)
        except (errors.NoKeyringError, errors.KeyringLocked, errors.InitError) as error:
            failure: Exception = StoreUnavailable(f"{type(error).__name__}: {error}")
        except Exception as error:
            failure = error
        # The frames of the keyring contain the session.
        failure.__traceback__ = failure.__cause__ = failure.__context__ = None
        raise failure

    def __repr__(self) -> str:
        return f"<KeyringStore {self._service!r} {self._username!r}>"
