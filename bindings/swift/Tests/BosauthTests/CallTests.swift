import Bosauth
import Foundation
import XCTest

final class CallTests: TestCase {
    func testTokenLogsIn() async throws {
        let (client, token) = try await boundClient()
        let session = try await client.collection("users").authWithToken(token)
        XCTAssertEqual(session["email"], email)
        XCTAssertTrue(session.isValid && session.wasKept && !session.isSuperuser)
        XCTAssertNotNil(session.expiresAt)
        XCTAssertNil(session.storeStatus)
        XCTAssertNil(session["no such field"])
        let current = try await client.session()
        XCTAssertEqual(current?.token, session.token)
        try await client.collection("users").unbindToken(token, email: email, password: password)
        let error = try await failure { () throws(BosauthError) in
            try await client.collection("users").authWithToken(token)
        }
        XCTAssertEqual(error.status, .unknownToken)
    }

    func testFourByteCharacters() async throws {
        let users = try Client(url: url()).collection("users")
        let token = try "😀𝄞" + generateToken()
        try await users.bindToken(token, email: "unicode@example.com", password: "😀𝄞 漢é 1")
        let session = try await users.authWithToken(token)
        XCTAssertEqual(session["email"], "unicode@example.com")
        // The same number of characters with another one of four bytes.
        let error = try await failure { () throws(BosauthError) in
            try await users.authWithToken(token.replacingOccurrences(of: "😀", with: "😁"))
        }
        XCTAssertEqual(error.status, .unknownToken)
    }

    /// C would truncate the string, and log in with what precedes the NUL.
    func testNULIsRejectedWithTheNameOfTheArgument() async throws {
        let (client, token) = try await boundClient()
        let users = client.collection("users")
        let nul = token + "\0x"
        typealias Call = @Sendable () async throws(BosauthError) -> Void
        let calls: [(String, Call)] = [
            ("token", { () throws(BosauthError) in try await users.authWithToken(nul) }),
            ("token", { () throws(BosauthError) in try await users.bindToken(nul, email: email, password: "x") }),
            ("token", { () throws(BosauthError) in try await users.unbindToken(nul, email: email, password: "x") }),
            ("email", { () throws(BosauthError) in try await users.bindToken(token, email: nul, password: password) }),
            ("password", { () throws(BosauthError) in try await users.bindToken(token, email: email, password: nul) }),
            ("identity", { () throws(BosauthError) in try await users.authWithPassword(nul, password: password) }),
            ("password", { () throws(BosauthError) in try await users.authWithPassword(email, password: nul) }),
            ("email", { () throws(BosauthError) in _ = try await users.requestOTP(email: nul) }),
            ("otp_id", { () throws(BosauthError) in try await users.authWithOTP(nul, code: "1") }),
            ("code", { () throws(BosauthError) in try await users.authWithOTP("a", code: nul) }),
            ("collection", { () throws(BosauthError) in try await client.collection(nul).authWithToken(token) }),
            ("token", { () throws(BosauthError) in try await client.saveSession(token: nul) }),
            ("record_json", { () throws(BosauthError) in try await client.saveSession(token: "t", recordJSON: nul) }),
            ("text", { () throws(BosauthError) in try await client.importSession(nul) }),
            ("method", { () throws(BosauthError) in _ = try await client.send("GET\0", "/a") }),
            ("path", { () throws(BosauthError) in _ = try await client.send("GET", "/a\0") }),
            (
                "name",
                { () throws(BosauthError) in
                    try await users.authWithToken(token, options: CallOptions(query: [("a\0", "b")]))
                }
            ),
            (
                "value",
                { () throws(BosauthError) in
                    try await users.authWithToken(token, options: CallOptions(headers: [("X-A", "b\0")]))
                }
            ),
            (
                "object",
                { () throws(BosauthError) in
                    try await users.authWithToken(token, options: CallOptions(bodyJSON: "{}\0"))
                }
            ),
            (
                "mfa_id",
                { () throws(BosauthError) in
                    try await users.authWithToken(token, options: CallOptions(mfaID: "a\0"))
                }
            ),
            ("base_url", { () throws(BosauthError) in _ = try Client(url: url() + "\0") }),
            (
                "user_agent",
                { () throws(BosauthError) in
                    _ = try Client(url: url(), configuration: .init(userAgent: "a\0"))
                }
            ),
            ("pem", { () throws(BosauthError) in _ = try Client(url: url(), configuration: .init(rootsPEM: ["\0"])) }),
            (
                "path",
                { () throws(BosauthError) in
                    _ = try Client(url: url(), configuration: .init(sessions: .file("/tmp/a\0")))
                }
            ),
        ]
        for (argument, call) in calls {
            let error = try await failure(call)
            XCTAssertEqual(error.status, .invalidArgument, argument)
            XCTAssertEqual(error.argument, argument)
            XCTAssertFalse(error.message.contains("UTF-8"), error.message)
        }
        let session = try await client.session()
        XCTAssertNil(session)
    }

