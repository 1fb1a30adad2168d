/* bosauth: binds an app's own token to a BosBase account, unbinds it, and logs in with it.
 *
 * Generated from the sources of the library; see CONTRIBUTING.md, "Add a function to the C ABI".
 *
 * CONVENTIONS
 *
 * Strings
 *   Strings are NUL-terminated UTF-8. The library copies a string and validates the copy. The original may be
 *   changed or freed when the function returns. Limits are in bytes, without the NUL.
 *
 * NULL
 *   Passing NULL returns BOSAUTH_ERROR_NULL_ARGUMENT unless the parameter is documented as "may be NULL".
 *
 * Out parameters
 *   They are set to 0 or NULL before anything else is done. `error` may be NULL. On failure, *error is set to an
 *   object that must be freed with bosauth_error_free(); on success, to NULL. The previous value of *error
 *   is overwritten, not freed.
 *
 * Errors
 *   Functions that take `error` describe a failure in it. The other functions report by their return value
 *   only. If more than one argument is invalid, the first one is reported.
 *
 * Accessors
 *   Functions that read an error, a response, a session or a string never fail and never return NULL. They
 *   return "" or 0 if the object is NULL or has no such value. A returned string is valid until its object is
 *   freed, or until bosauth_string_set() changes it. Only the bytes that bosauth_error_body() and
 *   bosauth_response_body() return may contain NUL.
 *
 * Memory
 *   Objects returned by the library are freed with the function of their type. Freeing NULL or 0 has no
 *   effect. A handle that is freed twice is BOSAUTH_ERROR_INVALID_HANDLE; freeing an object twice is
 *   undefined behaviour. If memory is exhausted, the process is terminated: constructors never return NULL.
 *
 * Time
 *   Timeouts are in milliseconds, 1 to 86400000 (one day). A call returns by its deadline, whatever the server
 *   or the network does. bosauth_cancel_trigger(), bosauth_client_free() and bosauth_client_close() end it
 *   earlier.
 *
 * Threads
 *   Every function may be called from any thread. Handles may be used by several threads at the same time,
 *   and so may objects passed as const. An object passed as non-const must not be used by another thread
 *   during the call.
 *
 * Callbacks
 *   A callback is set as a function, a pointer that is passed to it (user_data) and a function that releases the
 *   pointer (release). It is called only on a thread that is in a call of this library, with no lock of the
 *   library held. It may make any call, and free its client and itself. It must not throw, longjmp or exit the
 *   thread: an exception terminates the process.
 *   The release function is called exactly once, when the callback is not running and is never called again, on
 *   the thread of whichever call of this library ends the last use. If the function that sets the callback fails,
 *   it has called the release function before it returns.
 *
 * Signals
 *   No function is async-signal-safe. errno may change. No signal is raised. Neither the locale nor the
 *   environment is read.
 *
 * fork
 *   A child process may use the clients of its parent; it opens its own connections. fork() waits until the
 *   lock of the library is free. A signal handler may fork, but must not call this library; a call that it
 *   interrupted fails in the child with BOSAUTH_ERROR_CONNECTION_LOST, or cannot write the session file
 *   (BOSAUTH_ERROR_STORE_UNAVAILABLE). Do not unload the library.
 *
 * pthread_cancel
 *   Cancellation is disabled during a call. It takes effect at the first cancellation point after the call.
 *   Do not use PTHREAD_CANCEL_ASYNCHRONOUS.
 *
 * Calling convention
 *   All functions are cdecl.
 *
 * ERRORS COMMON TO ALL CALLS
 *
 * A call may return these statuses, prefixed with BOSAUTH_ERROR_, in addition to those that it documents:
 *   before anything is sent      NULL_ARGUMENT, INVALID_UTF8, INVALID_ARGUMENT, INVALID_HANDLE
 *   from the network             NAME_LOOKUP, CONNECT, TLS, CONNECTION_LOST, TIMEOUT
 *   on cancellation              CANCELLED
 *   for an invalid response      UNEXPECTED_RESPONSE, RESPONSE_TOO_LARGE
 *   from the server or a proxy   RATE_LIMITED, SERVER, PROXY, REFUSED
 *   for a bug in this library    INTERNAL
 * bosauth_error_action() returns what to do.
 */
#ifndef BOSAUTH_H
#define BOSAUTH_H

#include <stddef.h>
#include <stdint.h>

/* The version of this header. bosauth_version() returns the version of the library. */
#define BOSAUTH_VERSION "0.1.0"

/* On Windows, define BOSAUTH_DLL to link to the DLL with less overhead per call. Optional. */
#ifndef BOSAUTH_API
#if defined(_WIN32) && defined(BOSAUTH_DLL)
#define BOSAUTH_API __declspec(dllimport)
#else
#define BOSAUTH_API
#endif
#endif

/* Nullability, for clang and Swift; empty for other compilers. */
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

/* Nullability is an extension, which -Wpedantic reports. */
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- types and constants ------------------------------------------------------------------------- */

/**
 * The ABI version of this header: the major version in the high 16 bits, the minor version in the low 16 bits.
 * The major version changes if the ABI breaks, the minor version if functions are added. A program works
 * with a library that has the same major version and the same or a higher minor version; compare with
 * bosauth_abi_version().
 */
#define BOSAUTH_ABI_VERSION 65538

/**
 * The result of a call: BOSAUTH_OK or one of BOSAUTH_ERROR_*, which are positive. A condition keeps its number.
 * Interpret an unknown status by its range: 1 to 9 the program, 10 to 19 the network, 20 to 29 the response, 30
 * to 49 the server, 50 to 59 the app's storage or transport, 90 to 99 the library.
 */
typedef int32_t bosauth_status;

/** The call succeeded. */
#define BOSAUTH_OK 0

/** A required argument is NULL. */
#define BOSAUTH_ERROR_NULL_ARGUMENT 1

/** A string is not UTF-8. */
#define BOSAUTH_ERROR_INVALID_UTF8 2

/** An argument is empty, too long or malformed. bosauth_error_argument() returns its name. */
#define BOSAUTH_ERROR_INVALID_ARGUMENT 3

/** A handle was freed, has another type or was never created. */
#define BOSAUTH_ERROR_INVALID_HANDLE 4

/** The call requires a session and there is none. */
#define BOSAUTH_ERROR_NO_SESSION 5

/** The library does not support the feature. */
#define BOSAUTH_ERROR_UNSUPPORTED 6

/** The host name of the server cannot be resolved. */
#define BOSAUTH_ERROR_NAME_LOOKUP 10

/** No address of the server accepts a connection. */
#define BOSAUTH_ERROR_CONNECT 11

/**
 * TLS failed before the first byte of a response: certificate name, chain or expiry, protocol, or an
 * alert from the server. bosauth_error_outcome_unknown() returns whether the request may have been processed.
 */
#define BOSAUTH_ERROR_TLS 12

/** A proxy refused the request. */
#define BOSAUTH_ERROR_PROXY 14

