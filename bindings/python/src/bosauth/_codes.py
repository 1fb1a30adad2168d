"""Statuses and actions, as in bosauth.h. Importing the package compares them with the library."""

from __future__ import annotations

from enum import IntEnum

#: The ABI version that this package requires: the major version in the high 16 bits, the minor one in the low.
ABI_VERSION = 65538


class Status(IntEnum):
    """The result of a call. ``ClientResponseError.code`` is one of these."""

    OK = 0
    NULL_ARGUMENT = 1
    INVALID_UTF8 = 2
    INVALID_ARGUMENT = 3
    INVALID_HANDLE = 4
    NO_SESSION = 5
    UNSUPPORTED = 6
    NAME_LOOKUP = 10
    CONNECT = 11
    TLS = 12
    PROXY = 14
    CONNECTION_LOST = 15
    TIMEOUT = 16
    CANCELLED = 17
    UNEXPECTED_RESPONSE = 20
    RESPONSE_TOO_LARGE = 21
    VALIDATION = 30
    CREDENTIALS = 31
    #: Do not delete a token on a single error of this kind: during the first two seconds after the first bind on a
    #: new server, the server also returns it for a bound token. Retry after 3 s.
    UNKNOWN_TOKEN = 32
    MFA_REQUIRED = 33
    MFA_SESSION = 34
    MFA_SAME_METHOD = 35
    OTP_INVALID = 36
    METHOD_DISABLED = 37
    UNAUTHORIZED = 40
    FORBIDDEN = 41
    NOT_FOUND = 42
    RATE_LIMITED = 43
    SERVER = 44
    REFUSED = 45
    STORE = 50
    STORE_UNAVAILABLE = 51
    STORE_CORRUPT = 52
    INTERNAL = 90


class Action(IntEnum):
    """What to do about an error. ``ClientResponseError.action`` is one of these."""

    NONE = 0
    FIX_CALL = 1
    ASK_CREDENTIALS = 2
    SECOND_FACTOR = 3
    RETRY_LATER = 4
    CHECK_NETWORK = 5
    CONTACT_OPERATOR = 6
    REPORT_BUG = 7
