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
#define BOSAUTH_VERSION "0.1.0"

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

/* ---- types and numbers --------------------------------------------------------------------------- */

/**
 * The ABI of this header. The high 16 bits change when the ABI breaks, the low 16 bits when functions
 * are added: a program works with a library of the same high part and an equal or greater low part
 * (compare with bosauth_abi_version()).
 */
#define BOSAUTH_ABI_VERSION 65536

/** Nothing: the app wanted it so. */
#define BOSAUTH_ACTION_NONE 0

/** The program is wrong: change the call. */
#define BOSAUTH_ACTION_FIX_CALL 1

/** Ask the person for email, password or another token. */
#define BOSAUTH_ACTION_ASK_CREDENTIALS 2

/** Go on with a second factor, or begin the login again. */
#define BOSAUTH_ACTION_SECOND_FACTOR 3

/** Wait bosauth_error_retry_after_ms, then try again. */
#define BOSAUTH_ACTION_RETRY_LATER 4

/** Look at the network: offline, captive portal, proxy, wrong server. */
#define BOSAUTH_ACTION_CHECK_NETWORK 5

/** The server's set-up stands in the way: rule, login method, certificate. */
#define BOSAUTH_ACTION_CONTACT_OPERATOR 6

/** A bug of this library: report it. */
#define BOSAUTH_ACTION_REPORT_BUG 7

/**
 * What a call answers: BOSAUTH_OK or one of BOSAUTH_ERROR_*. 0 is success, every failure is positive. A
 * condition keeps its number; an unknown number is to be read by its ten.
 */
typedef int32_t bosauth_status;

/** The call did what it was asked for. */
#define BOSAUTH_OK 0

/** A required argument was NULL. */
#define BOSAUTH_ERROR_NULL_ARGUMENT 1

/** A text was not UTF-8. */
#define BOSAUTH_ERROR_INVALID_UTF8 2

/** A value was empty, too long or malformed; bosauth_error_argument names it. */
#define BOSAUTH_ERROR_INVALID_ARGUMENT 3

/** A handle was stale, freed twice, of another kind or never one. */
#define BOSAUTH_ERROR_INVALID_HANDLE 4

/** The call needs a session and there is none. */
#define BOSAUTH_ERROR_NO_SESSION 5

/** Not built into this library. */
#define BOSAUTH_ERROR_UNSUPPORTED 6

/** The server's name was not found. */
#define BOSAUTH_ERROR_NAME_LOOKUP 10

/** No address of the server could be reached. */
#define BOSAUTH_ERROR_CONNECT 11

/** TLS failed before the first byte of a response: name, chain, expiry, protocol, or an alert of the server. */
#define BOSAUTH_ERROR_TLS 12

/** The certificate chain was good but matched no pin. */
#define BOSAUTH_ERROR_PIN_MISMATCH 13

/** The proxy failed or refused. */
#define BOSAUTH_ERROR_PROXY 14

/** The connection ended before the answer was complete. */
#define BOSAUTH_ERROR_CONNECTION_LOST 15

/** A deadline passed. */
#define BOSAUTH_ERROR_TIMEOUT 16

/** The app cancelled the call. */
#define BOSAUTH_ERROR_CANCELLED 17

/** An answer that is none of the protocol's: redirect, HTML, wrong status or shape. */
#define BOSAUTH_ERROR_UNEXPECTED_RESPONSE 20

/** The answer's head or body is larger than allowed. */
#define BOSAUTH_ERROR_RESPONSE_TOO_LARGE 21

/** The server found a field wrong; bosauth_error_data_json tells which. */
#define BOSAUTH_ERROR_VALIDATION 30

/** Wrong email or password. */
#define BOSAUTH_ERROR_CREDENTIALS 31

/**
 * The token is not bound in this collection. Never delete a token because of one such error: for two seconds
 * after the first bind of a new server the server says it of a bound token. Call again after 3 s. See
 * docs/protocol.md, "A new server".
 */
#define BOSAUTH_ERROR_UNKNOWN_TOKEN 32

/** A second factor is wanted; go on with bosauth_error_mfa_id. */
#define BOSAUTH_ERROR_MFA_REQUIRED 33

