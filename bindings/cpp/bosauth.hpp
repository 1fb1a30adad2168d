// bosauth for C++17 and later: bind an app's own token to a BosBase account, unbind it, log in with it.
//
// One header over bosauth.h; link the same library. Two forms of every call:
//
//     client.bind_token(...)        throws bosauth::exception
//     client.try_bind_token(...)    gives a bosauth::result, also where exceptions are switched off
//
// Rules
//  - Texts go in as std::string_view and come out as std::string: nothing points into the library.
//    A NUL inside a text is refused as invalid_argument, never cut off.
//  - A client may be used by many threads at once, and so may a cancel, and configuration and options that
//    nobody is setting. After a move or close() a client answers invalid_handle.
//  - Copies that this header makes of texts on their way in are wiped. Strings that it gives are yours.
//  - Nothing throws but the plain form and std::bad_alloc.
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

// Says whether there is std::stop_token.
#if __has_include(<version>)
#include <version>
#endif
#if defined(__cpp_lib_jthread)
#include <stop_token>
#endif

/// Bind an app's own token to a BosBase account, unbind it, and log in with it.
namespace bosauth {

// What this header calls came with ABI 1.0.
static_assert((BOSAUTH_ABI_VERSION >> 16) == 1, "bosauth.hpp and bosauth.h are of different versions");

// ---- numbers ------------------------------------------------------------------------------------------

/// The condition behind an error; bosauth.h describes each. A newer library may give other numbers: read
/// them by their ten.
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
    pin_mismatch = BOSAUTH_ERROR_PIN_MISMATCH,
    proxy = BOSAUTH_ERROR_PROXY,
    connection_lost = BOSAUTH_ERROR_CONNECTION_LOST,
    timeout = BOSAUTH_ERROR_TIMEOUT,
    cancelled = BOSAUTH_ERROR_CANCELLED,
    unexpected_response = BOSAUTH_ERROR_UNEXPECTED_RESPONSE,
    response_too_large = BOSAUTH_ERROR_RESPONSE_TOO_LARGE,
    validation = BOSAUTH_ERROR_VALIDATION,
    credentials = BOSAUTH_ERROR_CREDENTIALS,
    /// Never delete a token because of one such error: call again after 3 s, see bosauth.h.
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
    transport = BOSAUTH_ERROR_TRANSPORT,
    internal = BOSAUTH_ERROR_INTERNAL,
};

/// What to do about an error; bosauth.h describes each. Treat an unknown one as none.
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

/// The name of a status, such as "TIMEOUT"; "UNKNOWN" if the library does not know the number.
[[nodiscard]] inline std::string_view name(status_code status) noexcept {
    return bosauth_status_name(static_cast<bosauth_status>(status));
}

/// The name of an action, such as "CHECK_NETWORK"; "UNKNOWN" if the library does not know the number.
[[nodiscard]] inline std::string_view name(action_code action) noexcept {
    return bosauth_action_name(static_cast<std::int32_t>(action));
}

/// The version of the library that is loaded, such as "0.1.0".
[[nodiscard]] inline std::string_view version() noexcept {
    return bosauth_version();
}

// ---- errors -------------------------------------------------------------------------------------------

/// What went wrong in one call. Texts are empty and numbers missing where there is nothing to tell.
struct error {
    /// The condition.
    status_code status{status_code::ok};
    /// What to do about it.
    action_code action{action_code::none};
    /// One line in English for the log: no secret and no text of the server's is in it.
    std::string message;
    /// The name of the bad argument as in bosauth.h ("email", "client"); of several bad ones the first.
    std::string argument;
    /// Whether the server may have processed the request although the call failed. A 5xx leaves it true, whatever
    /// its form.
    bool outcome_unknown{false};
    /// The HTTP status of the server's answer.
    std::optional<int> http_status;
    /// The server's own message, made safe to show.
    std::string server_message;
    /// The `data` object of the server's answer as JSON: for validation, why each field is wrong.
    std::string data_json;
    /// The first 64 KiB of the answer's body; empty for every 2xx answer.
    std::string body;
    /// The address that the call was for, without query and user-info.
    std::string url;
    /// How long to wait before the next try.
    std::optional<std::chrono::milliseconds> retry_after;
    /// For mfa_required: the id of the started login, for options::mfa_id of the second factor's call.
    std::string mfa_id;

