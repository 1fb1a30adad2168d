// Calls that are stopped: by a cancel, by a stop token where there is one, and by the end of their client.
//
//   stops SERVER    a demo server
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
using test::works;

namespace {

static_assert(std::is_nothrow_move_constructible_v<cancel> && !std::is_copy_constructible_v<cancel>);
static_assert(std::is_nothrow_move_assignable_v<cancel> && !std::is_copy_assignable_v<cancel>);
static_assert(std::is_nothrow_default_constructible_v<cancel>);

/// A server that takes connections and never answers.
class silent {
public:
    silent() {
        sockaddr_in address{};
        socklen_t length = sizeof address;
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* any = reinterpret_cast<sockaddr*>(&address);
        check(bind(listener_, any, length) == 0 && listen(listener_, 64) == 0, "a listener");
        check(getsockname(listener_, any, &length) == 0, "its port");
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }
    silent(const silent&) = delete;
    silent(silent&&) = delete;
    silent& operator=(const silent&) = delete;
    silent& operator=(silent&&) = delete;
    ~silent() {
        for (const int connection : connections_) {
            close(connection);
        }
        close(listener_);
    }

    [[nodiscard]] const std::string& url() const { return url_; }

    /// Waits until so many more calls are under way: the beginning of each request has come.
    void wait_for(int calls) {
        for (int call = 0; call < calls; ++call) {
            char first = 0;
            connections_.push_back(accept(listener_, nullptr, nullptr));
            check(recv(connections_.back(), &first, 1, 0) == 1, "a request");
        }
    }

