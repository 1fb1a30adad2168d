// Cancellation of calls: by a cancel, by a stop token in C++20, and by closing or destroying the client.
//
//   cancellation SERVER    a demo server
#include "check.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>
#include <type_traits>
#include <vector>

using bosauth::action_code;
using bosauth::cancel;
using bosauth::client;
using bosauth::options;
using bosauth::status_code;
using std::chrono::milliseconds;
using std::chrono::minutes;
using test::check;
using test::fails;
using test::succeeds;

namespace {

static_assert(std::is_nothrow_move_constructible_v<cancel> && !std::is_copy_constructible_v<cancel>);
static_assert(std::is_nothrow_move_assignable_v<cancel> && !std::is_copy_assignable_v<cancel>);
static_assert(std::is_nothrow_default_constructible_v<cancel>);

/// A server that accepts connections and never responds.
class silent_server {
public:
    silent_server() {
        sockaddr_in address{};
        socklen_t length = sizeof address;
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        check(bind(listener_, generic, length) == 0 && listen(listener_, 64) == 0, "listen");
        check(getsockname(listener_, generic, &length) == 0, "port of the listener");
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    silent_server(const silent_server&) = delete;
    silent_server(silent_server&&) = delete;
    silent_server& operator=(const silent_server&) = delete;
    silent_server& operator=(silent_server&&) = delete;
    ~silent_server() {
        for (const int connection : connections_) {
            close(connection);
        }
        close(listener_);
    }

    [[nodiscard]] const std::string& url() const { return url_; }

    /// Waits until this many more calls are in progress: the first byte of each request has arrived.
    void wait_for(int calls) {
        for (int call = 0; call < calls; ++call) {
            char first = 0;
            connections_.push_back(accept(listener_, nullptr, nullptr));
            check(recv(connections_.back(), &first, 1, 0) == 1, "receive a request");
        }
    }

    /// Returns whether there is no further connection.
    [[nodiscard]] bool has_no_connection() const {
        pollfd pending{listener_, POLLIN, 0};
        return poll(&pending, 1, 0) == 0;
    }

private:
    int listener_{socket(AF_INET, SOCK_STREAM, 0)};
    std::string url_;
    std::vector<int> connections_;
};

client make_client(std::string_view url) {
    return std::move(client::make(url, bosauth::config().timeout(minutes(10)))).value();
}

template <class Result>
void is_cancelled(std::string_view what, const Result& result, bool is_sent) {
    fails(what, result, status_code::cancelled, action_code::none);
    check(!result && result.error().outcome_unknown == is_sent, what, "outcome_unknown");
}

/// Starts several threads with the same work.
template <class Work>
std::vector<std::thread> threads(int count, const Work& work) {
    std::vector<std::thread> all;
    all.reserve(static_cast<std::size_t>(count));
    for (int thread = 0; thread < count; ++thread) {
        all.emplace_back(work);
    }
    return all;
}

/// Starts threads with logins that must be cancelled while in progress.
std::vector<std::thread> blocked_logins(int count, const client& app, const options& opts) {
    return threads(count, [&] {
        is_cancelled("call in progress", app.try_auth_with_token("users", "tok", opts), true);
    });
}

void join(std::vector<std::thread>& threads) {
    for (std::thread& thread : threads) {
        thread.join();
    }
}

/// Saves a session that can be refreshed.
void save_session(const client& app) {
    succeeds("save", app.try_save_session("tok", R"({"id":"1","collectionId":"users"})"));
}

/// Checks that every call with these options is cancelled before it sends anything.
void is_cancelled_before_sending(const options& opts) {
    const silent_server server;
    const client app = make_client(server.url());
    is_cancelled("bind", app.try_bind_token("users", test::email, test::password, "tok", opts), false);
    is_cancelled("unbind", app.try_unbind_token("users", test::email, test::password, "tok", opts), false);
    is_cancelled("login", app.try_auth_with_token("users", "tok", opts), false);
    is_cancelled("password login", app.try_auth_with_password("users", test::email, test::password, opts), false);
    is_cancelled("one-time password", app.try_request_otp("users", test::email, opts), false);
    is_cancelled("login by code", app.try_auth_with_otp("users", "id", "code", opts), false);
    save_session(app);
    is_cancelled("refresh", app.try_auth_refresh(opts), false);
    is_cancelled("request", app.try_send("GET", "/a", opts), false);
    is_cancelled("request with a body", app.try_send("POST", "/a", "{}", opts), false);
    check(server.has_no_connection(), "nothing is sent");
    fails("invalid argument first", app.try_auth_with_token("users", "", opts), status_code::invalid_argument,
          action_code::fix_call, "token");
}

void trigger_before_the_call() {
    const cancel source;
    check(source.trigger() == status_code::ok && source.trigger() == status_code::ok, "trigger twice");
    is_cancelled_before_sending(options().cancel(source));
}

void cancel_shared_by_calls_and_clients() {
    silent_server server;
    const client one = make_client(server.url());
    const client other = make_client(server.url());
    const cancel source;
    const options shared = options().cancel(source);
    const options separate = options().cancel(source).keep_session(false);
    std::vector<std::thread> calls = blocked_logins(4, one, shared);
    std::vector<std::thread> more = blocked_logins(4, other, separate);
    server.wait_for(8);
    std::thread([&] { source.trigger(); }).join();
    join(calls);
    join(more);
}

void trigger_during_each_call() {
    silent_server server;
    const client app = make_client(server.url());
    save_session(app);
    const cancel source;
    const options opts = options().cancel(source);
    const std::vector<std::function<void()>> all = {
        [&] { is_cancelled("bind", app.try_bind_token("users", test::email, test::password, "tok", opts), true); },
        [&] { is_cancelled("unbind", app.try_unbind_token("users", test::email, test::password, "tok", opts), true); },
        [&] { is_cancelled("login", app.try_auth_with_token("users", "tok", opts), true); },
        [&] { is_cancelled("password", app.try_auth_with_password("users", test::email, "password", opts), true); },
        [&] { is_cancelled("one-time password", app.try_request_otp("users", test::email, opts), true); },
        [&] { is_cancelled("login by code", app.try_auth_with_otp("users", "id", "code", opts), true); },
        [&] { is_cancelled("refresh", app.try_auth_refresh(opts), true); },
        [&] { is_cancelled("request", app.try_send("GET", "/a", opts), true); },
        [&] { is_cancelled("request with a body", app.try_send("POST", "/a", "{}", opts), true); },
    };
    std::vector<std::thread> calls;
    calls.reserve(all.size());
    for (const auto& call : all) {
        calls.emplace_back(call);
    }
    server.wait_for(static_cast<int>(calls.size()));
    source.trigger();
    join(calls);
    check((**app.try_current_session()).token() == "tok", "session is unchanged");
}

void cancel_destroyed_and_moved(std::string_view url) {
    silent_server server;
    const client app = make_client(server.url());
    cancel target;
    {
        auto source = std::make_unique<cancel>();
        const options opts = options().cancel(*source);
        std::vector<std::thread> call = blocked_logins(1, app, opts);
        server.wait_for(1);
        const bosauth_cancel handle = source->handle();
        target = std::move(*source);
        check(target.handle() == handle, "handle is moved");
        // NOLINTNEXTLINE(bugprone-use-after-move): the state is specified
        check(source->trigger() == status_code::invalid_handle, "moved-from handle");
        fails("options with a moved-from handle", app.try_auth_with_token("users", "t", options().cancel(*source)),
              status_code::invalid_handle, action_code::fix_call, "cancel");
        source.reset();
        target.trigger();
        join(call);
    }
    options opts;
    {
        const cancel destroyed;
        opts.cancel(destroyed);
    }
    fails("destroyed before trigger", make_client(url).try_auth_with_token("users", "unbound", opts),
          status_code::unknown_token, action_code::ask_credentials);
    {
        const cancel destroyed;
        opts.cancel(destroyed);
        destroyed.trigger();
    }
    is_cancelled("destroyed after trigger", make_client(url).try_auth_with_token("users", "unbound", opts), false);
    const cancel other;
    opts.cancel(other);
    fails("last cancel replaces the first", make_client(url).try_auth_with_token("users", "unbound", opts),
          status_code::unknown_token, action_code::ask_credentials);
}

void trigger_after_the_response(std::string_view url) {
    const client app = make_client(url);
    const cancel source;
    succeeds("bind", app.try_bind_token("users", test::email, test::password, "tok-cancel", options().cancel(source)));
    auto login = app.try_auth_with_token("users", "tok-cancel", options().cancel(source));
    source.trigger();
    succeeds("accepted login", login);
    check((**app.try_current_session()).token() == login->token(), "session is kept");
}

/// Eight threads make calls: the first call of each is cancelled, the next one finds the client closed.
void close_cancels_calls(const std::function<void(client&)>& close) {
    silent_server server;
    client app = make_client(server.url());
    std::vector<std::thread> calls = threads(8, [&] {
        is_cancelled("call of a closed client", app.try_auth_with_token("users", "tok"), true);
        fails("next call", app.try_auth_with_token("users", "tok"), status_code::invalid_handle,
              action_code::fix_call, "client");
    });
    server.wait_for(8);
    close(app);
    join(calls);
    check(server.has_no_connection(), "nothing else is sent");
}

void close_during_calls() {
    close_cancels_calls([](client& app) { app.close(); });
    close_cancels_calls([](client& app) {
        check(app.close(milliseconds(0)) == status_code::invalid_argument, "zero wait");
        check(app.handle() != 0, "client is not closed");
        check(app.close(minutes(5)) == status_code::ok, "all calls have returned");
        check(app.close(minutes(5)) == status_code::invalid_handle, "closed twice");
        app.close();
    });
}

void destroy_during_calls() {
    silent_server server;
    std::optional<client> app = make_client(server.url());
    const options opts;
    std::vector<std::thread> calls = blocked_logins(8, *app, opts);
    server.wait_for(8);
    app.reset();
    join(calls);
}

/// Closes a client at varying times while threads make calls.
void close_at_varying_times(std::string_view url) {
    for (int round = 0; round < 50; ++round) {
        client app = make_client(url);
        std::atomic<int> responses{0};
        std::vector<std::thread> calls = threads(8, [&] {
            status_code status = status_code::unknown_token;
            while (status == status_code::unknown_token) {
                status = app.try_auth_with_token("users", "unbound").error().status;
                ++responses;
            }
            check(status == status_code::cancelled || status == status_code::invalid_handle, name(status));
        });
        while (responses < round) {
            std::this_thread::yield();
        }
        check(app.close(minutes(5)) == status_code::ok, "closed");
        join(calls);
    }
}

#if defined(__cpp_lib_jthread)
void stop_tokens() {
    silent_server server;
    const client app = make_client(server.url());
    std::stop_source source;
    const options shared = options().stop(source.get_token());
    std::vector<std::thread> calls = blocked_logins(4, app, shared);
    server.wait_for(4);
    source.request_stop();
    join(calls);
    is_cancelled_before_sending(shared);
    is_cancelled_before_sending(options().stop(source.get_token()));
    std::jthread thread([&](std::stop_token token) {
        const options opts = options().stop(std::move(token));
        is_cancelled("call in a jthread", app.try_auth_with_token("users", "tok", opts), true);
    });
    server.wait_for(1);
}

/// Options with a token are moved and destroyed, and outlive their source, before and after a stop request.
void stop_token_lifetimes(std::string_view url) {
    const client app = make_client(url);
    const auto is_not_cancelled = [&](const options& opts) {
        fails("not cancelled", app.try_auth_with_token("users", "unbound", opts), status_code::unknown_token,
              action_code::ask_credentials);
    };
    is_not_cancelled(options().stop(std::stop_token()));
    options opts = options().stop(std::stop_source().get_token());
    is_not_cancelled(opts);
    std::stop_source source;
    opts.stop(source.get_token());
    const options moved = std::move(opts);
    source.request_stop();
    is_cancelled_before_sending(moved);
    // NOLINTBEGIN(bugprone-use-after-move): the state is specified
    opts.stop(source.get_token()).stop(std::stop_token());
    is_not_cancelled(opts);
    const cancel handle;
    opts.stop(source.get_token()).cancel(handle);
    is_not_cancelled(opts);
    // NOLINTEND(bugprone-use-after-move)
    for (int round = 0; round < 200; ++round) {
        std::stop_source racing;
        std::thread stopper([&] { racing.request_stop(); });
        static_cast<void>(options().stop(racing.get_token()));
        stopper.join();
    }
}
#endif

void wait_hooks() {
    silent_server server;
    const client app = make_client(server.url());
    int hook_calls = 0;
    const std::thread::id caller = std::this_thread::get_id();
    options original = options().wait_hook([&] {
        check(std::this_thread::get_id() == caller, "hook runs on the thread of the call");
        return ++hook_calls == 2;
    });
    const options opts = std::move(original);
    is_cancelled("by a wait hook", app.try_auth_with_token("users", "tok", opts), true);
    check(hook_calls == 2, "hook is called until it ends the call");
    const auto no_hook = options().wait_hook([] { return true; }).wait_hook(nullptr).timeout(milliseconds(300));
    fails("removed hook", app.try_auth_with_token("users", "tok", no_hook), status_code::timeout,
          action_code::check_network);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    trigger_before_the_call();
    cancel_shared_by_calls_and_clients();
    trigger_during_each_call();
    cancel_destroyed_and_moved(argv[1]);
    trigger_after_the_response(argv[1]);
    close_during_calls();
    destroy_during_calls();
    close_at_varying_times(argv[1]);
    wait_hooks();
#if defined(__cpp_lib_jthread)
    stop_tokens();
    stop_token_lifetimes(argv[1]);
#endif
    return test::exit_status();
}
