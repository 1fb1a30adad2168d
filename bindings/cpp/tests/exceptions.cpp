// The throwing form of every call.
//
//   exceptions SERVER    a demo server
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
    every_call_throws(argv[1]);
    return test::exit_status();
}
