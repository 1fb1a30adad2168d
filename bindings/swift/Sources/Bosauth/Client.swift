import CBosauth

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A client of one BosBase server.
///
/// ```swift
/// let client = try Client(url: "https://example.com")
/// let session = try await client.collection("users").authWithToken(token)
/// ```
///
/// Tasks may share a client. Cancelling the task of a call cancels the call, which then throws
/// ``BosauthError/Status/cancelled``. A call blocks a thread of its own, never one of Swift's concurrency. Every call
/// throws ``BosauthError/Status/invalidHandle`` after ``close()``.
public final class Client: Sendable {
    private let handle: bosauth_client

    /// Creates a client. Nothing is sent. Plain http protects neither passwords nor responses on the network path: use
    /// it on loopback only.
    ///
    /// - Parameters:
    ///   - url: the server's URL: http or https, a host, an optional port and an optional path prefix, without user
    ///     info, query or fragment; at most 2048 bytes of ASCII.
    ///   - configuration: the settings, by default those of the library.
    /// - Throws: ``BosauthError/Status/invalidArgument`` for the URL, a setting, or a session file that can never be
    ///   used; ``BosauthError/Status/unsupported`` if the loaded library is too old for this package.
    public init(url: String, configuration: Configuration = Configuration()) throws(BosauthError) {
        try checkLibrary()
        handle = try configuration.withObject { config throws(BosauthError) in
            var handle: bosauth_client = 0
            try withCStrings(url) { strings throws(BosauthError) in
                try check { bosauth_client_new(strings[0], config, &handle, $0) }
            }
            return handle
        }
    }

    deinit {
        bosauth_client_free(handle)
    }

    /// Closes the client: calls in progress fail with ``BosauthError/Status/cancelled``, streams of changes end. It
    /// does not wait for them. The stored session remains. Closing a client again has no effect.
    public func close() {
        bosauth_client_free(handle)
    }

    /// Closes the client like ``close()``, and waits until none of its calls is in progress.
    ///
    /// - Parameter duration: the maximum time to wait, 1 ms to one day; other values are replaced by the nearest one.
    /// - Returns: false if calls are still in progress; true if the client was closed before, also without waiting.
    @discardableResult
    public func close(waiting duration: Duration) async -> Bool {
        let handle = handle
        let milliseconds = min(max(duration.milliseconds, 1), 86_400_000)
        let status = try? await blocking { _ throws(BosauthError) in bosauth_client_close(handle, milliseconds) }
        return status != BOSAUTH_ERROR_TIMEOUT
    }

    /// Returns the calls of an auth collection.
    ///
    /// - Parameter name: the name or id, such as "users" or "_superusers"; 1 to 255 bytes. Nothing is checked or sent.
    /// - Returns: the calls, each of which rejects an invalid name.
    public func collection(_ name: String) -> AuthCollection {
        AuthCollection(client: self, name: name)
    }

    /// Checks the client's session with the server and updates its record. The token does not change. If it succeeds,
    /// the new session becomes the client's session, unless that has changed since the start of the call.
    ///
    /// - Parameter options: options of the call.
    /// - Returns: the new session.
    /// - Throws: ``BosauthError/Status/noSession``, ``BosauthError/Status/unauthorized`` (log in again), the errors of
    ///   ``session()``, or one of those common to all calls.
    @discardableResult
    public func authRefresh(options: CallOptions = CallOptions()) async throws(BosauthError) -> Session {
        try await call(options) { client, options throws(BosauthError) in
            var session: OpaquePointer?
            try check { bosauth_auth_refresh(client, options, &session, $0) }
            return Session(owned: session!)
        }
    }

    /// Sends any other request below the base URL, with the token of the client's session in the Authorization header
    /// unless the options or the configuration have one. Redirects are not followed. The session does not change.
    ///
    /// - Parameters:
    ///   - method: the method, such as "GET"; neither CONNECT nor TRACE.
    ///   - path: the path below the base URL, such as "/api/health", without a query; see ``CallOptions/query``.
    ///   - body: the body, at most 32 MiB. Its Content-Type is application/json unless the options have another.
    ///   - options: options of the call.
    /// - Returns: the response, with an HTTP status of 200 to 299. Any other one is an error.
    public func send(
        _ method: String, _ path: String, body: Data? = nil, options: CallOptions = CallOptions()
    ) async throws(BosauthError) -> Response {
        try await call(options) { client, options throws(BosauthError) in
            var response: OpaquePointer?
            try withCStrings(method, path) { strings throws(BosauthError) in
                try check { error in
                    (body ?? Data()).withUnsafeBytes { bytes in
                        bosauth_send(
                            client, strings[0], strings[1], bytes.baseAddress, bytes.count, options, &response, error)
                    }
                }
            }
            return Response(owned: response!)
        }
    }

