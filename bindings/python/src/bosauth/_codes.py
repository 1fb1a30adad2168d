"""The numbers of statuses and actions, as in bosauth.h. Importing the package compares them with the library."""

from __future__ import annotations

from enum import IntEnum

#: The ABI that this package is written for: the high 16 bits break, the low 16 bits grow.
ABI_VERSION = 65536


class Status(IntEnum):
    """What a call answers: the condition behind an error. ``ClientResponseError.code`` is one of these."""

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
    PIN_MISMATCH = 13
    PROXY = 14
    CONNECTION_LOST = 15
    TIMEOUT = 16
    CANCELLED = 17
    UNEXPECTED_RESPONSE = 20
    RESPONSE_TOO_LARGE = 21
    VALIDATION = 30
    CREDENTIALS = 31
    #: Never delete a token because of one such error: for two seconds after the first bind of a new server the
    #: server says it of a bound token. Call again after 3 s.
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
    TRANSPORT = 53
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
