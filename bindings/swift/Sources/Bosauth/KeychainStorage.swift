#if canImport(Security)
    import Foundation
    import Security

    /// Keeps the session in the keychain, as a generic password.
    ///
    /// By default, it can be read after the first unlock since the start of the device, and is not part of backups and
    /// of iCloud Keychain. While the keychain is locked, calls that need the session throw
    /// ``BosauthError/Status/storeUnavailable``. On macOS, it is the data protection keychain: in a program that is not
    /// signed with an application identifier, they throw ``BosauthError/Status/store``.
    public struct KeychainStorage: SessionStorage {
        /// When the session can be read.
        public enum Accessibility: Sendable {
            /// After the first unlock since the start of the device, also in the background.
            case afterFirstUnlock

            /// While the device is unlocked.
            case whenUnlocked
        }

        private let service: String
        private let account: String
        private let accessGroup: String?
        private let accessibility: Accessibility

        /// Creates a storage. Use another account for each server.
        ///
        /// - Parameters:
        ///   - service: the service of the keychain item, such as the bundle identifier of the app.
        ///   - account: the account of the keychain item.
        ///   - accessGroup: the access group that apps share; `nil` for that of the app.
        ///   - accessibility: when the session can be read.
        public init(
            service: String, account: String = "bosauth", accessGroup: String? = nil,
            accessibility: Accessibility = .afterFirstUnlock
        ) {
            self.service = service
            self.account = account
            self.accessGroup = accessGroup
            self.accessibility = accessibility
        }

        /// Reads the keychain item.
        public func load() throws -> String? {
            var query = item
            query[kSecReturnData as String] = true
            query[kSecMatchLimit as String] = kSecMatchLimitOne
            var result: CFTypeRef?
            let status = SecItemCopyMatching(query as CFDictionary, &result)
            if status == errSecItemNotFound {
                return nil
            }
            try check(status)
            guard let data = result as? Data, let session = String(data: data, encoding: .utf8) else {
                throw StorageError.failed
            }
            return session
        }

        /// Writes or removes the keychain item.
        public func save(_ session: String?) throws {
            guard let session else {
                let status = SecItemDelete(item as CFDictionary)
                if status != errSecItemNotFound {
                    try check(status)
                }
                return
            }
            try check(
                put([kSecValueData as String: Data(session.utf8), kSecAttrAccessible as String: accessible]))
        }

        /// Updates the item, or adds it. Another process may add it at the same time.
        private func put(_ values: [String: Any]) -> OSStatus {
            let status = SecItemUpdate(item as CFDictionary, values as CFDictionary)
            guard status == errSecItemNotFound else {
                return status
            }
            let added = SecItemAdd(item.merging(values) { $1 } as CFDictionary, nil)
            return added == errSecDuplicateItem ? SecItemUpdate(item as CFDictionary, values as CFDictionary) : added
        }

        /// The attributes that identify the item.
        private var item: [String: Any] {
            var item: [String: Any] = [
                kSecClass as String: kSecClassGenericPassword,
                kSecAttrService as String: service,
                kSecAttrAccount as String: account,
                // On macOS, the keychain with the rules of iOS.
                kSecUseDataProtectionKeychain as String: true,
            ]
            item[kSecAttrAccessGroup as String] = accessGroup
            return item
        }

        private var accessible: CFString {
            switch accessibility {
            case .afterFirstUnlock: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
            case .whenUnlocked: kSecAttrAccessibleWhenUnlockedThisDeviceOnly
            }
        }

        private func check(_ status: OSStatus) throws {
            switch status {
            case errSecSuccess: return
            case errSecInteractionNotAllowed, errSecNotAvailable: throw StorageError.unavailable
            default: throw StorageError.failed
            }
        }
    }
#endif
