// The server of the tests, which tests/it/swift.rs starts, and helpers.

import Bosauth
import Foundation
import XCTest

#if canImport(Glibc)
    import Glibc
#endif

let email = "user@example.com"
let password = "correct horse 1"

/// The URL of the server, which the test runner sets.
func url() -> String {
    guard let url = ProcessInfo.processInfo.environment["BOSAUTH_TEST_URL"] else {
        fatalError("BOSAUTH_TEST_URL is not set: run `cargo test --test it swift::`")
    }
    return url
}

/// A server on loopback that sends nothing.
final class SilentServer: Sendable {
    private let listener: Int32

    init() {
        #if canImport(Glibc)
            listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        precondition(listen(listener, 1024) == 0, "no listener")
    }

    deinit {
        close(listener)
    }

    /// The URL. A socket that is not bound listens on a free port.
    var url: String {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutableBytes(of: &address) { bytes in
            _ = getsockname(listener, bytes.bindMemory(to: sockaddr.self).baseAddress, &length)
        }
        return "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    /// Waits for the first byte of a request, on a connection that stays open.
    func receiveRequest() async {
        await receiveRequests(1)
    }

    /// Waits for the first bytes of requests.
    func receiveRequests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [listener] in
                for _ in 0..<count {
                    var byte: UInt8 = 0
                    let connection = accept(listener, nil, nil)
                    precondition(recv(connection, &byte, 1, 0) == 1, "no request")
                }
                continuation.resume()
            }
        }
    }
}

/// Returns a client, whose session is kept as stated, and a token that is bound to the user.
func boundClient(_ sessions: Client.SessionLocation = .memory) async throws -> (Client, String) {
    let client = try Client(url: url(), configuration: .init(sessions: sessions))
    let token = try generateToken()
    try await client.collection("users").bindToken(token, email: email, password: password)
    return (client, token)
}

/// A test that fails if it hangs: the signal ends the process.
class TestCase: XCTestCase {
    override func setUp() {
        alarm(120)
    }
}

/// Returns the error of a call that must fail.
func failure<T>(
    file: StaticString = #filePath, line: UInt = #line, _ call: () async throws(BosauthError) -> T
) async throws -> BosauthError {
    do throws(BosauthError) {
        _ = try await call()
    } catch {
        return error
    }
    XCTFail("the call succeeded", file: file, line: line)
    throw CancellationError()
}

/// A storage in memory, which fails with an error if it has one.
final class TestStorage: SessionStorage, @unchecked Sendable {
    private let lock = NSLock()
    private var storedContent: String?
    private var storedError: (any Error)?

    var content: String? {
        get { lock.withLock { storedContent } }
        set { lock.withLock { storedContent = newValue } }
    }

    var error: (any Error)? {
        get { lock.withLock { storedError } }
        set { lock.withLock { storedError = newValue } }
    }

    func load() throws -> String? {
        if let error {
            throw error
        }
        return content
    }

    func save(_ session: String?) throws {
        if let error {
            throw error
        }
        content = session
    }
}
