/* Session stores and listeners: callbacks that fail, block, call back into the library and end their own client or
 * registration; each is released exactly once: sessions URL. The server accepts every login. */
#include "session_callbacks.h"

static const char *url;

/* ---- release ---- */

static void setters_that_fail_release(void) {
    bosauth_client freed = new_client(url), client = new_client(url);
    bosauth_config *config = bosauth_config_new();
    EXPECT(BOSAUTH_OK, bosauth_client_free(freed));
    const struct {
        bosauth_config *config;
        bosauth_store_load_fn load;
        bosauth_store_save_fn save;
    } stores[] = {{NULL, load, save}, {config, NULL, save}, {config, load, NULL}, {NULL, NULL, NULL}};
    for (int i = 0; i < 4; i++) {
        struct callback store = {0};
        EXPECT(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_config_set_session_store(stores[i].config, stores[i].load, stores[i].save,
                                                                             &store, release));
        CHECK(store.released == 1 && store.calls == 0);
    }
    bosauth_config_free(config);

    const struct {
        bosauth_client client;
        bosauth_change_fn changed;
        int is_missing; /* the out parameter */
        bosauth_status status;
        const char *argument;
    } listeners[] = {
        {freed, changed, 0, BOSAUTH_ERROR_INVALID_HANDLE, "client"},
        {0, NULL, 1, BOSAUTH_ERROR_INVALID_HANDLE, "client"},
        {client, NULL, 0, BOSAUTH_ERROR_NULL_ARGUMENT, "changed"},
        {client, changed, 1, BOSAUTH_ERROR_NULL_ARGUMENT, "listener"},
    };
    for (int i = 0; i < 4; i++) {
        struct callback callback = {.listener = 12345};
        bosauth_error *error;
        EXPECT(listeners[i].status,
               bosauth_client_add_listener(listeners[i].client, listeners[i].changed, &callback, release,
                                           listeners[i].is_missing ? NULL : &callback.listener, &error));
        CHECK(callback.released == 1 && callback.listener == (listeners[i].is_missing ? 12345 : 0));
        CHECK(strcmp(bosauth_error_argument(error), listeners[i].argument) == 0);
        bosauth_error_free(error);
    }
    save_token(client, "t");
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
}

static int released_nulls;

static void release_null(void *user_data) {
    CHECK(user_data == NULL);
    released_nulls++;
}

static void user_data_may_be_null(void) {
    bosauth_client client = new_client(url);
    bosauth_listener listener;
    bosauth_config *config = bosauth_config_new();
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_store(config, load, save, NULL, release_null));
    bosauth_config_free(config);
    CHECK(released_nulls == 1);
    EXPECT(BOSAUTH_OK, bosauth_client_add_listener(client, changed, NULL, release_null, &listener, NULL));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(listener));
    CHECK(released_nulls == 2);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
}

static void release_functions_may_be_null(void) {
    struct callback store = {0}, listener = {0};
    bosauth_config *config = bosauth_config_new();
    bosauth_client client;
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_store(config, load, save, &store, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_new(url, config, &client, NULL));
    bosauth_config_free(config);
    EXPECT(BOSAUTH_OK, bosauth_client_add_listener(client, changed, &listener, NULL, &listener.listener, NULL));
    save_token(client, "t");
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    CHECK(store.calls == 1 && listener.calls == 1);
}

static void stores_are_released_with_their_last_owner(void) {
    struct callback unused = {0}, replaced = {0}, by_file = {0}, used = {0}, two = {0};
    bosauth_client first, second;
    bosauth_config_free(new_config_of(&unused));
    CHECK(unused.released == 1);

    bosauth_config *config = new_config_of(&replaced);
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_store(config, load, save, &by_file, release));
    CHECK(replaced.released == 1);
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_file(config, "session"));
    CHECK(by_file.released == 1);
    bosauth_config_free(config);

    config = new_config_of(&used);
    EXPECT(BOSAUTH_ERROR_INVALID_ARGUMENT, bosauth_client_new("nowhere", config, &first, NULL));
    EXPECT(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_client_new(url, config, NULL, NULL));
    CHECK(used.released == 0);
    EXPECT(BOSAUTH_OK, bosauth_client_new(url, config, &first, NULL));
    /* The client keeps its store. */
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_store(config, load, save, &two, release));
    save_token(first, "of.used");
    CHECK(used.calls == 1 && two.calls == 0 && used.released == 0);
    EXPECT(BOSAUTH_OK, bosauth_client_free(first));
    CHECK(used.released == 1);

    EXPECT(BOSAUTH_OK, bosauth_client_new(url, config, &first, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_new(url, config, &second, NULL));
    bosauth_config_free(config);
    save_token(first, "of.two");
    EXPECT(BOSAUTH_OK, bosauth_client_free(first));
    CHECK(two.released == 0);
    check_token(second, "of.two");
    EXPECT(BOSAUTH_OK, bosauth_client_close(second, 60000));
    CHECK(two.released == 1);
}