/** The connection was closed before the response was complete. */
#define BOSAUTH_ERROR_CONNECTION_LOST 15

/** The deadline passed. */
#define BOSAUTH_ERROR_TIMEOUT 16

/** The app cancelled the call, or freed or closed its client. */
#define BOSAUTH_ERROR_CANCELLED 17

/** The response is not one of BosBase: a redirect, HTML, or an unexpected status or format. */
#define BOSAUTH_ERROR_UNEXPECTED_RESPONSE 20

/** The head or body of the response exceeds its size limit. */
#define BOSAUTH_ERROR_RESPONSE_TOO_LARGE 21

/** The server rejected a field. bosauth_error_data_json() returns which one and why. */
#define BOSAUTH_ERROR_VALIDATION 30

/** The email, identity or password is wrong. */
#define BOSAUTH_ERROR_CREDENTIALS 31

/**
 * The token is not bound in this collection.
 *
 * Do not delete a token on a single error of this kind: during the first two seconds after the first bind
 * on a new server, the server also returns it for a bound token. Retry after 3 s. See docs/protocol.md,
 * "A new server".
 */
#define BOSAUTH_ERROR_UNKNOWN_TOKEN 32

/** A second factor is required. Continue with bosauth_error_mfa_id(). */
#define BOSAUTH_ERROR_MFA_REQUIRED 33

/** The MFA id is unknown, used, expired or belongs to another account. */
#define BOSAUTH_ERROR_MFA_SESSION 34

/** The second factor must use another method than the first. */
#define BOSAUTH_ERROR_MFA_SAME_METHOD 35

/** The one-time password is wrong, expired or was tried too often. */
#define BOSAUTH_ERROR_OTP_INVALID 36

/** The login method is disabled in this collection. */
#define BOSAUTH_ERROR_METHOD_DISABLED 37

/** The server does not accept the session, or no longer. */
#define BOSAUTH_ERROR_UNAUTHORIZED 40

/** The auth rule of the collection rejected the account. */
#define BOSAUTH_ERROR_FORBIDDEN 41

/** The collection or path does not exist. */
#define BOSAUTH_ERROR_NOT_FOUND 42

/** Too many requests. Wait for bosauth_error_retry_after_ms(). */
#define BOSAUTH_ERROR_RATE_LIMITED 43

/** The server failed (5xx). bosauth_error_outcome_unknown() returns whether the request may have been processed. */
#define BOSAUTH_ERROR_SERVER 44

/** The server rejected the request for another reason. */
#define BOSAUTH_ERROR_REFUSED 45

/** The session file or the app's session storage failed. */
#define BOSAUTH_ERROR_STORE 50

/** The session file or the app's session storage cannot be used at the moment. Nothing was lost. */
#define BOSAUTH_ERROR_STORE_UNAVAILABLE 51

/**
 * What is stored is not a session of this server. It is kept until a login, save, import or clear replaces it; a
 * session file is then renamed.
 */
#define BOSAUTH_ERROR_STORE_CORRUPT 52

/** A bug in this library. The client stays usable. */
#define BOSAUTH_ERROR_INTERNAL 90

/** Nothing: the app cancelled the call. */
#define BOSAUTH_ACTION_NONE 0

/** Fix the program: the call is wrong. */
#define BOSAUTH_ACTION_FIX_CALL 1

/** Ask the user for the email, the password or another token. */
#define BOSAUTH_ACTION_ASK_CREDENTIALS 2

/** Continue with a second factor, or restart the login. */
#define BOSAUTH_ACTION_SECOND_FACTOR 3

/** Wait for bosauth_error_retry_after_ms(), then retry. */
#define BOSAUTH_ACTION_RETRY_LATER 4

/** Check the network: offline, captive portal, proxy, wrong server. */
#define BOSAUTH_ACTION_CHECK_NETWORK 5

/** Contact the operator of the server: its rules, login methods or certificate prevent the call. */
#define BOSAUTH_ACTION_CONTACT_OPERATOR 6

/** Report a bug in this library. */
#define BOSAUTH_ACTION_REPORT_BUG 7

/** A login. */
#define BOSAUTH_CHANGE_LOGIN 1

/** A refresh. */
#define BOSAUTH_CHANGE_REFRESH 2

/** A session that the app has saved. */
#define BOSAUTH_CHANGE_SAVE 3

/** The app has removed the session. */
#define BOSAUTH_CHANGE_CLEAR 4

/** An imported session. */
#define BOSAUTH_CHANGE_IMPORT 5

/** The stored session was read, or it was removed by another process. */
#define BOSAUTH_CHANGE_LOAD 6

/** A client of one BosBase server: a handle that is validated on every use; 0 is never valid. */
typedef uint64_t bosauth_client;

/**
 * A cancellation handle. It is validated on every use; 0 is never valid. Once triggered, it stays triggered. It
 * may be used for any number of calls, clients and threads. Freeing it during a call does not affect the call,
 * and options in which it was set keep working.
 */
typedef uint64_t bosauth_cancel;

/** The error of one call. It is immutable. Free it with bosauth_error_free(). */
typedef struct bosauth_error bosauth_error;

/**
 * The configuration of a client. A setter that fails returns its status; in addition, bosauth_client_new()
 * fails with the error of the first setter that failed.
 */
typedef struct bosauth_config bosauth_config;

/**
 * Per-call options. A setter that fails returns its status; in addition, a call with these options fails with
 * the error of the first setter that failed. An option that does not apply to a call is ignored.
 */
typedef struct bosauth_options bosauth_options;

/** The response to bosauth_send(). It is immutable. Free it with bosauth_response_free(). */
typedef struct bosauth_response bosauth_response;

/** An immutable snapshot of a session. Free it with bosauth_session_free(). */
typedef struct bosauth_session bosauth_session;

/**
 * A string that a function returns, or that a bosauth_store_load_fn fills. It is zeroized when it is freed, with
 * bosauth_string_free().
 */
typedef struct bosauth_string bosauth_string;

/**
 * Releases the pointer of a callback; see "Callbacks" at the top of this header.
 *
 * @param user_data the pointer that was set with the callback; may be NULL
 */
typedef void (*BOSAUTH_NULLABLE bosauth_release_fn)(void *BOSAUTH_NULLABLE user_data);

/**
 * A wait hook; see bosauth_options_set_wait_hook().
 *
 * @param user_data the pointer that was set with the hook; may be NULL
 * @return 0 to continue; any other value makes the call fail with CANCELLED
 */
typedef int32_t (*BOSAUTH_NULLABLE bosauth_wait_fn)(void *BOSAUTH_NULLABLE user_data);

/**
 * Reads the stored session; see bosauth_config_set_session_store().
 *
 * @param user_data the pointer that was set with the function; may be NULL
 * @param session receives the session with bosauth_string_set(); left empty, there is none. It is valid until the
 *        function returns, and must not be freed
 * @return BOSAUTH_OK; BOSAUTH_ERROR_STORE_UNAVAILABLE if the store cannot be read at the moment;
 *         BOSAUTH_ERROR_STORE if it failed, which any other value means as well
 */
