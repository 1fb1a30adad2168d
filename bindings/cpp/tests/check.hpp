// Helpers of the C++ test programs: checks that report what failed.
#pragma once

#include <bosauth.hpp>

#include <atomic>
#include <cstdio>
#include <string>
#include <string_view>

namespace test {

// The account of a demo server. The collection "guarded" of a server with second factors has the same one.
inline constexpr std::string_view email = "user@example.com";
inline constexpr std::string_view password = "correct horse 1";

inline std::atomic<int> failures{0};

inline void check(bool holds, std::string_view what, const std::string& actual = {}) {
    if (!holds) {
        ++failures;
        std::fprintf(stderr, "FAILED: %.*s %s\n", static_cast<int>(what.size()), what.data(), actual.c_str());
    }
}

inline std::string to_string(const bosauth::error& error) {
    return error.to_string() + " [" + std::string(name(error.action)) + "] " + error.argument;
}

/// Checks that a call failed with this status, action and argument.
template <class Result>
void fails(std::string_view what, const Result& result, bosauth::status_code status,
           bosauth::action_code action, std::string_view argument = {}) {
    if (result) {
        check(false, what, "succeeded");
        return;
    }
    const bosauth::error& error = result.error();
    check(error.status == status && error.action == action && error.argument == argument, what, to_string(error));
    check(!error.message.empty() && error.message.find('\n') == std::string::npos, what, "message is one line");
}

/// Checks that a call succeeded.
template <class Result>
void succeeds(std::string_view what, const Result& result) {
    check(result.has_value(), what, result ? "" : to_string(result.error()));
}

inline bool contains(std::string_view string, std::string_view part) {
    return string.find(part) != std::string_view::npos;
}

/// Returns the code of the last one-time password that was requested in "guarded", from the control endpoint.
inline std::string last_code(const bosauth::client& app) {
    constexpr std::string_view before = R"("code":")";
    constexpr std::string_view command =
        R"({"do":"last_otp","account":{"collection":"guarded","email":"user@example.com"}})";
    const auto response = app.try_send("POST", "/_local/control", command);
    succeeds("code of the one-time password", response);
    const std::string_view body = response->body();
    return std::string(body.substr(body.find(before) + before.size(), 8));
}

inline int exit_status() {
    return failures == 0 ? 0 : 1;
}

}  // namespace test