    /// Status and message in one line, such as "CREDENTIALS: wrong email or password".
    [[nodiscard]] std::string to_string() const {
        return std::string(name(status)).append(": ").append(message);
    }
};

#if defined(__cpp_exceptions)
/// What the plain form of a call throws. what() is error::to_string().
class exception : public std::runtime_error {
public:
    /// An exception for this error.
    explicit exception(const error& why)
        : std::runtime_error(why.to_string()), details_(std::make_shared<const error>(why)) {}

    /// The error with all it tells.
    [[nodiscard]] const error& details() const noexcept { return *details_; }
    /// The condition.
    [[nodiscard]] status_code status() const noexcept { return details_->status; }
    /// What to do about it.
    [[nodiscard]] action_code action() const noexcept { return details_->action; }

private:
    // Shared, since copying an exception must not throw.
    std::shared_ptr<const error> details_;
};
#endif

// ---- results ------------------------------------------------------------------------------------------

/// What a call gives, or why it gives nothing. Asking for what is not there ends the process.
template <class T>
class [[nodiscard]] result {
public:
    /// A call that succeeded.
    result(T value) : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
    /// A call that failed.
    result(bosauth::error why)  // NOLINT(*-explicit-*)
        : content_(std::in_place_index<1>, std::move(why)) {}

    /// Whether the call succeeded.
    [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
    /// Whether the call succeeded.
    explicit operator bool() const noexcept { return has_value(); }

    /// What the call gave.
    [[nodiscard]] T& value() & noexcept { return present(std::get_if<0>(&content_)); }
    /// What the call gave.
    [[nodiscard]] const T& value() const& noexcept { return present(std::get_if<0>(&content_)); }
    /// What the call gave, to be moved away.
    [[nodiscard]] T&& value() && noexcept { return std::move(present(std::get_if<0>(&content_))); }
    /// What the call gave.
    [[nodiscard]] T& operator*() & noexcept { return value(); }
    /// What the call gave.
    [[nodiscard]] const T& operator*() const& noexcept { return value(); }
    /// What the call gave, to be moved away.
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*this).value(); }
    /// What the call gave.
    [[nodiscard]] T* operator->() noexcept { return &value(); }
    /// What the call gave.
    [[nodiscard]] const T* operator->() const noexcept { return &value(); }

    /// Why the call failed.
    [[nodiscard]] const bosauth::error& error() const noexcept {
        return present(std::get_if<1>(&content_));
    }

#if defined(__cpp_exceptions)
    /// What the call gave, moved away, or else its error thrown.
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

/// Whether a call that gives nothing succeeded, or why it did not.
template <>
class [[nodiscard]] result<void> {
public:
    /// A call that succeeded.
    result() noexcept = default;
    /// A call that failed.
    result(bosauth::error why) : error_(std::move(why)) {}  // NOLINT(*-explicit-*)

    /// Whether the call succeeded.
    [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
    /// Whether the call succeeded.
    explicit operator bool() const noexcept { return has_value(); }

    /// Why the call failed. Asking after a success ends the process.
    [[nodiscard]] const bosauth::error& error() const noexcept {
        if (!error_) {
            std::abort();
        }
        return *error_;
    }

#if defined(__cpp_exceptions)
    /// Nothing after a success, or else the error thrown.
    void or_throw() const {
        if (error_) {
            throw exception(*error_);
        }
    }
#endif

private:
    std::optional<bosauth::error> error_;
};

// ---- not for use from outside -------------------------------------------------------------------------

/// Parts of this header; they change without notice.
namespace detail {

/// Frees what the library gave.
struct deleter {
    void operator()(bosauth_error* object) const noexcept { bosauth_error_free(object); }
    void operator()(bosauth_config* object) const noexcept { bosauth_config_free(object); }
    void operator()(bosauth_options* object) const noexcept { bosauth_options_free(object); }
    void operator()(bosauth_session* object) const noexcept { bosauth_session_free(object); }
};

/// An object of the library's.
template <class T>
using owned = std::unique_ptr<T, deleter>;

/// A text on its way in: NUL-terminated, wiped when it is no longer needed.
class text {
public:
    text(std::string_view argument, std::string_view content)
        : argument_(argument), has_nul_(content.find('\0') != std::string_view::npos), copy_(content) {}

