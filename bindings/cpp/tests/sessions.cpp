// Session files, session stores and listeners, compiled with and without exceptions.
//
//   sessions SERVER DIRECTORY    a demo server, and an empty directory
#include "check.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

using bosauth::action_code;
using bosauth::change;
using bosauth::change_kind;
using bosauth::client;
using bosauth::config;
using bosauth::session;
using bosauth::status_code;
using bosauth::subscription;
using test::check;
using test::contains;
using test::email;
using test::fails;
using test::password;
using test::succeeds;

namespace {

static_assert(!std::is_copy_constructible_v<subscription> && !std::is_copy_assignable_v<subscription>);
static_assert(std::is_nothrow_move_constructible_v<subscription>);
static_assert(std::is_nothrow_move_assignable_v<subscription>);
static_assert(std::is_nothrow_default_constructible_v<subscription>);
static_assert(!std::is_copy_constructible_v<bosauth::session_store>);
static_assert(std::has_virtual_destructor_v<bosauth::session_store>);
static_assert(std::is_same_v<decltype(change::session), const session*>);

constexpr std::string_view record = R"({"id":"1","collectionId":"users"})";

/// A store in memory that calls a function of the test, which may replace itself, before each load and save.
class memory_store : public bosauth::session_store {
public:
    status_code load(std::string& session) override {
        ++loads;
        check(session.empty(), "string to load into is empty");
        const auto before = before_load;
        const status_code status = before();
        session = content;
        return status;
    }

    status_code save(std::optional<std::string_view> session) override {
        ++saves;
        const auto before = before_save;
        const status_code status = before();
        if (status == status_code::ok) {
            check(!session || (!session->empty() && session->data()[session->size()] == '\0'), "string to save");
            content = session.value_or("");
        }
        return status;
    }

