// Invalid strings for every string argument, and valid ones at their size limits: the server receives the string
// unchanged, or the call names the invalid argument.
//
//   strings SERVER EMAIL PASSWORD    a server with this account in users
#include "check.hpp"

#include <functional>
#include <vector>

using bosauth::action_code;
using bosauth::client;
using bosauth::config;
using bosauth::options;
using bosauth::status_code;
using test::check;
using test::fails;
using test::succeeds;

namespace {

using namespace std::string_literals;

/// A call with one string argument as a parameter.
struct parameter {
    std::string_view argument;
    std::function<bosauth::result<void>(std::string_view)> call;
};

/// Returns the result of a call without its value.
template <class T>
bosauth::result<void> without_value(const bosauth::result<T>& result) {
    return result ? bosauth::result<void>() : result.error();
}

bosauth::result<void> make_client(std::string_view url, const config& configuration) {
    return without_value(client::make(url, configuration));
}

bosauth::result<void> login(const client& app, std::string_view collection, std::string_view token,
                            const options& opts = options()) {
    return without_value(app.try_auth_with_token(collection, token, opts));
}

std::vector<parameter> parameters_of_calls(const client& app) {
    using view = std::string_view;
    return {
        {"collection", [&](view t) { return app.try_bind_token(t, "e", "p", "t"); }},
        {"email", [&](view t) { return app.try_bind_token("users", t, "p", "t"); }},
        {"password", [&](view t) { return app.try_bind_token("users", "e", t, "t"); }},
        {"token", [&](view t) { return app.try_bind_token("users", "e", "p", t); }},
        {"collection", [&](view t) { return app.try_unbind_token(t, "e", "p", "t"); }},
        {"email", [&](view t) { return app.try_unbind_token("users", t, "p", "t"); }},
        {"password", [&](view t) { return app.try_unbind_token("users", "e", t, "t"); }},
        {"token", [&](view t) { return app.try_unbind_token("users", "e", "p", t); }},
        {"collection", [&](view t) { return login(app, t, "t"); }},
        {"token", [&](view t) { return login(app, "users", t); }},
        {"collection", [&](view t) { return without_value(app.try_auth_with_password(t, "e", "p")); }},
        {"identity", [&](view t) { return without_value(app.try_auth_with_password("users", t, "p")); }},
        {"password", [&](view t) { return without_value(app.try_auth_with_password("users", "e", t)); }},
        {"collection", [&](view t) { return without_value(app.try_request_otp(t, "e")); }},
        {"email", [&](view t) { return without_value(app.try_request_otp("users", t)); }},
        {"collection", [&](view t) { return without_value(app.try_auth_with_otp(t, "i", "c")); }},
        {"otp_id", [&](view t) { return without_value(app.try_auth_with_otp("users", t, "c")); }},
        {"code", [&](view t) { return without_value(app.try_auth_with_otp("users", "i", t)); }},
        {"method", [&](view t) { return without_value(app.try_send(t, "/a")); }},
        {"path", [&](view t) { return without_value(app.try_send("GET", t)); }},
        {"token", [&](view t) { return app.try_save_session(t); }},
        {"record_json", [&](view t) { return app.try_save_session("t", t); }},
    };
}

std::vector<parameter> parameters_of_settings(const client& app, std::string_view url) {
    using view = std::string_view;
    return {
        {"base_url", [](view t) { return make_client(t, config()); }},
        {"user_agent", [=](view t) { return make_client(url, config().user_agent(t)); }},
        {"name", [=](view t) { return make_client(url, config().add_header(t, "v")); }},
        {"value", [=](view t) { return make_client(url, config().add_header("X", t)); }},
        {"pem", [=](view t) { return make_client(url, config().add_roots_pem(t)); }},
        {"name", [&](view t) { return login(app, "users", "t", options().add_query(t, "v")); }},
        {"value", [&](view t) { return login(app, "users", "t", options().add_query("n", t)); }},
        {"name", [&](view t) { return login(app, "users", "t", options().add_header(t, "v")); }},
        {"value", [&](view t) { return login(app, "users", "t", options().add_header("X", t)); }},
        {"object", [&](view t) { return login(app, "users", "t", options().body_json(t)); }},
        {"mfa_id", [&](view t) { return login(app, "users", "t", options().mfa_id(t)); }},
        {"mfa_id", [&](view t) { return app.try_bind_token("users", "e", "p", "t", options().mfa_id(t)); }},
        {"mfa_id",
         [&](view t) { return without_value(app.try_auth_with_password("users", "e", "p", options().mfa_id(t))); }},
        {"mfa_id", [&](view t) { return without_value(app.try_request_otp("users", "e", options().mfa_id(t))); }},
        {"mfa_id",
         [&](view t) { return without_value(app.try_auth_with_otp("users", "i", "c", options().mfa_id(t))); }},
        {"mfa_id", [&](view t) { return without_value(app.try_auth_refresh(options().mfa_id(t))); }},
        {"mfa_id", [&](view t) { return without_value(app.try_send("GET", "/a", options().mfa_id(t))); }},
    };
}

void invalid_bytes(const parameter& at) {
    const bool user_input = at.argument == "email" || at.argument == "password" || at.argument == "identity" ||
                            at.argument == "code";
    const auto action = user_input ? action_code::ask_credentials : action_code::fix_call;
    for (const std::string& nul : {"\0"s, "\0x"s, "x\0"s, "x\0y"s, "{\"a\":\"\0\"}"s}) {
        const auto rejected = at.call(nul);
        fails("NUL", rejected, status_code::invalid_argument, action, at.argument);
        check(!rejected && test::contains(rejected.error().message, "must not contain NUL"), "message names the NUL",
              rejected ? "" : rejected.error().message);
    }
    // PEM may contain comments in any encoding; only its blocks are checked.
    const bool is_any_encoding = at.argument == "pem";
    const auto status = is_any_encoding ? status_code::invalid_argument : status_code::invalid_utf8;
    for (const char* not_utf8 : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "caf\xe9"}) {
        fails("not UTF-8", at.call(not_utf8), status, action, at.argument);
    }
}

