// How functions of the library are called: their strings, errors, threads and objects.

import CBosauth
import Dispatch

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Calls a function with NUL-terminated copies of strings, which are zeroized afterwards.
///
/// A string with a NUL would be truncated in C, so a placeholder that is not UTF-8 replaces it: the library then
/// rejects it in the order of the arguments.
@discardableResult
func withCStrings<T>(
    _ strings: String..., function: ([UnsafePointer<CChar>]) throws(BosauthError) -> T
) throws(BosauthError) -> T {
    let copies = strings.map(cString)
    defer { copies.forEach(zeroize) }
    return try function(copies.map { UnsafePointer($0.baseAddress!) })
}

private func cString(_ string: String) -> UnsafeMutableBufferPointer<CChar> {
    let bytes: [UInt8]? = string.utf8.contains(0) ? [0xFF] : nil
    let length = bytes?.count ?? string.utf8.count
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: length + 1)
    let raw = UnsafeMutableRawBufferPointer(copy)
    if let bytes {
        raw.copyBytes(from: bytes)
    } else {
        raw.copyBytes(from: string.utf8)
    }
    raw[length] = 0
    return copy
}

private func zeroize(_ copy: UnsafeMutableBufferPointer<CChar>) {
    #if canImport(Darwin)
        memset_s(copy.baseAddress!, copy.count, 0, copy.count)
    #else
        explicit_bzero(copy.baseAddress!, copy.count)
    #endif
    copy.deallocate()
}

/// Calls a function of the library, and throws its error.
func check(
    _ function: (UnsafeMutablePointer<OpaquePointer?>) -> bosauth_status
) throws(BosauthError) {
    var error: OpaquePointer?
    let status = function(&error)
    defer { bosauth_error_free(error) }
    if status != BOSAUTH_OK {
        throw BosauthError(error)
    }
}

/// Runs a blocking function on a thread of its own. Cancelling the task triggers the cancellation handle that the
/// function receives.
func blocking<T: Sendable>(
    _ function: @escaping @Sendable (bosauth_cancel) throws(BosauthError) -> T
) async throws(BosauthError) -> T {
    let cancel = bosauth_cancel_new()
    defer { bosauth_cancel_free(cancel) }
    let result = await withTaskCancellationHandler {
        await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, BosauthError>, Never>) in
            startThread {
                continuation.resume(returning: Result { () throws(BosauthError) in try function(cancel) })
            }
        }
    } onCancel: {
        bosauth_cancel_trigger(cancel)
    }
    return try result.get()
}

/// Starts a thread for a function that blocks.
///
/// Dispatch limits its threads, which other code shares: on Linux, 255 blocked functions would delay each timer and
/// `Task.sleep` of the process. It is used only if the system cannot create a thread, because it waits until it can.
private func startThread(_ function: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    #if canImport(Darwin)
        // The priority of the task.
        pthread_attr_set_qos_class_np(&attributes, qos_class_self(), 0)
    #endif
    #if canImport(Glibc)
        var thread = pthread_t()
    #else
        var thread: pthread_t?
    #endif
    let reference = Unmanaged.passRetained(FunctionReference(function))
    let error = pthread_create(
        &thread, &attributes,
        { argument in
            // Optional or not: that depends on the system.
            let argument: UnsafeMutableRawPointer? = argument
            Unmanaged<FunctionReference>.fromOpaque(argument!).takeRetainedValue().function()
            return nil
        }, reference.toOpaque())
    if error != 0 {
        reference.release()
        DispatchQueue(label: "bosauth.call").async(execute: function)
    }
}

private final class FunctionReference: Sendable {
    let function: @Sendable () -> Void

    init(_ function: @escaping @Sendable () -> Void) {
        self.function = function
    }
}

/// An immutable object of the library, which the last reference frees. Threads may share it.
final class LibraryObject: @unchecked Sendable {
    private let pointer: OpaquePointer
    private let free: (OpaquePointer?) -> Void

    /// Takes the ownership of an object.
    init(_ pointer: OpaquePointer, free: @escaping (OpaquePointer?) -> Void) {
        self.pointer = pointer
        self.free = free
    }

    deinit {
        free(pointer)
    }

    /// Returns the result of a function that reads the object, which exists until the function returns.
    func read<T>(_ function: (OpaquePointer) throws -> T) rethrows -> T {
        try withExtendedLifetime(self) { try function(pointer) }
    }

    /// Returns a copy of a string of the object.
    func string(_ function: (OpaquePointer) -> UnsafePointer<CChar>) -> String {
        read { String(cString: function($0)) }
    }

    /// Returns a copy of the string that the object has for a name. A name with a NUL has none: its placeholder is not
    /// UTF-8.
    func string(_ name: String, _ function: (OpaquePointer, UnsafePointer<CChar>) -> UnsafePointer<CChar>) -> String {
        (try? withCStrings(name) { name in string { function($0, name[0]) } }) ?? ""
    }
}

extension Duration {
    /// The whole milliseconds, rounded up. A number that is too large is the largest one.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow {
            return seconds < 0 ? .min : .max
        }
        let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        let (sum, tooLarge) = whole.addingReportingOverflow(part)
        return tooLarge ? .max : sum
    }
}
