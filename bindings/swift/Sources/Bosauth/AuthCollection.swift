import CBosauth

/// The calls of an auth collection; see ``Client/collection(_:)``.
public struct AuthCollection: Sendable {
    let client: Client

    /// The name or id of the collection.
    public let name: String

    /// Binds a token to an account. From then on, the token alone logs in to the account, like a password: generate it
    /// with ``generateToken()``. The client's session does not change.
    ///
    /// - Parameters:
    ///   - token: the token; 1 to 1024 bytes, sent unchanged.
    ///   - email: the account's email, case-sensitive; 1 to 255 bytes.
    ///   - password: the account's password; 1 to 255 bytes.
    ///   - options: options of the call.
    /// - Throws: ``BosauthError/Status/credentials``, ``BosauthError/Status/validation``,
    ///   ``BosauthError/Status/methodDisabled``, ``BosauthError/Status/notFound``, or one of the errors common to all
    ///   calls. If ``BosauthError/isOutcomeUnknown`` is true, the token may be bound; the call may be retried.
    public func bindToken(
        _ token: String, email: String, password: String, options: CallOptions = CallOptions()
    ) async throws(BosauthError) {
        try await changeBinding(token, email, password, options, bosauth_bind_token)
    }

    /// Unbinds a token from an account. Success does not mean that the token was bound: the server returns the same
    /// response for a token that was never bound.
    ///
    /// - Parameters:
    ///   - token: the token; 1 to 1024 bytes, sent unchanged.
    ///   - email: the account's email, case-sensitive; 1 to 255 bytes.
    ///   - password: the account's password; 1 to 255 bytes.
    ///   - options: options of the call.
    /// - Throws: the errors of ``bindToken(_:email:password:options:)``.
    public func unbindToken(
        _ token: String, email: String, password: String, options: CallOptions = CallOptions()
    ) async throws(BosauthError) {
        try await changeBinding(token, email, password, options, bosauth_unbind_token)
    }

    /// Binds or unbinds a token.
    private func changeBinding(
        _ token: String, _ email: String, _ password: String, _ options: CallOptions,
        _ change: @escaping @Sendable (
            bosauth_client, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>,
            OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?
        ) -> bosauth_status
    ) async throws(BosauthError) {
        let name = name
        try await client.call(options) { client, options throws(BosauthError) in
            try withCStrings(name, email, password, token) { strings throws(BosauthError) in
                try check { change(client, strings[0], strings[1], strings[2], strings[3], options, $0) }
            }
        }
    }

    /// Logs in with a bound token. The new session becomes the client's session, see ``Session/wasKept``. On failure,
    /// the client's session does not change.
    ///
    /// - Parameters:
    ///   - token: the token; 1 to 1024 bytes, sent unchanged.
    ///   - options: options of the call.
    /// - Returns: the session.
    /// - Throws: ``BosauthError/Status/unknownToken`` (do not delete the token on a single one),
    ///   ``BosauthError/Status/mfaRequired`` (continue with ``BosauthError/mfaID``), ``BosauthError/Status/forbidden``,
    ///   ``BosauthError/Status/notFound``, for a second factor also ``BosauthError/Status/mfaSession`` and
    ///   ``BosauthError/Status/mfaSameMethod``, or one of the errors common to all calls.
    @discardableResult
    public func authWithToken(
        _ token: String, options: CallOptions = CallOptions()
    ) async throws(BosauthError) -> Session {
        try await login(options, token) { client, strings, options, session, error in
            bosauth_auth_with_token(client, strings[0], strings[1], options, session, error)
        }
    }

    /// Logs in with an identity and a password, like ``authWithToken(_:options:)``.
    ///
    /// - Parameters:
    ///   - identity: the account's email, or the value of another field that the collection allows; 1 to 255 bytes.
    ///   - password: the account's password; 1 to 255 bytes.
    ///   - options: options of the call.
    /// - Returns: the session.
    /// - Throws: ``BosauthError/Status/credentials``, ``BosauthError/Status/validation``,
    ///   ``BosauthError/Status/methodDisabled``, or an error of ``authWithToken(_:options:)``.
    @discardableResult
    public func authWithPassword(
        _ identity: String, password: String, options: CallOptions = CallOptions()
    ) async throws(BosauthError) -> Session {
        try await login(options, identity, password) { client, strings, options, session, error in
            bosauth_auth_with_password(client, strings[0], strings[1], strings[2], options, session, error)
        }
    }

    /// Requests a one-time password, which the server mails to the user. Success does not mean that the account exists.
    ///
    /// - Parameters:
    ///   - email: the account's email; 1 to 255 bytes.
    ///   - options: options of the call.
    /// - Returns: the id of the one-time password, for ``authWithOTP(_:code:options:)``.
    /// - Throws: ``BosauthError/Status/validation``, ``BosauthError/Status/methodDisabled``,
    ///   ``BosauthError/Status/notFound``, or one of the errors common to all calls.
    public func requestOTP(
        email: String, options: CallOptions = CallOptions()
    ) async throws(BosauthError) -> String {
        let name = name
        return try await client.call(options) { client, options throws(BosauthError) in
            var id: OpaquePointer?
            try withCStrings(name, email) { strings throws(BosauthError) in
                try check { bosauth_request_otp(client, strings[0], strings[1], options, &id, $0) }
            }
            defer { bosauth_string_free(id) }
            return String(cString: bosauth_string_data(id))
        }
    }

    /// Logs in with a one-time password, like ``authWithToken(_:options:)``.
    ///
    /// - Parameters:
    ///   - id: the id from ``requestOTP(email:options:)``.
    ///   - code: the one-time password that the user received; 1 to 71 bytes.
    ///   - options: options of the call.
    /// - Returns: the session.
    /// - Throws: ``BosauthError/Status/otpInvalid``, or an error of ``authWithPassword(_:password:options:)``.
    @discardableResult
    public func authWithOTP(
        _ id: String, code: String, options: CallOptions = CallOptions()
    ) async throws(BosauthError) -> Session {
        try await login(options, id, code) { client, strings, options, session, error in
            bosauth_auth_with_otp(client, strings[0], strings[1], strings[2], options, session, error)
        }
    }

    /// A login function of the library, with the collection and the strings that follow it.
    private typealias Login =
        @Sendable (
            bosauth_client, [UnsafePointer<CChar>], OpaquePointer, UnsafeMutablePointer<OpaquePointer?>,
            UnsafeMutablePointer<OpaquePointer?>
        ) -> bosauth_status

    /// Runs a login with strings of the caller.
    private func login(
        _ options: CallOptions, _ first: String, _ second: String = "", function: @escaping Login
    ) async throws(BosauthError) -> Session {
        let name = name
        return try await client.call(options) { client, options throws(BosauthError) in
            var session: OpaquePointer?
            try withCStrings(name, first, second) { strings throws(BosauthError) in
                try check { function(client, strings, options, &session, $0) }
            }
            return Session(owned: session!)
        }
    }
}
