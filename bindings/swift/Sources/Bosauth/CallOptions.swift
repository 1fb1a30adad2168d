import CBosauth

/// Options of one call. An invalid option fails the call with ``BosauthError/Status/invalidArgument`` before anything
/// is sent. An option that does not apply to a call is ignored.
public struct CallOptions: Sendable {
    /// The total timeout of the call, in place of the configured one: 1 ms to one day.
    public var timeout: Duration?

    /// Query parameters such as `expand` or `fields`. The server logs request URLs: do not pass a secret.
    public var query: [(name: String, value: String)]

    /// Headers. They replace configured headers of the same name.
    public var headers: [(name: String, value: String)]

    /// Extra fields of the request body: a JSON object of at most 65536 bytes.
    public var bodyJSON: String?

    /// Whether the session of a login or refresh becomes the client's session.
    public var keepSession: Bool

    /// The id of the MFA login that the call completes, from ``BosauthError/mfaID``.
    public var mfaID: String?

    /// Creates options.
    public init(
        timeout: Duration? = nil,
        query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [],
        bodyJSON: String? = nil,
        keepSession: Bool = true,
        mfaID: String? = nil
    ) {
        self.timeout = timeout
        self.query = query
        self.headers = headers
        self.bodyJSON = bodyJSON
        self.keepSession = keepSession
        self.mfaID = mfaID
    }

    /// Calls a function with these options as an object of the library, which keeps the error of the first setter
    /// that fails.
    func withObject<T>(
        _ cancel: bosauth_cancel, _ function: (OpaquePointer) throws(BosauthError) -> T
    ) throws(BosauthError) -> T {
        let object = bosauth_options_new()
        defer { bosauth_options_free(object) }
        if let timeout {
            bosauth_options_set_timeout_ms(object, timeout.milliseconds)
        }
        for (name, value) in query {
            try withCStrings(name, value) { bosauth_options_add_query(object, $0[0], $0[1]) }
        }
        for (name, value) in headers {
            try withCStrings(name, value) { bosauth_options_add_header(object, $0[0], $0[1]) }
        }
        if let bodyJSON {
            try withCStrings(bodyJSON) { bosauth_options_set_body_json(object, $0[0]) }
        }
        bosauth_options_set_keep_session(object, keepSession ? 1 : 0)
        if let mfaID {
            try withCStrings(mfaID) { bosauth_options_set_mfa_id(object, $0[0]) }
        }
        bosauth_options_set_cancel(object, cancel)
        return try function(object)
    }
}

extension CallOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The type only: options may contain secrets.
    public var description: String { "CallOptions" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// No children: options may contain secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