/** The MFA id is unknown, used, expired or another account's. */
#define BOSAUTH_ERROR_MFA_SESSION 34

/** The second factor must be another method than the first. */
#define BOSAUTH_ERROR_MFA_SAME_METHOD 35

/** The one-time password is wrong, expired or tried too often. */
#define BOSAUTH_ERROR_OTP_INVALID 36

/** Password or one-time password login is off in this collection. */
#define BOSAUTH_ERROR_METHOD_DISABLED 37

/** The session is not accepted (any more). */
#define BOSAUTH_ERROR_UNAUTHORIZED 40

/** The collection's auth rule refuses this account. */
#define BOSAUTH_ERROR_FORBIDDEN 41

/** The collection or path does not exist. */
#define BOSAUTH_ERROR_NOT_FOUND 42

/** Too many requests; wait bosauth_error_retry_after_ms. */
#define BOSAUTH_ERROR_RATE_LIMITED 43

/** The server failed (5xx). It may have processed the request: see bosauth_error_outcome_unknown. */
#define BOSAUTH_ERROR_SERVER 44

/** Any other refusal of the protocol. */
#define BOSAUTH_ERROR_REFUSED 45

/** The session file or store callback failed. */
#define BOSAUTH_ERROR_STORE 50

/** The store is not available now; nothing was lost. */
#define BOSAUTH_ERROR_STORE_UNAVAILABLE 51

/** The stored session is damaged; it is kept as it is. */
#define BOSAUTH_ERROR_STORE_CORRUPT 52

/** The app's own transport failed. */
#define BOSAUTH_ERROR_TRANSPORT 53

/** A bug of this library; the client stays usable. */
#define BOSAUTH_ERROR_INTERNAL 90

/** A client of one BosBase server: a handle, checked on every use. 0 is never one. */
typedef uint64_t bosauth_client;

/**
 * A wish that calls stop: a handle, checked on every use. 0 is never one. Once triggered it stays so for
 * good. It may serve any number of calls, clients and threads, and options that hold it keep what it stands
 * for: freeing the handle during a call neither stops nor breaks the call.
 */
typedef uint64_t bosauth_cancel;

/** What went wrong in one call. Immutable; free it with bosauth_error_free. */
typedef struct bosauth_error bosauth_error;

/**
 * How a client is set up. A setter that fails answers at once and is remembered: bosauth_client_new then
 * fails with the full error of the first one, whatever is set later.
 */
typedef struct bosauth_config bosauth_config;

/**
 * How one call differs from the configuration. A setter that fails answers at once and is remembered: a
 * call made with the options then fails with the full error of the first one, whatever is set later. An
 * option without meaning for a call is ignored.
 */
typedef struct bosauth_options bosauth_options;

/** Who is logged in: a snapshot that does not change. Free it with bosauth_session_free. */
typedef struct bosauth_session bosauth_session;

/**
 * A wait hook, see bosauth_options_set_wait_hook.
 *
 * @param user_data what was set with the hook
 * @return 0 to go on; anything else ends the call with CANCELLED
 */
typedef int32_t (*BOSAUTH_NULLABLE bosauth_wait_fn)(void *BOSAUTH_NULLABLE user_data);

/* ---- library ------------------------------------------------------------------------------------- */

/**
 * The version of the library that is loaded, such as "0.1.0".
 *
 * @return a text that is never freed
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_version(void);

/**
 * The ABI of the library that is loaded: to be compared with BOSAUTH_ABI_VERSION of the header.
 *
 * @return the number; see BOSAUTH_ABI_VERSION for what its halves mean
 */
BOSAUTH_API
uint32_t bosauth_abi_version(void);

/**
 * The name of a status without its prefix, such as "TIMEOUT", "OK" for BOSAUTH_OK.
 *
 * @param status any number
 * @return a text that is never freed; "UNKNOWN" for a number that this library does not know
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_status_name(bosauth_status status);

/**
 * The name of an action without its prefix, such as "CHECK_NETWORK".
 *
 * @param action any number
 * @return a text that is never freed; "UNKNOWN" for a number that this library does not know
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_action_name(int32_t action);

/* ---- errors -------------------------------------------------------------------------------------- */

