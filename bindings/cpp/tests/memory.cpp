// No memory at any moment: what was made in the library is freed, and moved objects stay whole.
//
//   memory SERVER    a demo server
#include "check.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <new>
#include <vector>

namespace {

/// How many allocations succeed before one fails; negative: all do.
long allocations_left = -1;

}  // namespace

// NOLINTBEGIN(*-no-malloc, *-owning-memory, misc-definitions-in-headers): this is what allocates
void* operator new(std::size_t size) {
    if (allocations_left == 0) {
        allocations_left = -1;
        throw std::bad_alloc();
    }
    if (allocations_left > 0) {
        --allocations_left;
    }
    void* place = std::malloc(size == 0 ? 1 : size);
    if (place == nullptr) {
        throw std::bad_alloc();
    }
    return place;
}
void operator delete(void* place) noexcept {
    std::free(place);
}
void operator delete(void* place, std::size_t /*size*/) noexcept {
    std::free(place);
}
// NOLINTEND(*-no-malloc, *-owning-memory, misc-definitions-in-headers)

namespace {

using test::check;

/// Longer than what a std::string holds without an allocation.
constexpr const char* long_text = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// How many handles of a kind there are: more than the library has free places are made, and the last says it.
std::size_t handles(const std::function<std::uint64_t()>& make,
                    const std::function<void(std::uint64_t)>& free) {
    constexpr std::size_t count = 16;
    constexpr std::uint64_t index = 0xffffff;
    std::vector<std::uint64_t> made(count);
    std::generate(made.begin(), made.end(), make);
    std::uint64_t last = 0;
    for (const std::uint64_t handle : made) {
        last = std::max(last, handle & index);
        free(handle);
    }
    return static_cast<std::size_t>(last) + 1 - count;
}

std::size_t clients() {
    const auto make = [] {
        bosauth_client made = 0;
        bosauth_client_new("http://127.0.0.1", nullptr, &made, nullptr);
        return made;
    };
    return handles(make, [](std::uint64_t handle) { bosauth_client_free(handle); });
}

std::size_t cancels() {
    return handles(bosauth_cancel_new, [](std::uint64_t handle) { bosauth_cancel_free(handle); });
}

/// Does something again and again, with each of its allocations failing in turn, until none fails. What it leaves
/// besides handles the address sanitizer finds.
void at_each_allocation(std::string_view what, const std::function<void()>& work) {
    const std::size_t clients_before = clients();
    const std::size_t cancels_before = cancels();
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
    check(failed > 1, what, "allocates");
    check(clients() == clients_before, what, "leaves no client");
    check(cancels() == cancels_before, what, "leaves no cancel");
}

void everything(const std::string& url) {
    using bosauth::client;
    using bosauth::config;
    using bosauth::options;
    at_each_allocation("a client", [&] { client(url, config().add_header("X-Key", long_text)); });
    at_each_allocation("a client that is refused", [&] { client(std::string("ftp://") + long_text); });
    client app(url);
    app.bind_token("users", "user@example.com", "correct horse 1", long_text);
    at_each_allocation("a login", [&] {
        const bosauth::cancel stop;
        const auto how = options().cancel(stop).add_query("expand", long_text).wait_hook([] { return false; });
        check(app.auth_with_token("users", long_text, how).field("email") == "user@example.com", "the email");
    });
    at_each_allocation("a login that is refused", [&] { app.auth_with_token("users", std::string(long_text) + "y"); });
    at_each_allocation("a session", [&] {
        app.save_session(long_text, R"({"id":"a long enough record id"})");
        check(!app.current_session()->token().empty(), "a token");
    });
#if defined(__cpp_lib_jthread)
    at_each_allocation("a stop token", [&] {
        std::stop_source source;
        app.auth_with_token("users", long_text, options().stop(source.get_token()));
    });
#endif
}

}  // namespace

// One that escapes ends the test, which is then red.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    everything(argv[1]);
    return test::verdict();
}
