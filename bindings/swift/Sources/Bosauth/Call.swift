// How functions of the library are called: their strings, errors and threads.

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

/// Runs a blocking function on another thread than those of Swift's concurrency. Cancelling the task triggers the
/// cancellation handle that the function receives.
///
/// Every call has a queue of its own: a concurrent queue runs about as many blocks at once as there are cores, and on
/// Linux one more each second while they are blocked.
func blocking<T: Sendable>(
    _ function: @escaping @Sendable (bosauth_cancel) throws(BosauthError) -> T
) async throws(BosauthError) -> T {
    let cancel = bosauth_cancel_new()
    defer { bosauth_cancel_free(cancel) }
    let result = await withTaskCancellationHandler {
        await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, BosauthError>, Never>) in
            DispatchQueue(label: "bosauth.call").async {
                continuation.resume(returning: Result { () throws(BosauthError) in try function(cancel) })
            }
        }
    } onCancel: {
        bosauth_cancel_trigger(cancel)
    }
    return try result.get()
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
