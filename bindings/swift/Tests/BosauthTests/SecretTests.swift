import Bosauth
import Foundation
import XCTest

final class SecretTests: TestCase {
    private let secret = "secret-4711"

    /// Everything that prints a value.
    private func printed(_ value: some Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) \(String(reflecting: value)) \(dumped) \([value]) \(Optional(value) as Any)"
    }

    func testDescriptionsContainNoSecrets() async throws {
        let configuration = Client.Configuration(headers: [("Authorization", secret)])
        let options = CallOptions(
            query: [("q", secret)], headers: [("Authorization", secret)], bodyJSON: #"{"a":"\#(secret)"}"#,
            mfaID: secret)
        let client = try Client(url: url(), configuration: configuration)
        let changes = client.changes()
        try await client.saveSession(token: secret, recordJSON: #"{"secret":"\#(secret)"}"#)
        let session = try await client.session()
        client.close()
        var change: SessionChange?
        for await received in changes {
            change = received
        }
        XCTAssertEqual(change?.session?.token, secret)
        XCTAssertEqual(session?.token, secret)
        for value in [configuration, options, client, session!, change!, client.collection("users")] as [Any] {
            XCTAssertFalse(printed(value).contains(secret), "\(type(of: value))")
        }
    }

    func testErrorsAndResponsesContainNoSecrets() async throws {
        let client = try Client(url: url())
        let login = try await client.collection("users").authWithPassword(email, password: password)
        let response = try await client.send("POST", "/api/collections/users/auth-refresh")
        XCTAssertNotNil(response.body.range(of: Data(login.token.utf8)))
        XCTAssertFalse(printed(response).contains(login.token))
        XCTAssertFalse(printed(login).contains(login.token))
        let error = try await failure { () throws(BosauthError) in
            try await client.collection("users").authWithPassword(email, password: secret)
        }
        XCTAssertFalse(printed(error).contains(secret))
        XCTAssertFalse(printed(error).contains("Failed to authenticate."), "a string of the server")
    }
}
