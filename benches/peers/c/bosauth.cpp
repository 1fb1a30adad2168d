// bosauth through its C++ wrapper. All threads share one client.
#include "driver.h"

#include <bosauth.hpp>
#include <cstdlib>
#include <string>

void *open_client() {
    bosauth::config config;
    if (std::string(base_url).rfind("https", 0) == 0) {
        char *pem = content(ca_file);
        config.add_roots_pem(pem);
        std::free(pem);
    }
    return new bosauth::client(base_url, config);
}

void *open_worker(void *client) { return client; }

void log_in(void *worker) {
    const auto session = static_cast<bosauth::client *>(worker)->auth_with_token("users", app_token);
    check(200, session.token().c_str(), session.field("email").c_str());
}
