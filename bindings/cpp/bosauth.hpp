// C++17 API of bosauth: binds a token to a BosBase account, unbinds it, logs in with it, and keeps the session.
//
// Header-only wrapper of bosauth.h; link the same library. Every call has two forms:
//
//     client.bind_token(...)        throws bosauth::exception
//     client.try_bind_token(...)    returns a bosauth::result; also available without exceptions
//
// Rules
//  - Functions take std::string_view and return std::string, which does not refer to memory of the library;
//    response::body alone returns a view. A string with a NUL is rejected as invalid_argument, except for the body of
//    send.
//  - Session stores, listeners and wait hooks are called on threads that are inside a call, with no lock held. They may
//    make any call, and even close or destroy the client.
//  - Threads may share a client, a cancel, and config and options objects that no thread modifies. A moved-from or
//    closed client returns invalid_handle.
//  - The copies that this header makes of argument strings are zeroized. Returned strings belong to the caller.
//  - Only the throwing form of a call throws bosauth::exception. Any function that allocates may throw
//    std::bad_alloc. No exception passes through the library: that of a session store is an error of the store, and
//    that of a listener or wait hook ends the process.
#ifndef BOSAUTH_HPP
#define BOSAUTH_HPP

#include <bosauth.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

// Defines __cpp_lib_jthread and __cpp_lib_span if std::stop_token and std::span are available.
#if __has_include(<version>)
#include <version>
#endif
#if defined(__cpp_lib_jthread)
#include <stop_token>
#endif
#if defined(__cpp_lib_span)
#include <span>
#endif

/// Client for custom tokens of BosBase accounts.
namespace bosauth {

// This header uses functions of ABI 1.2.
static_assert((BOSAUTH_ABI_VERSION >> 16) == 1 && (BOSAUTH_ABI_VERSION & 0xffff) >= 2,
              "bosauth.hpp and bosauth.h are of different versions");

// ---- numbers ------------------------------------------------------------------------------------------

/// The condition that an error reports; bosauth.h documents each. Interpret an unknown status by its range.
enum class status_code : std::int32_t {  // NOLINT(performance-enum-size): the type of the C header
    ok = BOSAUTH_OK,
    null_argument = BOSAUTH_ERROR_NULL_ARGUMENT,
    invalid_utf8 = BOSAUTH_ERROR_INVALID_UTF8,
    invalid_argument = BOSAUTH_ERROR_INVALID_ARGUMENT,
    invalid_handle = BOSAUTH_ERROR_INVALID_HANDLE,
    no_session = BOSAUTH_ERROR_NO_SESSION,
    unsupported = BOSAUTH_ERROR_UNSUPPORTED,
    name_lookup = BOSAUTH_ERROR_NAME_LOOKUP,
    connect = BOSAUTH_ERROR_CONNECT,
    tls = BOSAUTH_ERROR_TLS,
    proxy = BOSAUTH_ERROR_PROXY,
    connection_lost = BOSAUTH_ERROR_CONNECTION_LOST,
    timeout = BOSAUTH_ERROR_TIMEOUT,
    cancelled = BOSAUTH_ERROR_CANCELLED,
    unexpected_response = BOSAUTH_ERROR_UNEXPECTED_RESPONSE,
    response_too_large = BOSAUTH_ERROR_RESPONSE_TOO_LARGE,
    validation = BOSAUTH_ERROR_VALIDATION,
    credentials = BOSAUTH_ERROR_CREDENTIALS,
    /// Do not delete a token on a single error of this kind: retry after 3 s, see bosauth.h.
    unknown_token = BOSAUTH_ERROR_UNKNOWN_TOKEN,
    mfa_required = BOSAUTH_ERROR_MFA_REQUIRED,
    mfa_session = BOSAUTH_ERROR_MFA_SESSION,
    mfa_same_method = BOSAUTH_ERROR_MFA_SAME_METHOD,
    otp_invalid = BOSAUTH_ERROR_OTP_INVALID,
    method_disabled = BOSAUTH_ERROR_METHOD_DISABLED,
    unauthorized = BOSAUTH_ERROR_UNAUTHORIZED,
    forbidden = BOSAUTH_ERROR_FORBIDDEN,
    not_found = BOSAUTH_ERROR_NOT_FOUND,
    rate_limited = BOSAUTH_ERROR_RATE_LIMITED,
    server = BOSAUTH_ERROR_SERVER,
    refused = BOSAUTH_ERROR_REFUSED,
    store = BOSAUTH_ERROR_STORE,
    store_unavailable = BOSAUTH_ERROR_STORE_UNAVAILABLE,
    store_corrupt = BOSAUTH_ERROR_STORE_CORRUPT,
    internal = BOSAUTH_ERROR_INTERNAL,
};

/// What to do about an error; bosauth.h documents each. Treat an unknown action as none.
enum class action_code : std::int32_t {  // NOLINT(performance-enum-size): the type of the C header
    none = BOSAUTH_ACTION_NONE,
    fix_call = BOSAUTH_ACTION_FIX_CALL,
    ask_credentials = BOSAUTH_ACTION_ASK_CREDENTIALS,
    second_factor = BOSAUTH_ACTION_SECOND_FACTOR,
    retry_later = BOSAUTH_ACTION_RETRY_LATER,
    check_network = BOSAUTH_ACTION_CHECK_NETWORK,
    contact_operator = BOSAUTH_ACTION_CONTACT_OPERATOR,
    report_bug = BOSAUTH_ACTION_REPORT_BUG,
};

/// What changed the session of a client. Ignore an unknown kind.
enum class change_kind : std::int32_t {  // NOLINT(performance-enum-size): the type of the C header
    /// A login.
    login = BOSAUTH_CHANGE_LOGIN,
    /// A refresh.
    refresh = BOSAUTH_CHANGE_REFRESH,
    /// A session that was saved with client::save_session.
    save = BOSAUTH_CHANGE_SAVE,
    /// The session was removed with client::clear_session.
    clear = BOSAUTH_CHANGE_CLEAR,
    /// A session that was imported with client::import_session.
    import = BOSAUTH_CHANGE_IMPORT,
    /// The session was read from the session file or store, or it has been removed there.
    load = BOSAUTH_CHANGE_LOAD,
};

/// Returns the name of a status, such as "TIMEOUT", or "UNKNOWN" for a status unknown to the library.
[[nodiscard]] inline std::string_view name(status_code status) noexcept {
    return bosauth_status_name(static_cast<bosauth_status>(status));
}

/// Returns the name of an action, such as "CHECK_NETWORK", or "UNKNOWN" for an action unknown to the library.
[[nodiscard]] inline std::string_view name(action_code action) noexcept {
    return bosauth_action_name(static_cast<std::int32_t>(action));
}

/// Returns the version of the loaded library, such as "0.1.0".
[[nodiscard]] inline std::string_view version() noexcept {
    return bosauth_version();
}

// ---- errors -------------------------------------------------------------------------------------------

/// The error of a call. Strings are empty and optionals have no value where they do not apply.
struct error {
    /// The cause.
    status_code status{status_code::ok};
    /// The action to take.
    action_code action{action_code::none};
    /// One line in English for the log, without secrets and without strings from the server.
    std::string message;
    /// The name of the first invalid argument as in bosauth.h, such as "email" or "client".
    std::string argument;
    /// True if the server may have processed the request even though the call failed, as after every 5xx.
    bool outcome_unknown{false};
    /// The HTTP status of the response.
    std::optional<int> http_status;
    /// The sanitized message of the server.
    std::string server_message;
    /// The `data` object of the response as JSON: for validation, the error of each rejected field.
    std::string data_json;
    /// The first 64 KiB of the response body; empty for a 2xx response.
    std::string body;
    /// The URL of the request, without query and user info.
    std::string url;
    /// How long to wait before a retry.
    std::optional<std::chrono::milliseconds> retry_after;
    /// For mfa_required: the id of the started login, to be passed to options::mfa_id for the second factor.
    std::string mfa_id;

