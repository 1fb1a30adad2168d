import Bosauth
import Foundation
import XCTest

/// Starts a call that receives no response, and returns its error. Only cancellation ends it: a timeout would be
/// another status.
private func call(_ client: Client) async throws -> BosauthError {
    try await failure { () throws(BosauthError) in
        let options = CallOptions(timeout: .seconds(60))
        return try await client.collection("users").authWithToken("token", options: options)
    }
}

final class CancellationTests: TestCase {
    private let server = SilentServer()

    func testTaskCancelStopsACallInProgress() async throws {
        let client = try Client(url: server.url)
        let task = Task { try await call(client) }
        await server.receiveRequest()
        task.cancel()
        let error = try await task.value
        XCTAssertEqual(error.status, .cancelled)
        XCTAssertEqual(error.action, .none)
        XCTAssertTrue(error.isOutcomeUnknown)
    }

    func testCancelledTaskSendsNothing() async throws {
        let (client, token) = try await boundClient()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await failure { () throws(BosauthError) in
                try await client.collection("users").authWithToken(token)
            }
        }
        let error = try await task.value
        XCTAssertEqual(error.status, .cancelled)
        XCTAssertFalse(error.isOutcomeUnknown)
        XCTAssertEqual(client.generation, 0)
    }

    func testTaskGroupStopsACallInProgress() async throws {
        let client = try Client(url: server.url)
        let error = try await withThrowingTaskGroup(of: BosauthError.self) { group in
            group.addTask { try await call(client) }
            await server.receiveRequest()
            group.cancelAll()
            return try await group.next()
        }
        XCTAssertEqual(error?.status, .cancelled)
    }

    func testCloseStopsACallInProgress() async throws {
        let client = try Client(url: server.url)
        let task = Task { try await call(client) }
        await server.receiveRequest()
        let isIdle = await client.close(waiting: .seconds(60))
        XCTAssertTrue(isIdle)
        let error = try await task.value
        XCTAssertEqual(error.status, .cancelled)
        let next = try await failure { () throws(BosauthError) in try await client.session() }
        XCTAssertEqual(next.status, .invalidHandle)
        client.close()
        let again = await client.close(waiting: .zero)
        XCTAssertTrue(again)
    }

    func testDeadline() async throws {
        let client = try Client(url: server.url)
        let error = try await failure { () throws(BosauthError) in
            try await client.collection("users").authWithToken("t", options: CallOptions(timeout: .milliseconds(50)))
        }
        XCTAssertEqual(error.status, .timeout)
        // Rounded up to 1 ms.
        let short = try await failure { () throws(BosauthError) in
            try await client.collection("users").authWithToken("t", options: CallOptions(timeout: .nanoseconds(1)))
        }
        XCTAssertEqual(short.status, .timeout)
        for duration in [Duration.zero, .seconds(-1), .seconds(86401), .seconds(Int64.max), .seconds(Int64.min)] {
            let error = try await failure { () throws(BosauthError) in
                try await client.collection("users").authWithToken("t", options: CallOptions(timeout: duration))
            }
            XCTAssertEqual(error.argument, "ms", "\(duration)")
        }
    }

    func testEightTasksShareAClient() async throws {
        let (client, token) = try await boundClient()
        let users = client.collection("users")
        let logins = try await withThrowingTaskGroup(of: [Session].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var logins: [Session] = []
                    for _ in 0..<10 {
                        logins.append(try await users.authWithToken(token))
                    }
                    return logins
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        XCTAssertEqual(logins.map { $0["email"] }, Array(repeating: email, count: 80))
        // A login loses if one that started later has completed.
        XCTAssertEqual(client.generation, UInt64(logins.filter(\.wasKept).count))
    }

    /// More blocked calls than Dispatch has threads delay neither other calls nor other tasks, and all are cancelled.
    func testBlockedCallsDelayNothing() async throws {
        let count = 300
        let silent = try Client(url: server.url)
        let blocked = (0..<count).map { _ in Task { try await call(silent) } }
        await server.receiveRequests(count)
        try await Task.sleep(for: .milliseconds(1))
        let (client, token) = try await boundClient()
        let session = try await client.collection("users").authWithToken(token)
        XCTAssertEqual(session["email"], email)
        blocked[0].cancel()
        let first = try await blocked[0].value
        XCTAssertEqual(first.status, .cancelled)
        let isIdle = await silent.close(waiting: .seconds(60))
        XCTAssertTrue(isIdle)
        for task in blocked {
            let error = try await task.value
            XCTAssertEqual(error.status, .cancelled)
        }
    }

    func testCallsAreCancelledAtAnyTime() async throws {
        let (client, token) = try await boundClient()
        let users = client.collection("users")
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    for round in 0..<50 {
                        let login = Task { () async -> BosauthError.Status? in
                            do throws(BosauthError) {
                                try await users.authWithToken(token)
                                return nil
                            } catch {
                                return error.status
                            }
                        }
                        // At another point of the call each time.
                        let interval = Duration.microseconds((index * 50 + round) * 5)
                        try? await Task.sleep(for: interval)
                        login.cancel()
                        let status = await login.value
                        XCTAssertTrue(status == nil || status == .cancelled, "\(String(describing: status))")
                    }
                }
            }
        }
        try await users.authWithToken(token)
    }
}
