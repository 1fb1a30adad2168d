// Out of memory at every allocation: objects of the library are freed, and moved-from objects stay valid.
//
//   memory SERVER    a demo server with second factors
#include "check.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <new>
#include <vector>

namespace {

/// The number of allocations that succeed before one fails; negative if none fails.
long allocations_left = -1;

}  // namespace

// NOLINTBEGIN(*-no-malloc, *-owning-memory, misc-definitions-in-headers): these are the allocation functions
void* operator new(std::size_t size) {
    if (allocations_left == 0) {
        allocations_left = -1;
        throw std::bad_alloc();
    }
    if (allocations_left > 0) {
        --allocations_left;
    }
    void* block = std::malloc(size == 0 ? 1 : size);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    return block;
}
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept {
    std::free(block);
}
// NOLINTEND(*-no-malloc, *-owning-memory, misc-definitions-in-headers)

namespace {

using test::check;

/// A string that is too long for the small-string optimization.
constexpr const char* long_string = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// Counts the live handles of a type: creates more than the table has free slots, so that the last index is the count.
std::size_t handles(const std::function<std::uint64_t()>& create,
                    const std::function<void(std::uint64_t)>& free) {
    constexpr std::size_t count = 16;
    constexpr std::uint64_t index = 0xffffff;
    std::vector<std::uint64_t> created(count);
    std::generate(created.begin(), created.end(), create);
    std::uint64_t last = 0;
    for (const std::uint64_t handle : created) {
        last = std::max(last, handle & index);
        free(handle);
    }
    return static_cast<std::size_t>(last) + 1 - count;
}

std::size_t clients() {
    const auto create = [] {
        bosauth_client client = 0;
        bosauth_client_new("http://127.0.0.1", nullptr, &client, nullptr);
        return client;
    };
    return handles(create, [](std::uint64_t handle) { bosauth_client_free(handle); });
}

std::size_t cancels() {
    return handles(bosauth_cancel_new, [](std::uint64_t handle) { bosauth_cancel_free(handle); });
}

std::size_t listeners() {
    const bosauth::client client("http://127.0.0.1");
    const auto changed = [](void*, bosauth_client, std::int32_t, std::uint64_t, const bosauth_session*) {};
    const auto create = [&] {
        bosauth_listener listener = 0;
        bosauth_client_add_listener(client.handle(), changed, nullptr, nullptr, &listener, nullptr);
        return listener;
    };
    return handles(create, [](std::uint64_t handle) { bosauth_listener_free(handle); });
}

/// A store in memory, whose functions allocate.
class memory_store : public bosauth::session_store {
public:
    bosauth::status_code load(std::string& session) override {
        session = content_;
        return bosauth::status_code::ok;
    }
    bosauth::status_code save(std::optional<std::string_view> session) override {
        content_ = std::string(session.value_or(""));
        return bosauth::status_code::ok;
    }

private:
    std::string content_;
};

/// Runs an operation once for each of its allocations, which fails, until none fails. The address sanitizer finds
/// leaks other than handles.
void at_each_allocation(std::string_view what, const std::function<void()>& work) {
    const std::size_t clients_before = clients();
    const std::size_t cancels_before = cancels();
    const std::size_t listeners_before = listeners();
    long failed = 0;
    for (bool ended = false; !ended; ++failed) {
        allocations_left = failed;
        try {
            work();
            ended = allocations_left != -1;
        } catch (const std::bad_alloc&) {
            ended = false;
        } catch (const bosauth::exception&) {
            ended = allocations_left != -1;
        }
        allocations_left = -1;
    }
    check(failed > 1, what, "allocates memory");
    check(clients() == clients_before, what, "leaks no client");
    check(cancels() == cancels_before, what, "leaks no cancellation handle");
    check(listeners() == listeners_before, what, "leaks no listener");
}

void all_operations(const std::string& url) {
    using bosauth::client;
    using bosauth::config;
    using bosauth::options;
    at_each_allocation("create a client", [&] { client(url, config().add_header("X-Key", long_string)); });
    at_each_allocation("create a client with an invalid URL", [&] { client(std::string("ftp://") + long_string); });
    client app(url);
    app.bind_token("users", "user@example.com", "correct horse 1", long_string);
    at_each_allocation("login", [&] {
        const bosauth::cancel cancel;
        const auto opts = options().cancel(cancel).add_query("expand", long_string).wait_hook([] { return false; });
        check(app.auth_with_token("users", long_string, opts).field("email") == "user@example.com", "email field");
    });
    at_each_allocation("failed login", [&] { app.auth_with_token("users", std::string(long_string) + "y"); });
    at_each_allocation("session", [&] {
        app.save_session(long_string, R"({"id":"a long enough record id"})");
        check(!app.current_session()->token().empty(), "token");
    });
    const auto store = std::make_shared<memory_store>();
    at_each_allocation("session store", [&] {
        const client stored(url, config().session_store(store));
        stored.save_session(long_string);
        stored.sync_session();
        const client restarted(url, config().session_store(store));
        const auto session = restarted.current_session();
        check(allocations_left == -1 || session->token() == long_string, "token of a store");
    });
    at_each_allocation("session file", [&] { client(url, config().session_file(std::string(long_string) + "/a")); });
    at_each_allocation("import", [&] {
        app.save_session(long_string);
        app.import_session(app.current_session()->export_text());
    });
    at_each_allocation("listener", [&] {
        const auto listening = app.add_listener(
            [](const bosauth::change& change) { check(change.session != nullptr, "session of a change"); });
        app.save_session(long_string);
    });
    at_each_allocation("empty listener", [&] { static_cast<void>(app.add_listener(nullptr)); });
    at_each_allocation("password login", [&] {
        app.auth_with_password("users", "user@example.com", "correct horse 1", options().add_query("a", long_string));
    });
    at_each_allocation("refresh", [&] { app.auth_refresh(options().add_query("a", long_string)); });
    at_each_allocation("one-time password", [&] { static_cast<void>(app.request_otp("guarded", "user@example.com")); });
    at_each_allocation("login by code", [&] { app.auth_with_otp("guarded", long_string, long_string); });
    at_each_allocation("request", [&] {
        const auto response = app.send("GET", "/api/health", options().add_header("X-Key", long_string));
        check(response.header("Content-Security-Policy").empty() && !response.body().empty(), "response");
    });
    at_each_allocation("failed request", [&] { app.send("POST", std::string("/") + long_string, "{}"); });
    at_each_allocation("generated token", [&] { static_cast<void>(bosauth::generate_token()); });
#if defined(__cpp_lib_jthread)
    at_each_allocation("stop token", [&] {
        std::stop_source source;
        app.auth_with_token("users", long_string, options().stop(source.get_token()));
    });
#endif
}

}  // namespace

// An exception that escapes fails the test.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    all_operations(argv[1]);
    return test::exit_status();
}