    /// Returns status and message in one line, such as "CREDENTIALS: wrong email or password".
    [[nodiscard]] std::string to_string() const {
        return std::string(name(status)).append(": ").append(message);
    }
};

#if defined(__cpp_exceptions)
/// Thrown by the throwing form of a call. what() is error::to_string().
class exception : public std::runtime_error {
public:
    /// Creates an exception for an error.
    explicit exception(const error& details)
        : std::runtime_error(details.to_string()), details_(std::make_shared<const error>(details)) {}

    /// Returns the error.
    [[nodiscard]] const error& details() const noexcept { return *details_; }
    /// Returns the cause.
    [[nodiscard]] status_code status() const noexcept { return details_->status; }
    /// Returns the action to take.
    [[nodiscard]] action_code action() const noexcept { return details_->action; }

private:
    // Shared, because copying an exception must not throw.
    std::shared_ptr<const error> details_;
};
#endif

// ---- results ------------------------------------------------------------------------------------------

/// The value or the error of a call. Accessing the one that is absent calls std::abort.
template <class T>
class [[nodiscard]] result {
public:
    /// Creates the result of a successful call.
    result(T value) : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
    /// Creates the result of a failed call.
    result(bosauth::error error)  // NOLINT(*-explicit-*)
        : content_(std::in_place_index<1>, std::move(error)) {}

    /// Returns whether the call succeeded.
    [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
    /// Returns whether the call succeeded.
    explicit operator bool() const noexcept { return has_value(); }

    /// Returns the value.
    [[nodiscard]] T& value() & noexcept { return present(std::get_if<0>(&content_)); }
    /// Returns the value.
    [[nodiscard]] const T& value() const& noexcept { return present(std::get_if<0>(&content_)); }
    /// Returns the value, to be moved from.
    [[nodiscard]] T&& value() && noexcept { return std::move(present(std::get_if<0>(&content_))); }
    /// Returns the value.
    [[nodiscard]] T& operator*() & noexcept { return value(); }
    /// Returns the value.
    [[nodiscard]] const T& operator*() const& noexcept { return value(); }
    /// Returns the value, to be moved from.
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*this).value(); }
    /// Returns the value.
    [[nodiscard]] T* operator->() noexcept { return &value(); }
    /// Returns the value.
    [[nodiscard]] const T* operator->() const noexcept { return &value(); }

    /// Returns the error.
    [[nodiscard]] const bosauth::error& error() const noexcept {
        return present(std::get_if<1>(&content_));
    }

#if defined(__cpp_exceptions)
    /// Returns the value, or throws the error.
    T or_throw() && {
        if (!has_value()) {
            throw exception(error());
        }
        return std::move(*this).value();
    }
#endif

private:
    template <class Content>
    static Content& present(Content* content) noexcept {
        if (content == nullptr) {
            std::abort();
        }
        return *content;
    }

    std::variant<T, bosauth::error> content_;
};