/**
 * Frees an error and all texts got from it.
 *
 * @param error the error; may be NULL
 */
BOSAUTH_API
void bosauth_error_free(bosauth_error *BOSAUTH_NULLABLE error);

/**
 * The condition: the same as the status that the call returned.
 *
 * @param error the error; may be NULL
 * @return one of BOSAUTH_ERROR_*; BOSAUTH_OK for NULL
 */
BOSAUTH_API
bosauth_status bosauth_error_status(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * What to do about it.
 *
 * @param error the error; may be NULL
 * @return one of BOSAUTH_ACTION_*; treat an unknown one as BOSAUTH_ACTION_NONE
 */
BOSAUTH_API
int32_t bosauth_error_action(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * One line in English for the log: no secret and no text of the server's is in it.
 *
 * @param error the error; may be NULL
 * @return a text that lives as long as the error; "" for NULL
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_message(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * The name of the bad argument as in this header ("email", "client"); of several bad ones the first.
 *
 * @param error the error; may be NULL
 * @return a text that lives as long as the error; "" if no argument was bad
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_argument(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * Whether the server may have processed the request although the call failed: 1 once a byte of the request was
 * sent, unless a response proves that nothing was done. Such are a 4xx, 3xx or 1xx in BosBase's own form,
 * BOSAUTH_ERROR_MFA_REQUIRED and BOSAUTH_ERROR_RATE_LIMITED. A 5xx never proves it: BosBase also answers one when
 * its database fails after the commit.
 *
 * @param error the error; may be NULL
 * @return 1: it may have; 0: it has not
 */
BOSAUTH_API
int32_t bosauth_error_outcome_unknown(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * The HTTP status of the server's answer.
 *
 * @param error the error; may be NULL
 * @return the status; 0 without an answer
 */
BOSAUTH_API
int32_t bosauth_error_http_status(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * The server's own message, made safe to show: at most 512 bytes, no control or direction-changing
 * characters, secrets of the call replaced by "***".
 *
 * @param error the error; may be NULL
 * @return a text that lives as long as the error; "" if the server sent none
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_server_message(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * The `data` object of the server's response as JSON: for BOSAUTH_ERROR_VALIDATION, why each field is wrong.
 * Secrets of the call are replaced by "***"; BosBase's own names, codes and sentences are left whole.
 *
 * @param error the error; may be NULL
 * @return a text that lives as long as the error; "" if the server sent none, "{}" if it is longer than 64 KiB
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_data_json(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * The first 64 KiB of the response's body, secrets of the call replaced by "***". Empty without a response, for
 * every 2xx response, since it may hold a token, and if the call has more secrets than can be looked for (256 KiB
 * of header values and extra fields).
 *
 * @param error the error; may be NULL
 * @param length gets the number of bytes; may be NULL
 * @return bytes that live as long as the error, followed by a NUL
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_body(const bosauth_error *BOSAUTH_NULLABLE error,
                               size_t *BOSAUTH_NULLABLE length);

/**
 * The address that the call was for, without query and user-info.
 *
 * @param error the error; may be NULL
 * @return a text that lives as long as the error; "" if an argument was refused
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_url(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * How long to wait before the next try.
 *
 * @param error the error; may be NULL
 * @return milliseconds, at most a day; 0: there is nothing to wait for
 */
BOSAUTH_API
int64_t bosauth_error_retry_after_ms(const bosauth_error *BOSAUTH_NULLABLE error);

/**
 * The id of the started MFA login, for bosauth_options_set_mfa_id of the second factor's call.
 *
 * @param error the error; may be NULL
 * @return a text that lives as long as the error; "" unless the status is BOSAUTH_ERROR_MFA_REQUIRED
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_error_mfa_id(const bosauth_error *BOSAUTH_NULLABLE error);

/* ---- configuration ------------------------------------------------------------------------------- */

/**
 * Makes a configuration with the defaults: 20 s for a call, 5 s of it to connect, User-Agent "bosauth",
 * answers up to 1 MiB, the bundled certificate roots.
 *
 * @return an object to free with bosauth_config_free
 */
BOSAUTH_API
bosauth_config *BOSAUTH_NONNULL bosauth_config_new(void);

/**
 * Frees a configuration. Clients made with it have copied it.
 *
 * @param config the configuration; may be NULL
 */
BOSAUTH_API
void bosauth_config_free(bosauth_config *BOSAUTH_NULLABLE config);

/**
 * Sets the deadline of a whole call. A login may wait 15 s for the server's alert mail, so a shorter one
 * than that can fail logins that were good.
 *
 * @param config the configuration
 * @param ms milliseconds, 1 to 86400000; default 20000
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_timeout_ms(bosauth_config *BOSAUTH_NONNULL config,
                                             int64_t ms);

/**
 * Sets the deadline for name lookup, connection and TLS handshake together, within the call's own.
 *
 * @param config the configuration
 * @param ms milliseconds, 1 to 86400000; default 5000
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_connect_timeout_ms(bosauth_config *BOSAUTH_NONNULL config,
                                                     int64_t ms);

/**
 * Sets the User-Agent. Keep it stable: the server mails the user when it changes.
 *
 * @param config the configuration
 * @param text 1 to 255 bytes of visible ASCII and spaces, no space at the ends; default "bosauth"
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_user_agent(bosauth_config *BOSAUTH_NONNULL config,
                                             const char *BOSAUTH_NONNULL text);

/**
 * Adds a header to every request; the same name added twice is sent twice. Not allowed are the names that
 * the library writes itself or that change what a request means: Host, Content-Length, Content-Type,
 * Transfer-Encoding, Connection, Keep-Alive, TE, Trailer, Upgrade, Expect, Accept-Encoding, Proxy-*,
 * Cookie.
 *
 * @param config the configuration
 * @param name a header name (RFC 9110 section 5.6.2), 1 to 255 bytes
 * @param value up to 8192 bytes without CR, LF and other control characters
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_add_header(bosauth_config *BOSAUTH_NONNULL config,
                                         const char *BOSAUTH_NONNULL name,
                                         const char *BOSAUTH_NONNULL value);

/**
 * Sets the largest body of an answer that is read; a larger one is BOSAUTH_ERROR_RESPONSE_TOO_LARGE.
 *
 * @param config the configuration
 * @param bytes 1 to 4194304 (4 MiB); default 1048576
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_set_max_response_bytes(bosauth_config *BOSAUTH_NONNULL config,
                                                     uint64_t bytes);

/**
 * Trusts one or more certificate authorities besides the bundled ones. The error of a certificate that cannot be
 * used names its number.
 *
 * @param config the configuration
 * @param pem the content of a PEM file (RFC 7468) with at least one certificate. Text around the blocks may be in
 *   any encoding, UTF-8 or not, and blocks of other kinds are left out.
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_config_add_roots_pem(bosauth_config *BOSAUTH_NONNULL config,
                                            const char *BOSAUTH_NONNULL pem);

/* ---- options ------------------------------------------------------------------------------------- */

/**
 * Makes options that change nothing.
 *
 * @return an object to free with bosauth_options_free
 */
BOSAUTH_API
bosauth_options *BOSAUTH_NONNULL bosauth_options_new(void);

/**
 * Frees options. Calls under way have copied them.
 *
 * @param options the options; may be NULL
 */
BOSAUTH_API
void bosauth_options_free(bosauth_options *BOSAUTH_NULLABLE options);

/**
 * Sets the deadline of the whole call, instead of the configuration's.
 *
 * @param options the options
 * @param ms milliseconds, 1 to 86400000
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_timeout_ms(bosauth_options *BOSAUTH_NONNULL options,
                                              int64_t ms);

/**
 * Adds a query parameter such as expand or fields. The server writes the address into its log: put no
 * secret here. The names token and mfaId are refused.
 *
 * @param options the options
 * @param name 1 to 255 bytes
 * @param value up to 8192 bytes
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_add_query(bosauth_options *BOSAUTH_NONNULL options,
                                         const char *BOSAUTH_NONNULL name,
                                         const char *BOSAUTH_NONNULL value);

/**
 * Adds a header. It replaces the configuration's of that name; the same name added twice here is sent
 * twice. Which names are allowed: see bosauth_config_add_header.
 *
 * @param options the options
 * @param name a header name (RFC 9110 section 5.6.2), 1 to 255 bytes
 * @param value up to 8192 bytes without CR, LF and other control characters
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_add_header(bosauth_options *BOSAUTH_NONNULL options,
                                          const char *BOSAUTH_NONNULL name,
                                          const char *BOSAUTH_NONNULL value);

/**
 * Sets extra members for the request's body. Names that would take the place of the call's own are
 * refused, in any case: email, password, token, identity, identityField, otpId, mfaId.
 *
 * @param options the options
 * @param object a JSON object of up to 65536 bytes without duplicate names
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_body_json(bosauth_options *BOSAUTH_NONNULL options,
                                             const char *BOSAUTH_NONNULL object);

/**
 * Says whether a login's session becomes the client's.
 *
 * @param options the options
 * @param on 0: log in without keeping the session; anything else: keep it, the default
 * @return BOSAUTH_OK or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_keep_session(bosauth_options *BOSAUTH_NONNULL options,
                                                int32_t on);

/**
 * Sets the id of a started MFA login, from bosauth_error_mfa_id, to finish it by another method. It is
 * sent in the query.
 *
 * @param options the options
 * @param mfa_id 1 to 255 bytes of A-Z a-z 0-9 _ -
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_mfa_id(bosauth_options *BOSAUTH_NONNULL options,
                                          const char *BOSAUTH_NONNULL mfa_id);

/**
 * Sets what can stop the call.
 *
 * @param options the options; they hold what the handle stands for, so that it may be freed
 * @param cancel the handle, from bosauth_cancel_new
 * @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_options_set_cancel(bosauth_options *BOSAUTH_NONNULL options,
                                          bosauth_cancel cancel);

/**
 * Sets a function that is called while the call waits: when a signal interrupts a wait, and at least every
 * 200 ms. For hosts that run signal handlers themselves, as interpreters do. It is called on the thread of the
 * call, holds no lock of the library, and may make other calls; the call's deadline includes the time it takes.
 * It is not called again after it ended the call. It must not throw: an exception ends the process.
 *
 * @param options the options
 * @param hook the function; NULL for none, the default
 * @param user_data passed to the function; may be NULL. It must live as long as any call that has the options
 * @return BOSAUTH_OK or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_options_set_wait_hook(bosauth_options *BOSAUTH_NONNULL options,
                                             bosauth_wait_fn hook,
                                             void *BOSAUTH_NULLABLE user_data);

/* ---- clients ------------------------------------------------------------------------------------- */

/**
 * Makes a client of one server. Nothing is sent yet. Over plain http anybody on the way reads the
 * passwords and can forge an answer: use it on loopback only.
 *
 * @param base_url http or https, a host, perhaps a port and a path prefix; no user-info, query or
 *        fragment; up to 2048 bytes of ASCII
 * @param config how to set it up, copied; may be NULL for the defaults
 * @param client gets the handle, to free with bosauth_client_free; 0 on failure
 * @param error gets the error; may be NULL
 * @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8, INVALID_ARGUMENT or a failed setter's status
 */
BOSAUTH_API
bosauth_status bosauth_client_new(const char *BOSAUTH_NONNULL base_url,
                                  const bosauth_config *BOSAUTH_NULLABLE config,
                                  bosauth_client *BOSAUTH_NONNULL client,
                                  bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Frees a client: the handle is invalid at once. Calls of it that are under way on other threads end with
 * CANCELLED, unless their answer has already been accepted; this does not wait for them.
 *
 * @param client the handle; 0 is nothing to free
 * @return BOSAUTH_OK or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_client_free(bosauth_client client);

/**
 * Frees a client as bosauth_client_free does, and waits until none of its calls is under way any more.
 *
 * @param client the handle
 * @param wait_ms how long to wait at most, in milliseconds, 1 to 86400000
 * @return BOSAUTH_OK, or TIMEOUT if calls are still under way: the handle is gone in both cases.
 *         INVALID_HANDLE or INVALID_ARGUMENT: nothing was done
 */
BOSAUTH_API
bosauth_status bosauth_client_close(bosauth_client client,
                                    int64_t wait_ms);

/**
 * Gets the session that the client holds, as it is now.
 *
 * @param client the handle
 * @param session gets a snapshot to free with bosauth_session_free; NULL if nobody is logged in
 * @param error gets the error; may be NULL
 * @return BOSAUTH_OK, also when nobody is logged in; INVALID_HANDLE or NULL_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_client_session(bosauth_client client,
                                      bosauth_session *BOSAUTH_NULLABLE *BOSAUTH_NONNULL session,
                                      bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Makes a token that was got elsewhere the client's session.
 *
 * @param client the handle
 * @param token 1 to 8192 bytes of A-Z a-z 0-9 . _ ~ + / = -
 * @param record_json the account's record, a JSON object nested up to 512 levels deep and without duplicate names
 *                    at its top level; may be NULL if there is none
 * @param error gets the error; may be NULL
 * @return BOSAUTH_OK, INVALID_HANDLE, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
 */
BOSAUTH_API
bosauth_status bosauth_client_save_session(bosauth_client client,
                                           const char *BOSAUTH_NONNULL token,
                                           const char *BOSAUTH_NULLABLE record_json,
                                           bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/**
 * Forgets the client's session. The server is not told: it accepts the token until it expires.
 *
 * @param client the handle
 * @param error gets the error; may be NULL
 * @return BOSAUTH_OK or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_client_clear_session(bosauth_client client,
                                            bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/* ---- calls --------------------------------------------------------------------------------------- */

/**
 * Binds a token to an account, so that it logs the account in by itself. A token bound to another account
 * of the collection moves to this one, without a word. The token is itself a password from then on: make
 * it of at least 128 random bits. The client's session is not touched. See docs/protocol.md, "Binding".
 *
 * @param client the handle
 * @param collection the auth collection's name or id, 1 to 255 bytes: "users", "_superusers" or any other
 * @param email the account's email, 1 to 255 bytes; upper and lower case differ
 * @param password the account's password, 1 to 255 bytes
 * @param token the token, 1 to 1024 bytes; never trimmed
 * @param options how this call differs; may be NULL
 * @param error gets the error; may be NULL
 * @return BOSAUTH_OK: the token is bound. CREDENTIALS, VALIDATION, METHOD_DISABLED, NOT_FOUND, and what any
 *         call may meet. With bosauth_error_outcome_unknown the token may be bound; binding again is safe.
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
 * Ends the binding of a token to an account. BOSAUTH_OK does not prove that it was bound: the server
 * answers the same for a token that never was, or is another account's (docs/protocol.md, "Binding"). In
 * the first two seconds of a new server it removes nothing (docs/protocol.md, "A new server").
 *
 * @param client the handle
 * @param collection the auth collection's name or id, 1 to 255 bytes
 * @param email the account's email, 1 to 255 bytes; upper and lower case differ
 * @param password the account's password, 1 to 255 bytes
 * @param token the token, 1 to 1024 bytes; never trimmed
 * @param options how this call differs; may be NULL
 * @param error gets the error; may be NULL
 * @return BOSAUTH_OK: the token is not bound to this account any more. Errors as of bosauth_bind_token.
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
 * Logs in with a bound token. The session becomes the client's, unless the options say otherwise or a
 * login, save or clear begun later has won (bosauth_session_was_kept). An error leaves the client's session
 * as it was.
 *
 * @param client the handle
 * @param collection the auth collection's name or id, 1 to 255 bytes
 * @param token the token, 1 to 1024 bytes; never trimmed
 * @param options how this call differs; may be NULL
 * @param session gets a snapshot to free with bosauth_session_free; may be NULL
 * @param error gets the error; may be NULL
 * @return BOSAUTH_OK: somebody is logged in. UNKNOWN_TOKEN (never delete the token because of one, see
 *         BOSAUTH_ERROR_UNKNOWN_TOKEN), MFA_REQUIRED (go on with bosauth_error_mfa_id), FORBIDDEN,
 *         NOT_FOUND, and what any call may meet.
 */
BOSAUTH_API
bosauth_status bosauth_auth_with_token(bosauth_client client,
                                       const char *BOSAUTH_NONNULL collection,
                                       const char *BOSAUTH_NONNULL token,
                                       const bosauth_options *BOSAUTH_NULLABLE options,
                                       bosauth_session *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE session,
                                       bosauth_error *BOSAUTH_NULLABLE *BOSAUTH_NULLABLE error);

/* ---- sessions ------------------------------------------------------------------------------------ */

/**
 * Frees a snapshot and all texts got from it; the token in it is wiped. The client's session stays.
 *
 * @param session the snapshot; may be NULL
 */
BOSAUTH_API
void bosauth_session_free(bosauth_session *BOSAUTH_NULLABLE session);

/**
 * The session's token, a JWT.
 *
 * @param session the snapshot; may be NULL
 * @return a text that lives as long as the snapshot; "" for NULL
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_token(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * The account's record as the server sent it: a JSON object.
 *
 * @param session the snapshot; may be NULL
 * @return a text that lives as long as the snapshot; "" if the session was saved without a record
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_record_json(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * What the server added to the login's answer, as JSON.
 *
 * @param session the snapshot; may be NULL
 * @return a text that lives as long as the snapshot; "" if it added nothing
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_meta_json(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * A field of the record: "id", "email", "collectionName" or any other at its top level.
 *
 * @param session the snapshot; may be NULL
 * @param name the field's name
 * @return a text that lives as long as the snapshot: a string as its text, anything else as JSON, and so a
 *         string that holds NUL or is not valid Unicode ("\ud800"); "" if there is no such field, or name is
 *         NULL or not UTF-8
 */
BOSAUTH_API
const char *BOSAUTH_NONNULL bosauth_session_field(const bosauth_session *BOSAUTH_NULLABLE session,
                                  const char *BOSAUTH_NONNULL name);

/**
 * When the token expires.
 *
 * @param session the snapshot; may be NULL
 * @return Unix seconds; 0 if the token does not say
 */
BOSAUTH_API
int64_t bosauth_session_expires_at(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Whether the token is a JWT that has not expired, by this machine's clock. Only the server knows whether
 * it still accepts it.
 *
 * @param session the snapshot; may be NULL
 * @return 1 or 0
 */
BOSAUTH_API
int32_t bosauth_session_is_valid(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Whether a superuser is logged in.
 *
 * @param session the snapshot; may be NULL
 * @return 1 or 0
 */
BOSAUTH_API
int32_t bosauth_session_is_superuser(const bosauth_session *BOSAUTH_NULLABLE session);

/**
 * Whether it became the client's session when it was made. It did not if the options said so, or if a
 * login, save or clear begun later had won already.
 *
 * @param session the snapshot; may be NULL
 * @return 1 or 0
 */
BOSAUTH_API
int32_t bosauth_session_was_kept(const bosauth_session *BOSAUTH_NULLABLE session);

/* ---- stopping calls ------------------------------------------------------------------------------ */

/**
 * Makes a cancel that is not yet triggered. Give it to calls by bosauth_options_set_cancel.
 *
 * @return the handle, to free with bosauth_cancel_free; 0 if there are 16777216 of them
 */
BOSAUTH_API
bosauth_cancel bosauth_cancel_new(void);

/**
 * Stops the calls that have the cancel, on whatever thread they are and whatever they wait for: they end
 * with CANCELLED, unless their answer has already been accepted; then the call is OK and its session is
 * kept. A call that begins afterwards is CANCELLED and sends nothing. This does not wait for the calls. To
 * trigger twice is no mistake.
 *
 * @param cancel the handle
 * @return BOSAUTH_OK or INVALID_HANDLE
 */
BOSAUTH_API
bosauth_status bosauth_cancel_trigger(bosauth_cancel cancel);

/**
 * Frees a cancel: the handle is invalid at once. Nothing is stopped by it, and options that hold it keep
 * what it stands for.
 *
 * @param cancel the handle; 0 is nothing to free
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
