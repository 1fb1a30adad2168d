/* Calls every function of bosauth.h. tests/it/fork.rs checks that none is missing. */
#ifndef EVERY_FUNCTION_H
#define EVERY_FUNCTION_H

#include "session_callbacks.h"

/* State shared by threads and children. */
struct shared {
    const char *url;               /* a server that accepts every token but "unknown" */
    bosauth_client client;
    bosauth_session *session; /* of a login */
};

static inline struct shared new_shared(const char *url) {
    bosauth_session *session;
    struct shared shared = {.url = url, .client = new_client(url)};
    EXPECT(BOSAUTH_OK, bosauth_auth_with_token(shared.client, "users", "tok", NULL, &session, NULL));
    shared.session = session;
    return shared;
}

static inline void free_shared(struct shared *shared) {
    bosauth_session_free(shared->session);
    bosauth_client_free(shared->client);
}

static inline int32_t keep_waiting(void *user_data) {
    (void)user_data;
    return 0;
}

static inline void every_session_function(const bosauth_session *session) {
    CHECK(strcmp(bosauth_session_field(session, "id"), "r1") == 0);
    CHECK(strcmp(bosauth_session_field(session, "email"), "ann@example.com") == 0);
    CHECK(*bosauth_session_field(session, "missing") == 0);
    CHECK(*bosauth_session_token(session) && *bosauth_session_record_json(session));
    CHECK(strcmp(bosauth_session_meta_json(session), "{\"a\":1}") == 0);
    CHECK(bosauth_session_expires_at(session) == 0 && !bosauth_session_is_superuser(session));
    bosauth_session_is_valid(session);
    bosauth_session_was_kept(session);
    EXPECT(BOSAUTH_OK, bosauth_session_store_status(session));
    bosauth_session *copy;
    EXPECT(BOSAUTH_OK, bosauth_session_copy(session, &copy));
    CHECK(strcmp(bosauth_session_token(copy), bosauth_session_token(session)) == 0);
    bosauth_session_free(copy);
    CHECK(strstr(bosauth_session_export(session), "\"email\":\"ann@example.com\"") != NULL);
}

static inline void every_error_function(bosauth_error *error) {
    size_t length;
    CHECK(bosauth_error_status(error) == BOSAUTH_ERROR_UNKNOWN_TOKEN && bosauth_error_http_status(error) == 400);
    CHECK(*bosauth_error_message(error) && *bosauth_error_server_message(error) && *bosauth_error_url(error));
    CHECK(*bosauth_error_body(error, &length) && length > 0);
    CHECK(!*bosauth_error_argument(error) && !*bosauth_error_mfa_id(error) && !bosauth_error_outcome_unknown(error));
    bosauth_error_data_json(error);
    bosauth_error_action(error);
    bosauth_error_retry_after_ms(error);
    bosauth_error_free(error);
}

/* A client with a configuration and a session. */
static inline void every_client_function(const char *url) {
    bosauth_client client;
    bosauth_session *session;
    uint64_t generation;
    struct callback store = {0}, listener = {0};
    bosauth_config *config = bosauth_config_new();
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_file(config, "session"));
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_store(config, load, save, &store, release));
    EXPECT(BOSAUTH_OK, bosauth_config_set_timeout_ms(config, 60000));
    EXPECT(BOSAUTH_OK, bosauth_config_set_connect_timeout_ms(config, 60000));
    EXPECT(BOSAUTH_OK, bosauth_config_set_user_agent(config, "test"));
    EXPECT(BOSAUTH_OK, bosauth_config_add_header(config, "X-Test", "1"));
    EXPECT(BOSAUTH_OK, bosauth_config_set_max_response_bytes(config, 10000));
    EXPECT(BOSAUTH_OK, bosauth_client_new(url, config, &client, NULL));
    EXPECT(BOSAUTH_ERROR_INVALID_ARGUMENT, bosauth_config_add_roots_pem(config, "none"));
    bosauth_config_free(config);
    listen_to(client, &listener);
    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, "saved", "{\"id\":\"r2\"}", NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    CHECK(strcmp(bosauth_session_field(session, "id"), "r2") == 0);
    EXPECT(BOSAUTH_OK, bosauth_client_import_session(client, bosauth_session_export(session), NULL));
    CHECK(strcmp(store.text, bosauth_session_export(session)) == 0);
    bosauth_session_free(session);
    EXPECT(BOSAUTH_OK, bosauth_client_sync_session(client, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_clear_session(client, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_generation(client, &generation));
    CHECK(generation == 3 && listener.calls == 3 && *store.text == 0);
    EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
    EXPECT(BOSAUTH_OK, bosauth_client_close(client, 60000));
    CHECK(store.released == 1 && listener.released == 1);
    EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_free(client));
}