/// The result of a call without a value. Accessing the error of a successful call calls std::abort.
template <>
class [[nodiscard]] result<void> {
public:
    /// Creates the result of a successful call.
    result() noexcept = default;
    /// Creates the result of a failed call.
    result(bosauth::error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

    /// Returns whether the call succeeded.
    [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
    /// Returns whether the call succeeded.
    explicit operator bool() const noexcept { return has_value(); }

    /// Returns the error.
    [[nodiscard]] const bosauth::error& error() const noexcept {
        if (!error_) {
            std::abort();
        }
        return *error_;
    }

#if defined(__cpp_exceptions)
    /// Throws the error, if there is one.
    void or_throw() const {
        if (error_) {
            throw exception(*error_);
        }
    }
#endif

private:
    std::optional<bosauth::error> error_;
};

// ---- implementation details ----------------------------------------------------------------------------

/// Implementation details, which may change without notice.
namespace detail {

/// Frees objects of the C library.
struct deleter {
    void operator()(bosauth_error* object) const noexcept { bosauth_error_free(object); }
    void operator()(bosauth_config* object) const noexcept { bosauth_config_free(object); }
    void operator()(bosauth_options* object) const noexcept { bosauth_options_free(object); }
    void operator()(bosauth_session* object) const noexcept { bosauth_session_free(object); }
    void operator()(bosauth_response* object) const noexcept { bosauth_response_free(object); }
    void operator()(bosauth_string* object) const noexcept { bosauth_string_free(object); }
};

/// An owned object of the C library.
template <class T>
using owned = std::unique_ptr<T, deleter>;

/// A string that is zeroized on destruction.
class zeroized_string {
public:
    zeroized_string() = default;
    explicit zeroized_string(std::string_view content) : content_(content) {}

    zeroized_string(const zeroized_string&) = delete;
    zeroized_string(zeroized_string&&) = delete;
    zeroized_string& operator=(const zeroized_string&) = delete;
    zeroized_string& operator=(zeroized_string&&) = delete;

    ~zeroized_string() {
        // volatile, because the compiler may remove writes to memory that is freed next.
        volatile char* byte = content_.data();
        for (std::size_t at = 0; at < content_.size(); ++at) {
            byte[at] = '\0';
        }
    }

    [[nodiscard]] std::string& get() noexcept { return content_; }
    [[nodiscard]] const std::string& get() const noexcept { return content_; }

private:
    std::string content_;
};

/// A NUL-terminated copy of an argument string, zeroized on destruction.
class c_string {
public:
    c_string(std::string_view argument, std::string_view content)
        : argument_(argument), has_nul_(content.find('\0') != std::string_view::npos), copy_(content) {}

    /// Returns the string. A string with a NUL would be truncated in C, so a placeholder that is not UTF-8 replaces it:
    /// the library then rejects it in the order of the arguments.
    [[nodiscard]] const char* get() const noexcept { return has_nul_ ? "\xff" : copy_.get().c_str(); }

    /// Returns the name of the argument if the string contains a NUL, else "".
    [[nodiscard]] std::string_view nul_argument() const noexcept {
        return has_nul_ ? argument_ : std::string_view();
    }

private:
    std::string_view argument_;
    bool has_nul_;
    zeroized_string copy_;
};

/// The names of arguments that contain a NUL; "" for arguments that do not.
using nul_arguments = std::initializer_list<std::string_view>;

/// Returns whether an error is the library's response to the placeholder of c_string.
[[nodiscard]] inline bool is_nul(const error& failure, nul_arguments nuls) noexcept {
    // PEM may contain strings that are not UTF-8. The placeholder is then not a certificate.
    if (failure.status != status_code::invalid_utf8 && failure.status != status_code::invalid_argument) {
        return false;
    }
    for (const std::string_view argument : nuls) {
        if (!argument.empty() && failure.argument == argument) {
            return true;
        }
    }
    return false;
}

/// Copies an error of the C library.
[[nodiscard]] inline error copy(const bosauth_error* object, nul_arguments nuls) {
    error failure;
    failure.status = static_cast<status_code>(bosauth_error_status(object));
    failure.action = static_cast<action_code>(bosauth_error_action(object));
    failure.message = bosauth_error_message(object);
    failure.argument = bosauth_error_argument(object);
    failure.outcome_unknown = bosauth_error_outcome_unknown(object) != 0;
    if (const int http_status = bosauth_error_http_status(object); http_status != 0) {
        failure.http_status = http_status;
    }
    failure.server_message = bosauth_error_server_message(object);
    failure.data_json = bosauth_error_data_json(object);
    std::size_t length = 0;
    const char* body = bosauth_error_body(object, &length);
    failure.body.assign(body, length);
    failure.url = bosauth_error_url(object);
    if (const std::int64_t wait = bosauth_error_retry_after_ms(object); wait != 0) {
        failure.retry_after = std::chrono::milliseconds(wait);
    }
    failure.mfa_id = bosauth_error_mfa_id(object);
    if (is_nul(failure, nuls)) {
        failure.status = status_code::invalid_argument;
        failure.message = failure.argument + " must not contain NUL";
    }
    return failure;
}

/// Calls a function of the C library.
template <class Call>
result<void> run(Call call, nul_arguments nuls = {}) {
    bosauth_error* object = nullptr;
    const bosauth_status status = call(&object);
    const owned<bosauth_error> failure(object);
    if (status == BOSAUTH_OK) {
        return {};
    }
    return copy(failure.get(), nuls);
}

/// Calls a function of the C library that returns an object.
template <class T, class Call>
result<void> run_for_object(owned<T>& object, Call call, nul_arguments nuls) {
    return run(
        [&](bosauth_error** e) {
            T* returned = nullptr;
            const bosauth_status status = call(&returned, e);
            object.reset(returned);
            return status;
        },
        nuls);
}

/// Calls a function of the C library that returns a string.
template <class Call>
result<std::string> run_for_string(Call call, nul_arguments nuls = {}) {
    owned<bosauth_string> string;
    const auto done = run_for_object(string, call, nuls);
    return done ? result<std::string>(bosauth_string_data(string.get())) : done.error();
}

/// Formats an ABI version, such as "1.0".
[[nodiscard]] inline std::string abi_string(std::uint32_t abi) {
    return std::to_string(abi >> 16U) + "." + std::to_string(abi & 0xffffU);
}

/// Checks that a library with ABI version `loaded` can be used by a program compiled for `required`.
[[nodiscard]] inline result<void> check_abi(std::uint32_t loaded, std::uint32_t required) {
    if ((loaded >> 16U) == (required >> 16U) && (loaded & 0xffffU) >= (required & 0xffffU)) {
        return {};
    }
    error failure;
    failure.status = status_code::unsupported;
    failure.action = action_code::fix_call;
    failure.message = "the bosauth library that is loaded has ABI " + abi_string(loaded) +
                      "; this program was compiled for ABI " + abi_string(required);
    return failure;
}

/// Base class of config and options: an object of the C library, created by the first setter.
template <class T, T* (*Make)()>
class settings {
public:
    /// Returns the object of the C library; NULL if nothing is set.
    [[nodiscard]] const T* get() const noexcept { return object_.get(); }

    /// Returns the name of the argument if the first setter that failed received a NUL, else "".
    [[nodiscard]] std::string_view nul_argument() const noexcept {
        return failed_nul_.value_or(std::string_view());
    }

protected:
    /// Calls a setter. `nul` names the argument that contains a NUL. The C object keeps the error of the first setter
    /// that failed, but not that the original string contained a NUL.
    template <class Set>
    void set(Set setter, std::string_view nul = {}) {
        if (!object_) {
            object_.reset(Make());
            failed_nul_.reset();
        }
        if (setter(object_.get()) != BOSAUTH_OK && !failed_nul_) {
            failed_nul_ = nul;
        }
    }

    /// Calls a setter for a name and a value.
    template <class Set>
    void set_pair(Set setter, std::string_view name, std::string_view value) {
        const c_string name_string("name", name);
        const c_string value_string("value", value);
        set([&](T* object) { return setter(object, name_string.get(), value_string.get()); },
            name_string.nul_argument().empty() ? value_string.nul_argument() : name_string.nul_argument());
    }

    /// Calls a setter for a string.
    template <class Set>
    void set_string(Set setter, std::string_view argument, std::string_view content) {
        const c_string string(argument, content);
        set([&](T* object) { return setter(object, string.get()); }, string.nul_argument());
    }

private:
    owned<T> object_;
    std::optional<std::string_view> failed_nul_;
};

}  // namespace detail

// ---- session stores -----------------------------------------------------------------------------------

#if defined(__cpp_exceptions)
/// Thrown by a session_store that cannot be used at the moment, like a locked keychain. An alternative to returning
/// status_code::store_unavailable.
class store_unavailable : public std::runtime_error {
public:
    /// Creates the exception. The library does not read the reason.
    explicit store_unavailable(const std::string& reason = "the session store is unavailable")
        : std::runtime_error(reason) {}
};
#endif

/// The base class of a store of the app for the session, such as a keychain. See config::session_store.
///
/// A store has one string, which contains the session token: treat it like a password. The functions return ok, store,
/// or store_unavailable if the store cannot be used at the moment; any other status counts as store. They may also
/// throw: bosauth::store_unavailable counts as store_unavailable, every other exception as store.
///
/// The functions are called on threads that are inside a call of a client, with no lock held, and one at a time for
/// each client; several clients with the same store may call them at the same time. Their run time does not count
/// towards the timeout of a call. They may make calls of the client: current_session then returns the session in
/// memory, and a change is stored after they have returned.
class session_store {
public:
    session_store() = default;
    session_store(const session_store&) = delete;
    session_store(session_store&&) = delete;
    session_store& operator=(const session_store&) = delete;
    session_store& operator=(session_store&&) = delete;
    virtual ~session_store() = default;

    /// Reads the stored string into `session`, which is empty; leaves it empty if there is none. The library zeroizes
    /// `session`, but not memory that the string has left while it grew: assign the string at once.
    virtual status_code load(std::string& session) = 0;

    /// Stores `session` in place of what is stored, or removes that if there is no value. After an error, the old
    /// string should still be stored. A NUL follows the last character of the view. The library zeroizes the string
    /// when the function has returned; copies belong to the store.
    virtual status_code save(std::optional<std::string_view> session) = 0;
};

namespace detail {

/// Deletes the user data of a callback.
template <class T>
void release(void* user_data) noexcept {
    delete static_cast<T*>(user_data);  // NOLINT(*-owning-memory): the C library owns it
}

/// The user data of a session store.
using shared_store = std::shared_ptr<session_store>;

/// Calls a function of a session store and returns its status.
template <class Call>
bosauth_status call_store(Call call) noexcept {
#if defined(__cpp_exceptions)
    try {
        return call();
    } catch (const store_unavailable&) {
        return BOSAUTH_ERROR_STORE_UNAVAILABLE;
    } catch (...) {
        return BOSAUTH_ERROR_STORE;
    }
#else
    return call();
#endif
}

/// The load callback of a session store.
inline bosauth_status load_session(void* store, bosauth_string* session) noexcept {
    return call_store([&]() -> bosauth_status {
        zeroized_string loaded;
        const status_code status = (*static_cast<shared_store*>(store))->load(loaded.get());
        if (status != status_code::ok) {
            return static_cast<bosauth_status>(status);
        }
        return bosauth_string_set(session, loaded.get().data(), loaded.get().size());
    });
}

/// The save callback of a session store.
inline bosauth_status save_session(void* store, const char* session) noexcept {
    return call_store([&] {
        const auto saved = session == nullptr ? std::nullopt : std::optional<std::string_view>(session);
        return static_cast<bosauth_status>((*static_cast<shared_store*>(store))->save(saved));
    });
}

}  // namespace detail

// ---- configuration ------------------------------------------------------------------------------------

/// The configuration of a client: `config().timeout(5s).user_agent("my app")`. bosauth.h documents the defaults. If a
/// setter fails, creating the client returns the error of the first one that failed.
class config : public detail::settings<bosauth_config, bosauth_config_new> {
public:
    /// Sets the total timeout of a call, 1 ms to one day; default 20 s. A login may take 15 s while the server sends an
    /// alert mail.
    config& timeout(std::chrono::milliseconds limit) & {
        set([=](bosauth_config* c) { return bosauth_config_set_timeout_ms(c, limit.count()); });
        return *this;
    }
    /// Sets the timeout of name resolution, connection and TLS handshake together, 1 ms to one day; default 5 s.
    config& connect_timeout(std::chrono::milliseconds limit) & {
        set([=](bosauth_config* c) { return bosauth_config_set_connect_timeout_ms(c, limit.count()); });
        return *this;
    }
    /// Sets the User-Agent. Keep it constant: the server mails the user when it changes.
    config& user_agent(std::string_view agent) & {
        set_string(bosauth_config_set_user_agent, "user_agent", agent);
        return *this;
    }
    /// Adds a header to every request.
    config& add_header(std::string_view name, std::string_view value) & {
        set_pair(bosauth_config_add_header, name, value);
        return *this;
    }
    /// Sets the maximum size of a response body, 1 byte to 4 MiB; default 1 MiB.
    config& max_response_bytes(std::uint64_t bytes) & {
        set([=](bosauth_config* c) { return bosauth_config_set_max_response_bytes(c, bytes); });
        return *this;
    }
    /// Trusts the certificate authorities in a PEM string, in addition to the bundled ones.
    config& add_roots_pem(std::string_view pem) & {
        set_string(bosauth_config_add_roots_pem, "pem", pem);
        return *this;
    }
    /// Keeps the session in a file at this path and reads it from there. A relative path is made absolute at once.
    /// Creating a client fails with invalid_argument if the directory does not exist, or if the path is something else
    /// than a regular file of the user. The file is created with the first session. Replaces an earlier session_file or
    /// session_store. bosauth.h documents the file.
    config& session_file(std::string_view path) & {
        set_string(bosauth_config_set_session_file, "path", path);
        return *this;
    }
    /// Keeps the session in a store of the app and reads it from there. The configuration and the clients made from it
    /// share the store; the last of them destroys it, on the thread of the call that ends its use. An empty pointer is
    /// rejected as null_argument. Replaces an earlier session_file or session_store.
    config& session_store(std::shared_ptr<bosauth::session_store> store) & {
        const auto load = store ? detail::load_session : nullptr;
        const auto save = store ? detail::save_session : nullptr;
        auto user_data = std::make_unique<detail::shared_store>(std::move(store));
        set([&](bosauth_config* c) {
            return bosauth_config_set_session_store(c, load, save, user_data.release(),
                                                    detail::release<detail::shared_store>);
        });
        return *this;
    }

    // Overloads for temporaries, so that `auto c = config().timeout(5s);` compiles.

    /// @overload
    config&& timeout(std::chrono::milliseconds limit) && { return std::move(timeout(limit)); }
    /// @overload
    config&& connect_timeout(std::chrono::milliseconds limit) && {
        return std::move(connect_timeout(limit));
    }
    /// @overload
    config&& user_agent(std::string_view agent) && { return std::move(user_agent(agent)); }
    /// @overload
    config&& add_header(std::string_view name, std::string_view value) && {
        return std::move(add_header(name, value));
    }
    /// @overload
    config&& max_response_bytes(std::uint64_t bytes) && { return std::move(max_response_bytes(bytes)); }
    /// @overload
    config&& add_roots_pem(std::string_view pem) && { return std::move(add_roots_pem(pem)); }
    /// @overload
    config&& session_file(std::string_view path) && { return std::move(session_file(path)); }
    /// @overload
    config&& session_store(std::shared_ptr<bosauth::session_store> store) && {
        return std::move(session_store(std::move(store)));
    }
};

// ---- cancellation -------------------------------------------------------------------------------------

/// A cancellation handle, passed to calls with options::cancel. It can serve any number of calls, clients and threads.
/// It can be moved but not copied; a moved-from handle returns invalid_handle. Destroying it cancels nothing: options
/// keep a reference to it.
class cancel {
public:
    /// Creates a handle that is not triggered. At most 16777216 can exist at a time; options reject a further one as
    /// invalid_handle.
    cancel() noexcept = default;

    cancel(const cancel&) = delete;
    cancel& operator=(const cancel&) = delete;
    /// Moves a handle.
    cancel(cancel&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
    /// Frees this handle and moves the other one.
    cancel& operator=(cancel&& other) noexcept {
        if (this != &other) {
            bosauth_cancel_free(handle_);
            handle_ = std::exchange(other.handle_, 0);
        }
        return *this;
    }
    ~cancel() { bosauth_cancel_free(handle_); }

    /// Cancels the calls that use this handle, on any thread and in any phase: they fail with cancelled, unless their
    /// response has been accepted. A call that starts later fails with cancelled and sends nothing. Does not wait for
    /// the calls. May be called from any thread, and repeatedly.
    // The status may be ignored: triggering fails only after a move.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    status_code trigger() const noexcept {
        return static_cast<status_code>(bosauth_cancel_trigger(handle_));
    }

    /// Returns the handle for functions of bosauth.h. This object keeps ownership.
    [[nodiscard]] bosauth_cancel handle() const noexcept { return handle_; }

private:
    bosauth_cancel handle_{bosauth_cancel_new()};
};

#if defined(__cpp_lib_jthread)
namespace detail {

/// A cancellation handle that a std::stop_token triggers.
class stop_link {
public:
    explicit stop_link(std::stop_token token) : callback_(std::move(token), trigger{cancel_.handle()}) {}

    [[nodiscard]] const cancel& source() const noexcept { return cancel_; }

private:
    struct trigger {
        bosauth_cancel handle;
        void operator()() const noexcept { bosauth_cancel_trigger(handle); }
    };

    cancel cancel_;
    std::stop_callback<trigger> callback_;
};

}  // namespace detail
#endif

namespace detail {

/// The wait hook of the C library. noexcept: an exception ends the process.
inline std::int32_t call_wait_hook(void* function) noexcept {
    return (*static_cast<const std::function<bool()>*>(function))() ? 1 : 0;
}

}  // namespace detail

// ---- options ------------------------------------------------------------------------------------------

/// Per-call options: `options().timeout(2s).add_query("expand", "team")`. If a setter fails, the call returns the error
/// of the first one that failed. A call ignores options that do not apply to it.
class options : public detail::settings<bosauth_options, bosauth_options_new> {
public:
    /// Sets the total timeout of the call, 1 ms to one day.
    options& timeout(std::chrono::milliseconds limit) & {
        set([=](bosauth_options* o) { return bosauth_options_set_timeout_ms(o, limit.count()); });
        return *this;
    }
    /// Adds a query parameter such as expand or fields. The server logs the URL, so it must not contain a secret.
    options& add_query(std::string_view name, std::string_view value) & {
        set_pair(bosauth_options_add_query, name, value);
        return *this;
    }
    /// Adds a header, which replaces the header of that name in the configuration. Only client::send accepts a
    /// Content-Type.
    options& add_header(std::string_view name, std::string_view value) & {
        set_pair(bosauth_options_add_header, name, value);
        return *this;
    }
    /// Sets extra fields for the request body: a JSON object.
    options& body_json(std::string_view object) & {
        set_string(bosauth_options_set_body_json, "object", object);
        return *this;
    }
    /// Sets whether a login or refresh replaces the session of the client; default true.
    options& keep_session(bool keep) & {
        set([=](bosauth_options* o) { return bosauth_options_set_keep_session(o, keep ? 1 : 0); });
        return *this;
    }
    /// Sets the id of a started MFA login, from error::mfa_id, to complete it with another method.
    options& mfa_id(std::string_view id) & {
        set_string(bosauth_options_set_mfa_id, "mfa_id", id);
        return *this;
    }
    /// Sets the handle that can cancel the call. It may be destroyed before the call. Replaces an earlier cancel or
    /// stop.
    options& cancel(const bosauth::cancel& source) & {
        set([&](bosauth_options* o) { return bosauth_options_set_cancel(o, source.handle()); });
        stop_.reset();
        return *this;
    }
#if defined(__cpp_lib_jthread)
    /// Sets a token that can cancel the call: calls with these options fail with cancelled after its source has
    /// requested a stop. C++20 and later. Replaces an earlier cancel or stop.
    options& stop(std::stop_token token) & {
        auto link = std::make_shared<detail::stop_link>(std::move(token));
        cancel(link->source());
        stop_ = std::move(link);
        return *this;
    }
#endif
    /// Sets a function that is called on the thread of the call while it waits: when a signal interrupts a wait, and at
    /// least every 200 ms. If it returns true, the call fails with cancelled. For hosts that run signal handlers
    /// themselves. The function may make other calls; if it throws, the process ends. An empty function removes the
    /// hook.
    options& wait_hook(std::function<bool()> hook) & {
        auto owned_hook = std::make_shared<std::function<bool()>>(std::move(hook));
        const auto function = *owned_hook ? detail::call_wait_hook : nullptr;
        set([&](bosauth_options* o) { return bosauth_options_set_wait_hook(o, function, owned_hook.get()); });
        wait_hook_ = std::move(owned_hook);
        return *this;
    }

    // Overloads for temporaries, so that `auto o = options().timeout(2s);` compiles.

    /// @overload
    options&& timeout(std::chrono::milliseconds limit) && { return std::move(timeout(limit)); }
    /// @overload
    options&& add_query(std::string_view name, std::string_view value) && {
        return std::move(add_query(name, value));
    }
    /// @overload
    options&& add_header(std::string_view name, std::string_view value) && {
        return std::move(add_header(name, value));
    }
    /// @overload
    options&& body_json(std::string_view object) && { return std::move(body_json(object)); }
    /// @overload
    options&& keep_session(bool keep) && { return std::move(keep_session(keep)); }
    /// @overload
    options&& mfa_id(std::string_view id) && { return std::move(mfa_id(id)); }
    /// @overload
    options&& cancel(const bosauth::cancel& source) && { return std::move(cancel(source)); }
    /// @overload
    options&& wait_hook(std::function<bool()> hook) && { return std::move(wait_hook(std::move(hook))); }
#if defined(__cpp_lib_jthread)
    /// @overload
    options&& stop(std::stop_token token) && { return std::move(stop(std::move(token))); }
#endif

private:
    // Declared in every standard, so that the layout of the class does not depend on it.
    std::shared_ptr<void> stop_;
    std::shared_ptr<void> wait_hook_;
};

// ---- sessions -----------------------------------------------------------------------------------------

namespace detail {
struct borrowed_session;
}  // namespace detail

/// A snapshot of a session, which does not change. Its token is zeroized when it is destroyed. A moved-from session has
/// empty strings and is not valid.
class session {
public:
    /// Returns the session token, a JWT. The string is a copy that the caller owns: a secret.
    [[nodiscard]] std::string token() const { return bosauth_session_token(object_.get()); }
    /// Returns the record of the account, a JSON object; "" if the session was saved without one.
    [[nodiscard]] std::string record_json() const { return bosauth_session_record_json(object_.get()); }
    /// Returns the `meta` value of the login response as JSON; "" if there is none.
    [[nodiscard]] std::string meta_json() const { return bosauth_session_meta_json(object_.get()); }

    /// Returns a field of the record such as "id" or "email": the value of a string, other values as JSON; "" if there
    /// is no such field.
    [[nodiscard]] std::string field(std::string_view name) const {
        const detail::c_string name_string("name", name);
        return bosauth_session_field(object_.get(), name_string.get());
    }

    /// Returns the expiry of the token in Unix seconds, if the token has one.
    [[nodiscard]] std::optional<std::int64_t> expires_at() const noexcept {
        const std::int64_t seconds = bosauth_session_expires_at(object_.get());
        return seconds == 0 ? std::nullopt : std::optional(seconds);
    }
    /// Returns whether the token is a JWT that has not expired: by the server's clock, if the client had received a
    /// response with a Date and without an Age header when this session was returned, otherwise by the local clock.
    /// The server's clock is accurate to the round trip of the newest such response or to 1 second, whichever is
    /// longer. Setting the local clock does not change it, and it continues while the device is suspended.
    [[nodiscard]] bool is_valid() const noexcept { return bosauth_session_is_valid(object_.get()) != 0; }
    /// Returns whether the account is a superuser.
    [[nodiscard]] bool is_superuser() const noexcept {
        return bosauth_session_is_superuser(object_.get()) != 0;
    }
    /// Returns whether the login or refresh made this the session of the client.
    [[nodiscard]] bool was_kept() const noexcept { return bosauth_session_was_kept(object_.get()) != 0; }
    /// Returns ok if the session is stored or the client has no session file or store; otherwise store or
    /// store_unavailable: it could not be stored yet. The next change, or client::sync_session, tries again.
    [[nodiscard]] status_code store_status() const noexcept {
        return static_cast<status_code>(bosauth_session_store_status(object_.get()));
    }

    /// Returns the session as a string for client::import_session: one JSON object with base URL, token and record. The
    /// string is a copy that the caller owns: a secret.
    [[nodiscard]] std::string export_text() const { return bosauth_session_export(object_.get()); }

    /// Returns a copy with the same values, such as one of the session of a change, to use it after the listener has
    /// returned.
    [[nodiscard]] session copy() const noexcept {
        bosauth_session* copied = nullptr;
        static_cast<void>(bosauth_session_copy(object_.get(), &copied));
        return session(copied);
    }

private:
    friend class client;
    friend struct detail::borrowed_session;
    explicit session(bosauth_session* object) noexcept : object_(object) {}

    detail::owned<bosauth_session> object_;
};

// ---- listeners ----------------------------------------------------------------------------------------

/// A change of a client's session, as listeners receive it.
struct change {
    /// What changed the session.
    change_kind kind;
    /// The number of changes of the client up to this one; see client::generation.
    std::uint64_t generation;
    /// The session from then on; nullptr if nobody is logged in any more. Valid during the call of the listener;
    /// session::copy returns one that is valid for longer.
    const bosauth::session* session;
};

/// A function that receives the changes of a client's session.
using listener = std::function<void(const change&)>;

namespace detail {

/// A session that belongs to the C library.
struct borrowed_session {
    explicit borrowed_session(const bosauth_session* object) noexcept
        // The accessors do not modify it.
        : session(const_cast<bosauth_session*>(object)) {}  // NOLINT(*-const-cast)
    borrowed_session(const borrowed_session&) = delete;
    borrowed_session(borrowed_session&&) = delete;
    borrowed_session& operator=(const borrowed_session&) = delete;
    borrowed_session& operator=(borrowed_session&&) = delete;
    ~borrowed_session() { static_cast<void>(session.object_.release()); }

    bosauth::session session;
};

/// The change callback of a listener. noexcept: an exception ends the process.
inline void call_listener(void* function, bosauth_client /*client*/, std::int32_t kind, std::uint64_t generation,
                          const bosauth_session* object) noexcept {
    const borrowed_session borrowed(object);
    (*static_cast<const listener*>(function))(
        {static_cast<change_kind>(kind), generation, object == nullptr ? nullptr : &borrowed.session});
}

}  // namespace detail

/// A listener's registration. Destroying it removes the listener: no call of it starts after that, but one in progress
/// on another thread may finish, so the function should own what it uses. May be destroyed in the listener, and after
/// the client. It can be moved but not copied; a default-constructed or moved-from subscription has no listener.
class [[nodiscard]] subscription {
public:
    /// Creates a subscription without a listener.
    subscription() noexcept = default;

    subscription(const subscription&) = delete;
    subscription& operator=(const subscription&) = delete;
    /// Moves a subscription.
    subscription(subscription&& other) noexcept : handle_(other.release()) {}
    /// Removes the listener of this subscription and moves the other one.
    subscription& operator=(subscription&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = other.release();
        }
        return *this;
    }
    ~subscription() { reset(); }

    /// Removes the listener, if there is one.
    void reset() noexcept { bosauth_listener_free(release()); }

    /// Gives up the listener without removing it. Returns its handle, to be freed with bosauth_listener_free; 0 if
    /// there is none.
    [[nodiscard]] bosauth_listener release() noexcept { return std::exchange(handle_, 0); }

    /// Returns whether there is a listener.
    explicit operator bool() const noexcept { return handle_ != 0; }

private:
    friend class client;

    bosauth_listener handle_{0};
};

// ---- responses ----------------------------------------------------------------------------------------

/// The response to client::send, which does not change. It is zeroized when it is destroyed. A moved-from response has
/// the HTTP status 0, no headers and an empty body.
class response {
public:
    /// Returns the HTTP status: 200 to 299.
    [[nodiscard]] int http_status() const noexcept { return bosauth_response_http_status(object_.get()); }