    int loads{0};
    int saves{0};
    std::string content;
    std::function<status_code()> before_load = [] { return status_code::ok; };
    std::function<status_code()> before_save = [] { return status_code::ok; };
};

client make_client(std::string_view url, const config& setup = config()) {
    auto created = client::make(url, setup);
    succeeds("create a client", created);
    return std::move(created).value();
}

client make_client(std::string_view url, const std::shared_ptr<memory_store>& store) {
    return make_client(url, config().session_store(store));
}

/// Returns the token of the client's session; "" if there is none.
std::string token(const client& app) {
    const auto current = app.try_current_session();
    succeeds("current session", current);
    return current && *current ? (*current)->token() : "";
}

/// Returns the store status of the client's session.
status_code store_status(const client& app) {
    const auto current = app.try_current_session();
    succeeds("current session", current);
    return current->has_value() ? (*current)->store_status() : status_code::internal;
}

void session_outlives_the_client(std::string_view what, std::string_view url, const config& setup) {
    {
        const client app = make_client(url, setup);
        check(token(app).empty() && app.generation() == 0, what, "nothing is stored");
        succeeds(what, app.try_auth_with_password("users", email, password));
        check(store_status(app) == status_code::ok && app.generation() == 1, what, "login is stored");
    }
    const client restarted = make_client(url, setup);
    const auto restored = restarted.try_current_session();
    succeeds(what, restored);
    check(*restored && (*restored)->field("email") == email && (*restored)->is_valid(), what, "login is restored");
    check((*restored)->was_kept() && restarted.generation() == 1, what, "restored session is the client's");
    succeeds(what, restarted.try_auth_refresh());
    succeeds(what, restarted.try_clear_session());
    check(token(make_client(url, setup)).empty(), what, "session is removed");
}

void files(std::string_view url, const std::string& directory) {
    const std::string path = directory + "/session";
    session_outlives_the_client("file", url, config().session_file(path));
    config reused;
    session_outlives_the_client("file of a configuration that is reused", url, reused.session_file(path));
    fails("path with a NUL", client::make(url, config().session_file({"a\0b", 3})), status_code::invalid_argument,
          action_code::fix_call, "path");
    fails("path that is not UTF-8", client::make(url, config().session_file("\xff")), status_code::invalid_utf8,
          action_code::fix_call, "path");
    fails("empty path", client::make(url, config().session_file("")), status_code::invalid_argument,
          action_code::fix_call, "path");
    fails("path without a directory", client::make(url, config().session_file(directory + "/none/session")),
          status_code::invalid_argument, action_code::fix_call, "path");
}

void stores(std::string_view url) {
    const auto store = std::make_shared<memory_store>();
    const config setup = config().session_store(store);
    session_outlives_the_client("store", url, setup);
    const client app = make_client(url, setup);
    const int loads = store->loads;
    succeeds("save", app.try_save_session("opaque", record));
    check(store->loads == loads, "a change needs no load");
    check(contains(store->content, "opaque") && contains(store->content, url), "stored string", store->content);
    fails("no store", client::make(url, config().session_store(nullptr)), status_code::null_argument,
          action_code::fix_call, "load");
}

/// A client fails with the status of its store until it can be read.
void unreadable_stores(std::string_view url) {
    const auto store = std::make_shared<memory_store>();
    const client other = make_client(url, store);
    succeeds("save", other.try_save_session("opaque", record));
    const client app = make_client(url, store);
    const auto returns = [&](status_code returned, status_code status, action_code action) {
        store->before_load = [=] { return returned; };
        fails("session", app.try_current_session(), status, action);
        fails("refresh", app.try_auth_refresh(), status, action);
        fails("request", app.try_send("GET", "/api/health"), status, action);
        fails("sync", app.try_sync_session(), status, action);
        check(app.generation() == 0, "error changes nothing");
    };
    returns(status_code::store, status_code::store, action_code::fix_call);
    returns(status_code::store_unavailable, status_code::store_unavailable, action_code::retry_later);
    returns(status_code::timeout, status_code::store, action_code::fix_call);
    returns(static_cast<status_code>(-1), status_code::store, action_code::fix_call);
    store->before_load = [] { return status_code::ok; };
    const std::string stored = store->content;
    store->content = "not a session";
    fails("corrupt", app.try_current_session(), status_code::store_corrupt, action_code::ask_credentials);
    check(store->content == "not a session", "corrupt string is kept");
    store->content = std::string("{}\0", 3);
    fails("string with a NUL", app.try_current_session(), status_code::store, action_code::fix_call);
    store->content = "\xff";
    fails("string that is not UTF-8", app.try_current_session(), status_code::store, action_code::fix_call);
    store->content = stored;
    check(token(app) == "opaque" && app.generation() == 1, "readable again");
}

/// A session that cannot be stored is live in memory, and stored later.
void unwritable_stores(std::string_view url) {
    const auto store = std::make_shared<memory_store>();
    const client app = make_client(url, store);
    const auto returns = [&](status_code returned, status_code status, action_code action) {
        store->before_save = [=] { return returned; };
        succeeds("save", app.try_save_session("opaque", record));
        check(token(app) == "opaque" && store_status(app) == status, "session is in memory only");
        fails("sync", app.try_sync_session(), status, action);
        const auto login = app.try_auth_with_password("users", email, password);
        succeeds("login", login);
        check(login->was_kept() && login->store_status() == status, "login is in memory only");
        check(store->content.empty(), "nothing is stored");
    };
    returns(status_code::store, status_code::store, action_code::fix_call);
    returns(status_code::store_unavailable, status_code::store_unavailable, action_code::retry_later);
    returns(status_code::credentials, status_code::store, action_code::fix_call);
    store->before_save = [] { return status_code::ok; };
    succeeds("sync", app.try_sync_session());
    check(store_status(app) == status_code::ok && contains(store->content, token(app)), "session is stored");
    store->before_save = [] { return status_code::store_unavailable; };
    fails("clear", app.try_clear_session(), status_code::store_unavailable, action_code::retry_later);
    check(token(app).empty() && !store->content.empty(), "session is removed from memory only");
    store->before_save = [] { return status_code::ok; };
    succeeds("sync", app.try_sync_session());
    check(store->content.empty(), "session is removed from the store");
}

/// A store that uses the client neither waits nor loads.
void store_that_makes_calls(std::string_view url) {
    const auto store = std::make_shared<memory_store>();
    const client app = make_client(url, store);
    const auto quiet = [] { return status_code::ok; };
    store->before_load = [&] {
        store->before_load = quiet;
        check(token(app).empty(), "session during its load");
        return status_code::ok;
    };
    check(token(app).empty() && store->loads == 1, "one load");
    store->before_save = [&] {
        store->before_save = quiet;
        check(token(app) == "first", "session during its save");
        succeeds("save within a save", app.try_save_session("second"));
        check(store_status(app) == status_code::store_unavailable, "not stored yet");
        return status_code::ok;
    };
    succeeds("save", app.try_save_session("first"));
    check(token(app) == "second" && store_status(app) == status_code::ok, "last session is in memory");
    check(contains(store->content, "second"), "last session is stored", store->content);
    std::optional<client> closed = make_client(url, store);
    store->before_save = [&] {
        closed.reset();
        return status_code::ok;
    };
    succeeds("save that destroys the client", closed->try_save_session("third"));
    check(contains(store->content, "third"), "session of a destroyed client is stored", store->content);
}

/// A store is destroyed once, with its last owner.
void store_lifetimes(std::string_view url) {
    auto store = std::make_shared<memory_store>();
    const std::weak_ptr<memory_store> alive = store;
    std::optional<config> setup = config().session_store(std::move(store));
    std::optional<client> one = make_client(url, *setup);
    std::optional<client> other = make_client(url, *setup);
    config moved = *std::exchange(setup, std::nullopt);
    check(!alive.expired(), "clients and configuration own the store");
    moved.session_file("session");
    succeeds("save", one->try_save_session("opaque"));
    one.reset();
    check(!alive.expired() && token(*other) == "opaque", "a client owns the store");
    other->close();
    check(alive.expired(), "last client destroys the store");

    auto unused = std::make_shared<memory_store>();
    const std::weak_ptr<memory_store> second = unused;
    config failed = config().timeout(std::chrono::milliseconds(0)).session_store(std::move(unused));
    fails("invalid configuration", client::make(url, failed), status_code::invalid_argument, action_code::fix_call,
          "ms");
    failed = config();
    check(second.expired(), "configuration destroys the store");
    fails("store with no client", client::make("ftp://x", config().session_store(std::make_shared<memory_store>())),
          status_code::invalid_argument, action_code::fix_call, "base_url");
}

void export_and_import(std::string_view url) {
    const client app = make_client(url);
    succeeds("login", app.try_auth_with_password("users", email, password));
    const auto current = std::move(app.try_current_session()).value();
    const std::string text = current->export_text();
    check(contains(text, current->token()) && contains(text, url), "exported session");
    const client other = make_client(url);
    succeeds("import", other.try_import_session(text));
    const auto imported = std::move(other.try_current_session()).value();
    check(imported->token() == current->token() && imported->record_json() == current->record_json(), "imported");
    check(imported->export_text() == text && imported->was_kept(), "exported again");
    check(imported->store_status() == status_code::ok, "no store");
    const auto rejects = [](const client& importer, std::string_view invalid, std::string_view argument) {
        fails("import", importer.try_import_session(invalid), status_code::invalid_argument, action_code::fix_call,
              argument);
    };
    rejects(other, "{}", "text");
    rejects(other, {"{}\0", 3}, "text");
    rejects(make_client("http://127.0.0.1:9"), text, "text");
    check(token(other) == current->token() && other.generation() == 1, "error leaves the session unchanged");
}

/// The changes that a listener has received, as `KIND:GENERATION:TOKEN`.
class recorder {
public:
    bosauth::listener listener() {
        return [this](const change& received) {
            const std::string session_token = received.session == nullptr ? "-" : received.session->token();
            changes_ += std::to_string(static_cast<int>(received.kind)) + ":" + std::to_string(received.generation) +
                        ":" + session_token + " ";
        };
    }