static bosauth_config *in_release;

static void release_and_use_config(void *user_data) {
    release(user_data);
    EXPECT(BOSAUTH_OK, bosauth_config_set_timeout_ms(in_release, 1000));
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_file(in_release, "session"));
}

static void release_function_uses_its_config(void) {
    struct callback store = {0}, lost = {0};
    bosauth_client client;
    in_release = bosauth_config_new();
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_store(in_release, load, save, &store, release_and_use_config));
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_store(in_release, load, save, &lost, release));
    CHECK(store.released == 1 && lost.released == 1);
    EXPECT(BOSAUTH_OK, bosauth_client_new(url, in_release, &client, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    bosauth_config_free(in_release);
}

static void listeners_are_released_with_the_handle_or_the_client(void) {
    struct callback by_handle = {0}, by_client = {0}, by_close = {0};
    bosauth_client client = new_client(url);
    listen_to(client, &by_handle);
    listen_to(client, &by_client);
    save_token(client, "a");
    CHECK(by_handle.calls == 1 && by_client.calls == 1 && by_handle.of == client);
    CHECK(by_handle.change == BOSAUTH_CHANGE_SAVE && by_handle.generation == 1 && strcmp(by_handle.token, "a") == 0);
    EXPECT(BOSAUTH_OK, bosauth_listener_free(by_handle.listener));
    CHECK(by_handle.released == 1);
    EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_listener_free(by_handle.listener));
    EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_listener_free(client));
    EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_free(by_client.listener));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(0));
    EXPECT(BOSAUTH_OK, bosauth_client_clear_session(client, NULL));
    CHECK(by_handle.calls == 1 && by_client.calls == 2 && by_client.change == BOSAUTH_CHANGE_CLEAR);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    CHECK(by_client.released == 1);
    EXPECT(BOSAUTH_OK, bosauth_listener_free(by_client.listener));
    EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_listener_free(by_client.listener));

    client = new_client(url);
    listen_to(client, &by_close);
    EXPECT(BOSAUTH_OK, bosauth_client_close(client, 60000));
    CHECK(by_close.released == 1 && by_close.calls == 0);
    EXPECT(BOSAUTH_OK, bosauth_listener_free(by_close.listener));
}

/* ---- failures ---- */

static void other_statuses_are_store(void) {
    const bosauth_status statuses[] = {BOSAUTH_ERROR_STORE, 1, 17, 52, 53, 90, 12345, -1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i <= sizeof statuses / sizeof *statuses; i++) {
        struct callback store = {.text = "garbage"};
        const int is_last = i == sizeof statuses / sizeof *statuses;
        const bosauth_status expected = is_last ? BOSAUTH_ERROR_STORE_UNAVAILABLE : BOSAUTH_ERROR_STORE;
        bosauth_session *session;
        bosauth_error *error;
        struct callback listener = {0};
        store.status = is_last ? BOSAUTH_ERROR_STORE_UNAVAILABLE : statuses[i];
        bosauth_client client = new_client_of(url, &store);
        listen_to(client, &listener);
        EXPECT(expected, bosauth_client_session(client, &session, &error));
        CHECK(session == NULL && bosauth_error_status(error) == expected);
        CHECK(bosauth_error_action(error) == (is_last ? BOSAUTH_ACTION_RETRY_LATER : BOSAUTH_ACTION_FIX_CALL));
        bosauth_error_free(error);
        EXPECT(expected, bosauth_auth_refresh(client, NULL, NULL, NULL));
        EXPECT(expected, bosauth_client_sync_session(client, NULL));
        EXPECT(BOSAUTH_OK, bosauth_auth_with_token(client, "users", "tok", NULL, &session, NULL));
        EXPECT(expected, bosauth_session_store_status(session));
        CHECK(listener.calls == 1 && listener.store_status == expected);
        bosauth_session_free(session);
        EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
        EXPECT(expected, bosauth_session_store_status(session));
        bosauth_session_free(session);
        EXPECT(expected, bosauth_client_clear_session(client, NULL));
        check_token(client, "-");
        store.status = BOSAUTH_OK;
        save_token(client, "t");
        CHECK(listener.calls == 3 && listener.store_status == BOSAUTH_OK);
        EXPECT(BOSAUTH_OK, bosauth_client_free(client));
        EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
        CHECK(store.released == 1 && listener.released == 1);
    }
}

