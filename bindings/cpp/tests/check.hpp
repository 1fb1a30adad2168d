// What the test programs of the C++ wrapper share: a check that says where it failed.
#pragma once

#include <bosauth.hpp>

#include <atomic>
#include <cstdio>
#include <string>
#include <string_view>

namespace test {

// The account of a demo server.
inline constexpr std::string_view email = "user@example.com";
inline constexpr std::string_view password = "correct horse 1";

inline std::atomic<int> failures{0};

inline void check(bool holds, std::string_view what, const std::string& got = {}) {
    if (!holds) {
        ++failures;
        std::fprintf(stderr, "FAILED: %.*s %s\n", static_cast<int>(what.size()), what.data(), got.c_str());
    }
}

inline std::string shown(const bosauth::error& why) {
    return why.to_string() + " [" + std::string(name(why.action)) + "] " + why.argument;
}

/// Whether a call failed with this status, this action and, if it named one, this argument.
template <class Result>
void fails(std::string_view what, const Result& result, bosauth::status_code status,
           bosauth::action_code action, std::string_view argument = {}) {
    if (result) {
        check(false, what, "succeeded");
        return;
    }
    const bosauth::error& why = result.error();
    check(why.status == status && why.action == action && why.argument == argument, what, shown(why));
    check(!why.message.empty() && why.message.find('\n') == std::string::npos, what, "has one line");
}

template <class Result>
void works(std::string_view what, const Result& result) {
    check(result.has_value(), what, result ? "" : shown(result.error()));
}

inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

inline int verdict() {
    return failures == 0 ? 0 : 1;
}

}  // namespace test