    /// Returns the value of a header such as "Content-Type", whose name is not case-sensitive; "" if there is no such
    /// header. The values of several fields of one name are joined with ", ", except those of Set-Cookie: its value is
    /// that of the first.
    [[nodiscard]] std::string header(std::string_view name) const {
        const detail::c_string name_string("name", name);
        return bosauth_response_header(object_.get(), name_string.get());
    }

    /// Returns the bytes of the body, which may contain NUL. The view is valid until the response is destroyed, moved
    /// or assigned to.
    [[nodiscard]] std::string_view body() const& noexcept {
        std::size_t length = 0;
        const char* bytes = bosauth_response_body(object_.get(), &length);
        return {bytes, length};
    }
    /// Does not compile: the view would refer to a destroyed response. Store the response in a variable.
    [[nodiscard]] std::string_view body() const&& = delete;

private:
    friend class client;
    explicit response(bosauth_response* object) noexcept : object_(object) {}

    detail::owned<bosauth_response> object_;
};

// ---- tokens -------------------------------------------------------------------------------------------

/// generate_token without exceptions.
[[nodiscard]] inline result<std::string> try_generate_token() {
    if (auto compatible = detail::check_abi(bosauth_abi_version(), BOSAUTH_ABI_VERSION); !compatible) {
        return compatible.error();
    }
    return detail::run_for_string(bosauth_generate_token);
}

#if defined(__cpp_exceptions)
/// Generates a custom token: 256 random bits from the operating system, as 43 characters of A-Z a-z 0-9 _ -. Sends
/// nothing. The token is a secret: zeroize the string before it is destroyed.
[[nodiscard]] inline std::string generate_token() {
    return try_generate_token().or_throw();
}
#endif

// ---- clients ------------------------------------------------------------------------------------------

/// A client of one BosBase server. It can be moved but not copied. Threads may share a client, and any of them may
/// close it; moving and assigning require exclusive access.  close() and the destructor cancel the client's calls on
/// other threads: they fail with cancelled, unless their response has been accepted. A call in progress does not use
/// this object, so it may be destroyed meanwhile; no call may start after that.
class client {
public:
    /// Creates a client of the server at this URL. Sends nothing. Use plain http on loopback only.
    static result<client> make(std::string_view base_url, const config& configuration = config()) {
        if (auto compatible = detail::check_abi(bosauth_abi_version(), BOSAUTH_ABI_VERSION); !compatible) {
            return compatible.error();
        }
        const detail::c_string url("base_url", base_url);
        client created;
        const auto done = detail::run(
            [&](bosauth_error** e) {
                return bosauth_client_new(url.get(), configuration.get(), &created.handle_, e);
            },
            {url.nul_argument(), configuration.nul_argument()});
        return done ? result<client>(std::move(created)) : done.error();
    }