static void stored_garbage_is_corrupt(void) {
    const char *texts[] = {"garbage", "{}", "null", "{\"bosauth\":1", "{\"bosauth\":2,\"baseUrl\":\"x\",\"token\":\"t\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct callback store = {0};
        bosauth_session *session;
        bosauth_client client = new_client_of(url, &store);
        strcpy(store.text, texts[i]);
        EXPECT(BOSAUTH_ERROR_STORE_CORRUPT, bosauth_client_session(client, &session, NULL));
        EXPECT(BOSAUTH_ERROR_STORE_CORRUPT, bosauth_client_sync_session(client, NULL));
        CHECK(strcmp(store.text, texts[i]) == 0);
        save_token(client, "t");
        EXPECT(BOSAUTH_OK, bosauth_client_sync_session(client, NULL));
        CHECK(strstr(store.text, "\"token\":\"t\"") != NULL);
        EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    }
}

static void store_as_another_process(struct callback *store, const char *token) {
    if (token != NULL) {
        snprintf(store->text, sizeof store->text, "{\"bosauth\":1,\"baseUrl\":\"%s\",\"token\":\"%s\"}", url, token);
    } else {
        *store->text = 0;
    }
}

static void refreshes_keep_what_others_have_stored(void) {
    const char *tokens[] = {"other", NULL};
    for (int i = 0; i < 2; i++) {
        struct callback store = {0}, listener = {0};
        char text[sizeof store.text];
        bosauth_client client = new_client_of(url, &store);
        EXPECT(BOSAUTH_OK, log_in(client, "tok", NULL));
        EXPECT(BOSAUTH_OK, bosauth_auth_refresh(client, NULL, NULL, NULL));
        CHECK(strstr(store.text, "\"token\":\"login\"") != NULL);
        listen_to(client, &listener);
        store_as_another_process(&store, tokens[i]);
        strcpy(text, store.text);
        EXPECT(BOSAUTH_OK, bosauth_auth_refresh(client, NULL, NULL, NULL));
        CHECK(strcmp(store.text, text) == 0 && listener.change == BOSAUTH_CHANGE_REFRESH);
        check_token(client, "login");
        EXPECT(BOSAUTH_OK, bosauth_client_sync_session(client, NULL));
        check_token(client, tokens[i] != NULL ? tokens[i] : "-");
        CHECK(listener.calls == 2 && listener.change == BOSAUTH_CHANGE_LOAD && listener.generation == 4);
        EXPECT(BOSAUTH_OK, bosauth_client_sync_session(client, NULL));
        CHECK(listener.calls == 2);
        EXPECT(BOSAUTH_OK, bosauth_client_free(client));
        EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
    }
}