    /// Returns a snapshot of the client's session; `nil` if there is none. With a session file or storage, the first
    /// call reads it, unless the session has been changed before.
    ///
    /// - Throws: ``BosauthError/Status/store``, ``BosauthError/Status/storeUnavailable`` or
    ///   ``BosauthError/Status/storeCorrupt`` if the stored session cannot be read. The next call tries again.
    public func session() async throws(BosauthError) -> Session? {
        let handle = handle
        return try await blocking { _ throws(BosauthError) in
            var session: OpaquePointer?
            try check { bosauth_client_session(handle, &session, $0) }
            return session.map { Session(owned: $0) }
        }
    }

    /// Makes a token obtained elsewhere the client's session. Nothing is sent.
    ///
    /// - Parameters:
    ///   - token: the session token; 1 to 8192 bytes of A-Z a-z 0-9 . _ ~ + / = -
    ///   - recordJSON: the account's record: a JSON object; `nil` if there is none.
    public func saveSession(token: String, recordJSON: String? = nil) async throws(BosauthError) {
        let handle = handle
        try await blocking { _ throws(BosauthError) in
            try withCStrings(token, recordJSON ?? "") { strings throws(BosauthError) in
                let record = recordJSON == nil ? nil : strings[1]
                try check { bosauth_client_save_session(handle, strings[0], record, $0) }
            }
        }
    }

    /// Removes the client's session, also from the session file or storage. Nothing is sent: the server accepts the
    /// token until it expires.
    ///
    /// - Throws: ``BosauthError/Status/store`` or ``BosauthError/Status/storeUnavailable``: the client has no session
    ///   any more, but the stored one remains until the next change or ``syncSession()``.
    public func clearSession() async throws(BosauthError) {
        let handle = handle
        try await blocking { _ throws(BosauthError) in try check { bosauth_client_clear_session(handle, $0) } }
    }

    /// Makes an exported session the client's session. Nothing is sent.
    ///
    /// - Parameter text: the string from ``Session/export()`` of a client with the same base URL.
    /// - Throws: ``BosauthError/Status/invalidArgument`` if it is no such string.
    public func importSession(_ text: String) async throws(BosauthError) {
        let handle = handle
        try await blocking { _ throws(BosauthError) in
            try withCStrings(text) { strings throws(BosauthError) in
                try check { bosauth_client_import_session(handle, strings[0], $0) }
            }
        }
    }

    /// Writes the session to the session file or storage if that has failed before, and reads what is stored: a session
    /// that another process has stored becomes the client's session. Without a file or storage, it has no effect.
    ///
    /// - Throws: ``BosauthError/Status/store``, ``BosauthError/Status/storeUnavailable`` or
    ///   ``BosauthError/Status/storeCorrupt``: the client's session did not change.
    public func syncSession() async throws(BosauthError) {
        let handle = handle
        try await blocking { _ throws(BosauthError) in try check { bosauth_client_sync_session(handle, $0) } }
    }

    /// The number of changes of the client's session; 0 for a closed client. Nothing is read.
    public var generation: UInt64 {
        var generation: UInt64 = 0
        bosauth_client_generation(handle, &generation)
        return generation
    }

    /// Returns the changes of the client's session from now on, in order. The stream does not keep the client alive,
    /// and ends when the client is closed or released. It keeps changes until they are received. Each stream has all
    /// changes: tasks that receive them need a stream each.
    public func changes() -> AsyncStream<SessionChange> {
        AsyncStream { addListener(handle, $0) }
    }

    /// Runs a call with options.
    func call<T: Sendable>(
        _ options: CallOptions,
        _ function: @escaping @Sendable (bosauth_client, OpaquePointer) throws(BosauthError) -> T
    ) async throws(BosauthError) -> T {
        try await blocking { [self] cancel throws(BosauthError) in
            try options.withObject(cancel) { options throws(BosauthError) in try function(handle, options) }
        }
    }
}

extension Client: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The type only.
    public var description: String { "Client" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// No children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The version of the loaded library, such as "0.1.0".
public var libraryVersion: String { String(cString: bosauth_version()) }

/// Generates a custom token: 256 random bits from the operating system, as 43 characters of A-Z a-z 0-9 _ -. Nothing is
/// sent.
///
/// - Throws: ``BosauthError/Status/internal`` if the operating system provides no random numbers.
public func generateToken() throws(BosauthError) -> String {
    var token: OpaquePointer?
    try check { bosauth_generate_token(&token, $0) }
    defer { bosauth_string_free(token) }
    return String(cString: bosauth_string_data(token))
}

/// Rejects a library of another ABI major version, or of an older minor version than the header.
private func checkLibrary() throws(BosauthError) {
    let (loaded, required) = (bosauth_abi_version(), UInt32(BOSAUTH_ABI_VERSION))
    if loaded >> 16 != required >> 16 || loaded < required {
        let versions = "\(loaded >> 16).\(loaded & 0xFFFF), not \(required >> 16).\(required & 0xFFFF)"
        throw BosauthError(.unsupported, .fixCall, "the loaded libbosauth has ABI version \(versions)")
    }
}
