import CBosauth

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The response to ``Client/send(_:_:body:options:)``. Its description contains the HTTP status only.
public struct Response: Sendable {
    private let object: LibraryObject

    init(owned pointer: OpaquePointer) {
        object = LibraryObject(pointer, free: bosauth_response_free)
    }

    /// The HTTP status: 200 to 299.
    public var status: Int { Int(object.read(bosauth_response_http_status)) }

    /// The body.
    public var body: Data {
        object.read { pointer in
            var length = 0
            let bytes = bosauth_response_body(pointer, &length)
            return Data(bytes: bytes, count: length)
        }
    }

    /// Returns the value of a header; `nil` if there is none or it is empty. The values of several fields of one name
    /// are joined with ", ".
    ///
    /// - Parameter name: the name of the header, such as "Content-Type"; not case-sensitive.
    public func header(_ name: String) -> String? {
        object.string(name, bosauth_response_header).nonEmpty
    }
}

extension Response: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The HTTP status.
    public var description: String { "Response(status: \(status))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The HTTP status only.
    public var customMirror: Mirror { Mirror(self, children: ["status": status]) }
}