static void strings_are_set(void) {
    static char large[4259840 + 1];
    bosauth_string *string;
    EXPECT(BOSAUTH_OK, bosauth_generate_token(&string, NULL));
    EXPECT(BOSAUTH_OK, bosauth_string_set(string, "ab\xc3\xa9" "cd", 4));
    CHECK(strcmp(bosauth_string_data(string), "ab\xc3\xa9") == 0);
    EXPECT(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_string_set(NULL, "x", 1));
    EXPECT(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_string_set(NULL, NULL, 0));
    EXPECT(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_string_set(string, NULL, 1));
    EXPECT(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_string_set(string, NULL, SIZE_MAX));
    EXPECT(BOSAUTH_ERROR_INVALID_UTF8, bosauth_string_set(string, "\xff", 1));
    EXPECT(BOSAUTH_ERROR_INVALID_UTF8, bosauth_string_set(string, "ab\xc3\xa9", 3));
    EXPECT(BOSAUTH_ERROR_INVALID_ARGUMENT, bosauth_string_set(string, "a\0b", 3));
    EXPECT(BOSAUTH_ERROR_INVALID_ARGUMENT, bosauth_string_set(string, "a", 2));
    memset(large, 'x', sizeof large);
    EXPECT(BOSAUTH_ERROR_INVALID_ARGUMENT, bosauth_string_set(string, large, sizeof large));
    EXPECT(BOSAUTH_ERROR_INVALID_ARGUMENT, bosauth_string_set(string, large, SIZE_MAX));
    CHECK(strcmp(bosauth_string_data(string), "ab\xc3\xa9") == 0);
    EXPECT(BOSAUTH_OK, bosauth_string_set(string, large, sizeof large - 1));
    CHECK(strlen(bosauth_string_data(string)) == sizeof large - 1);
    /* Its own characters. */
    EXPECT(BOSAUTH_OK, bosauth_string_set(string, bosauth_string_data(string) + 1, 2));
    CHECK(strcmp(bosauth_string_data(string), "xx") == 0);
    EXPECT(BOSAUTH_OK, bosauth_string_set(string, "ignored", 0));
    CHECK(*bosauth_string_data(string) == 0);
    EXPECT(BOSAUTH_OK, bosauth_string_set(string, NULL, 0));
    bosauth_string_free(string);
}

