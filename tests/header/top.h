/* bosauth: bind an app's own token to a BosBase account, unbind it, and log in with it.
 *
 * Generated from the library's sources; CONTRIBUTING.md says how to make it anew.
 *
 * Rules for every function
 *  - Inputs are borrowed. Strings are NUL-terminated UTF-8; they are copied first, and the copy is checked.
 *  - A NULL argument is BOSAUTH_ERROR_NULL_ARGUMENT unless its comment says that it may be NULL.
 *  - Outputs are set to 0 or NULL before anything else happens, on every path.
 *  - `error` may be NULL. On failure *error gets an object to free; on success NULL. *error is
 *    overwritten, not freed: free it before using the variable again.
 *  - Constructors, setters, accessors, *_free, bosauth_client_close and the cancel functions take no error;
 *    the status says all.
 *  - Accessors never fail and never return NULL: "" or 0 when the object is NULL or has no such value.
 *    What they return lives as long as the object. Text has no NUL inside.
 *  - Freeing: every *_free accepts NULL or 0. A handle freed twice is BOSAUTH_ERROR_INVALID_HANDLE; an
 *    object freed twice is the caller's bug. Constructors never return NULL (no memory ends the process).
 *  - Time limits are milliseconds, 1 to 86400000. A call ends by its limit whatever the other side does;
 *    bosauth_cancel_trigger, bosauth_client_free and bosauth_client_close end it before.
 *  - Threads: any function from any thread. Objects passed as const may be used by calls running at once;
 *    an object passed as non-const belongs to one thread for that call.
 *  - Not async-signal-safe. errno may change. No signal is raised. Locale and environment are not read.
 *  - fork: the child may use its clients, with connections of its own; the library holds its lock over
 *    the fork. A signal handler may fork, too, but may call no function of the library; a call that it
 *    interrupted ends in the child with CONNECTION_LOST. Do not unload the library.
 *  - pthread_cancel: cancellation is disabled during a call. A thread cancelled in a call ends after the
 *    call has returned, at its next cancellation point. Do not use PTHREAD_CANCEL_ASYNCHRONOUS.
 *  - All functions are cdecl.
 *
 * What any call may meet, besides what its own comment names: BOSAUTH_ERROR_NULL_ARGUMENT, INVALID_UTF8,
 * INVALID_ARGUMENT and INVALID_HANDLE, before anything is sent; NAME_LOOKUP, CONNECT, TLS,
 * CONNECTION_LOST and TIMEOUT, on the way; CANCELLED, when the app stops it; UNEXPECTED_RESPONSE and
 * RESPONSE_TOO_LARGE, for an answer that is none of BosBase's; RATE_LIMITED, SERVER, PROXY and REFUSED,
 * from the server or what stands before it; INTERNAL, a bug. bosauth_error_action says what to do about
 * each.
 */
#ifndef BOSAUTH_H
#define BOSAUTH_H

#include <stddef.h>
#include <stdint.h>

/* The version of this header; bosauth_version() is that of the library. */
#define BOSAUTH_VERSION "@VERSION@"

/* On Windows define BOSAUTH_DLL when linking to the DLL: optional, calls get a little shorter. */
#ifndef BOSAUTH_API
#if defined(_WIN32) && defined(BOSAUTH_DLL)
#define BOSAUTH_API __declspec(dllimport)
#else
#define BOSAUTH_API
#endif
#endif

/* What may be NULL, for clang and Swift; nothing elsewhere. */
#if defined(__clang__) && defined(__has_feature)
#if __has_feature(nullability)
#define BOSAUTH_NONNULL _Nonnull
#define BOSAUTH_NULLABLE _Nullable
#endif
#endif
#ifndef BOSAUTH_NONNULL
#define BOSAUTH_NONNULL
#define BOSAUTH_NULLABLE
#endif

/* Nullability is an extension, which -Wpedantic would report. */
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#endif

#ifdef __cplusplus
extern "C" {
#endif