typedef bosauth_status (*BOSAUTH_NULLABLE bosauth_store_load_fn)(void *BOSAUTH_NULLABLE user_data,
                                                                 bosauth_string *BOSAUTH_NONNULL session);

/**
 * Stores a session in place of the stored one; see bosauth_config_set_session_store().
 *
 * @param user_data the pointer that was set with the function; may be NULL
 * @param session the session, valid until the function returns; may be NULL: the stored session is to be removed
 * @return as for bosauth_store_load_fn; after an error, the previous session should still be stored
 */
typedef bosauth_status (*BOSAUTH_NULLABLE bosauth_store_save_fn)(void *BOSAUTH_NULLABLE user_data,
                                                                 const char *BOSAUTH_NULLABLE session);

/**
 * Receives a change of a client's session; see bosauth_client_add_listener().
 *
 * @param user_data the pointer that was set with the function; may be NULL
 * @param client the handle with which the listener was added; it may have been freed
 * @param change what changed the session: one of BOSAUTH_CHANGE_*; ignore an unknown one
 * @param generation the number of changes up to this one; see bosauth_client_generation()
 * @param session the session from then on, valid until the function returns; may be NULL: there is none
 */
typedef void (*BOSAUTH_NULLABLE bosauth_change_fn)(void *BOSAUTH_NULLABLE user_data,
                                                   bosauth_client client,
                                                   int32_t change,
                                                   uint64_t generation,
                                                   const bosauth_session *BOSAUTH_NULLABLE session);

/** A listener for changes of a client's session: a handle that is validated on every use; 0 is never valid. */
typedef uint64_t bosauth_listener;

/* ---- library ------------------------------------------------------------------------------------- */

/**
 * Returns the version of the loaded library, such as "0.1.0".
 *
 * @return a static string
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_version(void);

/**
 * Returns the ABI version of the loaded library, to be compared with BOSAUTH_ABI_VERSION.
 *
 * @return the ABI version
 */
BOSAUTH_API
uint32_t bosauth_abi_version(void);

/**
 * Returns the name of a status without its prefix, such as "TIMEOUT"; "OK" for BOSAUTH_OK.
 *
 * @param status any number
 * @return a static string; "UNKNOWN" if this library does not define the status
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_status_name(bosauth_status status);

/**
 * Returns the name of an action without its prefix, such as "CHECK_NETWORK".
 *
 * @param action any number
 * @return a static string; "UNKNOWN" if this library does not define the action
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_action_name(int32_t action);

/* ---- errors -------------------------------------------------------------------------------------- */

/**
 * Frees an error and all strings returned from it.
 *
 * @param error the error; may be NULL
 */