    text(const text&) = delete;
    text(text&&) = delete;
    text& operator=(const text&) = delete;
    text& operator=(text&&) = delete;

    ~text() {
        // volatile, or the compiler may leave out writes that nobody reads.
        volatile char* place = copy_.data();
        for (std::size_t at = 0; at < copy_.size(); ++at) {
            place[at] = '\0';
        }
    }

    /// The text for the library. C would end one with a NUL inside early, so that instead of it goes one
    /// that is not UTF-8: the library then refuses it in its turn, among the call's other arguments.
    [[nodiscard]] const char* c_str() const noexcept { return has_nul_ ? "\xff" : copy_.c_str(); }

    /// The argument's name if there is a NUL in it, else "".
    [[nodiscard]] std::string_view bad() const noexcept {
        return has_nul_ ? argument_ : std::string_view();
    }

private:
    std::string_view argument_;
    bool has_nul_;
    std::string copy_;
};

/// Arguments with a NUL inside.
using bad_arguments = std::initializer_list<std::string_view>;

/// Whether this is what the library says to the placeholder of text::c_str.
[[nodiscard]] inline bool is_nul(const error& why, bad_arguments bad) noexcept {
    // PEM text need not be UTF-8; in it the placeholder is no certificate.
    if (why.status != status_code::invalid_utf8 && why.status != status_code::invalid_argument) {
        return false;
    }
    for (const std::string_view argument : bad) {
        if (!argument.empty() && why.argument == argument) {
            return true;
        }
    }
    return false;
}

/// All that an error object tells.
[[nodiscard]] inline error copy(const bosauth_error* object, bad_arguments bad) {
    error why;
    why.status = static_cast<status_code>(bosauth_error_status(object));
    why.action = static_cast<action_code>(bosauth_error_action(object));
    why.message = bosauth_error_message(object);
    why.argument = bosauth_error_argument(object);
    why.outcome_unknown = bosauth_error_outcome_unknown(object) != 0;
    if (const int http_status = bosauth_error_http_status(object); http_status != 0) {
        why.http_status = http_status;
    }
    why.server_message = bosauth_error_server_message(object);
    why.data_json = bosauth_error_data_json(object);
    std::size_t length = 0;
    const char* body = bosauth_error_body(object, &length);
    why.body.assign(body, length);
    why.url = bosauth_error_url(object);
    if (const std::int64_t wait = bosauth_error_retry_after_ms(object); wait != 0) {
        why.retry_after = std::chrono::milliseconds(wait);
    }
    why.mfa_id = bosauth_error_mfa_id(object);
    if (is_nul(why, bad)) {
        why.status = status_code::invalid_argument;
        why.message = why.argument + " holds a NUL";
    }
    return why;
}

/// Runs a call of the library. `bad` names its texts with a NUL inside.
template <class Call>
result<void> run(Call call, bad_arguments bad = {}) {
    bosauth_error* object = nullptr;
    const bosauth_status status = call(&object);
    const owned<bosauth_error> failure(object);
    if (status == BOSAUTH_OK) {
        return {};
    }
    return copy(failure.get(), bad);
}

/// An ABI as two numbers, such as "1.0".
[[nodiscard]] inline std::string abi_text(std::uint32_t abi) {
    return std::to_string(abi >> 16U) + "." + std::to_string(abi & 0xffffU);
}

/// Whether a library of this ABI has all that a program compiled for `needed` relies on.
[[nodiscard]] inline result<void> check_abi(std::uint32_t loaded, std::uint32_t needed) {
    if ((loaded >> 16U) == (needed >> 16U) && (loaded & 0xffffU) >= (needed & 0xffffU)) {
        return {};
    }
    error why;
    why.status = status_code::unsupported;
    why.action = action_code::fix_call;
    why.message = "the bosauth library that is loaded has ABI " + abi_text(loaded) +
                  "; this program was compiled for ABI " + abi_text(needed);
    return why;
}

/// What configuration and options have in common: an object of the library's, made when something is set.
template <class T, T* (*Make)()>
class settings {
public:
    /// The object for the library; NULL stands for nothing set.
    [[nodiscard]] const T* get() const noexcept { return object_.get(); }

