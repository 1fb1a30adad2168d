// Bad texts in every place of a text, and good ones at their limits: what the server gets is what was given,
// or the call says which argument is bad.
//
//   texts SERVER EMAIL PASSWORD    a server with this account in users
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
using test::works;

namespace {

using namespace std::string_literals;

/// A call with one of its texts left open.
struct place {
    std::string_view argument;
    std::function<bosauth::result<void>(std::string_view)> call;
};

bosauth::result<void> made(std::string_view url, const config& setup) {
    const auto client = bosauth::client::make(url, setup);
    return client ? bosauth::result<void>() : client.error();
}

bosauth::result<void> login(const client& app, std::string_view collection, std::string_view token,
                            const options& how = options()) {
    const auto session = app.try_auth_with_token(collection, token, how);
    return session ? bosauth::result<void>() : session.error();
}

std::vector<place> places_of_calls(const client& app) {
    using text = std::string_view;
    return {
        {"collection", [&](text t) { return app.try_bind_token(t, "e", "p", "t"); }},
        {"email", [&](text t) { return app.try_bind_token("users", t, "p", "t"); }},
        {"password", [&](text t) { return app.try_bind_token("users", "e", t, "t"); }},
        {"token", [&](text t) { return app.try_bind_token("users", "e", "p", t); }},
        {"collection", [&](text t) { return app.try_unbind_token(t, "e", "p", "t"); }},
        {"email", [&](text t) { return app.try_unbind_token("users", t, "p", "t"); }},
        {"password", [&](text t) { return app.try_unbind_token("users", "e", t, "t"); }},
        {"token", [&](text t) { return app.try_unbind_token("users", "e", "p", t); }},
        {"collection", [&](text t) { return login(app, t, "t"); }},
        {"token", [&](text t) { return login(app, "users", t); }},
        {"token", [&](text t) { return app.try_save_session(t); }},
        {"record_json", [&](text t) { return app.try_save_session("t", t); }},
    };
}

std::vector<place> places_of_settings(const client& app, std::string_view url) {
    using text = std::string_view;
    return {
        {"base_url", [](text t) { return made(t, config()); }},
        {"text", [=](text t) { return made(url, config().user_agent(t)); }},
        {"name", [=](text t) { return made(url, config().add_header(t, "v")); }},
        {"value", [=](text t) { return made(url, config().add_header("X", t)); }},
        {"pem", [=](text t) { return made(url, config().add_roots_pem(t)); }},
        {"name", [&](text t) { return login(app, "users", "t", options().add_query(t, "v")); }},
        {"value", [&](text t) { return login(app, "users", "t", options().add_query("n", t)); }},
        {"name", [&](text t) { return login(app, "users", "t", options().add_header(t, "v")); }},
        {"value", [&](text t) { return login(app, "users", "t", options().add_header("X", t)); }},
        {"object", [&](text t) { return login(app, "users", "t", options().body_json(t)); }},
        {"mfa_id", [&](text t) { return login(app, "users", "t", options().mfa_id(t)); }},
    };
}

void bad_bytes(const place& at) {
    const bool typed = at.argument == "email" || at.argument == "password";
    const auto action = typed ? action_code::ask_credentials : action_code::fix_call;
    for (const std::string& nul : {"\0"s, "\0x"s, "x\0"s, "x\0y"s, "{\"a\":\"\0\"}"s}) {
        const auto refused = at.call(nul);
        fails("NUL", refused, status_code::invalid_argument, action, at.argument);
        check(!refused && test::has(refused.error().message, "holds a NUL"), "says so", refused ? "" : refused.error().message);
    }
    // PEM text may have comments in any encoding, so that only its blocks are looked at.
    const bool is_any_text = at.argument == "pem";
    const auto status = is_any_text ? status_code::invalid_argument : status_code::invalid_utf8;
    for (const char* not_utf8 : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "caf\xe9"}) {
        fails("not UTF-8", at.call(not_utf8), status, action, at.argument);
    }
}

