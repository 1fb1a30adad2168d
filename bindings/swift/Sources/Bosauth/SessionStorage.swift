import CBosauth

/// A store of the app for the session of a client, such as a keychain.
///
/// It keeps one string of at most 4 MiB and 64 KiB, which contains the session token: treat it like a password. The
/// functions of one client are called one at a time, on a thread that may block.
///
/// ``StorageError/unavailable`` means that the store cannot be used at the moment; any other error that the store has
/// failed. A login whose session cannot be stored succeeds, see ``Session/storeStatus``.
public protocol SessionStorage: Sendable {
    /// Returns the stored session; `nil` or an empty string if there is none.
    func load() throws -> String?

    /// Stores a session in place of the stored one, or removes it if `session` is `nil`. After an error, the previous
    /// session should still be stored.
    func save(_ session: String?) throws
}

/// An error of a ``SessionStorage``.
public enum StorageError: Error, Sendable {
    /// The storage failed. The call that needs the session fails with ``BosauthError/Status/store``.
    case failed

    /// The storage cannot be used at the moment, for example because the device is locked. The call that needs the
    /// session fails with ``BosauthError/Status/storeUnavailable``, and the next one tries again.
    case unavailable
}

/// Passes a storage to the library, which owns a reference to it until it calls `releaseStorage`.
func setSessionStorage(_ storage: any SessionStorage, of config: OpaquePointer) {
    let reference = Unmanaged.passRetained(StorageReference(storage)).toOpaque()
    bosauth_config_set_session_store(config, loadSession, saveSession, reference, releaseStorage)
}

private final class StorageReference: Sendable {
    let storage: any SessionStorage

    init(_ storage: any SessionStorage) {
        self.storage = storage
    }
}

private func storage(_ userData: UnsafeMutableRawPointer?) -> any SessionStorage {
    Unmanaged<StorageReference>.fromOpaque(userData!).takeUnretainedValue().storage
}

private func loadSession(_ userData: UnsafeMutableRawPointer?, _ session: OpaquePointer) -> bosauth_status {
    status {
        var text = try storage(userData).load() ?? ""
        let isSet = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { bosauth_string_set(session, $0.baseAddress, $0.count) }
        }
        if isSet != BOSAUTH_OK {
            throw StorageError.failed
        }
    }
}

private func saveSession(_ userData: UnsafeMutableRawPointer?, _ session: UnsafePointer<CChar>?) -> bosauth_status {
    status { try storage(userData).save(session.map { String(cString: $0) }) }
}

private func releaseStorage(_ userData: UnsafeMutableRawPointer?) {
    Unmanaged<StorageReference>.fromOpaque(userData!).release()
}

/// Returns the status for the error of a storage.
private func status(_ function: () throws -> Void) -> bosauth_status {
    do {
        try function()
        return BOSAUTH_OK
    } catch StorageError.unavailable {
        return BOSAUTH_ERROR_STORE_UNAVAILABLE
    } catch {
        return BOSAUTH_ERROR_STORE
    }
}
