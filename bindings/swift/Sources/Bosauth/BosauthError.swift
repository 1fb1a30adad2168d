import CBosauth

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The error of a call.
///
/// ``status`` is the cause, ``action`` what to do. Its description is one line for logs, without secrets and without
/// strings from the server.
public struct BosauthError: Error, Sendable {
    /// The condition that the error reports.
    public let status: Status

    /// What to do.
    public let action: Action

    /// A message in English for logs: one line, without secrets and without strings from the server.
    public let message: String

    /// The name of the invalid argument, as in `bosauth.h`, such as "email"; `nil` if no argument was invalid.
    public let argument: String?

    /// The HTTP status of the response; `nil` if there was none.
    public let httpStatus: Int?

    /// Whether the server may have processed the request even though the call failed.
    public let isOutcomeUnknown: Bool

    /// The server's message, sanitized for display: at most 512 bytes, with secrets of the call replaced by "***".
    public let serverMessage: String?

    /// The `data` object of the response as JSON, with secrets of the call replaced by "***". For
    /// ``Status/validation``, it has the reason for each invalid field.
    public let dataJSON: String?

    /// The first 64 KiB of the response body, with secrets of the call replaced by "***".
    public let body: Data

    /// The URL of the request, without query and user info; `nil` if an argument was invalid.
    public let url: String?

    /// The time to wait before a retry; `nil` if there is no need to wait.
    public let retryAfter: Duration?

    /// The id of the MFA login, for ``CallOptions/mfaID`` of the second factor; `nil` unless the status is
    /// ``Status/mfaRequired``.
    public let mfaID: String?
}

extension BosauthError {
    /// Copies an error of the library.
    init(_ error: OpaquePointer?) {
        var length = 0
        let body = bosauth_error_body(error, &length)
        let httpStatus = Int(bosauth_error_http_status(error))
        let retryAfter = bosauth_error_retry_after_ms(error)
        let argument = String(cString: bosauth_error_argument(error)).nonEmpty
        var status = Status(rawValue: bosauth_error_status(error))
        var message = String(cString: bosauth_error_message(error))
        // Every Swift string is UTF-8: the library received the placeholder of a string with a NUL (`withCStrings`).
        if status == .invalidUTF8, let argument {
            status = .invalidArgument
            message = "\(argument) must not contain NUL"
        }
        self.init(
            status: status,
            action: Action(rawValue: bosauth_error_action(error)),
            message: message,
            argument: argument,
            httpStatus: httpStatus == 0 ? nil : httpStatus,
            isOutcomeUnknown: bosauth_error_outcome_unknown(error) != 0,
            serverMessage: String(cString: bosauth_error_server_message(error)).nonEmpty,
            dataJSON: String(cString: bosauth_error_data_json(error)).nonEmpty,
            body: Data(bytes: body, count: length),
            url: String(cString: bosauth_error_url(error)).nonEmpty,
            retryAfter: retryAfter == 0 ? nil : .milliseconds(retryAfter),
            mfaID: String(cString: bosauth_error_mfa_id(error)).nonEmpty
        )
    }

    /// Creates an error of the package itself.
    init(_ status: Status, _ action: Action, _ message: String) {
        self.init(
            status: status, action: action, message: message, argument: nil, httpStatus: nil, isOutcomeUnknown: false,
            serverMessage: nil, dataJSON: nil, body: Data(), url: nil, retryAfter: nil, mfaID: nil)
    }
}

extension BosauthError: LocalizedError, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// One line for logs, such as "CREDENTIALS: wrong email or password (HTTP 400)".
    public var description: String {
        "\(status): \(message)" + (httpStatus.map { " (HTTP \($0))" } ?? "")
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The same as ``description``.
    public var errorDescription: String? { description }

    /// The parts of ``description``: `dump` shows nothing else.
    public var customMirror: Mirror {
        Mirror(self, children: ["status": status, "message": message, "httpStatus": httpStatus as Any])
    }
}

extension String {
    /// The string; `nil` if it is empty, which is how the library returns a missing value.
    var nonEmpty: String? { isEmpty ? nil : self }
}
