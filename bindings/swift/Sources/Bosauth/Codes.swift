// Statuses and actions: the constants of bosauth.h.

import CBosauth

extension BosauthError {
    /// The condition that an error reports.
    ///
    /// A later version of the library may return a status without a constant. Interpret it by its range: 1 to 9 the
    /// program, 10 to 19 the network, 20 to 29 the response, 30 to 49 the server, 50 to 59 the session storage, 90 to
    /// 99 the library.
    public struct Status: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The number of the status.
        public let rawValue: Int32

        /// Creates the status with this number.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// The name, such as "TIMEOUT"; "UNKNOWN" if the library does not define the status.
        public var description: String {
            String(cString: bosauth_status_name(rawValue))
        }

        /// A required argument is missing.
        public static let nullArgument = Status(rawValue: BOSAUTH_ERROR_NULL_ARGUMENT)
        /// A string is not UTF-8.
        public static let invalidUTF8 = Status(rawValue: BOSAUTH_ERROR_INVALID_UTF8)
        /// An argument is empty, too long or malformed; ``BosauthError/argument`` is its name.
        public static let invalidArgument = Status(rawValue: BOSAUTH_ERROR_INVALID_ARGUMENT)
        /// The client was closed.
        public static let invalidHandle = Status(rawValue: BOSAUTH_ERROR_INVALID_HANDLE)
        /// The call requires a session and there is none.
        public static let noSession = Status(rawValue: BOSAUTH_ERROR_NO_SESSION)
        /// The library does not support the feature.
        public static let unsupported = Status(rawValue: BOSAUTH_ERROR_UNSUPPORTED)
        /// The host name of the server cannot be resolved.
        public static let nameLookup = Status(rawValue: BOSAUTH_ERROR_NAME_LOOKUP)
        /// No address of the server accepts a connection.
        public static let connect = Status(rawValue: BOSAUTH_ERROR_CONNECT)
        /// TLS failed: certificate name, chain or expiry, protocol, or an alert from the server.
        public static let tls = Status(rawValue: BOSAUTH_ERROR_TLS)
        /// A proxy refused the request.
        public static let proxy = Status(rawValue: BOSAUTH_ERROR_PROXY)
        /// The connection was closed before the response was complete.
        public static let connectionLost = Status(rawValue: BOSAUTH_ERROR_CONNECTION_LOST)
        /// The deadline passed.
        public static let timeout = Status(rawValue: BOSAUTH_ERROR_TIMEOUT)
        /// The task was cancelled, or the client was closed.
        public static let cancelled = Status(rawValue: BOSAUTH_ERROR_CANCELLED)
        /// The response is not one of BosBase: a redirect, HTML, or an unexpected status or format.
        public static let unexpectedResponse = Status(rawValue: BOSAUTH_ERROR_UNEXPECTED_RESPONSE)
        /// The response exceeds its size limit.
        public static let responseTooLarge = Status(rawValue: BOSAUTH_ERROR_RESPONSE_TOO_LARGE)
        /// The server rejected a field; ``BosauthError/dataJSON`` states which one and why.
        public static let validation = Status(rawValue: BOSAUTH_ERROR_VALIDATION)
        /// The email, identity or password is wrong.
        public static let credentials = Status(rawValue: BOSAUTH_ERROR_CREDENTIALS)
        /// The token is not bound in this collection. Do not delete a token on a single error of this kind: a new
        /// server also returns it for a bound token. Retry after 3 s.
        public static let unknownToken = Status(rawValue: BOSAUTH_ERROR_UNKNOWN_TOKEN)
        /// A second factor is required. Continue with ``BosauthError/mfaID``.
        public static let mfaRequired = Status(rawValue: BOSAUTH_ERROR_MFA_REQUIRED)
        /// The MFA id is unknown, used, expired or belongs to another account.
        public static let mfaSession = Status(rawValue: BOSAUTH_ERROR_MFA_SESSION)
        /// The second factor must use another method than the first.
        public static let mfaSameMethod = Status(rawValue: BOSAUTH_ERROR_MFA_SAME_METHOD)
        /// The one-time password is wrong, expired or was tried too often.
        public static let otpInvalid = Status(rawValue: BOSAUTH_ERROR_OTP_INVALID)
        /// The login method is disabled in this collection.
        public static let methodDisabled = Status(rawValue: BOSAUTH_ERROR_METHOD_DISABLED)
        /// The server does not accept the session, or no longer.
        public static let unauthorized = Status(rawValue: BOSAUTH_ERROR_UNAUTHORIZED)
        /// The auth rule of the collection rejected the account.
        public static let forbidden = Status(rawValue: BOSAUTH_ERROR_FORBIDDEN)
        /// The collection or path does not exist.
        public static let notFound = Status(rawValue: BOSAUTH_ERROR_NOT_FOUND)
        /// Too many requests. Wait for ``BosauthError/retryAfter``.
        public static let rateLimited = Status(rawValue: BOSAUTH_ERROR_RATE_LIMITED)
        /// The server failed (5xx).
        public static let server = Status(rawValue: BOSAUTH_ERROR_SERVER)
        /// The server rejected the request for another reason.
        public static let refused = Status(rawValue: BOSAUTH_ERROR_REFUSED)
        /// The session file or the app's session storage failed.
        public static let store = Status(rawValue: BOSAUTH_ERROR_STORE)
        /// The session file or the app's session storage cannot be used at the moment. Nothing was lost.
        public static let storeUnavailable = Status(rawValue: BOSAUTH_ERROR_STORE_UNAVAILABLE)
        /// What is stored is not a session of this server. It is kept until a login, save, import or clear.
        public static let storeCorrupt = Status(rawValue: BOSAUTH_ERROR_STORE_CORRUPT)
        /// A bug in the library. The client stays usable.
        public static let `internal` = Status(rawValue: BOSAUTH_ERROR_INTERNAL)
    }

    /// What to do about an error. Treat an unknown action as ``none``.
    public struct Action: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The number of the action.
        public let rawValue: Int32

        /// Creates the action with this number.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// The name, such as "CHECK_NETWORK"; "UNKNOWN" if the library does not define the action.
        public var description: String {
            String(cString: bosauth_action_name(rawValue))
        }

        /// Nothing: the app cancelled the call.
        public static let none = Action(rawValue: BOSAUTH_ACTION_NONE)
        /// Fix the program: the call is wrong.
        public static let fixCall = Action(rawValue: BOSAUTH_ACTION_FIX_CALL)
        /// Ask the user for the email, the password or another token.
        public static let askCredentials = Action(rawValue: BOSAUTH_ACTION_ASK_CREDENTIALS)
        /// Continue with a second factor, or restart the login.
        public static let secondFactor = Action(rawValue: BOSAUTH_ACTION_SECOND_FACTOR)
        /// Wait for ``BosauthError/retryAfter``, then retry.
        public static let retryLater = Action(rawValue: BOSAUTH_ACTION_RETRY_LATER)
        /// Check the network: offline, captive portal, proxy, wrong server.
        public static let checkNetwork = Action(rawValue: BOSAUTH_ACTION_CHECK_NETWORK)
        /// Contact the operator of the server: its rules, login methods or certificate prevent the call.
        public static let contactOperator = Action(rawValue: BOSAUTH_ACTION_CONTACT_OPERATOR)
        /// Report a bug in the library.
        public static let reportBug = Action(rawValue: BOSAUTH_ACTION_REPORT_BUG)
    }
}
