// The scenario driver for Swift: runs each line of its input through the package Bosauth, and prints the result. The
// format is that of tests/scenarios/README.md.

import Bosauth
import Foundation

let unknown = "UNKNOWN VERB"

// ---- fields and results ----

func decoded(_ field: Substring) -> String {
    if field == "\"\"" {
        return ""
    }
    var bytes: [UInt8] = []
    var rest = field.utf8
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%") {
            bytes.append(UInt8(String(rest.prefix(2))!, radix: 16)!)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(bytes: bytes, encoding: .utf8)!
}

func encoded(_ value: String?) -> String {
    encoded(Data((value ?? "").utf8))
}

func encoded(_ bytes: Data) -> String {
    let field = bytes.map { byte in
        byte > 32 && byte < 127 && byte != UInt8(ascii: "%")
            ? String(UnicodeScalar(byte)) : String(format: "%%%02X", Int(byte))
    }
    return "OK " + (field.isEmpty ? "\"\"" : field.joined())
}

func show(_ error: BosauthError) -> String {
    var line = "\(error.status) \(error.httpStatus ?? 0) \(error.action)"
    line += error.argument.map { " arg=\($0)" } ?? ""
    return line + (error.isOutcomeUnknown ? " outcome=unknown" : "")
}

func show(_ session: Session?, _ part: String?) -> String {
    guard let session else {
        return "OK none"
    }
    switch part {
    case nil:
        let flags = [("valid", session.isValid), ("superuser", session.isSuperuser), ("kept", session.wasKept)]
        let expiry = session.expiresAt == nil ? "unknown" : "known"
        let store = session.storeStatus.map { " store=\($0)" } ?? ""
        return "OK expiry=\(expiry)" + flags.map { " \($0)=\($1 ? 1 : 0)" }.joined() + store
    case "@token": return encoded(session.token)
    case "@record": return encoded(session.recordJSON)
    case "@meta": return encoded(session.metaJSON)
    case "@expires_at": return "OK \(Int64(session.expiresAt?.timeIntervalSince1970 ?? 0))"
    case let name?: return encoded(session[name])
    }
}

// ---- session storage and changes ----

/// The storage of `config session_store`.
final class MemoryStorage: SessionStorage, @unchecked Sendable {
    // The driver makes one call at a time, and changes these between calls.
    var error: StorageError?
    var content: String?

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

/// A listener, and the generation of the last change that it has received.
final class Listener {
    private weak var client: Client?
    private var iterator: AsyncStream<SessionChange>.Iterator
    private var generation: UInt64

    init(_ client: Client) {
        self.client = client
        generation = client.generation
        iterator = client.changes().makeAsyncIterator()
    }

    /// Waits for all changes that have been made. The stream of a released client ends.
    func received() async -> [String] {
        var changes: [String] = []
        while client == nil || generation < client!.generation, let change = await iterator.next() {
            generation = change.generation
            changes.append("\(name(change.kind)):\(change.generation):\(change.session?.token ?? "-")")
        }
        return changes
    }