    /// What the first setter that was refused answered; ok if none was.
    [[nodiscard]] status_code status() const noexcept { return status_; }

    /// The argument of the first setter that was refused, if that was for a NUL; else "".
    [[nodiscard]] std::string_view bad() const noexcept { return bad_; }

protected:
    /// Runs a setter. `bad` names the text with a NUL inside.
    template <class Set>
    void set(Set setter, std::string_view bad = {}) {
        if (!object_) {
            object_.reset(Make());
        }
        const auto answer = static_cast<status_code>(setter(object_.get()));
        if (status_ == status_code::ok && answer != status_code::ok) {
            status_ = bad.empty() ? answer : status_code::invalid_argument;
            bad_ = bad;
        }
    }

    /// Runs a setter for a name and a value.
    template <class Set>
    void set_pair(Set setter, std::string_view name, std::string_view value) {
        const text name_text("name", name);
        const text value_text("value", value);
        set([&](T* object) { return setter(object, name_text.c_str(), value_text.c_str()); },
            name_text.bad().empty() ? value_text.bad() : name_text.bad());
    }

private:
    owned<T> object_;
    status_code status_{status_code::ok};
    std::string_view bad_;
};

}  // namespace detail

// ---- configuration ------------------------------------------------------------------------------------

/// How a client is set up: `config().timeout(5s).user_agent("my app")`. What is not set has the default of
/// bosauth.h. A setter that is refused is remembered: making the client then fails with its error.
class config : public detail::settings<bosauth_config, bosauth_config_new> {
public:
    /// The deadline of a whole call, 1 ms to a day; 20 s if not set. A login may wait 15 s for the
    /// server's alert mail.
    config& timeout(std::chrono::milliseconds limit) & {
        set([=](bosauth_config* c) { return bosauth_config_set_timeout_ms(c, limit.count()); });
        return *this;
    }
    /// The deadline for name lookup, connection and TLS together, 1 ms to a day; 5 s if not set.
    config& connect_timeout(std::chrono::milliseconds limit) & {
        set([=](bosauth_config* c) { return bosauth_config_set_connect_timeout_ms(c, limit.count()); });
        return *this;
    }
    /// The User-Agent. Keep it stable: the server mails the user when it changes.
    config& user_agent(std::string_view agent) & {
        const detail::text text("text", agent);
        set([&](bosauth_config* c) { return bosauth_config_set_user_agent(c, text.c_str()); }, text.bad());
        return *this;
    }
    /// Adds a header to every request.
    config& add_header(std::string_view name, std::string_view value) & {
        set_pair(bosauth_config_add_header, name, value);
        return *this;
    }
    /// The largest body of a response that is read, 1 byte to 4 MiB; 1 MiB if not set.
    config& max_response_bytes(std::uint64_t bytes) & {
        set([=](bosauth_config* c) { return bosauth_config_set_max_response_bytes(c, bytes); });
        return *this;
    }
    /// Trusts the certificate authorities of a PEM text besides the bundled ones.
    config& add_roots_pem(std::string_view pem) & {
        const detail::text text("pem", pem);
        set([&](bosauth_config* c) { return bosauth_config_add_roots_pem(c, text.c_str()); }, text.bad());
        return *this;
    }

