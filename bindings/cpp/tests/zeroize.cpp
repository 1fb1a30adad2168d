// No freed memory contains a copy of a secret: every block is searched when it is freed.
//
//   zeroize SERVER    a demo server
#include "check.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

// Too long for the small-string optimization, so that each copy is a block.
constexpr const char* secret = "canary-0123456789-0123456789-0123456789";
constexpr std::size_t head = alignof(std::max_align_t);

std::atomic<int> found{0};

/// Searches for the middle of the secret, because deallocation may overwrite the ends of a block.
bool contains_secret(const char* block, std::size_t size) {
    return test::contains(std::string_view(block, size), std::string_view(secret + 12, 20));
}

}  // namespace

// Each block starts with its size, because operator delete need not receive it.
void* operator new(std::size_t size) {
    auto* block = static_cast<char*>(std::malloc(head + size));
    if (block == nullptr) {
        std::abort();
    }
    std::memcpy(block, &size, sizeof size);
    return block + head;
}

void operator delete(void* pointer) noexcept {
    if (pointer != nullptr) {
        char* block = static_cast<char*>(pointer) - head;
        std::size_t size = 0;
        std::memcpy(&size, block, sizeof size);
        found += contains_secret(block + head, size) ? 1 : 0;
        std::free(block);
    }
}

void operator delete(void* pointer, std::size_t) noexcept {
    operator delete(pointer);
}

int main(int argc, char** argv) {
    using namespace bosauth;
    if (argc != 2) {
        return 2;
    }
    {
        const std::string not_zeroized = secret;
    }
    test::check(found == 1, "a secret that is not zeroized is found");
    found = 0;
    {
        const auto app = client::make(argv[1], config().add_header("X-Key", secret));
        test::succeeds("bind", app->try_bind_token("users", test::email, test::password, secret));
        test::succeeds("login", app->try_auth_with_token("users", secret, options().add_header("X-Key", secret)));
        test::succeeds("unbind", app->try_unbind_token("users", test::email, test::password, secret));
        test::check(!app->try_bind_token("users", test::email, secret, secret), "wrong password");
        test::check(!app->try_bind_token("users", {"\0", 1}, secret, secret), "rejected argument");
        test::succeeds("save", app->try_save_session(secret));
        test::check(!app->try_auth_with_token("users", "t", options().body_json(secret)), "invalid JSON");
        test::succeeds("current session", app->try_current_session());
    }
    test::check(found == 0, "secrets in freed memory:", std::to_string(found));
    return test::exit_status();
}