    client(const client&) = delete;
    client& operator=(const client&) = delete;
    /// Moves a client. The other one then returns invalid_handle.
    client(client&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
    /// Closes this client and moves the other one, which then returns invalid_handle.
    client& operator=(client&& other) noexcept {
        if (this != &other) {
            close();
            handle_ = std::exchange(other.handle_, 0);
        }
        return *this;
    }
    ~client() { close(); }

    /// Closes the client and cancels its calls on other threads, without waiting for them. Closing again has no effect.
    // handle_ is not reset, because other threads may read it. The library rejects it after this.
    void close() noexcept { bosauth_client_free(handle_); }

    /// Closes the client as close() does, and waits up to `wait`, 1 ms to one day, until its calls have returned.
    ///
    /// @return ok; timeout if calls are still in progress; invalid_handle if it was closed before; invalid_argument,
    ///         without closing, if `wait` is out of range
    // The status may be ignored if the caller has no use for the remaining calls.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    status_code close(std::chrono::milliseconds wait) noexcept {
        return static_cast<status_code>(bosauth_client_close(handle_, wait.count()));
    }

    /// Returns the handle for functions of bosauth.h. This object keeps ownership.
    [[nodiscard]] bosauth_client handle() const noexcept { return handle_; }

    /// bind_token without exceptions.
    result<void> try_bind_token(std::string_view collection, std::string_view email,
                                std::string_view password, std::string_view token,
                                const options& call_options = options()) const {
        return change_binding(bosauth_bind_token, collection, email, password, token, call_options);
    }

