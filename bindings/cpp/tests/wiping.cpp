// That no copy of a secret stays in memory that the wrapper gives back: every block is looked through when it
// is freed.
//
//   wiping SERVER    a demo server
#include "check.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

// Longer than what a string keeps in itself, so that each copy has a block of its own.
constexpr const char* secret = "canary-0123456789-0123456789-0123456789";
constexpr std::size_t head = alignof(std::max_align_t);

std::atomic<int> found{0};

/// Looks for the secret without its first and last letters: what frees a block may write to its ends.
bool holds_secret(const char* block, std::size_t size) {
    return test::has(std::string_view(block, size), std::string_view(secret + 12, 20));
}

}  // namespace

// Each block begins with its size, which the standard library does not have to say when it frees one.
void* operator new(std::size_t size) {
    auto* block = static_cast<char*>(std::malloc(head + size));
    if (block == nullptr) {
        std::abort();
    }
    std::memcpy(block, &size, sizeof size);
    return block + head;
}

void operator delete(void* place) noexcept {
    if (place != nullptr) {
        char* block = static_cast<char*>(place) - head;
        std::size_t size = 0;
        std::memcpy(&size, block, sizeof size);
        found += holds_secret(block + head, size) ? 1 : 0;
        std::free(block);
    }
}

void operator delete(void* place, std::size_t) noexcept {
    operator delete(place);
}

int main(int argc, char** argv) {
    using namespace bosauth;
    if (argc != 2) {
        return 2;
    }
    {
        const std::string not_wiped = secret;
    }
    test::check(found == 1, "a secret that is not wiped is found");
    found = 0;
    {
        const auto app = client::make(argv[1], config().add_header("X-Key", secret));
        test::works("bind", app->try_bind_token("users", test::email, test::password, secret));
        test::works("login", app->try_auth_with_token("users", secret, options().add_header("X-Key", secret)));
        test::works("unbind", app->try_unbind_token("users", test::email, test::password, secret));
        test::check(!app->try_bind_token("users", test::email, secret, secret), "a wrong password");
        test::check(!app->try_bind_token("users", {"\0", 1}, secret, secret), "refused before");
        test::works("save", app->try_save_session(secret));
        test::check(options().body_json(std::string_view(secret)).status() != status_code::ok, "no JSON");
        test::works("look", app->try_current_session());
    }
    test::check(found == 0, "secrets left in freed memory:", std::to_string(found));
    return test::verdict();
}
