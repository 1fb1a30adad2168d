import CBosauth

/// A change of a client's session; see ``Client/changes()``.
public struct SessionChange: Sendable {
    /// What changed the session.
    public let kind: Kind

    /// The number of changes up to this one; see ``Client/generation``.
    public let generation: UInt64

    /// The session from then on; `nil` if there is none.
    public let session: Session?

    /// What changed a session. Ignore an unknown kind.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// The number of the kind.
        public let rawValue: Int32

        /// Creates the kind with this number.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// A login.
        public static let login = Kind(rawValue: BOSAUTH_CHANGE_LOGIN)
        /// A refresh.
        public static let refresh = Kind(rawValue: BOSAUTH_CHANGE_REFRESH)
        /// A session that was saved with ``Client/saveSession(token:recordJSON:)``.
        public static let save = Kind(rawValue: BOSAUTH_CHANGE_SAVE)
        /// The session was removed with ``Client/clearSession()``.
        public static let clear = Kind(rawValue: BOSAUTH_CHANGE_CLEAR)
        /// A session that was imported with ``Client/importSession(_:)``.
        public static let `import` = Kind(rawValue: BOSAUTH_CHANGE_IMPORT)
        /// The session was read from the session file or storage, or it has been removed there.
        public static let load = Kind(rawValue: BOSAUTH_CHANGE_LOAD)
    }
}

/// Adds a listener that passes changes to a stream, which ends with the client.
func addListener(_ client: bosauth_client, _ continuation: AsyncStream<SessionChange>.Continuation) {
    let reference = Unmanaged.passRetained(ContinuationReference(continuation)).toOpaque()
    var listener: bosauth_listener = 0
    bosauth_client_add_listener(client, receiveChange, reference, finishChanges, &listener, nil)
    let added = listener
    continuation.onTermination = { _ in bosauth_listener_free(added) }
    // A client that another thread has closed in the meantime has ended the stream, which then ignores the function.
    var generation: UInt64 = 0
    if bosauth_client_generation(client, &generation) != BOSAUTH_OK {
        bosauth_listener_free(added)
    }
}

private final class ContinuationReference: Sendable {
    let continuation: AsyncStream<SessionChange>.Continuation

    init(_ continuation: AsyncStream<SessionChange>.Continuation) {
        self.continuation = continuation
    }
}

private func receiveChange(
    _ userData: UnsafeMutableRawPointer?, _ client: bosauth_client, _ change: Int32, _ generation: UInt64,
    _ session: OpaquePointer?
) {
    let reference = Unmanaged<ContinuationReference>.fromOpaque(userData!).takeUnretainedValue()
    let session = session.map { Session(borrowed: $0) }
    let kind = SessionChange.Kind(rawValue: change)
    reference.continuation.yield(SessionChange(kind: kind, generation: generation, session: session))
}

private func finishChanges(_ userData: UnsafeMutableRawPointer?) {
    Unmanaged<ContinuationReference>.fromOpaque(userData!).takeRetainedValue().continuation.finish()
}