    func testFirstInvalidArgumentIsReported() async throws {
        let client = try Client(url: url())
        let error = try await failure { () throws(BosauthError) in
            try await client.collection("").bindToken("\0", email: "\0", password: "\0")
        }
        XCTAssertEqual(error.argument, "collection")
    }

    func testErrorHasCauseAndAction() async throws {
        let client = try Client(url: url())
        let error = try await failure { () throws(BosauthError) in
            try await client.collection("users").authWithPassword(email, password: "wrong")
        }
        XCTAssertEqual(error.status, .credentials)
        XCTAssertEqual(error.action, .askCredentials)
        XCTAssertEqual(error.httpStatus, 400)
        XCTAssertEqual(error.serverMessage, "Failed to authenticate.")
        XCTAssertEqual(String(data: error.body, encoding: .utf8)?.contains("Failed to authenticate."), true)
        XCTAssertEqual(error.url?.hasPrefix(url()), true)
        XCTAssertFalse(error.isOutcomeUnknown)
        XCTAssertNil(error.argument)
        XCTAssertNil(error.mfaID)
        XCTAssertNil(error.retryAfter)
        XCTAssertTrue("\(error)".hasPrefix("CREDENTIALS: "), "\(error)")
        XCTAssertTrue("\(error)".hasSuffix(" (HTTP 400)"), "\(error)")
        XCTAssertEqual(error.localizedDescription, "\(error)")
    }

    func testSecondFactor() async throws {
        let twoFactors = try Client(url: url()).collection("two_factors")
        let token = try generateToken()
        try await twoFactors.bindToken(token, email: email, password: password)
        let error = try await failure { () throws(BosauthError) in try await twoFactors.authWithToken(token) }
        XCTAssertEqual(error.status, .mfaRequired)
        let options = CallOptions(mfaID: error.mfaID)
        let session = try await twoFactors.authWithPassword(email, password: password, options: options)
        XCTAssertEqual(session["email"], email)
    }

    func testRecordIsDecoded() async throws {
        struct Record: Decodable {
            let email: String
            let verified: Bool
        }
        let (client, token) = try await boundClient()
        let record = try await client.collection("users").authWithToken(token).record(as: Record.self)
        XCTAssertEqual(record.email, email)
        XCTAssertFalse(record.verified)
    }

    /// `JSONDecoder` ends the process if a name has a lone surrogate.
    func testRecordWithLoneSurrogatesIsDecoded() async throws {
        struct Record: Decodable {
            let id: String
            let names: [String: String]
        }
        let client = try Client(url: url())
        let json = #"{"id":"\\ud800\"","\ud800":1,"names":{"\uDC00x":"\ud83d\uD83D\ude00","a\uD800":"\ud800"}}"#
        try await client.saveSession(token: "token", recordJSON: json)
        let session = try await client.session()
        let record = try XCTUnwrap(session).record(as: Record.self)
        XCTAssertEqual(record.id, #"\ud800""#)
        XCTAssertEqual(record.names, ["\u{FFFD}x": "\u{FFFD}😀", "a\u{FFFD}": "\u{FFFD}"])
        XCTAssertEqual(session?.recordJSON, json)
    }

    func testSendReturnsTheResponse() async throws {
        let (client, token) = try await boundClient()
        let session = try await client.collection("users").authWithToken(token)
        let path = "/api/collections/users/records/\(session["id"]!)"
        let options = CallOptions(query: [("fields", "name")])
        let response = try await client.send("PATCH", path, body: Data(#"{"name":"漢\u0000"}"#.utf8), options: options)
        XCTAssertEqual(response.status, 200)
        XCTAssertEqual(response.header("content-type"), "application/json")
        XCTAssertNil(response.header("X-None"))
        XCTAssertNil(response.header("Content-Type\0"))
        let body = try JSONDecoder().decode([String: String].self, from: response.body)
        XCTAssertEqual(body, ["name": "漢\0"])
        let error = try await failure { () throws(BosauthError) in try await client.send("GET", "/api/none") }
        XCTAssertEqual(error.status, .notFound)
    }

    func testUnknownStatusHasNoName() {
        XCTAssertEqual("\(BosauthError.Status(rawValue: 12345))", "UNKNOWN")
        XCTAssertEqual("\(BosauthError.Action(rawValue: 12345))", "UNKNOWN")
        XCTAssertEqual("\(BosauthError.Status.timeout) \(BosauthError.Action.checkNetwork)", "TIMEOUT CHECK_NETWORK")
    }

    func testLibraryVersion() {
        XCTAssertEqual(libraryVersion.split(separator: ".").count, 3)
    }
}