    private func name(_ kind: SessionChange.Kind) -> String {
        let names: [SessionChange.Kind: String] = [
            .login: "LOGIN", .refresh: "REFRESH", .save: "SAVE", .clear: "CLEAR", .import: "IMPORT", .load: "LOAD",
        ]
        return names[kind] ?? "UNKNOWN"
    }
}

// ---- configuration and options ----

func milliseconds(_ value: String) -> Duration {
    .milliseconds(Int64(value)!)
}

/// Adds a config line to a configuration; returns false for an unknown one.
func set(_ name: String, _ values: [String], of configuration: inout Client.Configuration) -> Bool {
    switch (name, values.count) {
    case ("timeout_ms", 1): configuration.timeout = milliseconds(values[0])
    case ("connect_timeout_ms", 1): configuration.connectTimeout = milliseconds(values[0])
    case ("user_agent", 1): configuration.userAgent = values[0]
    case ("max_response_bytes", 1): configuration.maxResponseBytes = Int(values[0])!
    case ("roots_pem", 1): configuration.rootsPEM.append(values[0])
    case ("session_file", 1): configuration.sessions = .file(values[0])
    case ("header", 2): configuration.headers.append((values[0], values[1]))
    default: return false
    }
    return true
}

/// Adds an option line to options; returns false for an unknown one.
func set(_ name: String, _ values: [String], of options: inout CallOptions) -> Bool {
    switch (name, values.count) {
    case ("timeout_ms", 1): options.timeout = milliseconds(values[0])
    case ("keep_session", 1): options.keepSession = values[0] != "0"
    case ("body_json", 1): options.bodyJSON = values[0]
    case ("mfa_id", 1): options.mfaID = values[0]
    case ("query", 2): options.query.append((values[0], values[1]))
    case ("header", 2): options.headers.append((values[0], values[1]))
    default: return false
    }
    return true
}

/// The `cancel` of the scenarios: in Swift, a call is cancelled by its task.
final class Cancel: @unchecked Sendable {
    var isTriggered = false
}

/// Runs a call in a task of its own, which is cancelled before the call if the handle has been triggered.
func runCall<T: Sendable>(
    _ cancel: Cancel?, _ call: @escaping @Sendable () async throws(BosauthError) -> T
) async -> Result<T, BosauthError> {
    let isCancelled = cancel?.isTriggered ?? false
    let task = Task { () async -> Result<T, BosauthError> in
        if isCancelled {
            withUnsafeCurrentTask { $0?.cancel() }
        }
        do throws(BosauthError) {
            return .success(try await call())
        } catch {
            return .failure(error)
        }
    }
    return await task.value
}

// ---- verbs ----

/// A client, the settings of the next client and call, and the results of the last calls.
final class Driver {
    private var configuration = Client.Configuration()
    /// Settings are fields of one value, so those after a rejected one are omitted.
    private var isRejected = false
    private var options = CallOptions()
    private var cancelOfCall: Cancel?
    private var cancel: Cancel?
    private var client: Client!
    private var login: Session?
    private var response: Response?
    private var error: BosauthError?
    private let storage = MemoryStorage()
    private var listeners: [Listener] = []
    private var changes: [String] = []

    func run(_ verb: String, _ a: [String]) async throws(BosauthError) -> String {
        switch (verb, a.count) {
        case ("config", 1...): return configure(a[0], Array(a.dropFirst()))
        case ("option", 1...): return await option(a[0], Array(a.dropFirst()))
        case ("client", 1): return try makeClient(a[0])
        case ("free", 0): client.close()
        case ("close", 1): return await client.close(waiting: milliseconds(a[0])) ? "OK" : "TIMEOUT"
        case ("cancel", 1): return use(a[0])
        case ("bind", 4):
            try await call { client, options throws(BosauthError) in
                try await client.collection(a[0]).bindToken(a[3], email: a[1], password: a[2], options: options)
            }
        case ("unbind", 4):
            try await call { client, options throws(BosauthError) in
                try await client.collection(a[0]).unbindToken(a[3], email: a[1], password: a[2], options: options)
            }
        case ("login", 2):
            return try await logIn { client, options throws(BosauthError) in
                try await client.collection(a[0]).authWithToken(a[1], options: options)
            }
        case ("login_with_password", 3):
            return try await logIn { client, options throws(BosauthError) in
                try await client.collection(a[0]).authWithPassword(a[1], password: a[2], options: options)
            }
        case ("login_with_otp", 3):
            return try await logIn { client, options throws(BosauthError) in
                try await client.collection(a[0]).authWithOTP(a[1], code: a[2], options: options)
            }
        case ("refresh", 0):
            return try await logIn { client, options throws(BosauthError) in
                try await client.authRefresh(options: options)
            }
        case ("request_otp", 2):
            return encoded(
                try await call { client, options throws(BosauthError) in
                    try await client.collection(a[0]).requestOTP(email: a[1], options: options)
                })
        case ("generate_token", 0): return encoded(try generateToken())
        case ("send", 2...3):
            response = try await call { client, options throws(BosauthError) in
                try await client.send(a[0], a[1], body: a.count == 3 ? Data(a[2].utf8) : nil, options: options)
            }
            return "OK \(response!.status)"
        case ("received", 1): return a[0] == "@body" ? encoded(response!.body) : encoded(response!.header(a[0]))
        case ("save", 1...2): try await client.saveSession(token: a[0], recordJSON: a.count == 2 ? a[1] : nil)
        case ("clear", 0): try await client.clearSession()
        case ("export", 0): return try await client.session().map { encoded($0.export()) } ?? "OK none"
        case ("import", 1): try await client.importSession(a[0])
        case ("sync", 0): try await client.syncSession()
        case ("generation", 0): return "OK \(client.generation)"
        case ("store", 1): return setStorage(a[0])
        case ("stored", 0): return storage.content.map { encoded($0) } ?? "OK none"
        case ("listen", 0): listeners.append(Listener(client))
        case ("unlisten", 0): return await unlisten()
        case ("changes", 0): return await receivedChanges()
        case ("session", 0...1): return show(try await client.session(), a.first)
        case ("result", 0...1): return show(login, a.first)
        case ("error", 1): return part(a[0], of: error!)
        default: return unknown
        }
        return "OK"
    }