    /// unbind_token without exceptions.
    result<void> try_unbind_token(std::string_view collection, std::string_view email,
                                  std::string_view password, std::string_view token,
                                  const options& call_options = options()) const {
        return change_binding(bosauth_unbind_token, collection, email, password, token, call_options);
    }

    /// auth_with_token without exceptions.
    result<session> try_auth_with_token(std::string_view collection, std::string_view token,
                                        const options& call_options = options()) const {
        const detail::c_string collection_string("collection", collection);
        const detail::c_string token_string("token", token);
        return log_in(
            [&](bosauth_session** login, bosauth_error** e) {
                return bosauth_auth_with_token(handle_, collection_string.get(), token_string.get(),
                                               call_options.get(), login, e);
            },
            {collection_string.nul_argument(), token_string.nul_argument(), call_options.nul_argument()});
    }

    /// auth_with_password without exceptions.
    result<session> try_auth_with_password(std::string_view collection, std::string_view identity,
                                           std::string_view password,
                                           const options& call_options = options()) const {
        const detail::c_string collection_string("collection", collection);
        const detail::c_string identity_string("identity", identity);
        const detail::c_string password_string("password", password);
        return log_in(
            [&](bosauth_session** login, bosauth_error** e) {
                return bosauth_auth_with_password(handle_, collection_string.get(), identity_string.get(),
                                                  password_string.get(), call_options.get(), login, e);
            },
            {collection_string.nul_argument(), identity_string.nul_argument(), password_string.nul_argument(),
             call_options.nul_argument()});
    }