    // The same for a configuration that is being made, so that `auto c = config().timeout(5s);` compiles.

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
};

// ---- stopping calls -----------------------------------------------------------------------------------

/// A wish that calls stop, to be given to them by options::cancel. It may serve any number of calls, clients
/// and threads. It can be moved, not copied; one that was moved away answers invalid_handle. Destroying it
/// stops nothing: options that have it keep what it stands for.
class cancel {
public:
    /// A wish that is not yet made known. There may be 16777216 of them at once; options refuse one too many
    /// as invalid_handle.
    cancel() noexcept = default;

    cancel(const cancel&) = delete;
    cancel& operator=(const cancel&) = delete;
    /// Takes the other's place.
    cancel(cancel&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
    /// Lets go of this wish and takes the other's place.
    cancel& operator=(cancel&& other) noexcept {
        if (this != &other) {
            bosauth_cancel_free(handle_);
            handle_ = std::exchange(other.handle_, 0);
        }
        return *this;
    }
    ~cancel() { bosauth_cancel_free(handle_); }

    /// Stops the calls that have it, on whatever thread they are and whatever they wait for: they end with
    /// cancelled, unless their answer has already been accepted. A call that begins afterwards is cancelled
    /// and sends nothing. This does not wait for the calls. Any thread may trigger it, and more than once.
    // What it answers may go unused: it fails only after a move.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    status_code trigger() const noexcept {
        return static_cast<status_code>(bosauth_cancel_trigger(handle_));
    }

    /// The handle for functions of bosauth.h; still owned by this object.
    [[nodiscard]] bosauth_cancel handle() const noexcept { return handle_; }

private:
    bosauth_cancel handle_{bosauth_cancel_new()};
};

#if defined(__cpp_lib_jthread)
namespace detail {

/// A cancel that a std::stop_token triggers, at once if it has been stopped already.
class stopped_by {
public:
    explicit stopped_by(std::stop_token token) : callback_(std::move(token), trigger{wish_.handle()}) {}

    [[nodiscard]] const cancel& wish() const noexcept { return wish_; }

private:
    struct trigger {
        bosauth_cancel handle;
        void operator()() const noexcept { bosauth_cancel_trigger(handle); }
    };

