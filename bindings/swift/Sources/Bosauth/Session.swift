import CBosauth

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An immutable snapshot of a session.
///
/// Its description contains neither token nor record. Returned strings are ordinary Swift strings, which cannot be
/// zeroized.
public struct Session: Sendable {
    let content: any SessionContent

    /// The session token, a JWT. Treat it like a password.
    public var token: String { content.token }

    /// The account's record as the server sent it: a JSON object; `nil` if the session was saved without one.
    public var recordJSON: String? { content.recordJSON.nonEmpty }

    /// The `meta` value of the login response as JSON; `nil` if there was none.
    public var metaJSON: String? { content.metaJSON.nonEmpty }

    /// The expiry of the token; `nil` if it has none.
    public var expiresAt: Date? {
        let seconds = content.expiresAt
        return seconds == 0 ? nil : Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    /// Whether the token is a JWT that has not expired, by the server's clock where it is known. The server may reject
    /// it nevertheless. In a ``SessionChange``, the value is that of the time of the change.
    public var isValid: Bool { content.isValid }

    /// Whether the account is a superuser.
    public var isSuperuser: Bool { content.isSuperuser }

    /// Whether the session became the client's session when it was created. It did not if
    /// ``CallOptions/keepSession`` disabled that, or if a login, save or clear that started later had already completed.
    public var wasKept: Bool { content.wasKept }

    /// Why the session was not stored when the snapshot was taken: ``BosauthError/Status/store`` or
    /// ``BosauthError/Status/storeUnavailable``. `nil` if it was stored, or if there is no session file or storage. A
    /// session that is not stored is live in memory, and the next change or ``Client/syncSession()`` stores it.
    public var storeStatus: BosauthError.Status? {
        content.storeStatus == BOSAUTH_OK ? nil : BosauthError.Status(rawValue: content.storeStatus)
    }

    /// A top-level field of the record, such as `session["email"]`. A string is returned unchanged, any other value as
    /// JSON; `nil` if there is no such field, or if it is the empty string.
    public subscript(name: String) -> String? { content.field(name).nonEmpty }

    /// Decodes the record; a session that was saved without one is an empty object.
    ///
    /// - Throws: the error of the decoder.
    public func record<Record: Decodable>(
        as type: Record.Type, decoder: JSONDecoder = JSONDecoder()
    ) throws -> Record {
        try decoder.decode(type, from: Data((recordJSON ?? "{}").utf8))
    }

    /// Returns the session as a string for ``Client/importSession(_:)`` of a client with the same base URL. Treat it
    /// like a password.
    public func export() -> String { content.exported }
}

extension Session: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Flags of the session, without token and record.
    public var description: String {
        "Session(isValid: \(isValid), isSuperuser: \(isSuperuser), wasKept: \(wasKept))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The parts of ``description``: `dump` shows nothing else.
    public var customMirror: Mirror {
        Mirror(self, children: ["isValid": isValid, "isSuperuser": isSuperuser, "wasKept": wasKept])
    }
}

/// The values of a session. Missing ones are empty or 0, as in C.
protocol SessionContent: Sendable {
    var token: String { get }
    var recordJSON: String { get }
    var metaJSON: String { get }
    var expiresAt: Int64 { get }
    var isValid: Bool { get }
    var isSuperuser: Bool { get }
    var wasKept: Bool { get }
    var storeStatus: bosauth_status { get }
    var exported: String { get }
    func field(_ name: String) -> String
}

/// An object of the library, which only frees it.
final class SessionObject: SessionContent, @unchecked Sendable {
    private let object: OpaquePointer
    private let isOwned: Bool

    /// Takes the ownership of an object.
    init(owned object: OpaquePointer) {
        self.object = object
        isOwned = true
    }

    /// Reads an object of a listener, for the time of its call.
    fileprivate init(borrowed object: OpaquePointer) {
        self.object = object
        isOwned = false
    }

    deinit {
        if isOwned {
            bosauth_session_free(object)
        }
    }

    var token: String { String(cString: bosauth_session_token(object)) }
    var recordJSON: String { String(cString: bosauth_session_record_json(object)) }
    var metaJSON: String { String(cString: bosauth_session_meta_json(object)) }
    var expiresAt: Int64 { bosauth_session_expires_at(object) }
    var isValid: Bool { bosauth_session_is_valid(object) != 0 }
    var isSuperuser: Bool { bosauth_session_is_superuser(object) != 0 }
    var wasKept: Bool { bosauth_session_was_kept(object) != 0 }
    var storeStatus: bosauth_status { bosauth_session_store_status(object) }
    var exported: String { String(cString: bosauth_session_export(object)) }

    func field(_ name: String) -> String {
        // A name with a NUL is that of no field: its placeholder is not UTF-8.
        (try? withCStrings(name) { String(cString: bosauth_session_field(object, $0[0])) }) ?? ""
    }
}

/// A copy of an object that the library lends to a listener.
struct SessionCopy: SessionContent {
    let token: String
    let recordJSON: String
    let metaJSON: String
    let expiresAt: Int64
    let isValid: Bool
    let isSuperuser: Bool
    let wasKept: Bool
    let storeStatus: bosauth_status
    let exported: String
    private let fields: [String: String]

    init(borrowed object: OpaquePointer) {
        let session = SessionObject(borrowed: object)
        token = session.token
        recordJSON = session.recordJSON
        metaJSON = session.metaJSON
        expiresAt = session.expiresAt
        isValid = session.isValid
        isSuperuser = session.isSuperuser
        wasKept = session.wasKept
        storeStatus = session.storeStatus
        exported = session.exported
        let record = try? JSONDecoder().decode([String: AnyValue].self, from: Data(recordJSON.utf8))
        let names = record.map { Array($0.keys) } ?? []
        fields = Dictionary(uniqueKeysWithValues: names.map { ($0, session.field($0)) })
    }

    func field(_ name: String) -> String { fields[name] ?? "" }
}

/// Any JSON value, which is not read.
private struct AnyValue: Decodable {
    init(from decoder: any Decoder) {}
}