static inline void every_response_function(bosauth_response *response) {
    size_t length = 1;
    CHECK(bosauth_response_http_status(response) == 204 && *bosauth_response_header(response, "X-None") == 0);
    CHECK(*bosauth_response_body(response, &length) == 0 && length == 0);
    bosauth_response_free(response);
}

static inline void every_call(const struct shared *shared) {
    bosauth_response *response;
    bosauth_error *error;
    bosauth_session *session;
    bosauth_string *string;
    bosauth_cancel cancel = bosauth_cancel_new();
    bosauth_options *options = bosauth_options_new();
    EXPECT(BOSAUTH_OK, bosauth_options_set_timeout_ms(options, 60000));
    EXPECT(BOSAUTH_OK, bosauth_options_add_query(options, "fields", "*"));
    EXPECT(BOSAUTH_OK, bosauth_options_add_header(options, "X-Test", "2"));
    EXPECT(BOSAUTH_OK, bosauth_options_set_body_json(options, "{\"extra\":1}"));
    EXPECT(BOSAUTH_OK, bosauth_options_set_keep_session(options, 1));
    EXPECT(BOSAUTH_OK, bosauth_options_set_mfa_id(options, "m1"));
    EXPECT(BOSAUTH_OK, bosauth_options_set_cancel(options, cancel));
    EXPECT(BOSAUTH_OK, bosauth_options_set_wait_hook(options, keep_waiting, NULL));
    EXPECT(BOSAUTH_OK, bosauth_bind_token(shared->client, "users", "a@b.c", "pw", "tok", NULL, NULL));
    EXPECT(BOSAUTH_OK, bosauth_unbind_token(shared->client, "users", "a@b.c", "pw", "tok", NULL, NULL));
    EXPECT(BOSAUTH_OK, bosauth_send(shared->client, "POST", "/api/x", "{}", 2, NULL, &response, NULL));
    every_response_function(response);
    EXPECT(BOSAUTH_OK, bosauth_auth_with_token(shared->client, "users", "tok", NULL, &session, NULL));
    every_session_function(session);
    bosauth_session_free(session);
    EXPECT(BOSAUTH_ERROR_UNKNOWN_TOKEN,
           bosauth_auth_with_token(shared->client, "users", "unknown", NULL, &session, &error));
    every_error_function(error);
    EXPECT(BOSAUTH_OK, bosauth_auth_with_password(shared->client, "users", "a@b.c", "pw", NULL, NULL, NULL));
    EXPECT(BOSAUTH_OK, bosauth_request_otp(shared->client, "users", "a@b.c", NULL, &string, NULL));
    CHECK(strcmp(bosauth_string_data(string), "o-1") == 0);
    bosauth_string_free(string);
    EXPECT(BOSAUTH_OK, bosauth_auth_with_otp(shared->client, "users", "o-1", "1234", NULL, NULL, NULL));
    EXPECT(BOSAUTH_OK, bosauth_auth_refresh(shared->client, NULL, NULL, NULL));
    EXPECT(BOSAUTH_OK, bosauth_generate_token(&string, NULL));
    CHECK(strlen(bosauth_string_data(string)) == 43);
    bosauth_string_free(string);
    EXPECT(BOSAUTH_OK, bosauth_cancel_trigger(cancel));
    EXPECT(BOSAUTH_ERROR_CANCELLED, bosauth_auth_with_token(shared->client, "users", "tok", options, NULL, NULL));
    EXPECT(BOSAUTH_OK, bosauth_cancel_free(cancel));
    bosauth_options_free(options);
}

static inline void every_function(const struct shared *shared) {
    CHECK(bosauth_abi_version() == BOSAUTH_ABI_VERSION && strcmp(bosauth_version(), BOSAUTH_VERSION) == 0);
    CHECK(strcmp(bosauth_action_name(BOSAUTH_ACTION_NONE), "NONE") == 0);
    every_session_function(shared->session);
    every_call(shared);
    every_client_function(shared->url);
}

#endif
