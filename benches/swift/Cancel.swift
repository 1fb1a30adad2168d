// Cancels calls in flight: `app ROUNDS`. The server is in this process, reads requests and does not respond. Prints a row
// for each method: the time until the caller continues, and the time until the call has ended, which is when the server
// sees its connection closed.

import Bosauth
import Foundation

let deadline: UInt64 = 100_000_000
let manyCalls = 64

func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

/// A server that reads requests and does not respond.
final class SilentServer: @unchecked Sendable {
    private let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    private let received = DispatchSemaphore(value: 0)
    private let closed = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private var lastClosed: UInt64 = 0

    init() {
        // A socket that is not bound listens on a free port.
        precondition(listen(listener, Int32(2 * manyCalls)) == 0)
        Thread.detachNewThread {
            while true {
                let connection = accept(self.listener, nil, nil)
                Thread.detachNewThread { self.read(connection) }
            }
        }
    }

    var url: String {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutableBytes(of: &address) { bytes in
            _ = getsockname(listener, bytes.bindMemory(to: sockaddr.self).baseAddress, &length)
        }
        return "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    private func read(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 8192)
        if recv(connection, &buffer, buffer.count, 0) > 0 {
            received.signal()
        }
        while recv(connection, &buffer, buffer.count, 0) > 0 {}
        lock.withLock { lastClosed = now() }
        close(connection)
        closed.signal()
    }

    /// Waits until calls are in flight, and wait for their response.
    func awaitCalls(_ count: Int) {
        for _ in 0..<count {
            received.wait()
        }
        usleep(1000)
    }

    /// Waits until the connections of calls are closed, and returns when the last one was.
    func awaitEnds(_ count: Int) -> UInt64 {
        for _ in 0..<count {
            closed.wait()
        }
        return lock.withLock { lastClosed }
    }
}

let server = SilentServer()

func newClient() throws -> Client {
    try Client(url: server.url, configuration: .init(timeout: .seconds(600)))
}

/// The start of a cancellation, and when the caller has continued and the calls have ended.
struct Times: Sendable {
    let start: UInt64
    let continued: UInt64
    let ended: UInt64

    init(_ start: UInt64, _ continued: UInt64, calls: Int = 1) {
        self.start = start
        self.continued = continued
        ended = server.awaitEnds(calls)
    }
}

func measure(_ method: String, _ rounds: Int, _ round: @Sendable () async throws -> Times) async throws {
    for _ in 0...(rounds / 10) {
        _ = try await round()
    }
    var continued: [Int64] = []
    var ended: [Int64] = []
    for _ in 0..<rounds {
        let times = try await round()
        continued.append(Int64(times.continued) - Int64(times.start))
        ended.append(Int64(times.ended) - Int64(times.start))
    }
    let (continued50, continued99) = (percentile(continued, 50), percentile(continued, 99))
    let (ended50, ended99) = (percentile(ended, 50), percentile(ended, 99))
    print("| \(method) | \(continued50) | \(continued99) | \(ended50) | \(ended99) |")
}

/// A percentile of times in nanoseconds, in microseconds.
func percentile(_ times: [Int64], _ percent: Int) -> Int64 {
    let sorted = times.sorted()
    let index: Int = sorted.count * percent / 100
    return sorted[index] / 1000
}

/// Starts a call, and returns when it has thrown its error.
func start(_ client: Client, _ options: CallOptions = CallOptions()) -> Task<UInt64, Never> {
    Task {
        _ = try? await client.collection("users").authWithToken("token", options: options)
        return now()
    }
}

func byTask(_ client: Client) async -> Times {
    let login = start(client)
    server.awaitCalls(1)
    let from = now()
    login.cancel()
    return Times(from, await login.value)
}

/// Counts from the deadline, not from the start of the call.
func byTimeout(_ client: Client) async -> Times {
    let from = now() + deadline
    let end = await start(client, CallOptions(timeout: .nanoseconds(Int64(deadline)))).value
    server.awaitCalls(1)
    return Times(from, end)
}

func byClose(_ calls: Int, _ close: (Client) async -> Void) async throws -> Times {
    let client = try newClient()
    let logins = (0..<calls).map { _ in start(client) }
    server.awaitCalls(calls)
    let from = now()
    await close(client)
    let end = now()
    for login in logins {
        _ = await login.value
    }
    return Times(from, end, calls: calls)
}

@main
enum Cancel {
    static func main() async throws {
        let rounds = Int(CommandLine.arguments[1]) ?? 0
        let client = try newClient()
        try await measure("`Task.cancel`", rounds) { await byTask(client) }
        try await measure("`timeout` of the call, from the deadline", rounds / 10) { await byTimeout(client) }
        try await measure("`close()`, 1 call", rounds) { try await byClose(1) { $0.close() } }
        try await measure("`close()`, \(manyCalls) calls", rounds / 10) { try await byClose(manyCalls) { $0.close() } }
        try await measure("`close(waiting:)`, \(manyCalls) calls", rounds / 10) {
            try await byClose(manyCalls) { client in
                let isIdle = await client.close(waiting: .seconds(60))
                precondition(isIdle)
            }
        }
    }
}