BOSAUTH_API
void bosauth_error_free(bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the status, which is the one that the call returned.
 *
 * @param error the error; may be NULL
 * @return one of BOSAUTH_ERROR_*; BOSAUTH_OK for NULL
 */
BOSAUTH_API
bosauth_status bosauth_error_status(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the action to take.
 *
 * @param error the error; may be NULL
 * @return one of BOSAUTH_ACTION_*; treat an unknown one as BOSAUTH_ACTION_NONE
 */
BOSAUTH_API
int32_t bosauth_error_action(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns a message in English for logs: one line, without secrets and without strings from the server.
 *
 * @param error the error; may be NULL
 * @return the message, valid until the error is freed; "" for NULL
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_message(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the name of the invalid argument as in this header, such as "email" or "client".
 *
 * @param error the error; may be NULL
 * @return the name, valid until the error is freed; "" if no argument was invalid
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_argument(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns whether the server may have processed the request even though the call failed: a byte of the request
 * was sent, and no response proves the opposite. A 4xx, 3xx or 1xx in BosBase's error format proves it, and so
 * do BOSAUTH_ERROR_MFA_REQUIRED and BOSAUTH_ERROR_RATE_LIMITED. A 5xx does not: BosBase also sends one if its
 * database fails after the commit.
 *
 * @param error the error; may be NULL
 * @return 1 if the request may have been processed, 0 if it was not
 */
BOSAUTH_API
int32_t bosauth_error_outcome_unknown(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the HTTP status of the response.
 *
 * @param error the error; may be NULL
 * @return the HTTP status; 0 if there was no response
 */
BOSAUTH_API
int32_t bosauth_error_http_status(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the server's message, sanitized for display: at most 512 bytes, without control and bidirectional
 * formatting characters, with secrets of the call replaced by "***".
 *
 * @param error the error; may be NULL
 * @return the message, valid until the error is freed; "" if the server sent none
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_server_message(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the `data` object of the response as JSON. For BOSAUTH_ERROR_VALIDATION it contains the reason for
 * each invalid field. Secrets of the call are replaced by "***"; the names, codes and messages defined by
 * BosBase are not changed.
 *
 * @param error the error; may be NULL
 * @return the JSON, valid until the error is freed; "" if the server sent none, "{}" if it is longer than 64 KiB
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_data_json(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the first 64 KiB of the response body, with secrets of the call replaced by "***". It is empty if
 * there was no response, for a 2xx response, which may contain a token, and if the header values and extra
 * fields of the call exceed 256 KiB, which is too much to search for.
 *
 * @param error the error; may be NULL
 * @param length receives the number of bytes; may be NULL
 * @return the bytes, followed by a NUL; valid until the error is freed
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_body(const bosauth_error *BOSAUTH_NULLABLE error,
                               size_t *BOSAUTH_NULLABLE length);

/**
 * Returns the URL of the request, without query and user info.
 *
 * @param error the error; may be NULL
 * @return the URL, valid until the error is freed; "" if an argument was invalid
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_url(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the time to wait before a retry.
 *
 * @param error the error; may be NULL
 * @return milliseconds, at most 86400000; 0 if there is no need to wait
 */
BOSAUTH_API
int64_t bosauth_error_retry_after_ms(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Returns the id of the MFA login, to be set with bosauth_options_set_mfa_id() for the second factor.
 *
 * @param error the error; may be NULL
 * @return the id, valid until the error is freed; "" unless the status is BOSAUTH_ERROR_MFA_REQUIRED
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_mfa_id(const bosauth_error *BOSAUTH_NULLABLE error);

/* ---- configuration ------------------------------------------------------------------------------- */

/**
 * Creates a configuration with the defaults: a timeout of 20 s for a call and 5 s to connect; the User-Agent
 * "bosauth"; response bodies of at most 1 MiB; the bundled certificate authorities.
 *
 * @return the configuration, to be freed with bosauth_config_free()
 */
BOSAUTH_API
bosauth_config *BOSAUTH_NONNULL bosauth_config_new(void);

/**
 * Frees a configuration. Clients created with it have their own copy.
 *
 * @param config the configuration; may be NULL
 */
BOSAUTH_API
void bosauth_config_free(bosauth_config *BOSAUTH_NULLABLE config);

/**
 * Sets the total timeout of a call. The server may delay a login by 15 s while it sends an alert mail: with a
 * shorter timeout, valid logins can time out.
 *
 * @param config the configuration
 * @param ms the timeout in milliseconds; 1 to 86400000, default 20000
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_timeout_ms(bosauth_config *BOSAUTH_NONNULL config,
                                             int64_t ms);

/**
 * Sets the timeout of name resolution, connection and TLS handshake together. The total timeout applies as
 * well.
 *
 * @param config the configuration
 * @param ms the timeout in milliseconds; 1 to 86400000, default 5000
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_connect_timeout_ms(bosauth_config *BOSAUTH_NONNULL config,
                                                     int64_t ms);

/**
 * Sets the User-Agent. Keep it stable: the server mails the user when it changes. The string is copied.
 *
 * @param config the configuration
 * @param user_agent the User-Agent; 1 to 255 bytes of visible ASCII and spaces, without leading or trailing spaces;
 *        default "bosauth"
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_user_agent(bosauth_config *BOSAUTH_NONNULL config,
                                             const char *BOSAUTH_NONNULL user_agent);

/**
 * Adds a header to every request. A name added twice is sent twice. Headers that the library sends itself or
 * that change the meaning of a request are rejected: Host, Content-Length, Content-Type, Transfer-Encoding,
 * Connection, Keep-Alive, TE, Trailer, Upgrade, Expect, Accept-Encoding, Proxy-*, Cookie. The strings are
 * copied.
 *
 * @param config the configuration
 * @param name the header name (RFC 9110 section 5.6.2); 1 to 255 bytes
 * @param value the value; at most 8192 bytes, without CR, LF and other control characters
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_add_header(bosauth_config *BOSAUTH_NONNULL config,
                                         const char *BOSAUTH_NONNULL name,
                                         const char *BOSAUTH_NONNULL value);

/**
 * Sets the maximum size of a response body. A larger one is BOSAUTH_ERROR_RESPONSE_TOO_LARGE.
 *
 * @param config the configuration
 * @param bytes the size in bytes; 1 to 4194304 (4 MiB), default 1048576
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_max_response_bytes(bosauth_config *BOSAUTH_NONNULL config,
                                                     uint64_t bytes);

/**
 * Trusts certificate authorities in addition to the bundled ones. The error for a certificate that cannot be
 * used contains its position. The string is copied.
 *
 * @param config the configuration
 * @param pem the content of a PEM file (RFC 7468) with at least one certificate. Text around the blocks may be
 *        in any encoding; blocks of other types are ignored.
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_add_roots_pem(bosauth_config *BOSAUTH_NONNULL config,
                                            const char *BOSAUTH_NONNULL pem);

/**
 * Keeps the session in a file, so that the account is still logged in after a restart. The first call that needs the
 * session reads the file: bosauth_client_session(), bosauth_auth_refresh(), bosauth_send() and
 * bosauth_client_sync_session(); bosauth_client_new() does not. Any number of clients, threads and processes may use
 * one file. It replaces a file or store that was set before. The string is copied. See docs/sessions.md.
 *
 * The file is created with access for its owner only. Beside it are files with ".lock", ".tmp" and ".corrupt" appended
 * to its name; the lock file is never removed. A file that other users may access is not used: STORE.
 *
 * A change of the session waits up to 2 s for a change by another process, also beyond the timeout of the call, and is
 * then STORE_UNAVAILABLE. It also waits for a change by another thread of this client.
 *
 * @param config the configuration
 * @param path the path of the file, not empty; a relative one is made absolute at once. bosauth_client_new() returns
 *        INVALID_ARGUMENT if its directory does not exist, or if it is something else than a regular file of the user
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_session_file(bosauth_config *BOSAUTH_NONNULL config,
                                               const char *BOSAUTH_NONNULL path);

/* ---- session stores ------------------------------------------------------------------------------ */

/**
 * Keeps the session in a store of the app, such as a keychain. The store has one string of at most 4259840 bytes
 * (4 MiB and 64 KiB), which contains the session token: treat it like a password. The first call that needs the
 * session reads it, as for bosauth_config_set_session_file(). It replaces a file or store that was set before. See
 * "Callbacks" at the top of this header.
 *
 * The functions of one client are called one at a time, those of several clients with this configuration also at the
 * same time. In them, calls of the client use the session in memory, and a change of it is stored after they have
 * returned. Their run time does not count towards the timeout of a call.
 *
 * @param config the configuration
 * @param load the function that reads the stored session
 * @param save the function that stores a session or removes it
 * @param user_data a pointer that is passed to the functions; may be NULL
 * @param release releases user_data, when the configuration and all its clients are freed and their calls have ended,
 *        or at once if this function fails; may be NULL
 * @return BOSAUTH_OK or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_session_store(bosauth_config *BOSAUTH_NONNULL config,
                                                bosauth_store_load_fn load,
                                                bosauth_store_save_fn save,
                                                void *BOSAUTH_NULLABLE user_data,
                                                bosauth_release_fn release);

/* ---- options ------------------------------------------------------------------------------------- */

/**
 * Creates options with the defaults.
 *
 * @return the options, to be freed with bosauth_options_free()
 */
BOSAUTH_API
bosauth_options *BOSAUTH_NONNULL bosauth_options_new(void);

/**
 * Frees options. Calls in progress have their own copy.
 *
 * @param options the options; may be NULL
 */
BOSAUTH_API
void bosauth_options_free(bosauth_options *BOSAUTH_NULLABLE options);

/**
 * Sets the total timeout of the call, in place of the configured one.
 *
 * @param options the options
 * @param ms the timeout in milliseconds; 1 to 86400000
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_timeout_ms(bosauth_options *BOSAUTH_NONNULL options,
                                              int64_t ms);

/**
 * Adds a query parameter such as expand or fields. The server logs request URLs: do not pass a secret.
 * The strings are copied.
 *
 * @param options the options
 * @param name the name; 1 to 255 bytes, neither "token" nor "mfaId"
 * @param value the value; at most 8192 bytes
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_add_query(bosauth_options *BOSAUTH_NONNULL options,
                                         const char *BOSAUTH_NONNULL name,
                                         const char *BOSAUTH_NONNULL value);

/**
 * Adds a header. It replaces the configured headers of the same name. A name added twice is sent twice. The
 * rejected names are those of bosauth_config_add_header(), except Content-Type: bosauth_send() sends it, and the
 * other calls return INVALID_ARGUMENT. The strings are copied.
 *
 * @param options the options
 * @param name the header name (RFC 9110 section 5.6.2); 1 to 255 bytes
 * @param value the value; at most 8192 bytes, without CR, LF and other control characters
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_add_header(bosauth_options *BOSAUTH_NONNULL options,
                                          const char *BOSAUTH_NONNULL name,
                                          const char *BOSAUTH_NONNULL value);

/**
 * Sets extra fields of the request body. The names of the call's own fields are rejected, in any case: email,
 * password, token, identity, identityField, otpId, mfaId. The string is copied.
 *
 * @param options the options
 * @param object a JSON object without duplicate names at its top level; at most 65536 bytes
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_body_json(bosauth_options *BOSAUTH_NONNULL options,
                                             const char *BOSAUTH_NONNULL object);

/**
 * Sets whether the session of a login or refresh becomes the client's session.
 *
 * @param options the options
 * @param on 0: the client's session does not change; any other value: it is replaced, the default
 * @return BOSAUTH_OK or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_keep_session(bosauth_options *BOSAUTH_NONNULL options,
                                                int32_t on);

/**
 * Sets the id of the MFA login that the call completes, from bosauth_error_mfa_id(). It is sent in the query.
 * The string is copied.
 *
 * @param options the options
 * @param mfa_id the id; 1 to 255 bytes of A-Z a-z 0-9 _ -
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_mfa_id(bosauth_options *BOSAUTH_NONNULL options,
                                          const char *BOSAUTH_NONNULL mfa_id);

/**
 * Sets the cancellation handle of the call. It may be freed afterwards: the options keep a reference.
 *
 * @param options the options
 * @param cancel the handle, from bosauth_cancel_new()
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_options_set_cancel(bosauth_options *BOSAUTH_NONNULL options,
                                          bosauth_cancel cancel);

/**
 * Sets a function that is called while the call waits: when a signal interrupts a wait, and at least every
 * 200 ms. It is meant for programs that run signal handlers themselves, such as interpreters. It is called on
 * the thread of the call, with no lock of the library held, and may make other calls. Its run time counts
 * towards the deadline. It is not called again after it has returned a value other than 0. It must not throw:
 * an exception terminates the process.
 *
 * @param options the options
 * @param hook the function; NULL for none, the default
 * @param user_data a pointer that is passed to the function and must stay valid during all calls with these
 *        options; may be NULL
 * @return BOSAUTH_OK or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_wait_hook(bosauth_options *BOSAUTH_NONNULL options,
                                             bosauth_wait_fn hook,
                                             void *BOSAUTH_NULLABLE user_data);

/* ---- clients ------------------------------------------------------------------------------------- */

/**
 * Creates a client of one server. Nothing is sent. Plain http protects neither passwords nor responses on the
 * network path: use it on loopback only. The string is copied.
 *
 * @param base_url the server's URL: http or https, a host, an optional port and an optional path prefix,
 *        without user info, query or fragment; at most 2048 bytes of ASCII
 * @param config the configuration, which is copied; may be NULL for the defaults
 * @param client receives the handle, to be freed with bosauth_client_free(); 0 on failure
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8, INVALID_ARGUMENT (also for a session file that can never be
 *         used), or the status of the first setter of `config` that failed
 */
BOSAUTH_API
bosauth_status bosauth_client_new(const char *BOSAUTH_NONNULL base_url,
                                  const bosauth_config *BOSAUTH_NULLABLE config,
                                  bosauth_client *BOSAUTH_NONNULL client,
                                  bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Frees a client. The handle is invalid from then on. Calls in progress on other threads fail with CANCELLED,
 * except those whose response has already been accepted. This function does not wait for them. Listeners are not
 * called any more. They are released when the last call of the client has ended. The stored session remains.
 *
 * @param client the handle; 0 has no effect
 * @return BOSAUTH_OK or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_client_free(bosauth_client client);

/**
 * Frees a client like bosauth_client_free() and waits until none of its calls and callbacks is in progress, except
 * those of the calling thread: a callback may close its client.
 *
 * @param client the handle
 * @param wait_ms the maximum time to wait, in milliseconds; 1 to 86400000
 * @return BOSAUTH_OK, or TIMEOUT if calls are still in progress; the handle is freed in both cases.
 *         INVALID_HANDLE or INVALID_ARGUMENT: nothing was changed
 */
BOSAUTH_API
bosauth_status bosauth_client_close(bosauth_client client,
                                    int64_t wait_ms);

/**
 * Returns a snapshot of the client's current session. With a session file or store, the first call reads it, unless
 * the session has been changed before; bosauth_client_sync_session() reads later changes of other processes.
 *
 * @param client the client
 * @param session receives the snapshot, to be freed with bosauth_session_free(); NULL if there is no session
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK, also if there is no session; INVALID_HANDLE or NULL_ARGUMENT; STORE, STORE_UNAVAILABLE or
 *         STORE_CORRUPT if the stored session cannot be read: the next call tries again
 */
BOSAUTH_API
bosauth_status bosauth_client_session(bosauth_client client,
                                      bosauth_session *BOSAUTH_NULLABLE *BOSAUTH_NONNULL session,
                                      bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Makes a token obtained elsewhere the client's session. Nothing is sent. If it cannot be stored, it is the client's
 * session in memory; see bosauth_session_store_status().
 *
 * @param client the client
 * @param token the session token; 1 to 8192 bytes of A-Z a-z 0-9 . _ ~ + / = -
 * @param record_json the account's record: a JSON object with at most 512 levels of nesting and without
 *        duplicate names at its top level; may be NULL if there is none
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK, INVALID_HANDLE, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_client_save_session(bosauth_client client,
                                           const char *BOSAUTH_NONNULL token,
                                           const char *BOSAUTH_NULLABLE record_json,
                                           bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Removes the client's session, also from the session file or store. Nothing is sent: the server accepts the token
 * until it expires.
 *
 * @param client the client
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK or INVALID_HANDLE. STORE or STORE_UNAVAILABLE: the client has no session any more, but the stored
 *         one remains until the next change of the session or bosauth_client_sync_session() removes it
 */
BOSAUTH_API
bosauth_status bosauth_client_clear_session(bosauth_client client,
                                            bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Makes an exported session the client's session. Nothing is sent. If it cannot be stored, it is the client's session
 * in memory; see bosauth_session_store_status().
 *
 * @param client the client
 * @param text the exported session, from bosauth_session_export() of a client with the same base URL; at most 4259840
 *        bytes (4 MiB and 64 KiB)
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK, INVALID_HANDLE, NULL_ARGUMENT or INVALID_UTF8; INVALID_ARGUMENT if the string is not such a
 *         session, if a later version of the library has exported it, or if it belongs to another base URL
 */
BOSAUTH_API
bosauth_status bosauth_client_import_session(bosauth_client client,
                                             const char *BOSAUTH_NONNULL text,
                                             bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Writes the session to the session file or store if that has failed before, and reads what is stored. A session that
 * another process has stored becomes the client's session; if another process has removed it, there is none. Without a
 * file or store, it has no effect.
 *
 * @param client the client
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK or INVALID_HANDLE; STORE, STORE_UNAVAILABLE or STORE_CORRUPT: the client's session did not change
 */
BOSAUTH_API
bosauth_status bosauth_client_sync_session(bosauth_client client,
                                           bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Returns the number of changes of the client's session: a login, refresh, save, import, clear, or a read of a stored
 * session. Nothing is read. It differs exactly if the session was changed in the meantime.
 *
 * @param client the client
 * @param generation receives the number; 0 on failure
 * @return BOSAUTH_OK, INVALID_HANDLE or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_client_generation(bosauth_client client,
                                         uint64_t *BOSAUTH_NONNULL generation);

/* ---- calls --------------------------------------------------------------------------------------- */

/**
 * Binds a token to an account. From then on, the token alone logs in to the account, like a password: use
 * at least 128 random bits. If the token is bound to another account of the collection, it moves to this
 * one. The client's session does not change. See docs/protocol.md, "Binding".
 *
 * @param client the client
 * @param collection the name or id of the auth collection, such as "users" or "_superusers"; 1 to 255 bytes
 * @param email the account's email, case-sensitive; 1 to 255 bytes
 * @param password the account's password; 1 to 255 bytes
 * @param token the token; 1 to 1024 bytes, sent unchanged
 * @param options per-call options; may be NULL
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK if the token is bound. CREDENTIALS, VALIDATION, METHOD_DISABLED, NOT_FOUND, or one of the
 *         errors common to all calls. If bosauth_error_outcome_unknown() returns 1, the token may be bound;
 *         the call may be retried.
 */
BOSAUTH_API
bosauth_status bosauth_bind_token(bosauth_client client,
                                  const char *BOSAUTH_NONNULL collection,
                                  const char *BOSAUTH_NONNULL email,
                                  const char *BOSAUTH_NONNULL password,
                                  const char *BOSAUTH_NONNULL token,
                                  const bosauth_options *BOSAUTH_NULLABLE options,
                                  bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Unbinds a token from an account. BOSAUTH_OK does not mean that the token was bound: the server returns the
 * same response for a token that was never bound, or that is bound to another account (docs/protocol.md,
 * "Binding"). During the first two seconds of a new server, nothing is removed (docs/protocol.md,
 * "A new server").
 *
 * @param client the client
 * @param collection the name or id of the auth collection; 1 to 255 bytes
 * @param email the account's email, case-sensitive; 1 to 255 bytes
 * @param password the account's password; 1 to 255 bytes
 * @param token the token; 1 to 1024 bytes, sent unchanged
 * @param options per-call options; may be NULL
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK if the token is not bound to this account. The errors are those of bosauth_bind_token().
 */
BOSAUTH_API
bosauth_status bosauth_unbind_token(bosauth_client client,
                                    const char *BOSAUTH_NONNULL collection,
                                    const char *BOSAUTH_NONNULL email,
                                    const char *BOSAUTH_NONNULL password,
                                    const char *BOSAUTH_NONNULL token,
                                    const bosauth_options *BOSAUTH_NULLABLE options,
                                    bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Logs in with a bound token. The new session becomes the client's session, unless
 * bosauth_options_set_keep_session() disables that or a login, save or clear that started later has already
 * completed; see bosauth_session_was_kept(). On failure, the client's session does not change. If the session
 * cannot be stored, the login succeeds nevertheless; see bosauth_session_store_status().
 *
 * @param client the client
 * @param collection the name or id of the auth collection; 1 to 255 bytes
 * @param token the token; 1 to 1024 bytes, sent unchanged
 * @param options per-call options; may be NULL
 * @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK if logged in. UNKNOWN_TOKEN (do not delete the token on a single one, see
 *         BOSAUTH_ERROR_UNKNOWN_TOKEN), MFA_REQUIRED (continue with bosauth_error_mfa_id()), FORBIDDEN,
 *         NOT_FOUND, for a second factor also MFA_SESSION and MFA_SAME_METHOD, or one of the errors common to
 *         all calls.
 */
BOSAUTH_API
bosauth_status bosauth_auth_with_token(bosauth_client client,
                                       const char *BOSAUTH_NONNULL collection,
                                       const char *BOSAUTH_NONNULL token,
                                       const bosauth_options *BOSAUTH_NULLABLE options,
                                       bosauth_session *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE session,
                                       bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Logs in with an identity and a password. The new session becomes the client's session as for
 * bosauth_auth_with_token(). The call is not retried once a byte was sent.
 *
 * @param client the client
 * @param collection the name or id of the auth collection; 1 to 255 bytes
 * @param identity the account's email, or the value of another field that the collection allows; 1 to 255 bytes
 * @param password the account's password; 1 to 255 bytes
 * @param options per-call options, such as bosauth_options_set_mfa_id() for a second factor; may be NULL
 * @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK if logged in. CREDENTIALS, VALIDATION, METHOD_DISABLED, or one of the errors of
 *         bosauth_auth_with_token() except UNKNOWN_TOKEN.
 */
BOSAUTH_API
bosauth_status bosauth_auth_with_password(bosauth_client client,
                                          const char *BOSAUTH_NONNULL collection,
                                          const char *BOSAUTH_NONNULL identity,
                                          const char *BOSAUTH_NONNULL password,
                                          const bosauth_options *BOSAUTH_NULLABLE options,
                                          bosauth_session *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE session,
                                          bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Requests a one-time password, which the server mails to the user. BOSAUTH_OK does not mean that the account
 * exists: the server also returns an id for an unknown email. The call is not retried once a byte was sent.
 *
 * @param client the client
 * @param collection the name or id of the auth collection; 1 to 255 bytes
 * @param email the account's email; 1 to 255 bytes
 * @param options per-call options; may be NULL
 * @param otp_id receives the id of the one-time password, for bosauth_auth_with_otp(); to be freed with
 *        bosauth_string_free()
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK if the server has accepted the request. VALIDATION, METHOD_DISABLED, NOT_FOUND, or one of
 *         the errors common to all calls. If bosauth_error_outcome_unknown() returns 1, the mail may have been
 *         sent.
 */
BOSAUTH_API
bosauth_status bosauth_request_otp(bosauth_client client,
                                   const char *BOSAUTH_NONNULL collection,
                                   const char *BOSAUTH_NONNULL email,
                                   const bosauth_options *BOSAUTH_NULLABLE options,
                                   bosauth_string *BOSAUTH_NULLABLE *BOSAUTH_NONNULL otp_id,
                                   bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Logs in with a one-time password. The new session becomes the client's session as for
 * bosauth_auth_with_token(). The call is not retried once a byte was sent.
 *
 * @param client the client
 * @param collection the name or id of the auth collection; 1 to 255 bytes
 * @param otp_id the id from bosauth_request_otp(); 1 to 255 bytes of A-Z a-z 0-9 _ -
 * @param code the one-time password that the user received; 1 to 71 bytes
 * @param options per-call options, such as bosauth_options_set_mfa_id() for a second factor; may be NULL
 * @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK if logged in. OTP_INVALID (the code is wrong, expired or was tried too often), and the errors
 *         of bosauth_auth_with_password() except CREDENTIALS.
 */
BOSAUTH_API
bosauth_status bosauth_auth_with_otp(bosauth_client client,
                                     const char *BOSAUTH_NONNULL collection,
                                     const char *BOSAUTH_NONNULL otp_id,
                                     const char *BOSAUTH_NONNULL code,
                                     const bosauth_options *BOSAUTH_NULLABLE options,
                                     bosauth_session *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE session,
                                     bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Checks the client's session with the server and updates its record. The new session becomes the client's
 * session, unless bosauth_options_set_keep_session() disables that or the client's session has changed since
 * the start of the call; see bosauth_session_was_kept(). On failure, the client's session does not change.
 *
 * The server returns the token unchanged. From the second refresh of a token on, the record may be up to 30
 * minutes old (docs/protocol.md, "Login response"): for a current one, call bosauth_send() with "GET" and the
 * path "/api/collections/{collection}/records/{id}". The collection of the call is that of the session's
 * record or, without one, of its token.
 *
 * @param client the client
 * @param options per-call options; may be NULL
 * @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK if the server accepts the session. NO_SESSION (there is none, or its collection is
 *         unknown; nothing is sent), UNAUTHORIZED (log in again), FORBIDDEN, NOT_FOUND, or one of the errors
 *         common to all calls. A response of another account is UNEXPECTED_RESPONSE. STORE, STORE_UNAVAILABLE or
 *         STORE_CORRUPT if the stored session cannot be read; nothing is sent.
 */
BOSAUTH_API
bosauth_status bosauth_auth_refresh(bosauth_client client,
                                    const bosauth_options *BOSAUTH_NULLABLE options,
                                    bosauth_session *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE session,
                                    bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Sends any other request below the base URL. The token of the client's session is sent in the Authorization
 * header, if there is a session and neither the options nor the configuration have a header of that name. It is
 * sent to the server of the base URL only. The session does not change. Redirects are not followed. GET and HEAD
 * are retried like other idempotent calls; see docs/timeouts-and-cancellation.md. The options
 * bosauth_options_set_body_json(), bosauth_options_set_mfa_id() and bosauth_options_set_keep_session() do not
 * apply.
 *
 * The secrets of the request are replaced by "***" in what an error shows: the session's token, header values,
 * and in a JSON body the strings and numbers of fields whose names contain "password", "token" or "secret".
 *
 * @param client the client
 * @param method the method, such as "GET", sent unchanged: upper-case letters, digits and !#$%&'*+-.^_`|~; 1 to 32
 *        bytes; neither CONNECT nor TRACE
 * @param path the path below the base URL, such as "/api/health"; at most 2048 bytes. It starts with a slash and
 *        consists of segments of the characters that RFC 3986 allows except @. However often a segment is
 *        percent-decoded, it is UTF-8 without slash, backslash and control characters, and not empty, "." or
 *        "..". The server logs request URLs: do not pass a secret. Query parameters are added with
 *        bosauth_options_add_query()
 * @param body the body, which is copied; may be NULL. Its Content-Type is application/json, unless
 *        bosauth_options_add_header() sets another. GET and HEAD requests must have none
 * @param body_length the number of bytes of the body; at most 33554432; 0 for no body
 * @param options per-call options; may be NULL
 * @param response receives the response, to be freed with bosauth_response_free()
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK if the HTTP status is 200 to 299. UNAUTHORIZED (the session is not accepted, or there is none),
 *         FORBIDDEN, NOT_FOUND, VALIDATION, METHOD_DISABLED, or one of the errors common to all calls. STORE,
 *         STORE_UNAVAILABLE or STORE_CORRUPT if the session's token is to be sent and the stored session cannot be
 *         read; nothing is sent.
 */
BOSAUTH_API
bosauth_status bosauth_send(bosauth_client client,
                            const char *BOSAUTH_NONNULL method,
                            const char *BOSAUTH_NONNULL path,
                            const void *BOSAUTH_NULLABLE body,
                            size_t body_length,
                            const bosauth_options *BOSAUTH_NULLABLE options,
                            bosauth_response *BOSAUTH_NULLABLE *BOSAUTH_NONNULL response,
                            bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/* ---- responses ----------------------------------------------------------------------------------- */

/**
 * Frees a response and all strings returned from it. They are zeroized.
 *
 * @param response the response; may be NULL
 */
BOSAUTH_API
void bosauth_response_free(bosauth_response *BOSAUTH_NULLABLE response);

/**
 * Returns the HTTP status of the response.
 *
 * @param response the response; may be NULL
 * @return 200 to 299; 0 for NULL
 */
BOSAUTH_API
int32_t bosauth_response_http_status(const bosauth_response *BOSAUTH_NULLABLE response);

/**
 * Returns the value of a header. The values of several fields of one name are joined with ", ". Those of
 * Set-Cookie cannot be joined: its value is that of the first. What is not UTF-8 in a value is replaced by U+FFFD.
 *
 * @param response the response; may be NULL
 * @param name the name of the header, such as "Content-Type"; not case-sensitive
 * @return the value, valid until the response is freed; "" if there is no such header, or if name is NULL or not
 *         UTF-8
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_response_header(const bosauth_response *BOSAUTH_NULLABLE response,
                                    const char *BOSAUTH_NONNULL name);

/**
 * Returns the body of the response.
 *
 * @param response the response; may be NULL
 * @param length receives the number of bytes; may be NULL
 * @return the bytes, followed by a NUL; valid until the response is freed
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_response_body(const bosauth_response *BOSAUTH_NULLABLE response,
                                  size_t *BOSAUTH_NULLABLE length);

/* ---- sessions ------------------------------------------------------------------------------------ */

/**
 * Frees a snapshot and all strings returned from it. Its token is zeroized. The client's session does not
 * change.
 *
 * @param session the snapshot; may be NULL
 */
BOSAUTH_API
void bosauth_session_free(bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Copies a snapshot. The copy remains valid when the original is freed, such as one that is passed to a listener.
 *
 * @param session the snapshot
 * @param copy receives the copy, to be freed with bosauth_session_free(); NULL on failure
 * @return BOSAUTH_OK or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_session_copy(const bosauth_session *BOSAUTH_NONNULL session,
                                    bosauth_session *BOSAUTH_NULLABLE *BOSAUTH_NONNULL copy);

/**
 * Returns the session's token, a JWT.
 *
 * @param session the snapshot; may be NULL
 * @return the token, valid until the snapshot is freed; "" for NULL
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_token(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Returns the account's record as the server sent it: a JSON object.
 *
 * @param session the snapshot; may be NULL
 * @return the record, valid until the snapshot is freed; "" if the session was saved without one
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_record_json(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Returns the `meta` value of the login response as JSON.
 *
 * @param session the snapshot; may be NULL
 * @return the JSON, valid until the snapshot is freed; "" if there was none
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_meta_json(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Returns a top-level field of the record, such as "id", "email" or "collectionName". A string is returned
 * unchanged, any other value as JSON. A string that contains NUL or is not valid Unicode is also returned as
 * JSON ("\ud800").
 *
 * @param session the snapshot; may be NULL
 * @param name the name of the field
 * @return the value, valid until the snapshot is freed; "" if there is no such field, or if name is NULL or not
 *         UTF-8
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_field(const bosauth_session *BOSAUTH_NULLABLE session,
                                  const char *BOSAUTH_NONNULL name);

/**
 * Returns the expiry time of the token.
 *
 * @param session the snapshot; may be NULL
 * @return seconds since the Unix epoch; 0 if the token has no expiry
 */
BOSAUTH_API
int64_t bosauth_session_expires_at(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Returns whether the token is a JWT that has not expired. The server may reject it nevertheless.
 *
 * The time is that of the server's clock, if the client had received a response with a Date header and without an
 * Age header when the snapshot was returned; otherwise that of the local clock. The server's time is accurate to the
 * round trip of the newest such response or to 1 second, whichever is longer. Setting the local clock does not
 * change it, and it continues while the device is suspended. Later responses do not apply to this snapshot:
 * bosauth_client_session() returns one with the client's newest time.
 *
 * @param session the snapshot; may be NULL
 * @return 1 or 0
 */
BOSAUTH_API
int32_t bosauth_session_is_valid(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Returns whether the account is a superuser.
 *
 * @param session the snapshot; may be NULL
 * @return 1 or 0
 */
BOSAUTH_API
int32_t bosauth_session_is_superuser(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Returns whether the session became the client's session when it was created. It did not if
 * bosauth_options_set_keep_session() disabled that, if a login, save or clear that started later had already
 * completed, or if the client's session changed during a refresh.
 *
 * @param session the snapshot; may be NULL
 * @return 1 or 0
 */
BOSAUTH_API
int32_t bosauth_session_was_kept(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Returns whether the session was stored when the snapshot was taken. If not, it is live in memory, and the next
 * change of the session or bosauth_client_sync_session() stores it.
 *
 * @param session the snapshot; may be NULL
 * @return BOSAUTH_OK if it is stored, if it is not the client's session, or if the client has no session file or
 *         store; also after a refresh that kept what another client had stored or removed in the meantime. STORE if
 *         the file or store failed, STORE_UNAVAILABLE if it could not be used at that moment.
 */
BOSAUTH_API
bosauth_status bosauth_session_store_status(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Returns the session as a string for bosauth_client_import_session(): a JSON object with the version of the format,
 * the base URL, token, record and meta. Treat it like a password. It is created at the first call.
 *
 * @param session the snapshot; may be NULL
 * @return the string, valid until the snapshot is freed; "" for NULL
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_export(const bosauth_session *BOSAUTH_NULLABLE session);

/* ---- listeners ----------------------------------------------------------------------------------- */

/**
 * Adds a listener for the changes of a client's session from now on. All listeners of a client receive every change in
 * order, one call at a time, usually on the thread that made it. A change that is made in a listener is reported after
 * it has returned. Once the client is freed, listeners are not called any more. See "Callbacks" at the top of this
 * header.
 *
 * @param client the client
 * @param changed the function
 * @param user_data a pointer that is passed to the function; may be NULL
 * @param release releases user_data, when the listener or the client is freed and the last call of the listener has
 *        ended, or at once if this function fails; may be NULL
 * @param listener receives the handle, before the first call of the function; to be freed with
 *        bosauth_listener_free(); 0 on failure
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK, INVALID_HANDLE or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_client_add_listener(bosauth_client client,
                                           bosauth_change_fn changed,
                                           void *BOSAUTH_NULLABLE user_data,
                                           bosauth_release_fn release,
                                           bosauth_listener *BOSAUTH_NONNULL listener,
                                           bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Frees a listener. No call of it starts any more; one that is in progress on another thread may continue. A listener
 * may free itself. The handle of a listener is also to be freed if its client has been freed.
 *
 * @param listener the handle; 0 has no effect
 * @return BOSAUTH_OK or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_listener_free(bosauth_listener listener);

/* ---- strings ------------------------------------------------------------------------------------- */

/**
 * Frees a string. It is zeroized.
 *
 * @param string the string; may be NULL
 */
BOSAUTH_API
void bosauth_string_free(bosauth_string *BOSAUTH_NULLABLE string);

/**
 * Returns the characters of a string.
 *
 * @param string the string; may be NULL
 * @return the characters, valid until the string is freed or set; "" for NULL
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_string_data(const bosauth_string *BOSAUTH_NULLABLE string);

/**
 * Sets the characters of a string, which are copied. The previous characters are zeroized; on failure they remain.
 *
 * @param string the string: that of a bosauth_store_load_fn, or one that a function has returned
 * @param data the characters, without a NUL; may be NULL if length is 0
 * @param length the number of bytes; at most 4259840 (4 MiB and 64 KiB)
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8, or INVALID_ARGUMENT for a NUL or too many bytes
 */
BOSAUTH_API
bosauth_status bosauth_string_set(bosauth_string *BOSAUTH_NONNULL string,
                                  const char *BOSAUTH_NULLABLE data,
                                  size_t length);

/* ---- tokens -------------------------------------------------------------------------------------- */

/**
 * Generates a custom token: 256 random bits from the operating system, as 43 characters of A-Z a-z 0-9 _ -.
 * Nothing is sent.
 *
 * @param token receives the token, to be freed with bosauth_string_free()
 * @param error receives the error; may be NULL
 * @return BOSAUTH_OK or NULL_ARGUMENT; INTERNAL if the operating system provides no random numbers
 */
BOSAUTH_API
bosauth_status bosauth_generate_token(bosauth_string *BOSAUTH_NULLABLE *BOSAUTH_NONNULL token,
                                      bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/* ---- cancellation -------------------------------------------------------------------------------- */

/**
 * Creates a cancellation handle that is not triggered. Pass it to calls with bosauth_options_set_cancel().
 *
 * @return the handle, to be freed with bosauth_cancel_free(); 0 if 16777216 of them exist
 */
BOSAUTH_API
bosauth_cancel bosauth_cancel_new(void);

/**
 * Cancels all calls that use the handle, on all threads. They return CANCELLED, except those whose response
 * has already been accepted: these return BOSAUTH_OK and keep their session. A call that starts later returns
 * CANCELLED and sends nothing. This function does not wait for the calls. Triggering a handle again has no
 * effect.
 *
 * @param cancel the handle
 * @return BOSAUTH_OK or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_cancel_trigger(bosauth_cancel cancel);

/**
 * Frees a cancellation handle. It is invalid from then on. No call is cancelled, and options in which it was set
 * keep working.
 *
 * @param cancel the handle; 0 has no effect
 * @return BOSAUTH_OK or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_cancel_free(bosauth_cancel cancel);

#ifdef __cplusplus
}
#endif

#ifdef __clang__
#pragma clang diagnostic pop
#endif

#endif /* BOSAUTH_H */
