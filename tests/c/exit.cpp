// Exits while the library is in use: exit URL TOKEN SILENT_URL. When main returns, four threads are in calls, one of
// them without a response; a static object logs in and frees its client in its destructor.
#include <bosauth.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

const char* token = nullptr;
std::atomic<int> calls{0};

struct last_user {
    bosauth_client client = 0;

    ~last_user() {
        bosauth_session* session = nullptr;
        const bool is_good = bosauth_auth_with_token(client, "users", token, nullptr, &session, nullptr) == BOSAUTH_OK;
        bosauth_session_free(session);
        bosauth_client_free(client);
        std::puts(is_good ? "logged in at exit" : "failed at exit");
    }
};

last_user last;

void at_exit() {
    bosauth_error* error = nullptr;
    if (bosauth_auth_with_token(last.client, "users", token, nullptr, nullptr, &error) != BOSAUTH_OK) {
        std::printf("%s\n", bosauth_error_message(error));
    }
    bosauth_error_free(error);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4 || std::atexit(at_exit) != 0) {
        return 64;
    }
    token = argv[2];
    bosauth_client unanswered = 0;
    if (bosauth_client_new(argv[1], nullptr, &last.client, nullptr) != BOSAUTH_OK ||
        bosauth_client_new(argv[3], nullptr, &unanswered, nullptr) != BOSAUTH_OK) {
        return 1;
    }
    for (int i = 0; i < 3; ++i) {
        std::thread([] {
            while (true) {
                bosauth_auth_with_token(last.client, "users", token, nullptr, nullptr, nullptr);
                ++calls;
            }
        }).detach();
    }
    std::thread([=] { bosauth_auth_with_token(unanswered, "users", token, nullptr, nullptr, nullptr); }).detach();
    while (calls < 10) {
        std::this_thread::yield();
    }
    return 0;
}
