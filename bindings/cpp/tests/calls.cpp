// Every class and function of the form without exceptions, compiled with them switched off.
//
//   calls SERVER DEAD FIXED    a demo server, an address where nothing listens, and a server that gives
//                              fixed answers (tests/it/cpp.rs tells which)
#include "check.hpp"

#include <thread>
#include <type_traits>
#include <vector>

using bosauth::action_code;
using bosauth::client;
using bosauth::options;
using bosauth::session;
using bosauth::status_code;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::check;
using test::email;
using test::fails;
using test::has;
using test::password;
using test::works;

namespace {

static_assert(!std::is_copy_constructible_v<client> && std::is_nothrow_move_constructible_v<client>);
static_assert(!std::is_copy_assignable_v<client> && std::is_nothrow_move_assignable_v<client>);
static_assert(std::is_nothrow_move_constructible_v<session> && !std::is_copy_constructible_v<session>);
static_assert(std::is_nothrow_move_constructible_v<options>);
static_assert(!std::is_default_constructible_v<client> && !std::is_default_constructible_v<session>);

client made(std::string_view url) {
    auto made = client::make(url);
    works("a client", made);
    return std::move(made).value();
}

void names_and_numbers() {
    check(name(status_code::ok) == "OK" && name(status_code::mfa_same_method) == "MFA_SAME_METHOD", "names");
    check(name(static_cast<status_code>(77)) == "UNKNOWN", "an unknown status");
    check(name(action_code::check_network) == "CHECK_NETWORK", "the name of an action");
    check(name(static_cast<action_code>(77)) == "UNKNOWN", "an unknown action");
    check(bosauth::version() == BOSAUTH_VERSION, "the version");
}

void a_users_day(std::string_view url) {
    const client app = made(url);
    check(app.handle() != 0, "a handle");
    works("bind", app.try_bind_token("users", email, password, "tok-day"));
    auto login = app.try_auth_with_token("users", "tok-day");
    works("login", login);
    check(login->field("email") == email, "the email", login->field("email"));
    check(login->field("none").empty() && login->field({"email\0", 6}).empty(), "fields that are not there");
    check(has(login->record_json(), R"("collectionName":"users")"), "the record", login->record_json());
    check(login->meta_json().empty() || login->meta_json()[0] == '{', "the meta", login->meta_json());
    check(login->is_valid() && !login->is_superuser() && login->was_kept(), "the session's flags");
    check(login->expires_at().value_or(0) > 1'700'000'000, "the end of the token");
    auto held = app.try_current_session();
    works("the held session", held);
    check(held->has_value() && (*held)->token() == login->token(), "the client holds the login");
    works("clear", app.try_clear_session());
    check(!app.try_current_session()->has_value(), "nobody is logged in");
    works("save", app.try_save_session(login->token(), login->record_json()));
    check((**app.try_current_session()).field("email") == email, "saved with its record");
    works("save without a record", app.try_save_session("opaque"));
    const auto opaque = std::move(app.try_current_session()).value();
    check(opaque->token() == "opaque" && opaque->record_json().empty(), "saved without a record");
    check(!opaque->is_valid() && !opaque->expires_at() && opaque->was_kept(), "an opaque token");
    works("unbind", app.try_unbind_token("users", email, password, "tok-day"));
    fails("login after unbind", app.try_auth_with_token("users", "tok-day"), status_code::unknown_token,
          action_code::ask_credentials);
    check((**app.try_current_session()).token() == "opaque", "an error leaves the session");
}

void a_superuser(std::string_view url) {
    const client app = made(url);
    works("bind", app.try_bind_token("_superusers", "admin@example.com", password, "tok-admin"));
    const auto login = app.try_auth_with_token("_superusers", "tok-admin", options().keep_session(false));
    works("login", login);
    check(login->is_superuser() && !login->was_kept(), "a superuser that is not kept");
    check(!app.try_current_session()->has_value(), "nothing kept");
}

void refusals(std::string_view url, std::string_view dead) {
    const client app = made(url);
    const auto wrong = app.try_bind_token("users", email, "wrong", "tok");
    fails("a wrong password", wrong, status_code::credentials, action_code::ask_credentials);
    check(wrong.error().http_status == 400 && !wrong.error().outcome_unknown, "its answer");
    check(has(wrong.error().url, url) && has(wrong.error().body, "\"status\":400"), "its address and body");
    check(!wrong.error().server_message.empty() && !wrong.error().retry_after, "its message");
    check(wrong.error().to_string() == "CREDENTIALS: " + wrong.error().message, "in one line");
    fails("no such collection", app.try_auth_with_token("nobody", "tok"), status_code::not_found,
          action_code::fix_call);
    fails("nobody there", made(dead).try_auth_with_token("users", "tok"), status_code::connect,
          action_code::check_network);
    const auto text = app.try_save_session("tok", "[1]");
    fails("a record that is none", text, status_code::invalid_argument, action_code::fix_call, "record_json");
    check(!text.error().http_status && text.error().url.empty() && text.error().body.empty(), "nothing sent");
}

void fixed_answers(std::string_view url) {
    const client app = made(url);
    const auto mfa = app.try_auth_with_token("mfa", "tok");
    fails("a second factor", mfa, status_code::mfa_required, action_code::second_factor);
    check(mfa.error().mfa_id == "mfa-1" && mfa.error().http_status == 401, "the id of the login");
    const auto busy = app.try_auth_with_token("busy", "tok");
    fails("too many", busy, status_code::rate_limited, action_code::retry_later);
    check(busy.error().retry_after == milliseconds(7000), "how long to wait");
    check(busy.error().server_message == "Slow down.", "the server's words", busy.error().server_message);
    const auto field = app.try_bind_token("invalid", email, password, "tok");
    fails("a field", field, status_code::validation, action_code::ask_credentials);
    check(field.error().data_json == R"({"email":{"code":"x"}})", "the data", field.error().data_json);
    const auto lost = app.try_bind_token("lost", email, password, "tok");
    fails("a lost answer", lost, status_code::connection_lost, action_code::check_network);
    check(lost.error().outcome_unknown, "it may have been bound");
    const auto late = app.try_bind_token("silent", email, password, "tok", options().timeout(milliseconds(50)));
    fails("no answer", late, status_code::timeout, action_code::check_network);
}

/// The server at `url` gives back what it was sent in its collection "echo".
void what_is_set_arrives(std::string_view url) {
    auto set = bosauth::config()
                   .timeout(seconds(9))
                   .connect_timeout(seconds(3))
                   .user_agent("my app/1")
                   .add_header("X-Game", "chess")
                   .add_header("X-Both", "configuration")
                   .max_response_bytes(100'000);
    const auto app = client::make(url, set);
    works("a configured client", app);
    const auto how = options()
                         .timeout(seconds(8))
                         .add_query("expand", "t\xc3\xa9\x61m")
                         .add_header("X-Both", "options")
                         .body_json(R"({"level":3})")
                         .mfa_id("id_1-A");
    const auto echo = app->try_auth_with_token("echo", "the-token", how);
    fails("an echo", echo, status_code::refused, action_code::contact_operator);
    for (const auto* part : {"User-Agent: my app/1", "X-Game: chess", "X-Both: options", "expand=t%C3%A9am",
                             "mfaId=id_1-A", R"(\"level\":3)", R"(\"token\":\"***\")"}) {
        check(has(echo.error().body, part), part, echo.error().body);
    }
    check(!has(echo.error().body, "X-Both: configuration"), "options replace a header");
    bosauth::config& again = set.max_response_bytes(20).add_roots_pem("no certificate");
    fails("a bad authority", client::make(url, again), status_code::invalid_argument, action_code::fix_call,
          "pem");
    const auto small = client::make(url, bosauth::config().max_response_bytes(20));
    fails("a large answer", small->try_auth_with_token("echo", "t"), status_code::response_too_large,
          action_code::contact_operator);
}

void setters_that_fail(std::string_view url) {
    using bosauth::config;
    const auto refuses = [&](const config& setup, std::string_view argument) {
        fails("configuration", client::make(url, setup), status_code::invalid_argument, action_code::fix_call,
              argument);
    };
    refuses(config().timeout(milliseconds(0)), "ms");
    refuses(config().connect_timeout(seconds(86'401)), "ms");
    refuses(config().user_agent(""), "text");
    refuses(config().add_header("Cookie", "a"), "name");
    refuses(config().add_header("X", "a\r\nb"), "value");
    refuses(config().max_response_bytes(0).timeout(seconds(1)), "bytes");
    refuses(config().timeout(milliseconds(-1)).user_agent({"\0", 1}), "ms");
    const client app = made(url);
    const auto stops = [&](const options& how, std::string_view argument) {
        fails("options", app.try_auth_with_token("users", "t", how), status_code::invalid_argument,
              action_code::fix_call, argument);
    };
    stops(options().timeout(milliseconds(0)), "ms");
    stops(options().add_query("token", "x"), "name");
    stops(options().body_json("[]"), "object");
    stops(options().mfa_id("a b"), "mfa_id");
    options reused;
    reused.add_header("Host", "x").keep_session(true).mfa_id("good");
    stops(reused, "name");
    check(options().status() == status_code::ok && options().mfa_id("x").status() == status_code::ok, "good");
    check(options().mfa_id("\xff").mfa_id("").status() == status_code::invalid_utf8, "the first refusal");
    check(config().user_agent({"\0", 1}).status() == status_code::invalid_argument, "a refused NUL");
}

void moved_and_closed(std::string_view url) {
    client first = made(url);
    const bosauth_client handle = first.handle();
    client second = std::move(first);
    check(second.handle() == handle, "moved");
    const auto gone = [](const client& app) {
        const auto is_gone = [](const auto& result) {
            fails("gone", result, status_code::invalid_handle, action_code::fix_call, "client");
        };
        is_gone(app.try_bind_token("users", email, password, "t"));
        is_gone(app.try_unbind_token("users", email, password, "t"));
        is_gone(app.try_auth_with_token("users", "t"));
        is_gone(app.try_current_session());
        is_gone(app.try_save_session("t"));
        is_gone(app.try_clear_session());
    };
    gone(first);  // NOLINT(bugprone-use-after-move): what it does is told
    first = made(url);
    works("a new one in its place", first.try_clear_session());
    first = std::move(second);
    check(first.handle() == handle, "moved back");
    client& itself = first;
    first = std::move(itself);
    works("moved to itself", first.try_clear_session());
    first.close();
    first.close();
    gone(first);
    check(bosauth_client_free(handle) == BOSAUTH_ERROR_INVALID_HANDLE, "it was freed");
}

void moved_sessions_and_options(std::string_view url) {
    const client app = made(url);
    works("save", app.try_save_session("opaque"));
    session one = *std::move(app.try_current_session()).value();
    const session other = std::move(one);
    check(other.token() == "opaque", "a moved session");
    // What stays behind is told, so that it is used here.  NOLINTBEGIN(bugprone-use-after-move)
    check(one.token().empty() && one.record_json().empty() && one.meta_json().empty(), "nothing left");
    check(one.field("id").empty() && !one.is_valid() && !one.is_superuser(), "nobody left");
    options how = options().mfa_id("not good");
    const options taken = std::move(how);
    fails("moved options", app.try_auth_with_token("users", "t", taken), status_code::invalid_argument,
          action_code::fix_call, "mfa_id");
    how.timeout(seconds(5));
    fails("options used again", app.try_auth_with_token("users", "unbound", how), status_code::unknown_token,
          action_code::ask_credentials);
    // NOLINTEND(bugprone-use-after-move)
}

void one_client_for_many_threads(std::string_view url) {
    const client app = made(url);
    const options how = options().timeout(seconds(60));
    works("bind", app.try_bind_token("users", email, password, "tok-threads"));
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&] {
            for (int call = 0; call < 20; ++call) {
                const auto login = app.try_auth_with_token("users", "tok-threads", how);
                works("a login of many", login);
                check(login && login->field("email") == email, "its email");
                works("clear", app.try_clear_session());
                works("look", app.try_current_session());
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        return 2;
    }
    const std::string_view server = argv[1];
    const std::string_view fixed = argv[3];
    names_and_numbers();
    a_users_day(server);
    a_superuser(server);
    refusals(server, argv[2]);
    fixed_answers(fixed);
    what_is_set_arrives(fixed);
    setters_that_fail(server);
    moved_and_closed(server);
    moved_sessions_and_options(server);
    one_client_for_many_threads(server);
    return test::verdict();
}
