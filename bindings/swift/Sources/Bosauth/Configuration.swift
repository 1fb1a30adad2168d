import CBosauth

extension Client {
    /// Settings of a client. An invalid one fails ``Client/init(url:configuration:)`` with
    /// ``BosauthError/Status/invalidArgument``.
    public struct Configuration: Sendable {
        /// The total timeout of a call: 1 ms to one day. The server may delay a login by 15 s while it sends an alert
        /// mail: with a shorter timeout, valid logins can time out.
        public var timeout: Duration

        /// The timeout of name resolution, connection and TLS handshake together: 1 ms to one day.
        public var connectTimeout: Duration

        /// The User-Agent. Keep it stable: the server mails the user when it changes.
        public var userAgent: String

        /// Headers of every request. A name added twice is sent twice.
        public var headers: [(name: String, value: String)]

        /// The maximum size of a response body in bytes, at most 4 MiB.
        public var maxResponseBytes: Int

        /// Certificate authorities that are trusted in addition to the bundled ones: contents of PEM files.
        public var rootsPEM: [String]

        /// Where the session is kept.
        public var sessions: SessionLocation

        /// Creates a configuration. The defaults are those of the library.
        public init(
            timeout: Duration = .seconds(20),
            connectTimeout: Duration = .seconds(5),
            userAgent: String = "bosauth",
            headers: [(name: String, value: String)] = [],
            maxResponseBytes: Int = 1_048_576,
            rootsPEM: [String] = [],
            sessions: SessionLocation = .memory
        ) {
            self.timeout = timeout
            self.connectTimeout = connectTimeout
            self.userAgent = userAgent
            self.headers = headers
            self.maxResponseBytes = maxResponseBytes
            self.rootsPEM = rootsPEM
            self.sessions = sessions
        }
    }

    /// Where a client keeps its session.
    public enum SessionLocation: Sendable {
        /// In memory: it ends with the client.
        case memory

        /// In a file with access for its owner only, in an existing directory. Any number of clients and processes may
        /// use one file. Beside it are files with ".lock", ".tmp" and ".corrupt" appended to its name.
        case file(String)

        /// In a storage of the app, such as a keychain.
        case storage(any SessionStorage)
    }
}

extension Client.Configuration {
    /// Calls a function with this configuration as an object of the library, which keeps the error of the first setter
    /// that fails.
    func withObject<T>(_ function: (OpaquePointer) throws(BosauthError) -> T) throws(BosauthError) -> T {
        let object = bosauth_config_new()
        defer { bosauth_config_free(object) }
        bosauth_config_set_timeout_ms(object, timeout.milliseconds)
        bosauth_config_set_connect_timeout_ms(object, connectTimeout.milliseconds)
        try withCStrings(userAgent) { bosauth_config_set_user_agent(object, $0[0]) }
        for (name, value) in headers {
            try withCStrings(name, value) { bosauth_config_add_header(object, $0[0], $0[1]) }
        }
        bosauth_config_set_max_response_bytes(object, UInt64(clamping: maxResponseBytes))
        for pem in rootsPEM {
            try withCStrings(pem) { bosauth_config_add_roots_pem(object, $0[0]) }
        }
        switch sessions {
        case .memory: break
        case .file(let path): try withCStrings(path) { bosauth_config_set_session_file(object, $0[0]) }
        case .storage(let storage): setSessionStorage(storage, of: object)
        }
        return try function(object)
    }
}

extension Client.Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The type only: headers may contain secrets.
    public var description: String { "Client.Configuration" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// No children: headers may contain secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