    cancel wish_;
    std::stop_callback<trigger> callback_;
};

}  // namespace detail
#endif

namespace detail {

/// What the library calls for options::wait_hook. noexcept: an exception ends the process.
inline std::int32_t call_wait_hook(void* function) noexcept {
    return (*static_cast<const std::function<bool()>*>(function))() ? 1 : 0;
}

}  // namespace detail

// ---- options ------------------------------------------------------------------------------------------

/// How one call differs from the configuration: `options().timeout(2s).add_query("expand", "team")`. A
/// setter that is refused is remembered: the call then fails with its error. An option without meaning for
/// a call is ignored.
class options : public detail::settings<bosauth_options, bosauth_options_new> {
public:
    /// The deadline of the whole call, 1 ms to a day.
    options& timeout(std::chrono::milliseconds limit) & {
        set([=](bosauth_options* o) { return bosauth_options_set_timeout_ms(o, limit.count()); });
        return *this;
    }
    /// Adds a query parameter such as expand or fields. The server logs the address: put no secret here.
    options& add_query(std::string_view name, std::string_view value) & {
        set_pair(bosauth_options_add_query, name, value);
        return *this;
    }
    /// Adds a header; it replaces the configuration's of that name.
    options& add_header(std::string_view name, std::string_view value) & {
        set_pair(bosauth_options_add_header, name, value);
        return *this;
    }
    /// Extra members for the request's body: a JSON object.
    options& body_json(std::string_view object) & {
        const detail::text text("object", object);
        set([&](bosauth_options* o) { return bosauth_options_set_body_json(o, text.c_str()); }, text.bad());
        return *this;
    }
    /// Whether a login's session becomes the client's; it does if not set.
    options& keep_session(bool keep) & {
        set([=](bosauth_options* o) { return bosauth_options_set_keep_session(o, keep ? 1 : 0); });
        return *this;
    }
    /// The id of a started MFA login, from error::mfa_id, to finish it by another method.
    options& mfa_id(std::string_view id) & {
        const detail::text text("mfa_id", id);
        set([&](bosauth_options* o) { return bosauth_options_set_mfa_id(o, text.c_str()); }, text.bad());
        return *this;
    }
    /// What can stop the call; it may be destroyed before the call. The last cancel or stop is the one that
    /// counts.
    options& cancel(const bosauth::cancel& wish) & {
        set([&](bosauth_options* o) { return bosauth_options_set_cancel(o, wish.handle()); });
        stop_.reset();
        return *this;
    }
#if defined(__cpp_lib_jthread)
    /// A token that can stop the call, as a cancel does: the calls that have these options end with
    /// cancelled once its source is asked to stop. C++20 and later. The last cancel or stop is the one that
    /// counts.
    options& stop(std::stop_token token) & {
        auto link = std::make_shared<detail::stopped_by>(std::move(token));
        cancel(link->wish());
        stop_ = std::move(link);
        return *this;
    }
#endif
    /// A function that is called on the thread of the call while it waits: when a signal interrupts a wait, and
    /// at least every 200 ms. `true` ends the call as cancelled. For hosts that run signal handlers themselves.
    /// It may make other calls; one that throws ends the process. An empty function sets none.
    options& wait_hook(std::function<bool()> hook) & {
        auto kept = std::make_shared<std::function<bool()>>(std::move(hook));
        const auto function = *kept ? detail::call_wait_hook : nullptr;
        set([&](bosauth_options* o) { return bosauth_options_set_wait_hook(o, function, kept.get()); });
        wait_hook_ = std::move(kept);
        return *this;
    }

    // The same for options that are being made, so that `auto o = options().timeout(2s);` compiles.

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
    options&& cancel(const bosauth::cancel& wish) && { return std::move(cancel(wish)); }
    /// @overload
    options&& wait_hook(std::function<bool()> hook) && { return std::move(wait_hook(std::move(hook))); }
#if defined(__cpp_lib_jthread)
    /// @overload
    options&& stop(std::stop_token token) && { return std::move(stop(std::move(token))); }
#endif

private:
    // The link to the stop token. In every standard, so that all files of a program see one class.
    std::shared_ptr<void> stop_;
    std::shared_ptr<void> wait_hook_;
};

// ---- sessions -----------------------------------------------------------------------------------------

/// Who is logged in: a snapshot that does not change; its token is wiped with it. One that was moved away
/// has empty texts and is not valid.
class session {
public:
    /// The session's token, a JWT. The string is a copy of yours: a secret.
    [[nodiscard]] std::string token() const { return bosauth_session_token(object_.get()); }
    /// The account's record, a JSON object; "" if the session was saved without one.
    [[nodiscard]] std::string record_json() const { return bosauth_session_record_json(object_.get()); }
    /// What the server added to the login's answer, as JSON; "" if it added nothing.
    [[nodiscard]] std::string meta_json() const { return bosauth_session_meta_json(object_.get()); }

    /// A field of the record such as "id" or "email": a string as its text, anything else as JSON; "" if
    /// there is no such field.
    [[nodiscard]] std::string field(std::string_view name) const {
        const detail::text text("name", name);
        return bosauth_session_field(object_.get(), text.c_str());
    }

    /// When the token expires, in Unix seconds; nothing if it does not say.
    [[nodiscard]] std::optional<std::int64_t> expires_at() const noexcept {
        const std::int64_t seconds = bosauth_session_expires_at(object_.get());
        return seconds == 0 ? std::nullopt : std::optional(seconds);
    }
    /// Whether the token is a JWT that has not expired, by this machine's clock.
    [[nodiscard]] bool is_valid() const noexcept { return bosauth_session_is_valid(object_.get()) != 0; }
    /// Whether a superuser is logged in.
    [[nodiscard]] bool is_superuser() const noexcept {
        return bosauth_session_is_superuser(object_.get()) != 0;
    }
    /// Whether it became the client's session when it was made.
    [[nodiscard]] bool was_kept() const noexcept { return bosauth_session_was_kept(object_.get()) != 0; }

private:
    friend class client;
    explicit session(bosauth_session* object) noexcept : object_(object) {}

