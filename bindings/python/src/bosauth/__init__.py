"""bosauth: bind an app's own token to a BosBase account, log in with it, unbind it.

The words are those of the official package ``bosbase``, so that a program moves over by changing the import::

    from bosauth import BosBase, ClientResponseError

    client = BosBase("https://example.com")
    users = client.collection("users")
    users.bind_custom_token(email, password, token)
    print(users.auth_with_token(token)["record"]["email"])
"""

from ._auth_store import AuthStore
from ._cancel import Cancel
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
from ._library import version
from ._session import AuthResult, Session

__all__ = [
    "Action",
    "AskCredentialsError",
    "AsyncCollection",
    "AuthResult",
    "AuthStore",
    "BosBase",
    "Cancel",
    "CheckNetworkError",
    "ClientResponseError",
    "Collection",
    "ContactOperatorError",
    "FixCallError",
    "ReportBugError",
    "RetryLaterError",
    "SecondFactorError",
    "Session",
    "Status",
    "version",
]
