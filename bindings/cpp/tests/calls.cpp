// Every class and function that does not throw, compiled without exceptions.
//
//   calls SERVER CLOSED FIXED  a demo server with second factors, the URL of a closed port, and a server with fixed
//                              responses (see tests/it/cpp.rs)
#include "check.hpp"

#include <thread>
#include <type_traits>
#include <vector>

using bosauth::action_code;
using bosauth::client;
using bosauth::options;
using bosauth::response;
using bosauth::session;
using bosauth::status_code;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::check;
using test::email;
using test::fails;
using test::contains;
using test::password;
using test::succeeds;

namespace {

static_assert(!std::is_copy_constructible_v<client> && std::is_nothrow_move_constructible_v<client>);
static_assert(!std::is_copy_assignable_v<client> && std::is_nothrow_move_assignable_v<client>);
static_assert(std::is_nothrow_move_constructible_v<session> && !std::is_copy_constructible_v<session>);
static_assert(std::is_nothrow_move_constructible_v<response> && !std::is_copy_constructible_v<response>);
static_assert(std::is_nothrow_move_assignable_v<response> && !std::is_default_constructible_v<response>);
static_assert(std::is_nothrow_move_constructible_v<options>);
static_assert(!std::is_default_constructible_v<client> && !std::is_default_constructible_v<session>);

/// Whether T has a body, which only a response that is stored has.
template <class T, class = void>
constexpr bool has_body = false;
template <class T>
constexpr bool has_body<T, std::void_t<decltype(std::declval<T>().body())>> = true;
static_assert(has_body<const response&> && !has_body<response> && !has_body<const response>);

/// Whether try_send accepts a body of this type.
template <class Body>
using sent = decltype(std::declval<client>().try_send("POST", "/", std::declval<Body>()));
template <class Body, class = void>
constexpr bool is_body = false;
template <class Body>
constexpr bool is_body<Body, std::void_t<sent<Body>>> = true;
static_assert(is_body<std::string> && is_body<const char*> && !is_body<std::nullptr_t>);

client make_client(std::string_view url) {
    auto created = client::make(url);
    succeeds("create a client", created);
    return std::move(created).value();
}

void names() {
    check(name(status_code::ok) == "OK" && name(status_code::mfa_same_method) == "MFA_SAME_METHOD", "status names");
    check(name(static_cast<status_code>(77)) == "UNKNOWN", "unknown status");
    check(name(action_code::check_network) == "CHECK_NETWORK", "action name");
    check(name(static_cast<action_code>(77)) == "UNKNOWN", "unknown action");
    check(bosauth::version() == BOSAUTH_VERSION, "version");
}

void bind_login_save_unbind(std::string_view url) {
    const client app = make_client(url);
    check(app.handle() != 0, "handle");
    succeeds("bind", app.try_bind_token("users", email, password, "tok-day"));
    auto login = app.try_auth_with_token("users", "tok-day");
    succeeds("login", login);
    check(login->field("email") == email, "email field", login->field("email"));
    check(login->field("none").empty() && login->field({"email\0", 6}).empty(), "missing fields");
    check(contains(login->record_json(), R"("collectionName":"users")"), "record", login->record_json());
    check(login->meta_json().empty() || login->meta_json()[0] == '{', "meta", login->meta_json());
    check(login->is_valid() && !login->is_superuser() && login->was_kept(), "session flags");
    check(login->expires_at().value_or(0) > 1'700'000'000, "token expiry");
    auto current = app.try_current_session();
    succeeds("current session", current);
    check(current->has_value() && (*current)->token() == login->token(), "login becomes the session");
    succeeds("clear", app.try_clear_session());
    check(!app.try_current_session()->has_value(), "session is cleared");
    succeeds("save", app.try_save_session(login->token(), login->record_json()));
    check((**app.try_current_session()).field("email") == email, "session is saved with its record");
    succeeds("save without a record", app.try_save_session("opaque"));
    const auto opaque = std::move(app.try_current_session()).value();
    check(opaque->token() == "opaque" && opaque->record_json().empty(), "session is saved without a record");
    check(!opaque->is_valid() && !opaque->expires_at() && opaque->was_kept(), "opaque token");
    succeeds("unbind", app.try_unbind_token("users", email, password, "tok-day"));
    fails("login after unbind", app.try_auth_with_token("users", "tok-day"), status_code::unknown_token,
          action_code::ask_credentials);
    check((**app.try_current_session()).token() == "opaque", "error leaves the session unchanged");
}

void superuser_login(std::string_view url) {
    const client app = make_client(url);
    succeeds("bind", app.try_bind_token("_superusers", "admin@example.com", password, "tok-admin"));
    const auto login = app.try_auth_with_token("_superusers", "tok-admin", options().keep_session(false));
    succeeds("login", login);
    check(login->is_superuser() && !login->was_kept(), "superuser session is not kept");
    check(!app.try_current_session()->has_value(), "client has no session");
}

void password_login_and_refresh(std::string_view url) {
    const client app = make_client(url);
    fails("refresh without a session", app.try_auth_refresh(), status_code::no_session, action_code::ask_credentials);
    const auto login = app.try_auth_with_password("users", email, password);
    succeeds("password login", login);
    check(login->field("email") == email && login->was_kept(), "session of a password login");
    fails("wrong password", app.try_auth_with_password("users", email, "wrong"), status_code::credentials,
          action_code::ask_credentials);
    const auto refreshed = app.try_auth_refresh();
    succeeds("refresh", refreshed);
    check(refreshed->token() == login->token() && refreshed->field("id") == login->field("id"), "same account");
    check(refreshed->was_kept() && (**app.try_current_session()).token() == login->token(), "session is kept");
    const auto checked = app.try_auth_refresh(options().keep_session(false));
    succeeds("refresh without keeping", checked);
    check(!checked->was_kept() && checked->field("email") == email, "refreshed session is not kept");
    succeeds("save", app.try_save_session("opaque", login->record_json()));
    fails("refresh of an unknown token", app.try_auth_refresh(), status_code::unauthorized,
          action_code::ask_credentials);
    check((**app.try_current_session()).token() == "opaque", "error leaves the session unchanged");
}

void second_factors(std::string_view url) {
    const client app = make_client(url);
    succeeds("bind", app.try_bind_token("guarded", email, password, "tok-mfa"));
    const auto first = app.try_auth_with_token("guarded", "tok-mfa");
    fails("first factor", first, status_code::mfa_required, action_code::second_factor);
    const options second = options().mfa_id(first.error().mfa_id);
    fails("same method", app.try_auth_with_token("guarded", "tok-mfa", second), status_code::mfa_same_method,
          action_code::second_factor);
    succeeds("token, then password", app.try_auth_with_password("guarded", email, password, second));
    fails("completed login", app.try_auth_with_password("guarded", email, password, second),
          status_code::mfa_session, action_code::second_factor);
    const auto otp_id = app.try_request_otp("guarded", email);
    succeeds("request a one-time password", otp_id);
    fails("wrong code", app.try_auth_with_otp("guarded", *otp_id, "wrong"), status_code::otp_invalid,
          action_code::second_factor);
    const auto by_code = app.try_auth_with_otp("guarded", *otp_id, test::last_code(app));
    fails("first factor", by_code, status_code::mfa_required, action_code::second_factor);
    const auto login = app.try_auth_with_token("guarded", "tok-mfa", options().mfa_id(by_code.error().mfa_id));
    succeeds("one-time password, then token", login);
    check(login->field("email") == email && login->was_kept(), "session of a second factor");
    fails("disabled method", app.try_request_otp("users", email), status_code::method_disabled,
          action_code::contact_operator);
    fails("disabled method", app.try_auth_with_otp("users", *otp_id, "1"), status_code::method_disabled,
          action_code::contact_operator);
}

void requests(std::string_view url) {
    const client app = make_client(url);
    const auto health = app.try_send("GET", "/api/health");
    succeeds("request without a body", health);
    check(health->http_status() == 200 && contains(health->body(), "API is healthy."), "response");
    check(health->header("content-TYPE") == "application/json", "header", health->header("content-TYPE"));
    check(health->header("X-None").empty() && health->header({"Content-Type\0", 13}).empty(), "missing headers");
    fails("request without a session", app.try_send("POST", "/api/collections/users/auth-refresh"),
          status_code::unauthorized, action_code::ask_credentials);
    succeeds("login", app.try_auth_with_password("users", email, password));
    const auto refresh = app.try_send("POST", "/api/collections/users/auth-refresh", "{}",
                                      options().add_query("fields", "record.email"));
    succeeds("request with the session", refresh);
    check(contains(refresh->body(), R"({"record":{"email":"user@example.com"}})"), "query",
          std::string(refresh->body()));
    fails("unknown path", app.try_send("GET", "/api/none"), status_code::not_found, action_code::fix_call);
    fails("path above the base URL", app.try_send("GET", "/../x"), status_code::invalid_argument, action_code::fix_call,
          "path");
    fails("lower-case method", app.try_send("get", "/api/health"), status_code::invalid_argument, action_code::fix_call,
          "method");
    fails("body of a GET request", app.try_send("GET", "/api/health", "{}"), status_code::invalid_argument,
          action_code::fix_call, "body");
    fails("body without bytes", app.try_send("POST", "/api/health", nullptr, 1), status_code::null_argument,
          action_code::fix_call, "body");
}

/// The path "/api/collections/body" of the server returns the body of the request and its Content-Type.
void bodies(std::string_view url) {
    const client app = make_client(url);
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) {
        every_byte += static_cast<char>(byte);
    }
    const auto sent = [&](const auto&... body) {
        auto received = app.try_send("POST", "/api/collections/body", body...);
        succeeds("send", received);
        check(received->http_status() == 201, "HTTP status");
        return std::move(received).value();
    };
    const response as_string = sent(std::string_view(every_byte));
    check(as_string.body() == every_byte && as_string.header("Content-Type") == "application/json", "string");
    const std::vector<unsigned char> vector(every_byte.begin(), every_byte.end());
    const response as_bytes = sent(vector.data(), vector.size(), options().add_header("Content-Type", "image/png"));
    check(as_bytes.body() == every_byte && as_bytes.header("Content-Type") == "image/png", "bytes");
#if defined(__cpp_lib_span)
    const response as_span = sent(std::as_bytes(std::span(vector)), options().add_header("Content-Type", "image/png"));
    check(as_span.body() == every_byte && as_span.header("Content-Type") == "image/png", "span");
    check(sent(std::span<const std::byte>()).header("Content-Length") == "0", "empty span");
#endif
    check(sent(std::string_view(every_byte).substr(60, 2)).header("Content-Length") == "2", "part of a string");
    check(sent().header("Content-Type").empty() && sent("").header("Content-Length") == "0", "no body");
    const auto fields = app.try_send("GET", "/api/collections/fields");
    succeeds("response with several fields of a name", fields);
    check(fields->header("x-part") == "a, b", "joined values", fields->header("x-part"));
    check(fields->header("Set-Cookie") == "c=1", "first cookie", fields->header("Set-Cookie"));
}

void errors(std::string_view url, std::string_view closed) {
    const client app = make_client(url);
    const auto wrong = app.try_bind_token("users", email, "wrong", "tok");
    fails("wrong password", wrong, status_code::credentials, action_code::ask_credentials);
    check(wrong.error().http_status == 400 && !wrong.error().outcome_unknown, "response of the error");
    check(contains(wrong.error().url, url) && contains(wrong.error().body, "\"status\":400"), "URL and body");
    check(!wrong.error().server_message.empty() && !wrong.error().retry_after, "server message");
    check(wrong.error().to_string() == "CREDENTIALS: " + wrong.error().message, "to_string");
    fails("unknown collection", app.try_auth_with_token("missing", "tok"), status_code::not_found,
          action_code::fix_call);
    fails("closed port", make_client(closed).try_auth_with_token("users", "tok"), status_code::connect,
          action_code::check_network);
    const auto array = app.try_save_session("tok", "[1]");
    fails("record that is not an object", array, status_code::invalid_argument, action_code::fix_call, "record_json");
    check(!array.error().http_status && array.error().url.empty() && array.error().body.empty(), "nothing is sent");
}

void fixed_responses(std::string_view url) {
    const client app = make_client(url);
    const auto mfa = app.try_auth_with_token("mfa", "tok");
    fails("second factor", mfa, status_code::mfa_required, action_code::second_factor);
    check(mfa.error().mfa_id == "mfa-1" && mfa.error().http_status == 401, "MFA id");
    const auto throttled = app.try_auth_with_token("throttled", "tok");
    fails("rate limit", throttled, status_code::rate_limited, action_code::retry_later);
    check(throttled.error().retry_after == milliseconds(7000), "retry_after");
    check(throttled.error().server_message == "Slow down.", "server message", throttled.error().server_message);
    const auto field = app.try_bind_token("invalid", email, password, "tok");
    fails("rejected field", field, status_code::validation, action_code::ask_credentials);
    check(field.error().data_json == R"({"email":{"code":"x"}})", "data_json", field.error().data_json);
    const auto lost = app.try_bind_token("lost", email, password, "tok");
    fails("lost response", lost, status_code::connection_lost, action_code::check_network);
    check(lost.error().outcome_unknown, "it may have been bound");
    const auto late = app.try_bind_token("silent", email, password, "tok", options().timeout(milliseconds(50)));
    fails("silent server", late, status_code::timeout, action_code::check_network);
}

/// The collection "echo" of the server returns the request.
void settings_are_sent(std::string_view url) {
    auto configuration = bosauth::config()
                   .timeout(seconds(9))
                   .connect_timeout(seconds(3))
                   .user_agent("my app/1")
                   .add_header("X-Game", "chess")
                   .add_header("X-Both", "configuration")
                   .max_response_bytes(100'000);
    const auto app = client::make(url, configuration);
    succeeds("create a configured client", app);
    const auto opts = options()
                         .timeout(seconds(8))
                         .add_query("expand", "t\xc3\xa9\x61m")
                         .add_header("X-Both", "options")
                         .body_json(R"({"level":3})")
                         .mfa_id("id_1-A");
    const auto echo = app->try_auth_with_token("echo", "the-token", opts);
    fails("echo", echo, status_code::refused, action_code::contact_operator);
    for (const auto* part : {"User-Agent: my app/1", "X-Game: chess", "X-Both: options", "expand=t%C3%A9am",
                             "mfaId=id_1-A", R"(\"level\":3)", R"(\"token\":\"***\")"}) {
        check(contains(echo.error().body, part), part, echo.error().body);
    }
    check(!contains(echo.error().body, "X-Both: configuration"), "options replace a header of the configuration");
    bosauth::config& invalid = configuration.max_response_bytes(20).add_roots_pem("not a certificate");
    fails("invalid certificate", client::make(url, invalid), status_code::invalid_argument, action_code::fix_call,
          "pem");
    const auto small = client::make(url, bosauth::config().max_response_bytes(20));
    fails("large response", small->try_auth_with_token("echo", "t"), status_code::response_too_large,
          action_code::contact_operator);
}

void setters_that_fail(std::string_view url) {
    using bosauth::config;
    const auto fails_client = [&](const config& configuration, std::string_view argument) {
        fails("configuration", client::make(url, configuration), status_code::invalid_argument, action_code::fix_call,
              argument);
    };
    fails_client(config().timeout(milliseconds(0)), "ms");
    fails_client(config().connect_timeout(seconds(86'401)), "ms");
    fails_client(config().user_agent(""), "user_agent");
    fails_client(config().add_header("Cookie", "a"), "name");
    fails_client(config().add_header("X", "a\r\nb"), "value");
    fails_client(config().max_response_bytes(0).timeout(seconds(1)), "bytes");
    fails_client(config().timeout(milliseconds(-1)).user_agent({"\0", 1}), "ms");
    const client app = make_client(url);
    const auto fails_call = [&](const options& opts, std::string_view argument) {
        fails("options", app.try_auth_with_token("users", "t", opts), status_code::invalid_argument,
              action_code::fix_call, argument);
    };
    fails_call(options().timeout(milliseconds(0)), "ms");
    fails_call(options().add_query("token", "x"), "name");
    fails_call(options().body_json("[]"), "object");
    fails_call(options().add_header("Content-Type", "text/plain"), "name");
    fails_call(options().mfa_id("a b"), "mfa_id");
    options reused;
    reused.add_header("Host", "x").keep_session(true).mfa_id("valid");
    fails_call(reused, "name");
    fails_client(config().user_agent({"\0", 1}), "user_agent");
    for (const auto& valid : {options(), options().mfa_id("x")}) {
        fails("valid options", app.try_auth_with_token("users", "unbound", valid), status_code::unknown_token,
              action_code::ask_credentials);
    }
    fails("the first error is returned", app.try_auth_with_token("users", "t", options().mfa_id("\xff").mfa_id("")),
          status_code::invalid_utf8, action_code::fix_call, "mfa_id");
    const auto two_errors = options().mfa_id("\xff").mfa_id({"\0", 1});
    fails("a NUL after the first error", app.try_auth_with_token("users", "t", two_errors), status_code::invalid_utf8,
          action_code::fix_call, "mfa_id");
}

void moved_and_closed(std::string_view url) {
    client first = make_client(url);
    const bosauth_client handle = first.handle();
    client second = std::move(first);
    check(second.handle() == handle, "moved");
    const auto is_closed = [](const client& app) {
        const auto is_invalid = [](const auto& result) {
            fails("closed client", result, status_code::invalid_handle, action_code::fix_call, "client");
        };
        is_invalid(app.try_bind_token("users", email, password, "t"));
        is_invalid(app.try_unbind_token("users", email, password, "t"));
        is_invalid(app.try_auth_with_token("users", "t"));
        is_invalid(app.try_auth_with_password("users", email, password));
        is_invalid(app.try_request_otp("users", email));
        is_invalid(app.try_auth_with_otp("users", "id", "code"));
        is_invalid(app.try_auth_refresh());
        is_invalid(app.try_send("GET", "/api/health"));
        is_invalid(app.try_current_session());
        is_invalid(app.try_save_session("t"));
        is_invalid(app.try_clear_session());
    };
    is_closed(first);  // NOLINT(bugprone-use-after-move): the state is specified
    first = make_client(url);
    succeeds("assigned client", first.try_clear_session());
    first = std::move(second);
    check(first.handle() == handle, "moved back");
    client& alias = first;
    first = std::move(alias);
    succeeds("self-move", first.try_clear_session());
    first.close();
    first.close();
    is_closed(first);
    check(bosauth_client_free(handle) == BOSAUTH_ERROR_INVALID_HANDLE, "handle is freed");
}

void moved_responses(std::string_view url) {
    const client app = make_client(url);
    response one = std::move(app.try_send("GET", "/api/health")).value();
    response other = std::move(one);
    check(contains(other.body(), "healthy"), "moved response");
    // NOLINTBEGIN(bugprone-use-after-move): the state is specified
    check(one.http_status() == 0 && one.body().empty() && one.header("Content-Type").empty(), "moved-from response");
    one = std::move(other);
    check(one.http_status() == 200 && other.http_status() == 0, "assigned response");
    // NOLINTEND(bugprone-use-after-move)
}

void generated_tokens(std::string_view url) {
    const client app = make_client(url);
    const auto token = bosauth::try_generate_token();
    succeeds("generate a token", token);
    check(token->size() == 43 && *bosauth::try_generate_token() != *token, "token", *token);
    succeeds("bind", app.try_bind_token("users", email, password, *token));
    succeeds("login", app.try_auth_with_token("users", *token));
}

void moved_sessions_and_options(std::string_view url) {
    const client app = make_client(url);
    succeeds("save", app.try_save_session("opaque"));
    session one = *std::move(app.try_current_session()).value();
    const session other = std::move(one);
    check(other.token() == "opaque", "moved session");
    // The state after a move is specified.  NOLINTBEGIN(bugprone-use-after-move)
    check(one.token().empty() && one.record_json().empty() && one.meta_json().empty(), "moved-from session is empty");
    check(one.field("id").empty() && !one.is_valid() && !one.is_superuser(), "moved-from session is not valid");
    options opts = options().mfa_id("not valid");
    const options taken = std::move(opts);
    fails("moved options", app.try_auth_with_token("users", "t", taken), status_code::invalid_argument,
          action_code::fix_call, "mfa_id");
    opts.timeout(seconds(5));
    fails("moved-from options are reusable", app.try_auth_with_token("users", "unbound", opts),
          status_code::unknown_token, action_code::ask_credentials);
    opts = options().mfa_id({"\0", 1});
    const options rejected = std::move(opts);
    opts.mfa_id("\xff");
    fails("a NUL moves with its options", app.try_auth_with_token("users", "t", opts), status_code::invalid_utf8,
          action_code::fix_call, "mfa_id");
    // NOLINTEND(bugprone-use-after-move)
}

void threads_share_a_client(std::string_view url) {
    const client app = make_client(url);
    const options opts = options().timeout(seconds(60));
    succeeds("bind", app.try_bind_token("users", email, password, "tok-threads"));
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int thread = 0; thread < 8; ++thread) {
        threads.emplace_back([&] {
            for (int call = 0; call < 20; ++call) {
                const auto login = app.try_auth_with_token("users", "tok-threads", opts);
                succeeds("concurrent login", login);
                check(login && login->field("email") == email, "email field");
                succeeds("clear", app.try_clear_session());
                succeeds("current session", app.try_current_session());
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
    names();
    bind_login_save_unbind(server);
    superuser_login(server);
    password_login_and_refresh(server);
    second_factors(server);
    requests(server);
    bodies(fixed);
    errors(server, argv[2]);
    fixed_responses(fixed);
    settings_are_sent(fixed);
    setters_that_fail(server);
    moved_and_closed(server);
    moved_sessions_and_options(server);
    moved_responses(server);
    generated_tokens(server);
    threads_share_a_client(server);
    return test::exit_status();
}