void the_first_bad_argument_is_named(const client& app) {
    const std::string nul(1, '\0');
    const auto ask = action_code::ask_credentials;
    fails("NULs", app.try_bind_token("users", nul, nul, nul), status_code::invalid_argument, ask, "email");
    fails("empty first", app.try_bind_token("users", "", nul, "t"), status_code::invalid_argument, ask, "email");
    fails("not UTF-8 first", app.try_bind_token("users", "\xff", nul, "t"), status_code::invalid_utf8, ask,
          "email");
    fails("NUL before options", app.try_bind_token("users", "e", nul, "t", options().mfa_id(nul)),
          status_code::invalid_argument, ask, "password");
    fails("the first setter", login(app, "users", "t", options().mfa_id("\xff").body_json(nul)),
          status_code::invalid_utf8, action_code::fix_call, "mfa_id");
    fails("the first of two", login(app, "users", "t", options().mfa_id(nul).mfa_id("\xff")),
          status_code::invalid_argument, action_code::fix_call, "mfa_id");
}

std::string emoji(std::size_t bytes) {
    std::string text;
    while (text.size() + 4 <= bytes) {
        text += "\xf0\x9f\x98\x80";
    }
    return text.append(bytes - text.size(), 'x');
}

void sizes(const client& app, std::string_view email) {
    const auto ask = action_code::ask_credentials;
    const auto fix = action_code::fix_call;
    for (const auto& make : {emoji, +[](std::size_t bytes) { return std::string(bytes, 'a'); }}) {
        const auto bad = status_code::invalid_argument;
        fails("256", app.try_bind_token("users", make(256), "p", "t"), bad, ask, "email");
        fails("256", app.try_bind_token("users", "e", make(256), "t"), bad, ask, "password");
        fails("1025", app.try_bind_token("users", "e", "p", make(1025)), bad, fix, "token");
        fails("256", login(app, make(256), "t"), bad, fix, "collection");
        fails("255", login(app, make(255), "t"), status_code::not_found, fix);
        // The server sees these: the first is no address, the second no password of the account.
        fails("255", app.try_bind_token("users", make(255), "p", "t"), status_code::validation, ask);
        fails("255", app.try_bind_token("users", email, make(255), make(1024)), status_code::credentials, ask);
    }
    fails("empty", login(app, "users", ""), status_code::invalid_argument, fix, "token");
}

void what_is_given_arrives(const client& app, std::string_view email, std::string_view password) {
    for (const std::string& token : {emoji(1024), emoji(1021), std::string(1024, ' '), "t"s, "\"\\\x01\n/"s}) {
        std::string other = token;
        other.back() = other.back() == 'x' ? 'y' : 'x';
        // A four-byte character that lost its last byte is no UTF-8; then the first bytes are left out.
        other = (token.size() == 1024 && token[0] != ' ') ? emoji(1020) : other;
        works("bind", app.try_bind_token("users", email, password, token));
        works("login", login(app, "users", token));
        fails("another token", login(app, "users", other), status_code::unknown_token,
              action_code::ask_credentials);
        works("unbind", app.try_unbind_token("users", email, password, token));
        fails("unbound", login(app, "users", token), status_code::unknown_token, action_code::ask_credentials);
    }
}

/// A view need not end with a NUL: what stands behind it must not be read.
void views_end_where_they_end(const client& app, std::string_view email, std::string_view password) {
    const std::string longer = "tok-view and more";
    works("bind", app.try_bind_token("users", email, password, std::string_view(longer).substr(0, 8)));
    works("login", login(app, "users", "tok-view"));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        return 2;
    }
    const auto app = client::make(argv[1]);
    works("a client", app);
    for (const place& at : places_of_calls(*app)) {
        bad_bytes(at);
    }
    for (const place& at : places_of_settings(*app, argv[1])) {
        bad_bytes(at);
    }
    the_first_bad_argument_is_named(*app);
    sizes(*app, argv[2]);
    what_is_given_arrives(*app, argv[2], argv[3]);
    views_end_where_they_end(*app, argv[2], argv[3]);
    return test::verdict();
}
