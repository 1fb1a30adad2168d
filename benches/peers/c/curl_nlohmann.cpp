// libcurl and nlohmann/json.
#include "curl.h"

#include <nlohmann/json.hpp>
#include <string>

void *open_client() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return nullptr;
}

void *open_worker(void *) { return open_curl(); }

void log_in(void *to) {
    auto *worker = static_cast<struct worker *>(to);
    const long status = post(worker);
    const auto response = nlohmann::json::parse(worker->bytes, worker->bytes + worker->size);
    const auto token = response.at("token").get<std::string>();
    const auto email = response.at("record").at("email").get<std::string>();
    check(status, token.c_str(), email.c_str());
}