    /// Returns the changes since the last call.
    std::string changes() { return std::exchange(changes_, ""); }

private:
    std::string changes_;
};

/// Adds a listener that must be accepted.
[[nodiscard]] subscription listen(const client& app, bosauth::listener listener) {
    auto added = app.try_add_listener(std::move(listener));
    succeeds("add a listener", added);
    return std::move(added).value();
}

void each_change_is_received(std::string_view url) {
    const auto store = std::make_shared<memory_store>();
    const client app = make_client(url, store);
    succeeds("save before the listener", app.try_save_session("zero"));
    recorder received;
    const auto listening = listen(app, received.listener());
    const auto receives = [&](std::string_view what, const std::string& expected) {
        const std::string actual = received.changes();
        check(actual == expected, what, actual);
    };
    receives("nothing", "");
    const auto login = app.try_auth_with_password("users", email, password);
    succeeds("login", login);
    receives("login", "1:2:" + login->token() + " ");
    succeeds("refresh", app.try_auth_refresh());
    receives("refresh", "2:3:" + login->token() + " ");
    succeeds("save", app.try_save_session("saved"));
    receives("save", "3:4:saved ");
    succeeds("clear", app.try_clear_session());
    receives("clear", "4:5:- ");
    succeeds("import", app.try_import_session(login->export_text()));
    receives("import", "5:6:" + login->token() + " ");
    const client other = make_client(url, store);
    succeeds("save in another client", other.try_save_session("other"));
    succeeds("sync", app.try_sync_session());
    receives("load", "6:7:other ");
    succeeds("clear in another client", other.try_clear_session());
    succeeds("sync", app.try_sync_session());
    receives("load of nothing", "6:8:- ");
    check(!app.try_auth_with_token("users", "unbound"), "error");
    succeeds("sync", app.try_sync_session());
    receives("no change", "");
    check(app.generation() == 8, "generation");
}

/// The session of a change is usable in each accessor and belongs to the library.
void session_of_a_change(std::string_view url) {
    const client app = make_client(url);
    int calls = 0;
    std::optional<session> kept;
    const auto listening = listen(app, [&](const change& received) {
        ++calls;
        const session& current = *received.session;
        kept = current.copy();
        check(received.kind == change_kind::login && received.generation == 1, "change");
        check(current.field("email") == email && contains(current.record_json(), email), "record of a change");
        check(current.is_valid() && current.was_kept() && current.expires_at(), "flags of a change");
        check(current.token() == token(app) && contains(current.export_text(), current.token()), "token of a change");
    });
    succeeds("login", app.try_auth_with_password("users", email, password));
    check(calls == 1, "one call");
    check(kept->field("email") == email && kept->token() == token(app) && kept->was_kept(), "copy");
}

void subscriptions(std::string_view url) {
    const client app = make_client(url);
    int calls = 0;
    const auto count = [&](const change& /*received*/) { ++calls; };
    const auto calls_of_a_save = [&] {
        calls = 0;
        succeeds("save", app.try_save_session("opaque"));
        return calls;
    };
    subscription empty;
    check(!empty && empty.release() == 0, "empty subscription");
    empty.reset();
    subscription one = listen(app, count);
    subscription other = listen(app, count);
    check(one && other && calls_of_a_save() == 2, "two listeners");
    // NOLINTBEGIN(bugprone-use-after-move): the state is specified
    subscription moved = std::move(one);
    check(moved && !one && calls_of_a_save() == 2, "moved subscription");
    one.reset();
    check(calls_of_a_save() == 2, "reset of a moved-from subscription");
    moved = std::move(other);
    check(moved && !other && calls_of_a_save() == 1, "assigned subscription");
    subscription& alias = moved;
    moved = std::move(alias);
    check(moved && calls_of_a_save() == 1, "self-move");
    // NOLINTEND(bugprone-use-after-move)
    moved.reset();
    check(!moved && calls_of_a_save() == 0, "reset subscription");
    { const auto scoped = listen(app, count); }
    check(calls_of_a_save() == 0, "destroyed subscription");
    bosauth_listener handle = 0;
    {
        subscription released = listen(app, count);
        handle = released.release();
        check(!released && handle != 0, "released subscription");
    }
    check(calls_of_a_save() == 1, "listener of a released subscription");
    check(bosauth_listener_free(handle) == BOSAUTH_OK && calls_of_a_save() == 0, "freed handle");
}

/// The function of a listener is destroyed once, never inside itself.
void listener_lifetimes(std::string_view url) {
    std::optional<client> app = make_client(url);
    // Counts calls, and records how many there were when the function is destroyed.
    struct probe {
        std::string* log;
        explicit probe(std::string* to) : log(to) {}
        probe(const probe&) = delete;
        probe(probe&&) = delete;
        probe& operator=(const probe&) = delete;
        probe& operator=(probe&&) = delete;
        ~probe() { *log += "destroyed "; }
    };
    std::string log;
    const auto logs = [&](std::string_view what, std::string_view expected) {
        check(log == expected, what, log);
        log.clear();
    };

    subscription self;
    self = listen(*app, [&, owned = std::make_shared<probe>(&log)](const change& /*received*/) {
        self.reset();
        log += "removed ";
    });
    succeeds("save", app->try_save_session("one"));
    logs("subscription destroyed in its listener", "removed destroyed ");
    succeeds("save", app->try_save_session("two"));
    logs("removed listener", "");

    const auto outliving = listen(*app, [&, owned = std::make_shared<probe>(&log)](const change& /*received*/) {
        app.reset();
        log += "closed ";
    });
    const auto later = listen(*app, [&](const change& /*received*/) { log += "later "; });
    succeeds("save that destroys the client", app->try_save_session("three"));
    logs("client destroyed in a listener", "closed destroyed ");

    app = make_client(url);
    subscription longer = listen(*app, [owned = std::make_shared<probe>(&log)](const change& /*received*/) {});
    app.reset();
    logs("listener of a destroyed client", "destroyed ");
    longer.reset();
    logs("subscription that outlives the client", "");

    app = make_client(url);
    fails("empty function", app->try_add_listener(nullptr), status_code::null_argument, action_code::fix_call,
          "changed");
    app->close();
    const auto closed = app->try_add_listener([owned = std::make_shared<probe>(&log)](const change& /*received*/) {});
    fails("closed client", closed, status_code::invalid_handle, action_code::fix_call, "client");
    logs("function of a closed client", "destroyed ");
}

/// A change that a listener makes is received after it has returned, also by the listeners after it.
void change_made_by_a_listener(std::string_view url) {
    const client app = make_client(url);
    recorder received;
    bool is_inside = false;
    const auto clears = listen(app, [&](const change& made) {
        check(!is_inside, "one call at a time");
        is_inside = true;
        if (made.kind == change_kind::save) {
            succeeds("clear", app.try_clear_session());
        }
        is_inside = false;
    });
    const auto records = listen(app, received.listener());
    succeeds("save", app.try_save_session("opaque"));
    const std::string changes = received.changes();
    check(changes == "3:1:opaque 4:2:- ", "order of changes", changes);
    check(token(app).empty(), "session is cleared");
}

/// Every change of several threads is received once, in order, while listeners come and go.
void threads_make_changes(std::string_view url) {
    const auto store = std::make_shared<memory_store>();
    const client app = make_client(url, store);
    std::vector<std::uint64_t> generations;
    std::string last;
    const auto listening = listen(app, [&](const change& received) {
        generations.push_back(received.generation);
        last = received.session->token();
    });
    constexpr std::uint64_t per_thread = 100;
    constexpr std::uint64_t all = 4 * per_thread;
    std::vector<std::thread> threads;
    for (const char* name : {"a", "b", "c", "d"}) {
        threads.emplace_back([&app, name] {
            for (std::uint64_t save = 0; save < per_thread; ++save) {
                const auto own = listen(app, [copy = std::string(name)](const change& received) {
                    check(!copy.empty() && received.generation > 0, "listener of a thread");
                });
                succeeds("save", app.try_save_session(name));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    check(generations.size() == all, "number of changes", std::to_string(generations.size()));
    for (std::size_t at = 0; at < generations.size(); ++at) {
        check(generations[at] == at + 1, "order of changes", std::to_string(generations[at]));
    }
    check(app.generation() == all && token(app) == last, "last change");
    check(contains(store->content, "\"" + last + "\""), "last change is stored", store->content);
}

void moved_and_closed(std::string_view url) {
    const auto store = std::make_shared<memory_store>();
    client app = make_client(url, store);
    succeeds("save", app.try_save_session("opaque"));
    session one = *std::move(app.try_current_session()).value();
    const session other = std::move(one);
    // NOLINTBEGIN(bugprone-use-after-move): the state is specified
    check(one.export_text().empty() && one.store_status() == status_code::ok, "moved-from session");
    check(one.copy().token().empty(), "copy of a moved-from session");
    check(!other.export_text().empty(), "moved session");
    const client moved = std::move(app);
    check(moved.generation() == 1 && app.generation() == 0, "generation of a moved-from client");
    const auto is_invalid = [](const auto& result) {
        fails("moved-from client", result, status_code::invalid_handle, action_code::fix_call, "client");
    };
    is_invalid(app.try_import_session(other.export_text()));
    is_invalid(app.try_sync_session());
    is_invalid(app.try_add_listener([](const change& /*received*/) {}));
    // NOLINTEND(bugprone-use-after-move)
}

#if defined(__cpp_exceptions)
template <class Call>
void throws(std::string_view what, status_code status, Call call) {
    try {
        call();
        check(false, what, "did not throw");
    } catch (const bosauth::exception& error) {
        check(error.status() == status, what, error.what());
    }
}

/// No exception of a store passes through the library.
void store_that_throws(std::string_view url) {
    const auto store = std::make_shared<memory_store>();
    const client app(url, config().session_store(store));
    const auto fails_with = [&](status_code status, const std::function<status_code()>& thrower) {
        store->before_load = thrower;
        throws("load", status, [&] { static_cast<void>(app.current_session()); });
        store->before_save = thrower;
        const client other(url, config().session_store(store));
        other.save_session("opaque");
        check(other.current_session()->store_status() == status, "save");
        throws("sync", status, [&] { other.sync_session(); });
        throws("clear", status, [&] { other.clear_session(); });
        check(!other.current_session(), "session is removed from memory");
    };
    fails_with(status_code::store, []() -> status_code { throw std::runtime_error("store"); });
    fails_with(status_code::store, []() -> status_code { throw std::bad_alloc(); });
    fails_with(status_code::store, []() -> status_code { throw 1; });
    fails_with(status_code::store_unavailable, []() -> status_code { throw bosauth::store_unavailable(); });
    fails_with(status_code::store_unavailable, []() -> status_code { throw bosauth::store_unavailable("locked"); });
    struct locked : bosauth::store_unavailable {};
    fails_with(status_code::store_unavailable, []() -> status_code { throw locked(); });
    store->before_load = [] { return status_code::ok; };
    check(!app.current_session(), "store works again");
}

void throwing_forms(std::string_view url) {
    client app(url);
    recorder received;
    const subscription listening = app.add_listener(received.listener());
    app.save_session("opaque");
    app.import_session(app.current_session()->export_text());
    app.sync_session();
    const std::string changes = received.changes();
    check(changes == "3:1:opaque 5:2:opaque ", "changes", changes);
    throws("import", status_code::invalid_argument, [&] { app.import_session("text"); });
    throws("listener", status_code::null_argument, [&] { static_cast<void>(app.add_listener(nullptr)); });
    app.close();
    throws("sync", status_code::invalid_handle, [&] { app.sync_session(); });
}
#endif

}  // namespace

// An exception that escapes fails the test.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    if (argc != 3) {
        return 2;
    }
    const std::string_view server = argv[1];
    files(server, argv[2]);
    stores(server);
    unreadable_stores(server);
    unwritable_stores(server);
    store_that_makes_calls(server);
    store_lifetimes(server);
    export_and_import(server);
    each_change_is_received(server);
    session_of_a_change(server);
    subscriptions(server);
    listener_lifetimes(server);
    change_made_by_a_listener(server);
    threads_make_changes(server);
    moved_and_closed(server);
#if defined(__cpp_exceptions)
    store_that_throws(server);
    throwing_forms(server);
#endif
    return test::exit_status();
}