    detail::owned<bosauth_session> object_;
};

// ---- clients ------------------------------------------------------------------------------------------

/// A client of one BosBase server: it can be moved, not copied. Many threads may use one client at once, and
/// any of them may close it; moving and assigning belong to one.
///
/// close() and the destructor stop the calls of it that are under way on other threads: they end with
/// cancelled, unless their answer has already been accepted. A call that is under way uses nothing of the
/// object, so that it may be destroyed meanwhile; none may begin after that.
class client {
public:
    /// Makes a client of the server at this URL. Nothing is sent yet. Plain http is for loopback only.
    static result<client> make(std::string_view base_url, const config& setup = config()) {
        if (auto fits = detail::check_abi(bosauth_abi_version(), BOSAUTH_ABI_VERSION); !fits) {
            return fits.error();
        }
        const detail::text url("base_url", base_url);
        client made;
        const auto done = detail::run(
            [&](bosauth_error** e) { return bosauth_client_new(url.c_str(), setup.get(), &made.handle_, e); },
            {url.bad(), setup.bad()});
        return done ? result<client>(std::move(made)) : done.error();
    }

    client(const client&) = delete;
    client& operator=(const client&) = delete;
    /// Takes the other's place; the other then answers invalid_handle.
    client(client&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
    /// Closes this client and takes the other's place; the other then answers invalid_handle.
    client& operator=(client&& other) noexcept {
        if (this != &other) {
            close();
            handle_ = std::exchange(other.handle_, 0);
        }
        return *this;
    }
    ~client() { close(); }

    /// Ends the client's use: calls of it on other threads are cancelled, and this does not wait for them.
    /// Closing twice is fine.
    // The handle stays as it is: the library knows that it is gone, and other threads may be reading it.
    void close() noexcept { bosauth_client_free(handle_); }

    /// Ends the client's use as close() does, and waits until none of its calls is under way any more, or
    /// `wait`, 1 ms to a day, is over. ok; timeout if calls are still under way; invalid_handle if it was
    /// closed before. invalid_argument for another wait: then nothing was done.
    // The answer may go unused by whoever has waited long enough.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    status_code close(std::chrono::milliseconds wait) noexcept {
        return static_cast<status_code>(bosauth_client_close(handle_, wait.count()));
    }

    /// The handle for functions of bosauth.h; still owned by this object.
    [[nodiscard]] bosauth_client handle() const noexcept { return handle_; }

    /// bind_token without exceptions.
    result<void> try_bind_token(std::string_view collection, std::string_view email,
                                std::string_view password, std::string_view token,
                                const options& how = options()) const {
        return on_binding(bosauth_bind_token, collection, email, password, token, how);
    }

    /// unbind_token without exceptions.
    result<void> try_unbind_token(std::string_view collection, std::string_view email,
                                  std::string_view password, std::string_view token,
                                  const options& how = options()) const {
        return on_binding(bosauth_unbind_token, collection, email, password, token, how);
    }

    /// auth_with_token without exceptions.
    result<session> try_auth_with_token(std::string_view collection, std::string_view token,
                                        const options& how = options()) const {
        const detail::text collection_text("collection", collection);
        const detail::text token_text("token", token);
        session made(nullptr);
        const auto done = detail::run(
            [&](bosauth_error** e) {
                bosauth_session* object = nullptr;
                const bosauth_status status = bosauth_auth_with_token(
                    handle_, collection_text.c_str(), token_text.c_str(), how.get(), &object, e);
                made.object_.reset(object);
                return status;
            },
            {collection_text.bad(), token_text.bad(), how.bad()});
        return done ? result<session>(std::move(made)) : done.error();
    }

