// The throwing form of every call.
//
//   exceptions SERVER    a demo server with second factors
#include "check.hpp"

#include <functional>

using bosauth::action_code;
using bosauth::client;
using bosauth::status_code;
using test::check;
using test::email;
using test::password;

namespace {

static_assert(std::is_base_of_v<std::runtime_error, bosauth::exception>);
static_assert(std::is_nothrow_copy_constructible_v<bosauth::exception>);

/// Whether send accepts a body of this type.
template <class Body>
using sent = decltype(std::declval<client>().send("POST", "/", std::declval<Body>()));
template <class Body, class = void>
constexpr bool is_body = false;
template <class Body>
constexpr bool is_body<Body, std::void_t<sent<Body>>> = true;
static_assert(is_body<std::string> && is_body<const char*> && !is_body<std::nullptr_t>);

void throws(std::string_view what, status_code status, const std::function<void()>& call) {
    try {
        call();
        check(false, what, "did not throw");
    } catch (const std::runtime_error& caught) {
        const auto* error = dynamic_cast<const bosauth::exception*>(&caught);
        check(error != nullptr && error->status() == status, what, caught.what());
        check(error != nullptr && error->details().to_string() == caught.what(), what, "details");
    }
}

void bind_login_save_unbind(std::string_view url) {
    client app(url, bosauth::config().timeout(std::chrono::minutes(1)));
    app.bind_token("users", email, password, "tok-plain");
    check(app.auth_with_token("users", "tok-plain").field("email") == email, "email field");
    check(app.current_session()->is_valid(), "session is valid");
    app.clear_session();
    check(!app.current_session().has_value(), "session is cleared");
    app.save_session("opaque", R"({"id":"1"})");
    check(app.current_session()->field("id") == "1", "session is saved");
    app.unbind_token("users", email, password, "tok-plain");
    throws("login", status_code::unknown_token, [&] { app.auth_with_token("users", "tok-plain"); });
}

void second_factors(std::string_view url) {
    const client app(url);
    const std::string otp_id = app.request_otp("guarded", email);
    const std::string code = test::last_code(app);
    try {
        app.auth_with_otp("guarded", otp_id, code);
        check(false, "login with one factor did not throw");
    } catch (const bosauth::exception& error) {
        check(error.status() == status_code::mfa_required, "status", error.what());
        const auto second = bosauth::options().mfa_id(error.details().mfa_id);
        check(app.auth_with_password("guarded", email, password, second).field("email") == email, "second factor");
    }
    check(app.auth_refresh().field("email") == email, "refresh");
    check(bosauth::generate_token().size() == 43, "generated token");
}

void requests(std::string_view url) {
    const client app(url);
    check(app.send("GET", "/api/health").http_status() == 200, "request without a body");
    constexpr std::string_view body = R"({"identity":"user@example.com","password":"correct horse 1"})";
    constexpr std::string_view path = "/api/collections/users/auth-with-password";
    const auto form = bosauth::options().add_header("Content-Type", "application/json; charset=utf-8");
    check(app.send("POST", path, body, form).http_status() == 200, "string as body");
    check(app.send("POST", path, body.data(), body.size(), form).http_status() == 200, "bytes as body");
#if defined(__cpp_lib_span)
    check(app.send("POST", path, std::as_bytes(std::span(body)), form).http_status() == 200, "span as body");
#endif
}

void every_call_throws(std::string_view url) {
    throws("client", status_code::invalid_argument, [] { client("ftp://example.com"); });
    client app(url);
    try {
        app.bind_token("users", email, "wrong", "tok");
        check(false, "bind did not throw");
    } catch (const bosauth::exception& error) {
        check(error.status() == status_code::credentials && error.action() == action_code::ask_credentials, "status");
        check(error.details().http_status == 400, "HTTP status");
        check(std::string_view(error.what()) == "CREDENTIALS: wrong email or password", "what", error.what());
    }
    throws("unbind", status_code::credentials, [&] { app.unbind_token("users", email, "wrong", "tok"); });
    const bosauth::cancel cancel;
    cancel.trigger();
    const bosauth::options opts = bosauth::options().cancel(cancel);
    throws("cancelled", status_code::cancelled, [&] { app.auth_with_token("users", "tok", opts); });
    throws("password login", status_code::credentials, [&] { app.auth_with_password("users", email, "wrong"); });
    throws("one-time password", status_code::method_disabled,
           [&] { static_cast<void>(app.request_otp("users", email)); });
    throws("login by code", status_code::method_disabled, [&] { app.auth_with_otp("users", "id", "code"); });
    throws("refresh", status_code::no_session, [&] { app.auth_refresh(); });
    throws("request", status_code::not_found, [&] { app.send("GET", "/api/none"); });
    throws("string as body", status_code::not_found, [&] { app.send("PUT", "/api/none", "{}"); });
    throws("bytes as body", status_code::null_argument, [&] { app.send("PUT", "/api/none", nullptr, 2); });
#if defined(__cpp_lib_span)
    throws("span as body", status_code::not_found, [&] { app.send("PUT", "/api/none", std::span<const std::byte>()); });
#endif
    app.close();
    throws("bind", status_code::invalid_handle, [&] { app.bind_token("users", email, password, "t"); });
    throws("session", status_code::invalid_handle, [&] { static_cast<void>(app.current_session()); });
    throws("save", status_code::invalid_handle, [&] { app.save_session("t"); });
    throws("clear", status_code::invalid_handle, [&] { app.clear_session(); });
}

}  // namespace

// An exception that escapes fails the test.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    bind_login_save_unbind(argv[1]);
    second_factors(argv[1]);
    requests(argv[1]);
    every_call_throws(argv[1]);
    return test::exit_status();
}
