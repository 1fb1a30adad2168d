import Bosauth
import Foundation
import XCTest

final class SessionTests: TestCase {
    private func temporaryDirectory() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        addTeardownBlock { try FileManager.default.removeItem(at: directory) }
        return directory
    }

    func testSessionFileOutlivesTheClient() async throws {
        let path = try temporaryDirectory().appendingPathComponent("session-漢").path
        let (client, token) = try await boundClient(.file(path))
        let session = try await client.collection("users").authWithToken(token)
        XCTAssertNil(session.storeStatus)
        client.close()
        let next = try Client(url: url(), configuration: .init(sessions: .file(path)))
        let stored = try await next.session()
        XCTAssertEqual(stored?.token, session.token)
        XCTAssertEqual(stored?.recordJSON, session.recordJSON)
        try await next.clearSession()
        XCTAssertFalse(FileManager.default.fileExists(atPath: path))
    }

    func testDamagedSessionFileIsKept() async throws {
        let path = try temporaryDirectory().appendingPathComponent("session").path
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        XCTAssertTrue(FileManager.default.createFile(atPath: path, contents: Data("x".utf8), attributes: attributes))
        let client = try Client(url: url(), configuration: .init(sessions: .file(path)))
        let error = try await failure { () throws(BosauthError) in try await client.session() }
        XCTAssertEqual(error.status, .storeCorrupt)
        try await client.saveSession(token: "token")
        XCTAssertEqual(try String(contentsOfFile: path + ".corrupt", encoding: .utf8), "x")
    }

    func testStorageKeepsTheSession() async throws {
        let storage = TestStorage()
        let (client, token) = try await boundClient(.storage(storage))
        let session = try await client.collection("users").authWithToken(token)
        XCTAssertEqual(storage.content, session.export())
        let next = try Client(url: url(), configuration: .init(sessions: .storage(storage)))
        let stored = try await next.session()
        XCTAssertEqual(stored?.token, session.token)
        let refreshed = try await next.authRefresh()
        XCTAssertEqual(refreshed["email"], email)
        try await next.clearSession()
        XCTAssertNil(storage.content)
        try await client.syncSession()
        let none = try await client.session()
        XCTAssertNil(none)
    }

    func testFailingStorageIsReported() async throws {
        struct OtherError: Error {}
        let errors: [(any Error, BosauthError.Status, BosauthError.Action)] = [
            (StorageError.unavailable, .storeUnavailable, .retryLater),
            (StorageError.failed, .store, .fixCall),
            (OtherError(), .store, .fixCall),
        ]
        for (error, status, action) in errors {
            let storage = TestStorage()
            let (client, token) = try await boundClient(.storage(storage))
            storage.error = error
            let reading = try await failure { () throws(BosauthError) in try await client.session() }
            XCTAssertEqual(reading.status, status)
            XCTAssertEqual(reading.action, action)
            // A login succeeds nevertheless, and is stored later.
            let session = try await client.collection("users").authWithToken(token)
            XCTAssertEqual(session.storeStatus, status)
            let synchronizing = try await failure { () throws(BosauthError) in try await client.syncSession() }
            XCTAssertEqual(synchronizing.status, status)
            storage.error = nil
            try await client.syncSession()
            XCTAssertEqual(storage.content, session.export())
            storage.error = error
            let clearing = try await failure { () throws(BosauthError) in try await client.clearSession() }
            XCTAssertEqual(clearing.status, status)
            storage.error = nil
            let none = try await client.session()
            XCTAssertNil(none)
        }
    }

    func testStoredStringThatIsNoSessionIsCorrupt() async throws {
        let storage = TestStorage()
        storage.content = "garbage"
        let client = try Client(url: url(), configuration: .init(sessions: .storage(storage)))
        let error = try await failure { () throws(BosauthError) in try await client.session() }
        XCTAssertEqual(error.status, .storeCorrupt)
        storage.content = "a\0b"
        let nul = try await failure { () throws(BosauthError) in try await client.session() }
        XCTAssertEqual(nul.status, .store)
    }

    func testStorageIsReleasedWithItsClient() async throws {
        weak var released: TestStorage?
        do {
            let storage = TestStorage()
            released = storage
            let client = try Client(url: url(), configuration: .init(sessions: .storage(storage)))
            try await client.saveSession(token: "token")
            XCTAssertNotNil(storage.content)
        }
        XCTAssertNil(released)
    }

    func testExportedSessionIsImported() async throws {
        let (client, token) = try await boundClient()
        let session = try await client.collection("users").authWithToken(token)
        let next = try Client(url: url())
        try await next.importSession(session.export())
        let imported = try await next.session()
        XCTAssertEqual(imported?.token, session.token)
        let other = try Client(url: url() + "/other")
        let error = try await failure { () throws(BosauthError) in try await other.importSession(session.export()) }
        XCTAssertEqual(error.argument, "text")
    }

    func testSavedSessionHasItsFields() async throws {
        let client = try Client(url: url())
        try await client.saveSession(token: "token", recordJSON: #"{"name":"漢😀","list":[1, 2],"empty":""}"#)
        let session = try await client.session()
        XCTAssertEqual(session?["name"], "漢😀")
        XCTAssertEqual(session?["list"], "[1, 2]")
        XCTAssertNil(session?["empty"])
        XCTAssertNil(session?["name\0x"])
        XCTAssertNil(session?.metaJSON)
        XCTAssertNil(session?.expiresAt)
    }

    func testChangesAreReceivedInOrder() async throws {
        let (client, token) = try await boundClient()
        let changes = client.changes()
        let session = try await client.collection("users").authWithToken(token)
        try await client.authRefresh()
        try await client.saveSession(token: "saved", recordJSON: #"{"name":"漢😀","list":[1, 2]}"#)
        try await client.importSession(session.export())
        try await client.clearSession()
        XCTAssertEqual(client.generation, 5)
        client.close()
        var received: [SessionChange] = []
        for await change in changes {
            received.append(change)
        }
        XCTAssertEqual(received.map(\.kind), [.login, .refresh, .save, .import, .clear])
        XCTAssertEqual(received.map(\.generation), [1, 2, 3, 4, 5])
        XCTAssertEqual(received.map(\.session?.token), [session.token, session.token, "saved", session.token, nil])
        // The sessions of changes have the same values as others.
        let login = try XCTUnwrap(received[0].session)
        XCTAssertEqual(login.recordJSON, session.recordJSON)
        XCTAssertEqual(login.expiresAt, session.expiresAt)
        XCTAssertEqual(login.export(), session.export())
        XCTAssertEqual(login["email"], email)
        XCTAssertTrue(login.isValid && login.wasKept && !login.isSuperuser)
        XCTAssertNil(login["none"])
        let saved = try XCTUnwrap(received[2].session)
        XCTAssertEqual(saved["name"], "漢😀")
        XCTAssertEqual(saved["list"], "[1, 2]")
    }

    /// JSON that Foundation does not decode, or in which Swift strings are equal.
    func testChangesHaveTheFieldsOfAnyRecord() async throws {
        let deep = String(repeating: "[", count: 511) + String(repeating: "]", count: 511)
        let records = [
            #"{"id":"x","\ud800":"y"}"#, #"{"id":"x","deep":\#(deep)}"#, #"{"id":"x","e\u0301":"1","\u00e9":"2"}"#,
        ]
        for record in records {
            let client = try Client(url: url())
            let changes = client.changes()
            try await client.saveSession(token: "token", recordJSON: record)
            client.close()
            for await change in changes {
                XCTAssertEqual(change.session?.recordJSON, record)
                XCTAssertEqual(change.session?["id"], "x")
                XCTAssertEqual(change.session?["deep"], record.contains("deep") ? deep : nil)
                XCTAssertEqual(change.session?["e\u{301}"], record.contains("e\\") ? "1" : nil)
                XCTAssertEqual(change.session?["\u{e9}"], record.contains("e\\") ? "2" : nil)
            }
        }
    }

    func testEachStreamReceivesEveryChange() async throws {
        let client = try Client(url: url())
        let streams = [client.changes(), client.changes()]
        for token in ["a", "b"] {
            try await client.saveSession(token: token)
        }
        client.close()
        for stream in streams {
            let tokens = await stream.reduce(into: []) { $0.append($1.session?.token) }
            XCTAssertEqual(tokens, ["a", "b"])
        }
    }

    func testStreamOfChangesEndsWithTheClient() async throws {
        var client: Client? = try Client(url: url())
        let changes = client!.changes()
        let closed = try Client(url: url())
        closed.close()
        client = nil
        for await _ in changes {
            XCTFail("there was no change")
        }
        for await _ in closed.changes() {
            XCTFail("there was no change")
        }
    }

    func testReceiverStopsWithItsTask() async throws {
        let client = try Client(url: url())
        let changes = client.changes()
        let task = Task {
            var count = 0
            for await _ in changes {
                count += 1
            }
            return count
        }
        task.cancel()
        let count = await task.value
        XCTAssertEqual(count, 0)
        try await client.saveSession(token: "token")
        XCTAssertEqual(client.generation, 1)
    }

    func testStorageMayUseItsClient() async throws {
        final class Curious: SessionStorage, @unchecked Sendable {
            weak var client: Client?
            var generations: [UInt64] = []
            func load() -> String? { nil }
            func save(_ session: String?) { generations.append(client?.generation ?? 0) }
        }
        let storage = Curious()
        let client = try Client(url: url(), configuration: .init(sessions: .storage(storage)))
        storage.client = client
        try await client.saveSession(token: "token")
        XCTAssertEqual(storage.generations, [1])
    }
}