static void exported_strings_are_kept(void) {
    bosauth_client client = new_client(url);
    bosauth_session *first, *second;
    char text[256];
    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, "t", "{\"id\":\"r\"}", NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &first, NULL));
    snprintf(text, sizeof text, "{\"bosauth\":1,\"baseUrl\":\"%s\",\"token\":\"t\",\"record\":{\"id\":\"r\"}}", url);
    const char *exported = bosauth_session_export(first);
    EXPECT(BOSAUTH_OK, bosauth_client_clear_session(client, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_import_session(client, exported, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &second, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    CHECK(strcmp(exported, text) == 0 && bosauth_session_export(first) == exported);
    CHECK(strcmp(bosauth_session_export(second), text) == 0);
    bosauth_session_free(first);
    bosauth_session_free(second);
    CHECK(*bosauth_session_export(NULL) == 0 && bosauth_session_store_status(NULL) == BOSAUTH_OK);
}

struct kept {
    bosauth_session *session;
};

static void keep_copy(void *user_data, bosauth_client client, int32_t change, uint64_t generation,
                      const bosauth_session *session) {
    (void)client, (void)change, (void)generation;
    struct kept *kept = user_data;
    EXPECT(BOSAUTH_OK, bosauth_session_copy(session, &kept->session));
}

static void copy_of_a_listeners_session_is_kept(void) {
    bosauth_client client = new_client(url);
    struct kept kept = {NULL};
    bosauth_listener listener;
    EXPECT(BOSAUTH_OK, bosauth_client_add_listener(client, keep_copy, &kept, NULL, &listener, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, "t", "{\"\\ud800\":1,\"id\":\"r\"}", NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(listener));
    CHECK(strcmp(bosauth_session_token(kept.session), "t") == 0);
    CHECK(strcmp(bosauth_session_field(kept.session, "id"), "r") == 0);
    CHECK(strstr(bosauth_session_export(kept.session), "ud800") != NULL);
    bosauth_session_free(kept.session);
    EXPECT(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_session_copy(NULL, &kept.session));
    CHECK(kept.session == NULL);
}

/* A session that is larger than any other string argument. */
static void large_sessions_are_imported(void) {
    static char record[1 << 20], text[(1 << 20) + 256];
    bosauth_client client = new_client(url);
    bosauth_session *session;
    strcpy(record, "{\"x\":\"");
    memset(record + 6, 'y', sizeof record - 9);
    strcpy(record + sizeof record - 3, "\"}");
    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, "t", record, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    snprintf(text, sizeof text, "%s", bosauth_session_export(session));
    bosauth_session_free(session);
    EXPECT(BOSAUTH_OK, bosauth_client_clear_session(client, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_import_session(client, text, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    CHECK(strcmp(bosauth_session_record_json(session), record) == 0);
    bosauth_session_free(session);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
}

/* ---- callbacks that call the library ---- */

static struct callback added; /* by a callback */

/* Every call of a client that makes no change. */
static void read_client(struct callback *callback) {
    uint64_t generation;
    bosauth_session *session;
    EXPECT(BOSAUTH_OK, bosauth_client_session(callback->client, &session, NULL));
    bosauth_session_free(session);
    EXPECT(BOSAUTH_OK, bosauth_client_generation(callback->client, &generation));
}

/* Changes of the session, at the first call. */
static void change_client(struct callback *callback) {
    struct callback own = {0};
    read_client(callback);
    if (callback->calls > 1) {
        return;
    }
    listen_to(callback->client, &own);
    save_token(callback->client, "inside");
    check_token(callback->client, "inside");
    EXPECT(BOSAUTH_OK, bosauth_listener_free(own.listener));
    CHECK(own.released == 1);
    listen_to(callback->client, &added);
    EXPECT(BOSAUTH_OK, bosauth_auth_with_token(callback->client, "users", "tok", NULL, NULL, NULL));
}

static void callbacks_change_the_session(void) {
    struct callback store = {.inside = change_client}, listener = {.inside = change_client};
    bosauth_client client = new_client(url);
    memset(&added, 0, sizeof added);
    listen_to(client, &listener);
    save_token(client, "outside");
    check_token(client, "login");
    CHECK(listener.calls == 3 && strcmp(listener.token, "login") == 0 && listener.generation == 3);
    CHECK(added.calls == 1 && strcmp(added.token, "login") == 0);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    CHECK(listener.released == 1 && added.released == 1);
    EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(added.listener));

    memset(&added, 0, sizeof added);
    client = new_client_of(url, &store);
    save_token(client, "outside");
    check_token(client, "login");
    CHECK(strstr(store.text, "\"token\":\"login\"") != NULL);
    CHECK(added.calls == 1);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    CHECK(store.released == 1 && added.released == 1);
    EXPECT(BOSAUTH_OK, bosauth_listener_free(added.listener));
}

static void clear_client(struct callback *callback) {
    if (callback->calls == 1) {
        bosauth_status status = bosauth_client_clear_session(callback->client, NULL);
        CHECK(status == BOSAUTH_OK || status == BOSAUTH_ERROR_STORE_UNAVAILABLE);
        status = bosauth_client_sync_session(callback->client, NULL);
        CHECK(status == BOSAUTH_OK || status == BOSAUTH_ERROR_STORE_UNAVAILABLE);
    }
}

static void callbacks_clear_the_session(void) {
    struct callback store = {.inside = clear_client}, listener = {.inside = clear_client};
    bosauth_client client = new_client_of(url, &store);
    save_token(client, "outside");
    check_token(client, "-");
    CHECK(*store.text == 0);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    client = new_client(url);
    listen_to(client, &listener);
    save_token(client, "outside");
    check_token(client, "-");
    CHECK(listener.calls == 2 && strcmp(listener.token, "-") == 0);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
    CHECK(listener.released == 1 && store.released == 1);
}

/* The ends of a client inside of its callback. */
static void free_client(struct callback *callback) {
    EXPECT(BOSAUTH_OK, bosauth_client_free(callback->client));
    EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_clear_session(callback->client, NULL));
}

static void close_client(struct callback *callback) {
    EXPECT(BOSAUTH_OK, bosauth_client_close(callback->client, 86400000));
}

typedef bosauth_status call_fn(bosauth_client client);

static bosauth_status call_save(bosauth_client client) {
    return bosauth_client_save_session(client, "t", NULL, NULL);
}

static bosauth_status call_login(bosauth_client client) {
    return bosauth_auth_with_token(client, "users", "tok", NULL, NULL, NULL);
}

static bosauth_status call_session(bosauth_client client) {
    bosauth_session *session;
    bosauth_status status = bosauth_client_session(client, &session, NULL);
    bosauth_session_free(session);
    return status;
}

static bosauth_status call_sync(bosauth_client client) {
    return bosauth_client_sync_session(client, NULL);
}

static bosauth_status call_clear(bosauth_client client) {
    return bosauth_client_clear_session(client, NULL);
}

static void callbacks_end_their_client(void) {
    void (*const ends[])(struct callback *) = {free_client, close_client};
    call_fn *const calls[] = {call_save, call_login, call_clear, call_session, call_sync};
    for (size_t end = 0; end < 2; end++) {
        for (size_t call = 0; call < sizeof calls / sizeof *calls; call++) {
            struct callback store = {.inside = ends[end]}, other = {0};
            bosauth_client client = new_client_of(url, &store);
            listen_to(client, &other);
            calls[call](client);
            CHECK(store.calls == 1 && store.released == 1 && other.released == 1 && other.calls == 0);
            EXPECT(BOSAUTH_OK, bosauth_listener_free(other.listener));
            EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_free(client));
        }
        for (size_t call = 0; call < 3; call++) {
            struct callback listener = {.inside = ends[end]}, later = {0}, store = {0};
            bosauth_client client = new_client_of(url, &store);
            listen_to(client, &listener);
            listen_to(client, &later);
            EXPECT(BOSAUTH_OK, calls[call](client));
            CHECK(listener.calls == 1 && later.calls == 0 && store.calls == 1);
            CHECK(listener.released == 1 && later.released == 1 && store.released == 1);
            EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
            EXPECT(BOSAUTH_OK, bosauth_listener_free(later.listener));
        }
    }
}

static void free_listener(struct callback *callback) {
    EXPECT(BOSAUTH_OK, bosauth_listener_free(callback->listener));
    EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_listener_free(callback->listener));
    save_token(callback->client, "after");
}

static void free_the_other(struct callback *callback) {
    (void)callback;
    if (added.released == 0) {
        EXPECT(BOSAUTH_OK, bosauth_listener_free(added.listener));
    }
}

static void listeners_free_themselves_and_others(void) {
    struct callback own = {.inside = free_listener}, first = {.inside = free_the_other};
    bosauth_client client = new_client(url);
    listen_to(client, &own);
    save_token(client, "t");
    CHECK(own.calls == 1 && own.released == 1);
    check_token(client, "after");
    memset(&added, 0, sizeof added);
    listen_to(client, &first);
    listen_to(client, &added);
    save_token(client, "t");
    CHECK(first.calls == 1 && added.calls == 0 && added.released == 1);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(first.listener));
}

/* ---- threads ---- */

static void *save_next(void *client) {
    save_token(*(bosauth_client *)client, "next");
    return NULL;
}

/* Calls that need neither the store nor a listener. */
static void use_client(bosauth_client client, const char *token, uint64_t expected) {
    uint64_t generation;
    check_token(client, token);
    EXPECT(BOSAUTH_OK, bosauth_client_generation(client, &generation));
    CHECK(generation == expected);
}

static void listener_blocks_no_other_thread(void) {
    struct callback listener = {.inside = block};
    bosauth_client client = new_client(url);
    pthread_t thread;
    listen_to(client, &listener);
    start_threads(&thread, 1, save_blocked, &client);
    sem_wait(&entered);
    use_client(client, "blocked", 1);
    save_token(client, "next");
    EXPECT(BOSAUTH_OK, bosauth_client_clear_session(client, NULL));
    EXPECT(BOSAUTH_OK, call_login(client));
    use_client(client, "login", 4);
    CHECK(listener.calls == 1);
    sem_post(&leave);
    join_threads(&thread, 1);
    CHECK(listener.calls == 4 && listener.generation == 4 && strcmp(listener.token, "login") == 0);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
}

static void store_blocks_no_reader(void) {
    struct callback store = {.inside = block};
    bosauth_client client = new_client_of(url, &store);
    pthread_t threads[2];
    start_threads(threads, 1, save_blocked, &client);
    sem_wait(&entered);
    use_client(client, "blocked", 1);
    start_threads(threads + 1, 1, save_next, &client);
    CHECK(store.calls == 1);
    sem_post(&leave);
    join_threads(threads, 2);
    check_token(client, "next");
    CHECK(store.calls == 2 && strstr(store.text, "\"token\":\"next\"") != NULL);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    CHECK(store.released == 1);
}

/* `close` waits for callbacks of other threads. They are released by the thread that ends last. */
static void close_waits_for_callbacks(void) {
    struct callback store = {.inside = block}, listener = {.inside = block};
    for (int which = 0; which < 2; which++) {
        struct callback *callback = which == 0 ? &store : &listener;
        bosauth_client client = which == 0 ? new_client_of(url, &store) : new_client(url);
        bosauth_client copy = client;
        pthread_t thread;
        if (which == 1) {
            listen_to(client, &listener);
        }
        start_threads(&thread, 1, save_blocked, &copy);
        sem_wait(&entered);
        if (which == 1) {
            EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
        }
        EXPECT(BOSAUTH_ERROR_TIMEOUT, bosauth_client_close(client, 20));
        CHECK(callback->released == 0);
        sem_post(&leave);
        join_threads(&thread, 1);
        CHECK(callback->released == 1);
    }
}

static atomic_int stop;

static void *save_until_stopped(void *client) {
    while (!stop) {
        save_token(*(bosauth_client *)client, "t");
    }
    return NULL;
}

static void free_written_handle(struct callback *callback) {
    CHECK(callback->calls == 1 && callback->listener != 0);
    EXPECT(BOSAUTH_OK, bosauth_listener_free(callback->listener));
}

/* The handle is written before the first call, and a listener that frees itself in it is not called again. */
static void listeners_are_added_during_changes(void) {
    enum { ROUNDS = 500 };
    static struct callback listeners[ROUNDS];
    bosauth_client client = new_client(url);
    pthread_t threads[2];
    start_threads(threads, 2, save_until_stopped, &client);
    for (int i = 0; i < ROUNDS; i++) {
        listeners[i].inside = free_written_handle;
        EXPECT(BOSAUTH_OK, bosauth_client_add_listener(client, changed, &listeners[i], release, &listeners[i].listener, NULL));
        while (listeners[i].released == 0) {
            usleep(100);
        }
    }
    stop = 1;
    join_threads(threads, 2);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(listeners[i].calls == 1 && listeners[i].released == 1);
    }
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
}

