// No freed memory contains a copy of a secret: every block is searched when it is freed.
//
//   zeroize SERVER    a demo server
#include "check.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace {

// Too long for the small-string optimization, so that each copy is a block.
constexpr const char* secret = "canary-0123456789-0123456789-0123456789";
constexpr std::size_t head = alignof(std::max_align_t);

std::atomic<int> found{0};

/// Searches for the middle of a secret, because deallocation may overwrite the ends of a block.
bool contains_secret(const char* block, std::size_t size, std::string_view searched = secret) {
    return test::contains(std::string_view(block, size), searched.substr(12, 20));
}

/// Keeps freed blocks, for a secret that is known only later.
struct {
    bool is_on;
    std::size_t count;
    char* blocks[64];
} keeper{};

std::size_t size_of(const char* block) {
    std::size_t size = 0;
    std::memcpy(&size, block, sizeof size);
    return size;
}

/// Searches the blocks that were kept, and frees them.
int kept_blocks_with(std::string_view searched) {
    int count = 0;
    keeper.is_on = false;
    for (; keeper.count > 0; --keeper.count) {
        char* block = keeper.blocks[keeper.count - 1];
        count += contains_secret(block + head, size_of(block), searched) ? 1 : 0;
        std::free(block);
    }
    return count;
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
    if (pointer == nullptr) {
        return;
    }
    char* block = static_cast<char*>(pointer) - head;
    found += contains_secret(block + head, size_of(block)) ? 1 : 0;
    if (keeper.is_on) {
        keeper.blocks[keeper.count++] = block;
    } else {
        std::free(block);
    }
}

void operator delete(void* pointer, std::size_t) noexcept {
    operator delete(pointer);
}

namespace {

/// A store that has no string in freed memory.
class fixed_store : public bosauth::session_store {
public:
    bosauth::status_code load(std::string& session) override {
        session = content();
        return bosauth::status_code::ok;
    }
    bosauth::status_code save(std::optional<std::string_view> session) override {
        size_ = session.value_or("").copy(content_, sizeof content_);
        return bosauth::status_code::ok;
    }

    [[nodiscard]] std::string_view content() const { return {content_, size_}; }

private:
    char content_[1024]{};
    std::size_t size_{0};
};

/// A stored and an imported session leave no copies.
void stored_session(std::string_view url) {
    using namespace bosauth;
    static const auto store = std::make_shared<fixed_store>();
    const auto first = client::make(url, config().session_store(store));
    test::succeeds("save", first->try_save_session(secret));
    test::check(contains_secret(store->content().data(), store->content().size()), "session is stored");
    const auto second = client::make(url, config().session_store(store));
    test::succeeds("load", second->try_current_session());
    test::succeeds("import", second->try_import_session(store->content()));
    test::succeeds("sync", second->try_sync_session());
    const auto added = second->try_add_listener([](const change& received) {
        test::check(received.session->store_status() == status_code::ok, "session of a change");
    });
    test::succeeds("save", second->try_save_session(secret));
}

/// A generated token is only in the string of the caller.
void generated_token() {
    keeper.is_on = true;
    const std::string token = std::move(bosauth::try_generate_token()).value();
    { const std::string not_zeroized = token; }
    test::check(kept_blocks_with(token) == 1, "generated token in freed memory, besides that of the test");
}

}  // namespace

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
        test::check(!app->try_auth_with_password("users", secret, secret), "unknown identity");
        test::check(!app->try_request_otp("users", secret), "disabled method");
        test::check(!app->try_auth_with_otp("users", secret, secret), "disabled method");
        test::succeeds("save", app->try_save_session(secret, R"({"id":"1","collectionId":"users"})"));
        test::check(!app->try_auth_refresh(), "unknown session");
        test::check(!app->try_send("POST", "/api/none", std::string_view(secret)), "unknown path");
        test::check(!app->try_auth_with_token("users", "t", options().body_json(secret)), "invalid JSON");
        test::succeeds("current session", app->try_current_session());
    }
    stored_session(argv[1]);
    test::check(found == 0, "secrets in freed memory:", std::to_string(found));
    generated_token();
    return test::exit_status();
}