    func result(of verb: String, _ arguments: [String]) async -> String {
        do throws(BosauthError) {
            return try await run(verb, arguments)
        } catch {
            self.error = error
            return show(error)
        }
    }

    private func configure(_ name: String, _ values: [String]) -> String {
        if name == "session_store", values.isEmpty {
            configuration.sessions = .storage(storage)
            return "OK"
        }
        var fresh = Client.Configuration()
        guard set(name, values, of: &fresh) else {
            return unknown
        }
        if !isRejected {
            _ = set(name, values, of: &configuration)
        }
        // The file is checked with the next client.
        if name == "session_file" {
            return "OK"
        }
        do throws(BosauthError) {
            _ = try Client(url: "http://127.0.0.1", configuration: fresh)
            return "OK"
        } catch {
            isRejected = true
            return "\(error.status)"
        }
    }

    private func option(_ name: String, _ values: [String]) async -> String {
        if name == "cancel", values.isEmpty {
            cancelOfCall = cancel
            return "OK"
        }
        var fresh = CallOptions()
        guard set(name, values, of: &fresh) else {
            return unknown
        }
        _ = set(name, values, of: &options)
        return await status(of: fresh)
    }

    /// The error of options with which a call fails, or OK. The call sends nothing, and accepts every option.
    private func status(of options: CallOptions) async -> String {
        let triggered = Cancel()
        triggered.isTriggered = true
        let sent = await runCall(triggered) { () throws(BosauthError) in
            try await Client(url: "http://127.0.0.1").send("GET", "/a", options: options)
        }
        guard case .failure(let error) = sent else {
            return unknown
        }
        return error.status == .cancelled ? "OK" : "\(error.status)"
    }

    private func makeClient(_ url: String) throws(BosauthError) -> String {
        defer { (configuration, isRejected) = (Client.Configuration(), false) }
        client = try Client(url: url, configuration: configuration)
        return "OK"
    }

    private func use(_ what: String) -> String {
        switch what {
        case "new": cancel = Cancel()
        case "trigger": cancel!.isTriggered = true
        case "free": cancel = nil
        default: return unknown
        }
        return "OK"
    }

    /// Runs a call with the options of the next call.
    private func call<T: Sendable>(
        _ function: @escaping @Sendable (Client, CallOptions) async throws(BosauthError) -> T
    ) async throws(BosauthError) -> T {
        defer { (options, cancelOfCall) = (CallOptions(), nil) }
        let (client, options) = (client!, options)
        let result = await runCall(cancelOfCall) { () throws(BosauthError) in
            try await function(client, options)
        }
        return try result.get()
    }

    private func logIn(
        _ function: @escaping @Sendable (Client, CallOptions) async throws(BosauthError) -> Session
    ) async throws(BosauthError) -> String {
        login = nil
        login = try await call(function)
        return login!.wasKept ? "OK kept" : "OK lost"
    }

    private func setStorage(_ status: String) -> String {
        switch status {
        case "OK": storage.error = nil
        case "STORE": storage.error = .failed
        case "STORE_UNAVAILABLE": storage.error = .unavailable
        default: return unknown
        }
        return "OK"
    }

    private func unlisten() async -> String {
        guard let last = listeners.popLast() else {
            return unknown
        }
        changes += await last.received()
        return "OK"
    }

    private func receivedChanges() async -> String {
        for listener in listeners {
            changes += await listener.received()
        }
        defer { changes = [] }
        return encoded(changes.joined(separator: ","))
    }

    private func part(_ name: String, of error: BosauthError) -> String {
        switch name {
        case "message": encoded(error.message)
        case "server_message": encoded(error.serverMessage)
        case "data": encoded(error.dataJSON)
        case "body": encoded(error.body)
        case "url": encoded(error.url)
        case "mfa_id": encoded(error.mfaID)
        case "retry_after_ms": "OK \(error.retryAfter.map { Int64($0 / .milliseconds(1)) } ?? 0)"
        default: unknown
        }
    }
}

@main
struct Main {
    static func main() async {
        var driver = Driver()
        while let line = readLine() {
            let fields = line.split(separator: " ")
            if line == "reset" {
                driver = Driver()
                print("OK")
            } else {
                print(await driver.result(of: String(fields[0]), fields.dropFirst().map(decoded)))
            }
            fflush(nil)
        }
    }
}