void first_invalid_argument_is_named(const client& app) {
    const std::string nul(1, '\0');
    const auto ask = action_code::ask_credentials;
    fails("NULs", app.try_bind_token("users", nul, nul, nul), status_code::invalid_argument, ask, "email");
    fails("empty first", app.try_bind_token("users", "", nul, "t"), status_code::invalid_argument, ask, "email");
    fails("not UTF-8 first", app.try_bind_token("users", "\xff", nul, "t"), status_code::invalid_utf8, ask,
          "email");
    fails("NULs", app.try_auth_with_password("users", nul, nul), status_code::invalid_argument, ask, "identity");
    fails("NULs", app.try_auth_with_otp("users", nul, nul), status_code::invalid_argument, action_code::fix_call,
          "otp_id");
    fails("empty first", app.try_send("", nul), status_code::invalid_argument, action_code::fix_call, "method");
    fails("NUL before options", app.try_bind_token("users", "e", nul, "t", options().mfa_id(nul)),
          status_code::invalid_argument, ask, "password");
    fails("first setter", login(app, "users", "t", options().mfa_id("\xff").body_json(nul)),
          status_code::invalid_utf8, action_code::fix_call, "mfa_id");
    fails("first of two errors", login(app, "users", "t", options().mfa_id(nul).mfa_id("\xff")),
          status_code::invalid_argument, action_code::fix_call, "mfa_id");
}

std::string emoji(std::size_t bytes) {
    std::string string;
    while (string.size() + 4 <= bytes) {
        string += "\xf0\x9f\x98\x80";
    }
    return string.append(bytes - string.size(), 'x');
}

void sizes(const client& app, std::string_view email) {
    const auto ask = action_code::ask_credentials;
    const auto fix = action_code::fix_call;
    for (const auto& make : {emoji, +[](std::size_t bytes) { return std::string(bytes, 'a'); }}) {
        const auto invalid = status_code::invalid_argument;
        fails("256", app.try_bind_token("users", make(256), "p", "t"), invalid, ask, "email");
        fails("256", app.try_bind_token("users", "e", make(256), "t"), invalid, ask, "password");
        fails("1025", app.try_bind_token("users", "e", "p", make(1025)), invalid, fix, "token");
        fails("256", login(app, make(256), "t"), invalid, fix, "collection");
        fails("255", login(app, make(255), "t"), status_code::not_found, fix);
        // These are sent: the first is not an email address, the second not the password of the account.
        fails("255", app.try_bind_token("users", make(255), "p", "t"), status_code::validation, ask);
        fails("255", app.try_bind_token("users", email, make(255), make(1024)), status_code::credentials, ask);
    }
    fails("empty", login(app, "users", ""), status_code::invalid_argument, fix, "token");
}

void strings_are_sent_unchanged(const client& app, std::string_view email, std::string_view password) {
    for (const std::string& token : {emoji(1024), emoji(1021), std::string(1024, ' '), "t"s, "\"\\\x01\n/"s}) {
        std::string other = token;
        other.back() = other.back() == 'x' ? 'y' : 'x';
        // A truncated four-byte character is not UTF-8, so use a shorter string instead.
        other = (token.size() == 1024 && token[0] != ' ') ? emoji(1020) : other;
        succeeds("bind", app.try_bind_token("users", email, password, token));
        succeeds("login", login(app, "users", token));
        fails("different token", login(app, "users", other), status_code::unknown_token,
              action_code::ask_credentials);
        succeeds("unbind", app.try_unbind_token("users", email, password, token));
        succeeds("password login", app.try_auth_with_password("users", email, password));
        fails("unbound", login(app, "users", token), status_code::unknown_token, action_code::ask_credentials);
    }
}

/// A string_view need not be NUL-terminated: bytes after it must not be read.
void string_views_are_not_read_past_their_end(const client& app, std::string_view email, std::string_view password) {
    const std::string longer = "tok-view and more";
    succeeds("bind", app.try_bind_token("users", email, password, std::string_view(longer).substr(0, 8)));
    succeeds("login", login(app, "users", "tok-view"));
    constexpr std::string_view method = "GETTER";
    constexpr std::string_view path = "/api/health/none";
    succeeds("request", app.try_send(method.substr(0, 3), path.substr(0, 11)));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        return 2;
    }
    const auto app = client::make(argv[1]);
    succeeds("create a client", app);
    for (const parameter& at : parameters_of_calls(*app)) {
        invalid_bytes(at);
    }
    for (const parameter& at : parameters_of_settings(*app, argv[1])) {
        invalid_bytes(at);
    }
    first_invalid_argument_is_named(*app);
    sizes(*app, argv[2]);
    strings_are_sent_unchanged(*app, argv[2], argv[3]);
    string_views_are_not_read_past_their_end(*app, argv[2], argv[3]);
    return test::exit_status();
}