/* A cancelled thread ends after the call, not in a callback or release function. */
static void cancellation_point(struct callback *callback) {
    (void)callback;
    pthread_testcancel();
}

static void release_and_test_cancel(void *user_data) {
    pthread_testcancel();
    release(user_data);
}

static void *cancel_self(void *user_data) {
    struct callback *callbacks = user_data;
    bosauth_listener listener;
    bosauth_config *config = bosauth_config_new();
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
    pthread_cancel(pthread_self());
    bosauth_client client = callbacks[0].client;
    bosauth_config_set_session_store(NULL, load, save, &callbacks[2], release_and_test_cancel);
    bosauth_config_set_session_store(config, load, save, &callbacks[3], release_and_test_cancel);
    bosauth_config_set_session_file(config, "session");
    bosauth_client_add_listener(client, changed, &callbacks[1], release_and_test_cancel, &listener, NULL);
    bosauth_client_save_session(client, "t", NULL, NULL);
    bosauth_listener_free(listener);
    bosauth_client_free(client);
    bosauth_config_free(config);
    pthread_testcancel();
    return user_data;
}

static void callbacks_are_not_cancelled(void) {
    struct callback callbacks[4] = {{.inside = cancellation_point}, {.inside = cancellation_point}};
    pthread_t thread;
    void *result;
    new_client_of(url, &callbacks[0]);
    start_threads(&thread, 1, cancel_self, callbacks);
    pthread_join(thread, &result);
    CHECK(result == PTHREAD_CANCELED);
    for (int i = 0; i < 4; i++) {
        CHECK(callbacks[i].released == 1 && callbacks[i].calls == (i < 2));
    }
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    init_blocking();
    alarm(300); /* ends a deadlock */
    url = argv[1];
    setters_that_fail_release();
    user_data_may_be_null();
    release_functions_may_be_null();
    stores_are_released_with_their_last_owner();
    release_function_uses_its_config();
    listeners_are_released_with_the_handle_or_the_client();
    other_statuses_are_store();
    stored_garbage_is_corrupt();
    refreshes_keep_what_others_have_stored();
    strings_are_set();
    exported_strings_are_kept();
    copy_of_a_listeners_session_is_kept();
    large_sessions_are_imported();
    callbacks_change_the_session();
    callbacks_clear_the_session();
    callbacks_end_their_client();
    listeners_free_themselves_and_others();
    listener_blocks_no_other_thread();
    store_blocks_no_reader();
    close_waits_for_callbacks();
    listeners_are_added_during_changes();
    callbacks_are_not_cancelled();
    return 0;
}