    /// Whether nobody has come since.
    [[nodiscard]] bool is_alone() const {
        pollfd visitor{listener_, POLLIN, 0};
        return poll(&visitor, 1, 0) == 0;
    }

private:
    int listener_{socket(AF_INET, SOCK_STREAM, 0)};
    std::string url_;
    std::vector<int> connections_;
};

client made(std::string_view url) {
    return std::move(client::make(url, bosauth::config().timeout(minutes(10)))).value();
}

template <class Result>
void stopped(std::string_view what, const Result& result, bool is_sent) {
    fails(what, result, status_code::cancelled, action_code::none);
    check(!result && result.error().outcome_unknown == is_sent, what, "tells whether it may have happened");
}

/// Does the same on several threads of their own.
template <class Work>
std::vector<std::thread> threads(int count, const Work& work) {
    std::vector<std::thread> all;
    all.reserve(static_cast<std::size_t>(count));
    for (int thread = 0; thread < count; ++thread) {
        all.emplace_back(work);
    }
    return all;
}

/// Logins on threads of their own that have to be stopped under way.
std::vector<std::thread> hanging(int count, const client& app, const options& how) {
    return threads(count, [&] {
        stopped("a call under way", app.try_auth_with_token("users", "tok", how), true);
    });
}

void join(std::vector<std::thread>& threads) {
    for (std::thread& thread : threads) {
        thread.join();
    }
}

/// Every call with these options is stopped before it sends anything.
void stopped_before(const options& how) {
    const silent server;
    const client app = made(server.url());
    stopped("bind", app.try_bind_token("users", test::email, test::password, "tok", how), false);
    stopped("unbind", app.try_unbind_token("users", test::email, test::password, "tok", how), false);
    stopped("login", app.try_auth_with_token("users", "tok", how), false);
    check(server.is_alone(), "nothing is sent");
    fails("a bad argument first", app.try_auth_with_token("users", "", how), status_code::invalid_argument,
          action_code::fix_call, "token");
}

void before_the_call() {
    const cancel wish;
    check(wish.trigger() == status_code::ok && wish.trigger() == status_code::ok, "twice is fine");
    stopped_before(options().cancel(wish));
}

void one_for_several_calls_and_clients() {
    silent server;
    const client one = made(server.url());
    const client other = made(server.url());
    const cancel wish;
    const options shared = options().cancel(wish);
    const options own = options().cancel(wish).keep_session(false);
    std::vector<std::thread> calls = hanging(4, one, shared);
    std::vector<std::thread> more = hanging(4, other, own);
    server.wait_for(8);
    std::thread([&] { wish.trigger(); }).join();
    join(calls);
    join(more);
}

void destroyed_and_moved(std::string_view url) {
    silent server;
    const client app = made(server.url());
    cancel kept;
    {
        auto wish = std::make_unique<cancel>();
        const options how = options().cancel(*wish);
        std::vector<std::thread> call = hanging(1, app, how);
        server.wait_for(1);
        const bosauth_cancel handle = wish->handle();
        kept = std::move(*wish);
        check(kept.handle() == handle, "moved");
        // NOLINTNEXTLINE(bugprone-use-after-move): what it does is told
        check(wish->trigger() == status_code::invalid_handle, "nothing is left of it");
        fails("options with what was moved away", app.try_auth_with_token("users", "t", options().cancel(*wish)),
              status_code::invalid_handle, action_code::fix_call, "cancel");
        wish.reset();
        kept.trigger();
        join(call);
    }
    options how;
    {
        const cancel gone;
        how.cancel(gone);
    }
    fails("a call that nobody can stop any more", made(url).try_auth_with_token("users", "nobody's", how),
          status_code::unknown_token, action_code::ask_credentials);
    {
        const cancel gone;
        how.cancel(gone);
        gone.trigger();
    }
    stopped("one stopped in time", made(url).try_auth_with_token("users", "nobody's", how), false);
    const cancel other;
    how.cancel(other);
    fails("the last cancel counts", made(url).try_auth_with_token("users", "nobody's", how),
          status_code::unknown_token, action_code::ask_credentials);
}

void after_the_answer(std::string_view url) {
    const client app = made(url);
    const cancel wish;
    works("bind", app.try_bind_token("users", test::email, test::password, "tok-stops", options().cancel(wish)));
    auto login = app.try_auth_with_token("users", "tok-stops", options().cancel(wish));
    wish.trigger();
    works("a login that was accepted", login);
    check((**app.try_current_session()).token() == login->token(), "keeps its session");
}

/// Eight threads call without end; each is stopped in a call, and its next one finds no client.
void by_closing(const std::function<void(client&)>& close) {
    silent server;
    client app = made(server.url());
    std::vector<std::thread> calls = threads(8, [&] {
        stopped("a call of a closed client", app.try_auth_with_token("users", "tok"), true);
        fails("the next call", app.try_auth_with_token("users", "tok"), status_code::invalid_handle,
              action_code::fix_call, "client");
    });
    server.wait_for(8);
    close(app);
    join(calls);
    check(server.is_alone(), "nothing more is sent");
}

void closed_under_way() {
    by_closing([](client& app) { app.close(); });
    by_closing([](client& app) {
        check(app.close(milliseconds(0)) == status_code::invalid_argument, "no time");
        check(app.handle() != 0, "nothing was done");
        check(app.close(minutes(5)) == status_code::ok, "all calls have ended");
        check(app.close(minutes(5)) == status_code::invalid_handle, "closed before");
        app.close();
    });
}

void destroyed_under_way() {
    silent server;
    std::optional<client> app = made(server.url());
    const options how;
    std::vector<std::thread> calls = hanging(8, *app, how);
    server.wait_for(8);
    app.reset();
    join(calls);
}

/// Threads call, and find their client closed at any moment.
void closed_at_any_moment(std::string_view url) {
    for (int round = 0; round < 50; ++round) {
        client app = made(url);
        std::atomic<int> answers{0};
        std::vector<std::thread> calls = threads(8, [&] {
            status_code status = status_code::unknown_token;
            while (status == status_code::unknown_token) {
                status = app.try_auth_with_token("users", "nobody's").error().status;
                ++answers;
            }
            check(status == status_code::cancelled || status == status_code::invalid_handle, name(status));
        });
        while (answers < round) {
            std::this_thread::yield();
        }
        check(app.close(minutes(5)) == status_code::ok, "closed");
        join(calls);
    }
}

#if defined(__cpp_lib_jthread)
void stop_tokens() {
    silent server;
    const client app = made(server.url());
    std::stop_source source;
    const options shared = options().stop(source.get_token());
    std::vector<std::thread> calls = hanging(4, app, shared);
    server.wait_for(4);
    source.request_stop();
    join(calls);
    stopped_before(shared);
    stopped_before(options().stop(source.get_token()));
    std::jthread thread([&](std::stop_token token) {
        const options how = options().stop(std::move(token));
        stopped("a call of a jthread", app.try_auth_with_token("users", "tok", how), true);
    });
    server.wait_for(1);
}

/// Options with a token are moved and destroyed, and outlive the source, while it is stopped or not.
void stop_tokens_come_and_go(std::string_view url) {
    const client app = made(url);
    const auto is_unstopped = [&](const options& how) {
        fails("not stopped", app.try_auth_with_token("users", "nobody's", how), status_code::unknown_token,
              action_code::ask_credentials);
    };
    is_unstopped(options().stop(std::stop_token()));
    options how = options().stop(std::stop_source().get_token());
    is_unstopped(how);
    std::stop_source source;
    how.stop(source.get_token());
    const options moved = std::move(how);
    source.request_stop();
    stopped_before(moved);
    // NOLINTBEGIN(bugprone-use-after-move): what it does is told
    how.stop(source.get_token()).stop(std::stop_token());
    is_unstopped(how);
    const cancel wish;
    how.stop(source.get_token()).cancel(wish);
    is_unstopped(how);
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
    silent server;
    const client app = made(server.url());
    int asked = 0;
    const std::thread::id caller = std::this_thread::get_id();
    options made_before = options().wait_hook([&] {
        check(std::this_thread::get_id() == caller, "the thread of the call");
        return ++asked == 2;
    });
    const options how = std::move(made_before);
    stopped("by a hook", app.try_auth_with_token("users", "tok", how), true);
    check(asked == 2, "asked until it ended the call");
    const auto late = options().wait_hook([] { return true; }).wait_hook(nullptr).timeout(milliseconds(300));
    fails("without a hook", app.try_auth_with_token("users", "tok", late), status_code::timeout,
          action_code::check_network);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    before_the_call();
    one_for_several_calls_and_clients();
    destroyed_and_moved(argv[1]);
    after_the_answer(argv[1]);
    closed_under_way();
    destroyed_under_way();
    closed_at_any_moment(argv[1]);
    wait_hooks();
#if defined(__cpp_lib_jthread)
    stop_tokens();
    stop_tokens_come_and_go(argv[1]);
#endif
    return test::verdict();
}
