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
    private let object: LibraryObject

    init(owned pointer: OpaquePointer) {
        object = LibraryObject(pointer, free: bosauth_session_free)
    }

    /// Copies an object that the library lends to a listener.
    init(borrowed pointer: OpaquePointer) {
        var copy: OpaquePointer?
        bosauth_session_copy(pointer, &copy)
        self.init(owned: copy!)
    }

    /// The session token, a JWT. Treat it like a password.
    public var token: String { object.string(bosauth_session_token) }

    /// The account's record as the server sent it: a JSON object; `nil` if the session was saved without one.
    public var recordJSON: String? { object.string(bosauth_session_record_json).nonEmpty }

    /// The `meta` value of the login response as JSON; `nil` if there was none.
    public var metaJSON: String? { object.string(bosauth_session_meta_json).nonEmpty }

    /// The expiry of the token; `nil` if it has none.
    public var expiresAt: Date? {
        let seconds = object.read(bosauth_session_expires_at)
        return seconds == 0 ? nil : Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    /// Whether the token is a JWT that has not expired, by the server's clock where it is known. The server may reject
    /// it nevertheless.
    public var isValid: Bool { object.read(bosauth_session_is_valid) != 0 }

    /// Whether the account is a superuser.
    public var isSuperuser: Bool { object.read(bosauth_session_is_superuser) != 0 }

    /// Whether the session became the client's session when it was created. It did not if
    /// ``CallOptions/keepSession`` disabled that, if a login, save or clear that started later had already completed, or
    /// if the client's session changed during a refresh.
    public var wasKept: Bool { object.read(bosauth_session_was_kept) != 0 }

    /// Why the session was not stored when the snapshot was taken: ``BosauthError/Status/store`` or
    /// ``BosauthError/Status/storeUnavailable``. `nil` if it was stored, or if there is no session file or storage. A
    /// session that is not stored is live in memory, and the next change or ``Client/syncSession()`` stores it.
    public var storeStatus: BosauthError.Status? {
        let status = object.read(bosauth_session_store_status)
        return status == BOSAUTH_OK ? nil : BosauthError.Status(rawValue: status)
    }

    /// A top-level field of the record, such as `session["email"]`. A string is returned unchanged, any other value as
    /// JSON; `nil` if there is no such field, or if it is the empty string.
    public subscript(name: String) -> String? { object.string(name, bosauth_session_field).nonEmpty }

    /// Decodes the record; a session that was saved without one is an empty object. U+FFFD replaces lone surrogates.
    ///
    /// - Throws: the error of the decoder.
    public func record<Record: Decodable>(
        as type: Record.Type, decoder: JSONDecoder = JSONDecoder()
    ) throws -> Record {
        try decoder.decode(type, from: Data(withoutLoneSurrogates(recordJSON ?? "{}")))
    }

    /// Returns the session as a string for ``Client/importSession(_:)`` of a client with the same base URL. Treat it
    /// like a password.
    public func export() -> String { object.string(bosauth_session_export) }
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

/// Returns JSON with U+FFFD in place of each escaped lone surrogate: `JSONDecoder` ends the process if the name of a
/// field contains one.
private func withoutLoneSurrogates(_ json: String) -> [UInt8] {
    var bytes = Array(json.utf8)
    var index = 0
    while let escape = bytes[index...].firstIndex(of: UInt8(ascii: "\\")) {
        let unit = utf16(bytes, escape)
        if UTF16.isLeadSurrogate(unit), UTF16.isTrailSurrogate(utf16(bytes, escape + 6)) {
            index = escape + 12
        } else if UTF16.isSurrogate(unit) {
            bytes.replaceSubrange(escape + 2..<escape + 6, with: "fffd".utf8)
            index = escape + 6
        } else {
            index = escape + 2
        }
    }
    return bytes
}

/// The code unit of an escape such as `\ud83d`; 0 for any other one, and for none.
private func utf16(_ json: [UInt8], _ index: Int) -> UInt16 {
    guard index + 6 <= json.count, json[index...].starts(with: #"\u"#.utf8) else {
        return 0
    }
    return UInt16(String(decoding: json[index + 2..<index + 6], as: UTF8.self), radix: 16) ?? 0
}