    /// request_otp without exceptions.
    result<std::string> try_request_otp(std::string_view collection, std::string_view email,
                                        const options& call_options = options()) const {
        const detail::c_string collection_string("collection", collection);
        const detail::c_string email_string("email", email);
        return detail::run_for_string(
            [&](bosauth_string** otp_id, bosauth_error** e) {
                return bosauth_request_otp(handle_, collection_string.get(), email_string.get(),
                                           call_options.get(), otp_id, e);
            },
            {collection_string.nul_argument(), email_string.nul_argument(), call_options.nul_argument()});
    }

    /// auth_with_otp without exceptions.
    result<session> try_auth_with_otp(std::string_view collection, std::string_view otp_id,
                                      std::string_view code, const options& call_options = options()) const {
        const detail::c_string collection_string("collection", collection);
        const detail::c_string otp_id_string("otp_id", otp_id);
        const detail::c_string code_string("code", code);
        return log_in(
            [&](bosauth_session** login, bosauth_error** e) {
                return bosauth_auth_with_otp(handle_, collection_string.get(), otp_id_string.get(),
                                             code_string.get(), call_options.get(), login, e);
            },
            {collection_string.nul_argument(), otp_id_string.nul_argument(), code_string.nul_argument(),
             call_options.nul_argument()});
    }

    /// auth_refresh without exceptions.
    result<session> try_auth_refresh(const options& call_options = options()) const {
        return log_in(
            [&](bosauth_session** refreshed, bosauth_error** e) {
                return bosauth_auth_refresh(handle_, call_options.get(), refreshed, e);
            },
            {call_options.nul_argument()});
    }

    /// send without exceptions.
    result<response> try_send(std::string_view method, std::string_view path,
                              const options& call_options = options()) const {
        return try_send(method, path, nullptr, 0, call_options);
    }
    /// @overload
    result<response> try_send(std::string_view method, std::string_view path, std::string_view body,
                              const options& call_options = options()) const {
        return try_send(method, path, body.data(), body.size(), call_options);
    }
    /// Does not compile: omit the argument if there is no body. A std::string_view of nullptr would crash.
    result<response> try_send(std::string_view method, std::string_view path, std::nullptr_t body,
                              const options& call_options = options()) const = delete;
    /// @overload
    result<response> try_send(std::string_view method, std::string_view path, const void* body,
                              std::size_t body_size, const options& call_options = options()) const {
        const detail::c_string method_string("method", method);
        const detail::c_string path_string("path", path);
        response received(nullptr);
        const auto done = detail::run_for_object(
            received.object_,
            [&](bosauth_response** object, bosauth_error** e) {
                return bosauth_send(handle_, method_string.get(), path_string.get(), body, body_size,
                                    call_options.get(), object, e);
            },
            {method_string.nul_argument(), path_string.nul_argument(), call_options.nul_argument()});
        return done ? result<response>(std::move(received)) : done.error();
    }
#if defined(__cpp_lib_span)
    /// @overload
    result<response> try_send(std::string_view method, std::string_view path, std::span<const std::byte> body,
                              const options& call_options = options()) const {
        return try_send(method, path, body.data(), body.size(), call_options);
    }
#endif

    /// current_session without exceptions.
    [[nodiscard]] result<std::optional<session>> try_current_session() const {
        bosauth_session* object = nullptr;
        const auto done =
            detail::run([&](bosauth_error** e) { return bosauth_client_session(handle_, &object, e); });
        session current(object);
        if (!done) {
            return done.error();
        }
        return object == nullptr ? std::nullopt : std::optional<session>(std::move(current));
    }

    /// save_session without exceptions.
    result<void> try_save_session(std::string_view token,
                                  std::optional<std::string_view> record_json = std::nullopt) const {
        const detail::c_string token_string("token", token);
        const detail::c_string record_string("record_json", record_json.value_or(std::string_view()));
        const char* record = record_json ? record_string.get() : nullptr;
        return detail::run(
            [&](bosauth_error** e) {
                return bosauth_client_save_session(handle_, token_string.get(), record, e);
            },
            {token_string.nul_argument(), record_string.nul_argument()});
    }

    /// clear_session without exceptions.
    result<void> try_clear_session() const {
        return detail::run([&](bosauth_error** e) { return bosauth_client_clear_session(handle_, e); });
    }

    /// import_session without exceptions.
    result<void> try_import_session(std::string_view text) const {
        const detail::c_string text_string("text", text);
        return detail::run(
            [&](bosauth_error** e) { return bosauth_client_import_session(handle_, text_string.get(), e); },
            {text_string.nul_argument()});
    }

    /// sync_session without exceptions.
    result<void> try_sync_session() const {
        return detail::run([&](bosauth_error** e) { return bosauth_client_sync_session(handle_, e); });
    }

    /// Returns the number of changes of the client's session so far; 0 for a moved-from or closed client. Does not read
    /// the session file or store.
    [[nodiscard]] std::uint64_t generation() const noexcept {
        std::uint64_t changes = 0;
        bosauth_client_generation(handle_, &changes);
        return changes;
    }

    /// add_listener without exceptions.
    result<subscription> try_add_listener(listener changed) const {
        const auto function = changed ? detail::call_listener : nullptr;
        auto user_data = std::make_unique<listener>(std::move(changed));
        subscription added;
        const auto done = detail::run([&](bosauth_error** e) {
            return bosauth_client_add_listener(handle_, function, user_data.release(), detail::release<listener>,
                                               &added.handle_, e);
        });
        return done ? result<subscription>(std::move(added)) : done.error();
    }

#if defined(__cpp_exceptions)
    /// Creates a client of the server at this URL. Sends nothing. Use plain http on loopback only.
    explicit client(std::string_view base_url, const config& configuration = config())
        : client(make(base_url, configuration).or_throw()) {}

    /// Binds a token to an account, so that the token alone can log in. A token that is bound to another account of the
    /// collection moves to this one. The token is a password: generate at least 128 random bits.
    void bind_token(std::string_view collection, std::string_view email, std::string_view password,
                    std::string_view token, const options& call_options = options()) const {
        try_bind_token(collection, email, password, token, call_options).or_throw();
    }

