// The plain form of every call: what it gives and what it throws.
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
        check(false, what, "threw nothing");
    } catch (const std::runtime_error& caught) {
        const auto* why = dynamic_cast<const bosauth::exception*>(&caught);
        check(why != nullptr && why->status() == status, what, caught.what());
        check(why != nullptr && why->details().to_string() == caught.what(), what, "tells its details");
    }
}

void a_users_day(std::string_view url) {
    client app(url, bosauth::config().timeout(std::chrono::minutes(1)));
    app.bind_token("users", email, password, "tok-plain");
    check(app.auth_with_token("users", "tok-plain").field("email") == email, "the email");
    check(app.current_session()->is_valid(), "held");
    app.clear_session();
    check(!app.current_session().has_value(), "nobody");
    app.save_session("opaque", R"({"id":"1"})");
    check(app.current_session()->field("id") == "1", "saved");
    app.unbind_token("users", email, password, "tok-plain");
    throws("login", status_code::unknown_token, [&] { app.auth_with_token("users", "tok-plain"); });
}

void every_call_throws(std::string_view url) {
    throws("client", status_code::invalid_argument, [] { client("ftp://example.com"); });
    client app(url);
    try {
        app.bind_token("users", email, "wrong", "tok");
        check(false, "bind threw nothing");
    } catch (const bosauth::exception& why) {
        check(why.status() == status_code::credentials && why.action() == action_code::ask_credentials, "why");
        check(why.details().http_status == 400, "the answer");
        check(std::string_view(why.what()) == "CREDENTIALS: wrong email or password", "what", why.what());
    }
    throws("unbind", status_code::credentials, [&] { app.unbind_token("users", email, "wrong", "tok"); });
    const bosauth::cancel wish;
    wish.trigger();
    const bosauth::options how = bosauth::options().cancel(wish);
    throws("stopped", status_code::cancelled, [&] { app.auth_with_token("users", "tok", how); });
    app.close();
    throws("bind", status_code::invalid_handle, [&] { app.bind_token("users", email, password, "t"); });
    throws("session", status_code::invalid_handle, [&] { static_cast<void>(app.current_session()); });
    throws("save", status_code::invalid_handle, [&] { app.save_session("t"); });
    throws("clear", status_code::invalid_handle, [&] { app.clear_session(); });
}

}  // namespace

// One that escapes ends the test, which is then red.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    a_users_day(argv[1]);
    every_call_throws(argv[1]);
    return test::verdict();
}
