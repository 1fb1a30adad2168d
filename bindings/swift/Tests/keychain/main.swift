// Runs KeychainStorage on the keychain of Security.swift.

import Bosauth
import Foundation
import Security

let storage = KeychainStorage(service: "app")
let other = KeychainStorage(service: "app", account: "other", accessGroup: "group", accessibility: .whenUnlocked)

func expect(_ condition: @autoclosure () throws -> Bool, line: UInt = #line) rethrows {
    if try !condition() {
        fatalError("line \(line)")
    }
}

func error(of call: () throws -> Void) -> StorageError? {
    do {
        try call()
        return nil
    } catch {
        return error as? StorageError
    }
}

try expect(storage.load() == nil)
try storage.save(nil)
try storage.save("first 漢😀")
try expect(storage.load() == "first 漢😀")
try expect(other.load() == nil)
try other.save("other")
try storage.save("second")
try expect(storage.load() == "second" && other.load() == "other")
let accessible = Set(items.values.map { $0[kSecAttrAccessible] as! String })
expect(accessible == ["after first unlock", "when unlocked"])

for (status, expected) in [
    (errSecInteractionNotAllowed, StorageError.unavailable), (errSecNotAvailable, .unavailable), (-50, .failed),
] {
    failure = status
    expect(error(of: { _ = try storage.load() }) == expected)
    expect(error(of: { try storage.save("third") }) == expected)
    expect(error(of: { try storage.save(nil) }) == expected)
    failure = nil
    try expect(storage.load() == "second")
}

try storage.save(nil)
try expect(storage.load() == nil && other.load() == "other")
items[["app", "bosauth", nil]] = [kSecValueData: Data([0xFF])]
expect(error(of: { _ = try storage.load() }) == .failed)

// Another process adds the item at the same time.
items = [:]
beforeAdd = { items[["app", "bosauth", nil]] = [kSecValueData: Data("theirs".utf8)] }
try storage.save("ours")
try expect(storage.load() == "ours")
beforeAdd = {}

// The keychain of a client.
items = [:]
let configuration = Client.Configuration(sessions: .storage(storage))
let client = try Client(url: "https://example.com", configuration: configuration)
try await client.saveSession(token: "token")
let next = try Client(url: "https://example.com", configuration: configuration)
let session = try await next.session()
expect(session?.token == "token")
print("keychain")
