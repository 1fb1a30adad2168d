// The scenario driver for C++: runs each line of its input through bosauth.hpp, and prints the result. The format is that
// of tests/scenarios/README.md.
#include <bosauth.hpp>

#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

namespace {

using arguments = std::vector<std::string>;

const std::string unknown = "UNKNOWN VERB";

// ---- fields and results ----

std::string decoded(const std::string& field) {
    if (field == "\"\"") {
        return {};
    }
    std::string value;
    for (std::size_t at = 0; at < field.size(); ++at) {
        if (field[at] == '%') {
            value += static_cast<char>(std::stoi(field.substr(at + 1, 2), nullptr, 16));
            at += 2;
        } else {
            value += field[at];
        }
    }
    return value;
}

std::string encoded(const std::string& value) {
    constexpr const char* digits = "0123456789ABCDEF";
    std::string field;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > ' ' && byte < 127 && byte != '%') {
            field += c;
        } else {
            field += {'%', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return "OK " + (field.empty() ? "\"\"" : field);
}

std::string number(std::int64_t value) {
    return "OK " + std::to_string(value);
}

std::string error_line(const bosauth::error& failure) {
    std::string value(name(failure.status));
    value.append(" ").append(std::to_string(failure.http_status.value_or(0))).append(" ").append(name(failure.action));
    if (!failure.argument.empty()) {
        value += " arg=" + failure.argument;
    }
    return failure.outcome_unknown ? value + " outcome=unknown" : value;
}

std::string show(const bosauth::session* session, const arguments& part) {
    if (session == nullptr) {
        return "OK none";
    }
    if (part.empty()) {
        const auto stored = session->store_status();
        return std::string("OK expiry=") + (session->expires_at() ? "known" : "unknown") +
               " valid=" + std::to_string(session->is_valid()) +
               " superuser=" + std::to_string(session->is_superuser()) +
               " kept=" + std::to_string(session->was_kept()) +
               (stored == bosauth::status_code::ok ? "" : " store=" + std::string(name(stored)));
    }
    const std::map<std::string, std::function<std::string()>> parts = {
        {"@token", [&] { return encoded(session->token()); }},
        {"@record", [&] { return encoded(session->record_json()); }},
        {"@meta", [&] { return encoded(session->meta_json()); }},
        {"@expires_at", [&] { return number(session->expires_at().value_or(0)); }},
    };
    const auto accessor = parts.find(part[0]);
    return accessor == parts.end() ? encoded(session->field(part[0])) : accessor->second();
}

// ---- session store and changes ----

/// The store of `config session_store`.
class memory_store : public bosauth::session_store {
public:
    bosauth::status_code load(std::string& session) override {
        if (status == bosauth::status_code::ok) {
            session = content;
        }
        return status;
    }

    bosauth::status_code save(std::optional<std::string_view> session) override {
        if (status == bosauth::status_code::ok) {
            content = session.value_or("");
        }
        return status;
    }

    bosauth::status_code status{bosauth::status_code::ok};
    std::string content;
};

/// Formats a change for the verb `changes`.
std::string show(const bosauth::change& change) {
    using bosauth::change_kind;
    const std::map<change_kind, std::string> kinds = {
        {change_kind::login, "LOGIN"}, {change_kind::refresh, "REFRESH"}, {change_kind::save, "SAVE"},
        {change_kind::clear, "CLEAR"}, {change_kind::import, "IMPORT"},   {change_kind::load, "LOAD"},
    };
    const std::string token = change.session == nullptr ? "-" : change.session->token();
    return kinds.at(change.kind) + ":" + std::to_string(change.generation) + ":" + token;
}

// ---- configuration and options ----

std::chrono::milliseconds milliseconds(const std::string& value) {
    return std::chrono::milliseconds(std::stoll(value));
}

/// Returns the error of configuration with which a client cannot be created, or OK.
std::string status_of(const bosauth::config& settings) {
    const auto client = bosauth::client::make("http://127.0.0.1", settings);
    return std::string(name(client ? bosauth::status_code::ok : client.error().status));
}

/// Returns the error of options with which a call fails, or OK. The call sends nothing, and accepts every option.
std::string status_of(bosauth::options& settings) {
    const bosauth::cancel triggered;
    triggered.trigger();
    const auto client = bosauth::client::make("http://127.0.0.1");
    const auto status = client->try_send("GET", "/a", settings.cancel(triggered)).error().status;
    return std::string(name(status == bosauth::status_code::cancelled ? bosauth::status_code::ok : status));
}

template <class Settings>
using setters = std::map<std::string, std::function<void(Settings&, const arguments&)>>;

/// Calls a setter on `settings` and on new ones, and returns the status of the new ones.
template <class Settings>
std::string set(Settings& settings, const setters<Settings>& all, const arguments& fields) {
    const auto setter = all.find(fields[0]);
    if (setter == all.end()) {
        return unknown;
    }
    Settings fresh;
    setter->second(fresh, fields);
    setter->second(settings, fields);
    return status_of(fresh);
}

using bosauth::config;
using bosauth::options;

const setters<config> config_setters = {
    {"timeout_ms", [](config& c, const arguments& a) { c.timeout(milliseconds(a[1])); }},
    {"connect_timeout_ms", [](config& c, const arguments& a) { c.connect_timeout(milliseconds(a[1])); }},
    {"max_response_bytes", [](config& c, const arguments& a) { c.max_response_bytes(std::stoull(a[1])); }},
    {"user_agent", [](config& c, const arguments& a) { c.user_agent(a[1]); }},
    {"session_file", [](config& c, const arguments& a) { c.session_file(a[1]); }},
    {"roots_pem", [](config& c, const arguments& a) { c.add_roots_pem(a[1]); }},
    {"header", [](config& c, const arguments& a) { c.add_header(a[1], a.at(2)); }},
};

const setters<options> option_setters = {
    {"timeout_ms", [](options& o, const arguments& a) { o.timeout(milliseconds(a[1])); }},
    {"keep_session", [](options& o, const arguments& a) { o.keep_session(a[1] != "0"); }},
    {"body_json", [](options& o, const arguments& a) { o.body_json(a[1]); }},
    {"mfa_id", [](options& o, const arguments& a) { o.mfa_id(a[1]); }},
    {"query", [](options& o, const arguments& a) { o.add_query(a[1], a.at(2)); }},
    {"header", [](options& o, const arguments& a) { o.add_header(a[1], a.at(2)); }},
};

// ---- verbs ----

/// A client, the settings of the next client and call, and the results of the last calls.
struct state {
    config setup;
    options call_options;
    std::optional<bosauth::client> client;
    std::optional<bosauth::session> login;
    std::optional<bosauth::response> response;
    std::optional<bosauth::cancel> cancel;
    bosauth::error error;
    std::shared_ptr<memory_store> store = std::make_shared<memory_store>();
    std::vector<bosauth::subscription> listeners;
    // Owned by the listeners too.
    std::shared_ptr<std::string> changes = std::make_shared<std::string>();

    std::string failed(const bosauth::error& failure) {
        error = failure;
        return error_line(failure);
    }

    std::string outcome(const bosauth::result<void>& result) { return result ? "OK" : failed(result.error()); }

    std::string make(const arguments& a) {
        auto result = bosauth::client::make(a[0], std::exchange(setup, config()));
        if (!result) {
            return failed(result.error());
        }
        client = *std::move(result);
        return "OK";
    }

    /// The options of this call; the next one has none.
    options next_options() { return std::exchange(call_options, options()); }

    std::string logged_in(bosauth::result<bosauth::session> result) {
        login.reset();
        if (!result) {
            return failed(result.error());
        }
        login = *std::move(result);
        return login->was_kept() ? "OK kept" : "OK lost";
    }

    std::string log_in(const arguments& a) {
        return logged_in(client->try_auth_with_token(a[0], a[1], next_options()));
    }

    std::string log_in_with_password(const arguments& a) {
        return logged_in(client->try_auth_with_password(a[0], a[1], a[2], next_options()));
    }

    std::string log_in_with_otp(const arguments& a) {
        return logged_in(client->try_auth_with_otp(a[0], a[1], a[2], next_options()));
    }

    std::string refresh(const arguments& /*a*/) { return logged_in(client->try_auth_refresh(next_options())); }

    std::string string_outcome(const bosauth::result<std::string>& result) {
        return result ? encoded(*result) : failed(result.error());
    }

    std::string request_otp(const arguments& a) {
        return string_outcome(client->try_request_otp(a[0], a[1], next_options()));
    }

    std::string bind(const arguments& a) {
        return outcome(client->try_bind_token(a[0], a[1], a[2], a[3], next_options()));
    }

    std::string unbind(const arguments& a) {
        return outcome(client->try_unbind_token(a[0], a[1], a[2], a[3], next_options()));
    }

    std::string generate_token(const arguments& /*a*/) { return string_outcome(bosauth::try_generate_token()); }

    std::string send(const arguments& a) {
        auto result = a.size() == 2 ? client->try_send(a[0], a[1], next_options())
                                    : client->try_send(a[0], a[1], a[2], next_options());
        if (!result) {
            return failed(result.error());
        }
        response = *std::move(result);
        return number(response->http_status());
    }

    std::string received(const arguments& a) const {
        return encoded(a[0] == "@body" ? std::string(response->body()) : response->header(a[0]));
    }

    std::string save(const arguments& a) {
        return outcome(a.size() == 1 ? client->try_save_session(a[0]) : client->try_save_session(a[0], a[1]));
    }

    std::string session(const arguments& part) {
        const auto current = client->try_current_session();
        return current ? show(current->has_value() ? &**current : nullptr, part) : failed(current.error());
    }

    std::string export_session(const arguments& /*a*/) {
        const auto current = client->try_current_session();
        if (!current) {
            return failed(current.error());
        }
        return current->has_value() ? encoded((*current)->export_text()) : "OK none";
    }

    std::string listen(const arguments& /*a*/) {
        auto added = client->try_add_listener([recorded = changes](const bosauth::change& change) {
            *recorded += (recorded->empty() ? "" : ",") + show(change);
        });
        if (!added) {
            return failed(added.error());
        }
        listeners.push_back(*std::move(added));
        return "OK";
    }

    std::string unlisten(const arguments& /*a*/) {
        if (listeners.empty()) {
            return unknown;
        }
        listeners.pop_back();
        return "OK";
    }

    std::string next_changes(const arguments& /*a*/) { return encoded(std::exchange(*changes, "")); }

    std::string set_store(const arguments& a) {
        using bosauth::status_code;
        for (const auto status : {status_code::ok, status_code::store, status_code::store_unavailable}) {
            if (a[0] == name(status)) {
                store->status = status;
                return "OK";
            }
        }
        return unknown;
    }

    std::string stored(const arguments& /*a*/) const {
        return store->content.empty() ? "OK none" : encoded(store->content);
    }

    std::string part_of_error(const arguments& a) const {
        const std::map<std::string, std::string> strings = {
            {"message", error.message}, {"server_message", error.server_message}, {"data", error.data_json},
            {"body", error.body},       {"url", error.url},                       {"mfa_id", error.mfa_id},
        };
        if (a[0] == "retry_after_ms") {
            return number(error.retry_after.value_or(std::chrono::milliseconds(0)).count());
        }
        const auto part = strings.find(a[0]);
        return part == strings.end() ? unknown : encoded(part->second);
    }

    std::string configure(const arguments& a) {
        if (a[0] == "session_store") {
            setup.session_store(store);
            return status_of(config().session_store(store));
        }
        if (a.size() < 2) {
            return unknown;
        }
        const std::string status = set(setup, config_setters, a);
        // The file is checked with the next client.
        return a[0] == "session_file" ? "OK" : status;
    }

    std::string option(const arguments& a) {
        if (a[0] != "cancel") {
            return set(call_options, option_setters, a);
        }
        call_options.cancel(*cancel);
        options fresh;
        fresh.cancel(*cancel);
        return status_of(fresh);
    }

    std::string use_cancel(const arguments& a) {
        if (a[0] == "new") {
            cancel.emplace();
        } else if (a[0] == "trigger") {
            return std::string(name(cancel->trigger()));
        } else if (a[0] == "free") {
            cancel.reset();
        } else {
            return unknown;
        }
        return "OK";
    }

    std::string close(const arguments& a) { return std::string(name(client->close(milliseconds(a[0])))); }

    std::string reset() {
        *this = state();
        return "OK";
    }
};

struct verb {
    std::size_t fewest, most;  // arguments
    std::function<std::string(state&, const arguments&)> run;
};

const std::map<std::string, verb> verbs = {
    {"reset", {0, 0, [](state& s, const arguments&) { return s.reset(); }}},
    {"config", {1, 3, &state::configure}},
    {"option", {1, 3, &state::option}},
    {"client", {1, 1, &state::make}},
    {"free", {0, 0, [](state& s, const arguments&) { return s.client->close(), "OK"; }}},
    {"bind", {4, 4, &state::bind}},
    {"unbind", {4, 4, &state::unbind}},
    {"login", {2, 2, &state::log_in}},
    {"login_with_password", {3, 3, &state::log_in_with_password}},
    {"request_otp", {2, 2, &state::request_otp}},
    {"login_with_otp", {3, 3, &state::log_in_with_otp}},
    {"refresh", {0, 0, &state::refresh}},
    {"send", {2, 3, &state::send}},
    {"received", {1, 1, &state::received}},
    {"generate_token", {0, 0, &state::generate_token}},
    {"save", {1, 2, &state::save}},
    {"clear", {0, 0, [](state& s, const arguments&) { return s.outcome(s.client->try_clear_session()); }}},
    {"session", {0, 1, &state::session}},
    {"export", {0, 0, &state::export_session}},
    {"import", {1, 1, [](state& s, const arguments& a) { return s.outcome(s.client->try_import_session(a[0])); }}},
    {"sync", {0, 0, [](state& s, const arguments&) { return s.outcome(s.client->try_sync_session()); }}},
    {"generation",
     {0, 0, [](state& s, const arguments&) { return "OK " + std::to_string(s.client->generation()); }}},
    {"listen", {0, 0, &state::listen}},
    {"unlisten", {0, 0, &state::unlisten}},
    {"changes", {0, 0, &state::next_changes}},
    {"store", {1, 1, &state::set_store}},
    {"stored", {0, 0, &state::stored}},
    {"result", {0, 1, [](state& s, const arguments& a) { return show(s.login ? &*s.login : nullptr, a); }}},
    {"error", {1, 1, &state::part_of_error}},
    {"cancel", {1, 1, &state::use_cancel}},
    {"close", {1, 1, &state::close}},
};

std::string run_line(state& s, const std::string& line) {
    std::istringstream words(line);
    std::string verb_name;
    words >> verb_name;
    arguments fields;
    for (std::string field; words >> field;) {
        fields.push_back(decoded(field));
    }
    const auto verb = verbs.find(verb_name);
    const bool is_valid = verb != verbs.end() && fields.size() >= verb->second.fewest &&
                          fields.size() <= verb->second.most;
    return is_valid ? verb->second.run(s, fields) : unknown;
}

}  // namespace

int main() {
    state all;
    for (std::string line; std::getline(std::cin, line);) {
        std::cout << run_line(all, line) << std::endl;
    }
    return 0;
}