    /// Unbinds a token from an account. Success does not prove that it was bound.
    void unbind_token(std::string_view collection, std::string_view email, std::string_view password,
                      std::string_view token, const options& call_options = options()) const {
        try_unbind_token(collection, email, password, token, call_options).or_throw();
    }

    /// Logs in with a bound token and makes the session that of the client, unless the options disable this or a later
    /// login, save or clear has completed. An error leaves the client's session unchanged.
    // The session may be ignored: the client keeps it.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    session auth_with_token(std::string_view collection, std::string_view token,
                            const options& call_options = options()) const {
        return try_auth_with_token(collection, token, call_options).or_throw();
    }

    /// Logs in with an identity, which is the email of the account or another field that the collection allows, and a
    /// password. Updates the session of the client as auth_with_token does. The password may be one factor of two: see
    /// options::mfa_id.
    // The session may be ignored: the client keeps it.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    session auth_with_password(std::string_view collection, std::string_view identity, std::string_view password,
                               const options& call_options = options()) const {
        return try_auth_with_password(collection, identity, password, call_options).or_throw();
    }

    /// Requests a one-time password, which the server mails to the user, and returns its id for auth_with_otp. Success
    /// does not mean that the account exists: the server also returns an id for an unknown email.
    [[nodiscard]] std::string request_otp(std::string_view collection, std::string_view email,
                                          const options& call_options = options()) const {
        return try_request_otp(collection, email, call_options).or_throw();
    }

    /// Logs in with the id of a one-time password, from request_otp, and the code that the user received. Updates the
    /// session of the client as auth_with_token does. The code may be one factor of two: see options::mfa_id.
    // The session may be ignored: the client keeps it.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    session auth_with_otp(std::string_view collection, std::string_view otp_id, std::string_view code,
                          const options& call_options = options()) const {
        return try_auth_with_otp(collection, otp_id, code, call_options).or_throw();
    }

    /// Checks the client's session with the server, and makes the returned session that of the client, unless the
    /// options disable this or the client's session has changed since the start of the call. The server returns the
    /// token unchanged. From the second refresh of a token on, its record may be up to 30 minutes old; use send for a
    /// current record. Fails with no_session if there is none, and with unauthorized if the server does not accept it.
    /// An error leaves the client's session unchanged.
    // The session may be ignored: the client keeps it.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    session auth_refresh(const options& call_options = options()) const {
        return try_auth_refresh(call_options).or_throw();
    }

    /// Sends any other request below the base URL, such as `send("GET", "/api/health")`, with the token of the client's
    /// session if there is one. An HTTP status other than 200 to 299 is an error. bosauth.h documents the methods and
    /// paths that are accepted. The server logs the URL, so it must not contain a secret; options::add_query adds query
    /// parameters. The options mfa_id, body_json and keep_session do not apply.
    // The response may be ignored: the call throws if it has failed.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    response send(std::string_view method, std::string_view path,
                  const options& call_options = options()) const {
        return try_send(method, path, call_options).or_throw();
    }
    /// @overload
    /// The body may contain NUL. It is at most 32 MiB, and empty for GET and HEAD. Its Content-Type is application/json
    /// unless the options have another.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    response send(std::string_view method, std::string_view path, std::string_view body,
                  const options& call_options = options()) const {
        return try_send(method, path, body, call_options).or_throw();
    }
    /// Does not compile: omit the argument if there is no body.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    response send(std::string_view method, std::string_view path, std::nullptr_t body,
                  const options& call_options = options()) const = delete;
    /// @overload
    /// The body is `body_size` bytes at `body`.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    response send(std::string_view method, std::string_view path, const void* body, std::size_t body_size,
                  const options& call_options = options()) const {
        return try_send(method, path, body, body_size, call_options).or_throw();
    }
#if defined(__cpp_lib_span)
    /// @overload
    /// C++20 and later: `send("POST", path, std::as_bytes(std::span(data)))`.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    response send(std::string_view method, std::string_view path, std::span<const std::byte> body,
                  const options& call_options = options()) const {
        return try_send(method, path, body, call_options).or_throw();
    }
#endif

    /// Returns a snapshot of the client's session, if there is one. The first call that needs the session, which may
    /// also be auth_refresh, send or sync_session, reads it from the session file or store, if the client has one. If
    /// that fails, the call fails with store, store_unavailable or store_corrupt, and the next one tries again.
    [[nodiscard]] std::optional<session> current_session() const {
        return try_current_session().or_throw();
    }

    /// Makes a token the session of the client, with the record of the account if known. If it cannot be stored, the
    /// call succeeds, as a login does: see session::store_status.
    void save_session(std::string_view token,
                      std::optional<std::string_view> record_json = std::nullopt) const {
        try_save_session(token, record_json).or_throw();
    }

    /// Removes the client's session, also from the session file or store. If that fails, with store or
    /// store_unavailable, the client has no session, but the copy remains stored: the next change, or sync_session,
    /// tries again. The server is not notified and accepts the token until it expires.
    void clear_session() const { try_clear_session().or_throw(); }

    /// Makes a session from session::export_text the session of the client. Fails with invalid_argument if the string
    /// is not an exported session, or one of another base URL or a newer version. If it cannot be stored, the call
    /// succeeds: see session::store_status.
    void import_session(std::string_view text) const { try_import_session(text).or_throw(); }

    /// Writes the session to the session file or store, if this is still to be done, then reads it again: what another
    /// process has stored or removed becomes the session of the client. Fails with store, store_unavailable or
    /// store_corrupt; an error leaves the client's session unchanged. Succeeds for a client without a file or store.
    void sync_session() const { try_sync_session().or_throw(); }

    /// Adds a function that receives each later change of the client's session: in order, one at a time, on a thread
    /// inside a call of this library. A change that the function makes is received after it has returned. After the
    /// client has been closed, no call of it starts. If the function throws, the process ends. The function is
    /// destroyed when it is removed, or after its call in progress; an empty one is rejected as null_argument.
    [[nodiscard]] subscription add_listener(listener changed) const {
        return try_add_listener(std::move(changed)).or_throw();
    }
#endif

private:
    client() noexcept = default;

    using binding = bosauth_status (*)(bosauth_client, const char*, const char*, const char*, const char*,
                                       const bosauth_options*, bosauth_error**);

    result<void> change_binding(binding call, std::string_view collection, std::string_view email,
                                std::string_view password, std::string_view token,
                                const options& call_options) const {
        const detail::c_string collection_string("collection", collection);
        const detail::c_string email_string("email", email);
        const detail::c_string password_string("password", password);
        const detail::c_string token_string("token", token);
        return detail::run(
            [&](bosauth_error** e) {
                return call(handle_, collection_string.get(), email_string.get(), password_string.get(),
                            token_string.get(), call_options.get(), e);
            },
            {collection_string.nul_argument(), email_string.nul_argument(), password_string.nul_argument(),
             token_string.nul_argument(), call_options.nul_argument()});
    }

    /// Calls a function of the C library that returns a session.
    template <class Call>
    static result<session> log_in(Call call, detail::nul_arguments nuls) {
        session login(nullptr);
        const auto done = detail::run_for_object(login.object_, call, nuls);
        return done ? result<session>(std::move(login)) : done.error();
    }

    bosauth_client handle_{0};
};

}  // namespace bosauth

#endif  // BOSAUTH_HPP
