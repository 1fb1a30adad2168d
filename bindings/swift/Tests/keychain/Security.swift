// A keychain in memory with the functions of Apple's Security framework that KeychainStorage uses, so that the tests
// compile and run it on Linux.

import Foundation

public typealias CFDictionary = [String: Any]
public typealias CFString = String
public typealias CFTypeRef = Any
public typealias OSStatus = Int32

public let kSecClass = "class"
public let kSecClassGenericPassword = "generic password"
public let kSecAttrService = "service"
public let kSecAttrAccount = "account"
public let kSecAttrAccessGroup = "access group"
public let kSecAttrAccessible = "accessible"
public let kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly = "after first unlock"
public let kSecAttrAccessibleWhenUnlockedThisDeviceOnly = "when unlocked"
public let kSecUseDataProtectionKeychain = "data protection"
public let kSecReturnData = "return data"
public let kSecMatchLimit = "limit"
public let kSecMatchLimitOne = "one"
public let kSecValueData = "data"

public let errSecSuccess: OSStatus = 0
public let errSecNotAvailable: OSStatus = -25291
public let errSecDuplicateItem: OSStatus = -25299
public let errSecItemNotFound: OSStatus = -25300
public let errSecInteractionNotAllowed: OSStatus = -25308

/// The status of every function, in place of its result.
nonisolated(unsafe) public var failure: OSStatus?

/// What another process does before an item is added.
nonisolated(unsafe) public var beforeAdd: () -> Void = {}

/// The items by service, account and access group.
nonisolated(unsafe) public var items: [[String?]: CFDictionary] = [:]

private func key(_ query: CFDictionary) -> [String?] {
    precondition(query[kSecClass] as? String == kSecClassGenericPassword)
    precondition(query[kSecUseDataProtectionKeychain] as? Bool == true)
    return [kSecAttrService, kSecAttrAccount, kSecAttrAccessGroup].map { query[$0] as? String }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public func SecItemCopyMatching(_ query: CFDictionary, _ result: inout CFTypeRef?) -> OSStatus {
    precondition(query[kSecReturnData] as? Bool == true && query[kSecMatchLimit] as? String == kSecMatchLimitOne)
    result = items[key(query)]?[kSecValueData]
    return failure ?? (result == nil ? errSecItemNotFound : errSecSuccess)
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public func SecItemUpdate(_ query: CFDictionary, _ values: CFDictionary) -> OSStatus {
    if let failure {
        return failure
    }
    guard let item = items[key(query)] else {
        return errSecItemNotFound
    }
    items[key(query)] = item.merging(values) { $1 }
    return errSecSuccess
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public func SecItemAdd(_ item: CFDictionary, _ result: CFTypeRef?) -> OSStatus {
    beforeAdd()
    if items[key(item)] != nil {
        return errSecDuplicateItem
    }
    items[key(item)] = item
    return failure ?? errSecSuccess
}

// swift-format-ignore: AlwaysUseLowerCamelCase
public func SecItemDelete(_ query: CFDictionary) -> OSStatus {
    failure ?? (items.removeValue(forKey: key(query)) == nil ? errSecItemNotFound : errSecSuccess)
}