    /// current_session without exceptions.
    [[nodiscard]] result<std::optional<session>> try_current_session() const {
        bosauth_session* object = nullptr;
        const auto done =
            detail::run([&](bosauth_error** e) { return bosauth_client_session(handle_, &object, e); });
        session held(object);
        if (!done) {
            return done.error();
        }
        return object == nullptr ? std::nullopt : std::optional<session>(std::move(held));
    }

    /// save_session without exceptions.
    result<void> try_save_session(std::string_view token,
                                  std::optional<std::string_view> record_json = std::nullopt) const {
        const detail::text token_text("token", token);
        const detail::text record_text("record_json", record_json.value_or(std::string_view()));
        const char* record = record_json ? record_text.c_str() : nullptr;
        return detail::run(
            [&](bosauth_error** e) {
                return bosauth_client_save_session(handle_, token_text.c_str(), record, e);
            },
            {token_text.bad(), record_text.bad()});
    }

    /// clear_session without exceptions.
    result<void> try_clear_session() const {
        return detail::run([&](bosauth_error** e) { return bosauth_client_clear_session(handle_, e); });
    }

#if defined(__cpp_exceptions)
    /// Makes a client of the server at this URL. Nothing is sent yet. Plain http is for loopback only.
    explicit client(std::string_view base_url, const config& setup = config())
        : client(make(base_url, setup).or_throw()) {}

    /// Binds a token to an account, so that it logs the account in by itself. A token bound to another
    /// account of the collection moves to this one. Make it of at least 128 random bits: it is a password.
    void bind_token(std::string_view collection, std::string_view email, std::string_view password,
                    std::string_view token, const options& how = options()) const {
        try_bind_token(collection, email, password, token, how).or_throw();
    }

    /// Ends the binding of a token to an account. Success does not prove that it was bound.
    void unbind_token(std::string_view collection, std::string_view email, std::string_view password,
                      std::string_view token, const options& how = options()) const {
        try_unbind_token(collection, email, password, token, how).or_throw();
    }

    /// Logs in with a bound token. The session becomes the client's, unless the options say otherwise or a
    /// login, save or clear begun later has won. An error leaves the client's session as it was.
    // The session may go unused: the client keeps it.
    // NOLINTNEXTLINE(modernize-use-nodiscard)
    session auth_with_token(std::string_view collection, std::string_view token,
                            const options& how = options()) const {
        return try_auth_with_token(collection, token, how).or_throw();
    }

    /// The session that the client holds, as it is now; nothing if nobody is logged in.
    [[nodiscard]] std::optional<session> current_session() const {
        return try_current_session().or_throw();
    }

    /// Makes a token that was got elsewhere the client's session, with the account's record if there is one.
    void save_session(std::string_view token,
                      std::optional<std::string_view> record_json = std::nullopt) const {
        try_save_session(token, record_json).or_throw();
    }

    /// Forgets the client's session. The server is not told: it accepts the token until it expires.
    void clear_session() const { try_clear_session().or_throw(); }
#endif

private:
    client() noexcept = default;

    using binding = bosauth_status (*)(bosauth_client, const char*, const char*, const char*, const char*,
                                       const bosauth_options*, bosauth_error**);

    result<void> on_binding(binding call, std::string_view collection, std::string_view email,
                            std::string_view password, std::string_view token, const options& how) const {
        const detail::text collection_text("collection", collection);
        const detail::text email_text("email", email);
        const detail::text password_text("password", password);
        const detail::text token_text("token", token);
        return detail::run(
            [&](bosauth_error** e) {
                return call(handle_, collection_text.c_str(), email_text.c_str(), password_text.c_str(),
                            token_text.c_str(), how.get(), e);
            },
            {collection_text.bad(), email_text.bad(), password_text.bad(), token_text.bad(), how.bad()});
    }

    bosauth_client handle_{0};
};

}  // namespace bosauth

#endif  // BOSAUTH_HPP
