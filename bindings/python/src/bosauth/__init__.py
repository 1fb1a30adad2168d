"""bosauth: binds a custom token to a BosBase account, logs in with it and a second factor, and uses the session.

Names are those of the official package ``bosbase``, so that a program migrates by changing the import::

    from bosauth import BosBase, ClientResponseError

    client = BosBase("https://example.com")
    users = client.collection("users")
    users.bind_custom_token(email, password, token)
    print(users.auth_with_token(token)["record"]["email"])
"""

from ._auth_store import AuthStore
from ._callbacks import StoreUnavailable
from ._cancel import Cancel
from ._changes import ChangeKind, Changes, SessionChange
from ._client import BosBase
from ._codes import Action, Status
from ._collection import AsyncCollection, Collection
from ._errors import (
    AskCredentialsError,
    CheckNetworkError,
    ClientResponseError,
    ContactOperatorError,
    FixCallError,
    ReportBugError,
    RetryLaterError,
    SecondFactorError,
)
from ._keyring import KeyringStore
from ._library import version
from ._requests import AsyncClient, Response
from ._session import AuthResult, Session
from ._stores import SessionStore
from ._tokens import generate_token

__all__ = [
    "Action",
    "AskCredentialsError",
    "AsyncClient",
    "AsyncCollection",
    "AuthResult",
    "AuthStore",
    "BosBase",
    "Cancel",
    "ChangeKind",
    "Changes",
    "CheckNetworkError",
    "ClientResponseError",
    "Collection",
    "ContactOperatorError",
    "FixCallError",
    "KeyringStore",
    "ReportBugError",
    "Response",
    "RetryLaterError",
    "SecondFactorError",
    "Session",
    "SessionChange",
    "SessionStore",
    "Status",
    "StoreUnavailable",
    "__version__",
    "generate_token",
    "version",
]

#: The version of the package and of the library in its wheel.
__version__ = "0.1.0"

# Tracebacks and reprs show the public module.
for _name in __all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
del _name
