/* Calls every function of bosauth.h with every kind of invalid argument, and checks the status, the argument's name
 * and the out parameters: bad_input URL. Nothing may be sent to the server. Prints the failed checks and a count. */
#include <bosauth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *url;
static bosauth_client client; /* valid, with the session "saved" */
static bosauth_client freed;  /* a freed handle */
static int checks, failures;

/* Out parameters, set to garbage before a call. */
static bosauth_error *error;
static bosauth_session *session;
static bosauth_response *response;
static bosauth_string *text;
static bosauth_client new_client;
static bosauth_listener listener;
static uint64_t generation;

#define GARBAGE ((void *)&checks)

static void check(int good, const char *what, const char *detail)
{
    checks++;
    if (!good) {
        failures++;
        printf("%s: %s\n", what, detail);
    }
}

static void set_garbage(void)
{
    error = GARBAGE;
    session = GARBAGE;
    response = GARBAGE;
    text = GARBAGE;
    new_client = 12345;
    listener = 12345;
    generation = 12345;
}

/* Checks the error of a call, and that the client's session is unchanged. */
static void check_error(bosauth_status status, bosauth_status expected, const char *argument, const char *what)
{
    bosauth_session *current = GARBAGE;
    check(status == expected, what, bosauth_status_name(status));
    check(error && error != GARBAGE, what, "no error object");
    if (error && error != GARBAGE) {
        check(bosauth_error_status(error) == expected, what, "the error has another status");
        check(strcmp(bosauth_error_argument(error), argument) == 0, what, bosauth_error_argument(error));
        check(*bosauth_error_message(error) != 0, what, "no message");
        check(!bosauth_error_outcome_unknown(error) && !bosauth_error_http_status(error), what, "sent");
        bosauth_error_free(error);
    }
    check(bosauth_client_session(client, &current, NULL) == BOSAUTH_OK, what, "the client is freed");
    check(strcmp(bosauth_session_token(current), "saved") == 0, what, "the session has changed");
    bosauth_session_free(current);
}

#define FAILS(code, argument, call)                                                               \
    do {                                                                                          \
        bosauth_status status;                                                                    \
        set_garbage();                                                                            \
        status = call;                                                                            \
        check_error(status, BOSAUTH_ERROR_##code, argument, #call);                               \
        check(session == GARBAGE || session == NULL, #call, "the session output is not cleared"); \
        check(text == GARBAGE || text == NULL, #call, "the string output is not cleared");        \
        check(response == GARBAGE || response == NULL, #call, "the response is not cleared");     \
        check(new_client == 12345 || new_client == 0, #call, "the client output is not cleared"); \
        check(listener == 12345 || listener == 0, #call, "the listener output is not cleared");   \
    } while (0)

#define RETURNS(code, call) check((call) == (code), #call, "another status")
#define EMPTY(call) check(strcmp(call, "") == 0, #call, "not empty")

/* ---- strings: a call for each string argument ---- */

static bosauth_config *config;
static bosauth_options *options;

static bosauth_config *new_config(void)
{
    return config = bosauth_config_new();
}

static bosauth_options *new_options(void)
{
    return options = bosauth_options_new();
}

/* The setter's status, after a check that a client with the configuration fails with the same one. */
static bosauth_status by_config(bosauth_status set)
{
    bosauth_status status = bosauth_client_new(url, config, &new_client, &error);
    check(status == set && new_client == 0, "a client with a rejected configuration", bosauth_status_name(status));
    bosauth_config_free(config);
    return set;
}

static bosauth_status by_options(bosauth_status set)
{
    bosauth_status status = bosauth_auth_with_token(client, "users", "tok", options, &session, &error);
    check(status == set && !session, "a call with rejected options", bosauth_status_name(status));
    bosauth_options_free(options);
    return set;
}

#define CALL(name, call)                                                                                      \
    static bosauth_status name(const char *string)                                                              \
    {                                                                                                         \
        return call;                                                                                          \
    }

CALL(new_url, bosauth_client_new(string, NULL, &new_client, &error))
CALL(bind_collection, bosauth_bind_token(client, string, "a@b.c", "pw", "tok", NULL, &error))
CALL(bind_email, bosauth_bind_token(client, "users", string, "pw", "tok", NULL, &error))
CALL(bind_password, bosauth_bind_token(client, "users", "a@b.c", string, "tok", NULL, &error))
CALL(bind_token, bosauth_bind_token(client, "users", "a@b.c", "pw", string, NULL, &error))
CALL(unbind_collection, bosauth_unbind_token(client, string, "a@b.c", "pw", "tok", NULL, &error))
CALL(unbind_email, bosauth_unbind_token(client, "users", string, "pw", "tok", NULL, &error))
CALL(unbind_password, bosauth_unbind_token(client, "users", "a@b.c", string, "tok", NULL, &error))
CALL(unbind_token, bosauth_unbind_token(client, "users", "a@b.c", "pw", string, NULL, &error))
CALL(auth_collection, bosauth_auth_with_token(client, string, "tok", NULL, &session, &error))
CALL(auth_token, bosauth_auth_with_token(client, "users", string, NULL, &session, &error))
CALL(password_collection, bosauth_auth_with_password(client, string, "a@b.c", "pw", NULL, &session, &error))
CALL(password_identity, bosauth_auth_with_password(client, "users", string, "pw", NULL, &session, &error))
CALL(password_password, bosauth_auth_with_password(client, "users", "a@b.c", string, NULL, &session, &error))
CALL(request_collection, bosauth_request_otp(client, string, "a@b.c", NULL, &text, &error))
CALL(request_email, bosauth_request_otp(client, "users", string, NULL, &text, &error))
CALL(otp_collection, bosauth_auth_with_otp(client, string, "o-1", "1234", NULL, &session, &error))
CALL(otp_id, bosauth_auth_with_otp(client, "users", string, "1234", NULL, &session, &error))
CALL(otp_code, bosauth_auth_with_otp(client, "users", "o-1", string, NULL, &session, &error))
CALL(send_method, bosauth_send(client, string, "/a", NULL, 0, NULL, &response, &error))
CALL(send_path, bosauth_send(client, "GET", string, NULL, 0, NULL, &response, &error))
CALL(save_token, bosauth_client_save_session(client, string, "{}", &error))
CALL(import_text, bosauth_client_import_session(client, string, &error))
CALL(config_agent, by_config(bosauth_config_set_user_agent(new_config(), string)))
CALL(config_name, by_config(bosauth_config_add_header(new_config(), string, "x")))
CALL(config_value, by_config(bosauth_config_add_header(new_config(), "X", string)))
CALL(config_pem, by_config(bosauth_config_add_roots_pem(new_config(), string)))
CALL(query_name, by_options(bosauth_options_add_query(new_options(), string, "x")))
CALL(query_value, by_options(bosauth_options_add_query(new_options(), "x", string)))
CALL(header_name, by_options(bosauth_options_add_header(new_options(), string, "x")))
CALL(header_value, by_options(bosauth_options_add_header(new_options(), "X", string)))
CALL(body_json, by_options(bosauth_options_set_body_json(new_options(), string)))
CALL(mfa_id, by_options(bosauth_options_set_mfa_id(new_options(), string)))

#define NO_COLLECTION {"", ".", "..", "a/b", "a\\b", "a?b", "a#b", "a%2Fb", "a\r\nb"}
#define NO_ID {"", "a/b", "a b", "a\r\nb"}
#define NO_HEADER {"", "Host", "cookie", "X Y", "X:", "X\r\nY"}

static const struct {
    const char *what;
    bosauth_status (*call)(const char *string);
    const char *argument;
    size_t longest;
    const char *bad[10]; /* up to the first NULL */
} strings[] = {
    {"client_new", new_url, "base_url", 2048,
     {"", "localhost", "ftp://localhost", "http://", "http://u:p@localhost", "http://localhost?x",
      "http://localhost/a/../b", "http://localhost:0", "http://localhost\r\n"}},
    {"bind_token", bind_collection, "collection", 255, NO_COLLECTION},
    {"bind_token", bind_email, "email", 255, {""}},
    {"bind_token", bind_password, "password", 255, {""}},
    {"bind_token", bind_token, "token", 1024, {""}},
    {"unbind_token", unbind_collection, "collection", 255, NO_COLLECTION},
    {"unbind_token", unbind_email, "email", 255, {""}},
    {"unbind_token", unbind_password, "password", 255, {""}},
    {"unbind_token", unbind_token, "token", 1024, {""}},
    {"auth_with_token", auth_collection, "collection", 255, NO_COLLECTION},
    {"auth_with_token", auth_token, "token", 1024, {""}},
    {"auth_with_password", password_collection, "collection", 255, NO_COLLECTION},
    {"auth_with_password", password_identity, "identity", 255, {""}},
    {"auth_with_password", password_password, "password", 255, {""}},
    {"request_otp", request_collection, "collection", 255, NO_COLLECTION},
    {"request_otp", request_email, "email", 255, {""}},
    {"auth_with_otp", otp_collection, "collection", 255, NO_COLLECTION},
    {"auth_with_otp", otp_id, "otp_id", 255, NO_ID},
    {"auth_with_otp", otp_code, "code", 71, {""}},
    {"send", send_method, "method", 32, {"", "get", "Get", "G T", "GET\r\nX", "G/", "CONNECT", "TRACE"}},
    {"send", send_path, "path", 2048,
     {"", "a", "//h/a", "http://h/a", "/a/../b", "/.%2E/b", "/a%252fb", "/a?b", "/a\\b", "/a@b"}},
    {"client_save_session", save_token, "token", 8192, {"", "a b", "a\r\nb", "a\"b"}},
    {"client_import_session", import_text, "text", 4259840,
     {"", "{}", "[]", "garbage", "{\"bosauth\":1}", "{\"bosauth\":1,\"baseUrl\":\"https://example.com\",\"token\":\"t\"}"}},
    {"config_set_user_agent", config_agent, "user_agent", 255, {"", " x", "x\r\ny"}},
    {"config_add_header", config_name, "name", 255, NO_HEADER},
    {"config_add_header", config_value, "value", 8192, {"a\r\nHost: b", "a\nb", "a\rb"}},
    {"config_add_roots_pem", config_pem, "pem", 8192, {"", "no PEM"}},
    {"options_add_query", query_name, "name", 255, {"", "token", "mfaId"}},
    {"options_add_query", query_value, "value", 8192, {NULL}},
    {"options_add_header", header_name, "name", 255, NO_HEADER},
    {"options_add_header", header_value, "value", 8192, {"a\r\nHost: b", "a\nb", "a\rb"}},
    {"options_set_body_json", body_json, "object", 65536, {"", "[]", "{", "{\"token\":1}", "{\"a\":1,\"a\":2}"}},
    {"options_set_mfa_id", mfa_id, "mfa_id", 255, NO_ID},
};

/* Calls a function with an invalid string. */
static void check_string(size_t which, const char *string, bosauth_status expected)
{
    bosauth_status status;
    set_garbage();
    status = strings[which].call(string);
    check_error(status, expected, strings[which].argument, strings[which].what);
    check(session == GARBAGE || session == NULL, strings[which].what, "the session output is not cleared");
    check(text == GARBAGE || text == NULL, strings[which].what, "the string output is not cleared");
    check(response == GARBAGE || response == NULL, strings[which].what, "the response is not cleared");
    check(new_client == 12345 || new_client == 0, strings[which].what, "the client output is not cleared");
}

static void check_strings(void)
{
    static char too_long[4259840 + 2];
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        check_string(i, NULL, BOSAUTH_ERROR_NULL_ARGUMENT);
        /* Text outside of the PEM blocks may have comments in any encoding. */
        bosauth_status not_utf8 = strings[i].call == config_pem ? BOSAUTH_ERROR_INVALID_ARGUMENT : BOSAUTH_ERROR_INVALID_UTF8;
        check_string(i, "a\xff", not_utf8);
        check_string(i, "a\xc3", not_utf8);
        check_string(i, "\xed\xa0\x80", not_utf8);
        check_string(i, "\xc0\xaf", not_utf8);
        memset(too_long, 'x', strings[i].longest + 1);
        too_long[strings[i].longest + 1] = 0;
        check_string(i, too_long, BOSAUTH_ERROR_INVALID_ARGUMENT);
        for (size_t j = 0; j < 10 && strings[i].bad[j]; j++) {
            check_string(i, strings[i].bad[j], BOSAUTH_ERROR_INVALID_ARGUMENT);
        }
    }
}

/* ---- callbacks that are never called ---- */

static int released;

static void release(void *user_data)
{
    check(user_data == &released, "release", "another pointer");
    released++;
}

static bosauth_status load(void *user_data, bosauth_string *string)
{
    (void)user_data, (void)string;
    check(0, "load", "called");
    return BOSAUTH_OK;
}

static bosauth_status save(void *user_data, const char *string)
{
    (void)user_data, (void)string;
    check(0, "save", "called");
    return BOSAUTH_OK;
}

static void changed(void *user_data, bosauth_client of, int32_t change, uint64_t number, const bosauth_session *current)
{
    (void)user_data, (void)of, (void)change, (void)number, (void)current;
    check(0, "changed", "called");
}

static bosauth_status set_store(bosauth_store_load_fn load_fn, bosauth_store_save_fn save_fn)
{
    return bosauth_config_set_session_store(new_config(), load_fn, save_fn, &released, release);
}

static bosauth_status add_listener(bosauth_client to, bosauth_change_fn changed_fn, bosauth_listener *out)
{
    return bosauth_client_add_listener(to, changed_fn, &released, release, out, &error);
}

#define RELEASED(count) check(released == (count), "release", "not called once"), released = 0

static void check_callbacks(void)
{
    FAILS(NULL_ARGUMENT, "load", by_config(set_store(NULL, save)));
    RELEASED(1);
    FAILS(NULL_ARGUMENT, "save", by_config(set_store(load, NULL)));
    RELEASED(1);
    FAILS(NULL_ARGUMENT, "load", by_config(set_store(NULL, NULL)));
    RELEASED(1);
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_config_set_session_store(NULL, load, save, &released, release));
    RELEASED(1);
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_config_set_session_store(NULL, NULL, NULL, NULL, NULL));
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_config_set_session_file(NULL, "x"));
    FAILS(NULL_ARGUMENT, "path", by_config(bosauth_config_set_session_file(new_config(), NULL)));
    FAILS(INVALID_UTF8, "path", by_config(bosauth_config_set_session_file(new_config(), "a\xff")));
    FAILS(INVALID_ARGUMENT, "path", by_config(bosauth_config_set_session_file(new_config(), "")));
    FAILS(NULL_ARGUMENT, "changed", add_listener(client, NULL, NULL));
    RELEASED(1);
    FAILS(NULL_ARGUMENT, "listener", add_listener(client, changed, NULL));
    RELEASED(1);
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_client_add_listener(client, NULL, NULL, NULL, &listener, NULL));
    check(listener == 0, "client_add_listener", "the listener output is not cleared");
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_client_generation(client, NULL));
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_string_set(NULL, "x", 1));
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_session_copy(NULL, NULL));
    RETURNS(BOSAUTH_OK, bosauth_listener_free(0));
    RETURNS(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_listener_free(client));
    RETURNS(BOSAUTH_OK, add_listener(client, changed, &listener));
    RETURNS(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_free(listener));
    RETURNS(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_cancel_free(listener));
    RETURNS(BOSAUTH_OK, bosauth_listener_free(listener));
    RETURNS(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_listener_free(listener));
    RELEASED(1);
}

/* ---- other arguments ---- */

static void check_records(void)
{
    FAILS(INVALID_UTF8, "record_json", bosauth_client_save_session(client, "new", "{\"a\":\"\xff\"}", &error));
    FAILS(INVALID_ARGUMENT, "record_json", bosauth_client_save_session(client, "new", "", &error));
    FAILS(INVALID_ARGUMENT, "record_json", bosauth_client_save_session(client, "new", "[]", &error));
    FAILS(INVALID_ARGUMENT, "record_json", bosauth_client_save_session(client, "new", "{}{}", &error));
}

/* A body of any length that core rejects is not read. */
static void check_bodies(void)
{
    FAILS(NULL_ARGUMENT, "body", bosauth_send(client, "POST", "/a", NULL, 1, NULL, &response, &error));
    check(response == NULL, "send", "the response is not cleared");
    FAILS(NULL_ARGUMENT, "body", bosauth_send(client, "POST", "/a", NULL, SIZE_MAX, NULL, &response, &error));
    FAILS(INVALID_ARGUMENT, "body", bosauth_send(client, "POST", "/a", "x", 33554433, NULL, &response, &error));
    FAILS(INVALID_ARGUMENT, "body", bosauth_send(client, "POST", "/a", "x", SIZE_MAX, NULL, &response, &error));
    FAILS(INVALID_ARGUMENT, "body", bosauth_send(client, "GET", "/a", "x", 1, NULL, &response, &error));
    FAILS(INVALID_ARGUMENT, "body", bosauth_send(client, "HEAD", "/a", "x", 1, NULL, &response, &error));
    FAILS(INVALID_ARGUMENT, "path", bosauth_send(client, "GET", "a", NULL, 1, NULL, &response, &error));
    FAILS(NULL_ARGUMENT, "body", bosauth_send(client, "GET", "/a", NULL, 1, NULL, NULL, &error));
    FAILS(NULL_ARGUMENT, "response", bosauth_send(client, "GET", "/a", NULL, 0, NULL, NULL, &error));
}

/* A Content-Type is an option of send only. */
static void check_content_type(void)
{
    RETURNS(BOSAUTH_OK, bosauth_options_add_header(new_options(), "content-type", "text/plain"));
    FAILS(INVALID_ARGUMENT, "name", bosauth_bind_token(client, "users", "a@b.c", "pw", "tok", options, &error));
    FAILS(INVALID_ARGUMENT, "name", bosauth_unbind_token(client, "users", "a@b.c", "pw", "tok", options, &error));
    FAILS(INVALID_ARGUMENT, "name", bosauth_auth_with_token(client, "users", "tok", options, &session, &error));
    FAILS(INVALID_ARGUMENT, "name", bosauth_auth_with_password(client, "users", "a", "pw", options, &session, &error));
    FAILS(INVALID_ARGUMENT, "name", bosauth_request_otp(client, "users", "a@b.c", options, &text, &error));
    FAILS(INVALID_ARGUMENT, "name", bosauth_auth_with_otp(client, "users", "o-1", "1", options, &session, &error));
    FAILS(INVALID_ARGUMENT, "token", bosauth_auth_with_token(client, "users", "", options, &session, &error));
    bosauth_options_free(options);
    FAILS(INVALID_ARGUMENT, "name", by_config(bosauth_config_add_header(new_config(), "content-type", "text/plain")));
}

static void check_handle(bosauth_client bad)
{
    FAILS(INVALID_HANDLE, "client", bosauth_send(bad, "GET", "/a", NULL, 0, NULL, &response, &error));
    check(response == NULL, "send", "the response is not cleared");
    FAILS(INVALID_HANDLE, "client", bosauth_send(bad, NULL, NULL, NULL, 1, NULL, NULL, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_bind_token(bad, "users", "a@b.c", "pw", "tok", NULL, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_unbind_token(bad, "users", "a@b.c", "pw", "tok", NULL, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_auth_with_token(bad, "users", "tok", NULL, &session, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_auth_with_password(bad, "users", "a", "pw", NULL, &session, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_request_otp(bad, "users", "a@b.c", NULL, &text, &error));
    check(text == NULL, "request_otp", "the string output is not cleared");
    FAILS(INVALID_HANDLE, "client", bosauth_request_otp(bad, "users", "a@b.c", NULL, NULL, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_auth_with_otp(bad, "users", "o-1", "1", NULL, &session, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_auth_refresh(bad, NULL, &session, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_client_session(bad, &session, &error));
    check(session == NULL, "client_session", "the session output is not cleared");
    FAILS(INVALID_HANDLE, "client", bosauth_client_save_session(bad, "new", NULL, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_client_clear_session(bad, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_client_import_session(bad, "x", &error));
    FAILS(INVALID_HANDLE, "client", bosauth_client_import_session(bad, NULL, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_client_sync_session(bad, &error));
    FAILS(INVALID_HANDLE, "client", add_listener(bad, changed, &listener));
    check(listener == 0, "client_add_listener", "the listener output is not cleared");
    RELEASED(1);
    RETURNS(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_generation(bad, &generation));
    check(generation == 0, "client_generation", "the output is not cleared");
    RETURNS(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_generation(bad, NULL));
    RETURNS(bad == 0 ? BOSAUTH_OK : BOSAUTH_ERROR_INVALID_HANDLE, bosauth_listener_free(bad));
    FAILS(INVALID_HANDLE, "client", bosauth_bind_token(bad, NULL, NULL, NULL, NULL, NULL, &error));
    FAILS(INVALID_HANDLE, "client", bosauth_client_session(bad, NULL, &error));
    RETURNS(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_auth_with_token(bad, "users", "tok", NULL, NULL, NULL));
    RETURNS(bad == 0 ? BOSAUTH_OK : BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_free(bad));
}

static void check_handles(void)
{
    uint64_t random = 88172645463325252u;
    const bosauth_client bad[] = {
        0, 1, freed, client + 1, client ^ 1u << 24, client ^ (uint64_t)3 << 49, /* of another type */
        client | (uint64_t)1 << 53, client | (uint64_t)1 << 63, (uint64_t)1 << 53, UINT64_MAX,
    };
    check(client < (uint64_t)1 << 53, "client_new", "the handle does not survive a double");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_handle(bad[i]);
    }
    for (int i = 0; i < 100; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if (random != client) {
            check_handle(random);
        }
    }
}

static void check_missing_outputs(void)
{
    FAILS(NULL_ARGUMENT, "client", bosauth_client_new(url, NULL, NULL, &error));
    FAILS(NULL_ARGUMENT, "session", bosauth_client_session(client, NULL, &error));
    FAILS(NULL_ARGUMENT, "token", bosauth_generate_token(NULL, &error));
    FAILS(NULL_ARGUMENT, "otp_id", bosauth_request_otp(client, "users", "a@b.c", NULL, NULL, &error));
    FAILS(NULL_ARGUMENT, "email", bosauth_request_otp(client, "users", NULL, NULL, NULL, &error));
    FAILS(INVALID_ARGUMENT, "email", bosauth_request_otp(client, "users", "", NULL, NULL, &error));
    bosauth_options_add_header(new_options(), "Cookie", "a=b");
    FAILS(INVALID_ARGUMENT, "name", bosauth_request_otp(client, "users", "a@b.c", options, NULL, &error));
    FAILS(INVALID_ARGUMENT, "name", bosauth_auth_refresh(client, options, NULL, &error));
    bosauth_options_free(options);
    FAILS(NO_SESSION, "", bosauth_auth_refresh(client, NULL, NULL, &error));
    FAILS(NULL_ARGUMENT, "identity", bosauth_auth_with_password(client, "users", NULL, NULL, NULL, NULL, &error));
    FAILS(INVALID_ARGUMENT, "otp_id", bosauth_auth_with_otp(client, "users", "", NULL, NULL, NULL, &error));
    FAILS(NULL_ARGUMENT, "collection", bosauth_bind_token(client, NULL, NULL, NULL, NULL, NULL, &error));
    FAILS(NULL_ARGUMENT, "email", bosauth_bind_token(client, "users", NULL, NULL, NULL, NULL, &error));
    FAILS(INVALID_ARGUMENT, "token", bosauth_auth_with_token(client, "users", "", NULL, NULL, &error));
    FAILS(INVALID_ARGUMENT, "name", by_config(bosauth_config_add_header(new_config(), "X Y", NULL)));
    FAILS(INVALID_ARGUMENT, "name", by_options(bosauth_options_add_header(new_options(), "X Y", NULL)));
    FAILS(INVALID_ARGUMENT, "name", by_options(bosauth_options_add_query(new_options(), "token", NULL)));
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_client_new(NULL, NULL, NULL, NULL));
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_auth_with_token(client, "users", NULL, NULL, NULL, NULL));
    RETURNS(BOSAUTH_ERROR_INVALID_ARGUMENT, bosauth_bind_token(client, "a/b", "a", "b", "c", NULL, NULL));
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_request_otp(client, "users", "a@b.c", NULL, NULL, NULL));
    RETURNS(BOSAUTH_ERROR_NULL_ARGUMENT, bosauth_generate_token(NULL, NULL));
    RETURNS(BOSAUTH_ERROR_NO_SESSION, bosauth_auth_refresh(client, NULL, NULL, NULL));
}

static void check_missing_objects(void)
{
    const bosauth_status null = BOSAUTH_ERROR_NULL_ARGUMENT;
    RETURNS(null, bosauth_config_set_timeout_ms(NULL, 1000));
    RETURNS(null, bosauth_config_set_connect_timeout_ms(NULL, 1000));
    RETURNS(null, bosauth_config_set_user_agent(NULL, "x"));
    RETURNS(null, bosauth_config_add_header(NULL, "X", "y"));
    RETURNS(null, bosauth_config_set_max_response_bytes(NULL, 1000));
    RETURNS(null, bosauth_config_add_roots_pem(NULL, "x"));
    RETURNS(null, bosauth_options_set_timeout_ms(NULL, 1000));
    RETURNS(null, bosauth_options_add_query(NULL, "x", "y"));
    RETURNS(null, bosauth_options_add_header(NULL, "X", "y"));
    RETURNS(null, bosauth_options_set_body_json(NULL, "{}"));
    RETURNS(null, bosauth_options_set_keep_session(NULL, 0));
    RETURNS(null, bosauth_options_set_mfa_id(NULL, "x"));
    bosauth_config_free(NULL);
    bosauth_options_free(NULL);
    bosauth_session_free(NULL);
    bosauth_response_free(NULL);
    bosauth_error_free(NULL);
    bosauth_string_free(NULL);
}

static void check_numbers(void)
{
    const int64_t bad[] = {0, -1, 86400001, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        FAILS(INVALID_ARGUMENT, "ms", by_config(bosauth_config_set_timeout_ms(new_config(), bad[i])));
        FAILS(INVALID_ARGUMENT, "ms", by_config(bosauth_config_set_connect_timeout_ms(new_config(), bad[i])));
        FAILS(INVALID_ARGUMENT, "ms", by_options(bosauth_options_set_timeout_ms(new_options(), bad[i])));
    }
    FAILS(INVALID_ARGUMENT, "bytes", by_config(bosauth_config_set_max_response_bytes(new_config(), 0)));
    FAILS(INVALID_ARGUMENT, "bytes", by_config(bosauth_config_set_max_response_bytes(new_config(), UINT64_MAX)));
}

/* Accessors return "" or 0 for NULL. */
static void check_accessors(void)
{
    size_t length = 12345;
    EMPTY(bosauth_error_message(NULL));
    EMPTY(bosauth_error_argument(NULL));
    EMPTY(bosauth_error_server_message(NULL));
    EMPTY(bosauth_error_data_json(NULL));
    EMPTY(bosauth_error_body(NULL, NULL));
    EMPTY(bosauth_error_body(NULL, &length));
    check(length == 0, "error_body", "the length is not cleared");
    EMPTY(bosauth_error_url(NULL));
    EMPTY(bosauth_error_mfa_id(NULL));
    RETURNS(BOSAUTH_OK, bosauth_error_status(NULL));
    RETURNS(BOSAUTH_ACTION_NONE, bosauth_error_action(NULL));
    RETURNS(0, bosauth_error_outcome_unknown(NULL));
    RETURNS(0, bosauth_error_http_status(NULL));
    RETURNS(0, bosauth_error_retry_after_ms(NULL));
    RETURNS(0, bosauth_response_http_status(NULL));
    EMPTY(bosauth_response_header(NULL, "Content-Type"));
    EMPTY(bosauth_response_header(NULL, NULL));
    EMPTY(bosauth_response_body(NULL, NULL));
    length = 12345;
    EMPTY(bosauth_response_body(NULL, &length));
    check(length == 0, "response_body", "the length is not cleared");
    EMPTY(bosauth_session_token(NULL));
    EMPTY(bosauth_session_record_json(NULL));
    EMPTY(bosauth_session_meta_json(NULL));
    EMPTY(bosauth_session_field(NULL, "id"));
    EMPTY(bosauth_session_field(NULL, NULL));
    EMPTY(bosauth_string_data(NULL));
    EMPTY(bosauth_session_export(NULL));
    RETURNS(BOSAUTH_OK, bosauth_session_store_status(NULL));
    RETURNS(0, bosauth_session_expires_at(NULL));
    RETURNS(0, bosauth_session_is_valid(NULL));
    RETURNS(0, bosauth_session_is_superuser(NULL));
    RETURNS(0, bosauth_session_was_kept(NULL));
    RETURNS(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    EMPTY(bosauth_session_field(session, NULL));
    EMPTY(bosauth_session_field(session, "\xff"));
    EMPTY(bosauth_session_field(session, ""));
    bosauth_session_free(session);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        return 2;
    }
    url = arguments[1];
    RETURNS(BOSAUTH_OK, bosauth_client_new(url, NULL, &freed, NULL));
    RETURNS(BOSAUTH_OK, bosauth_client_free(freed));
    RETURNS(BOSAUTH_OK, bosauth_client_new(url, NULL, &client, &error));
    RETURNS(BOSAUTH_OK, bosauth_client_save_session(client, "saved", NULL, &error));
    check_strings();
    check_records();
    check_bodies();
    check_content_type();
    check_handles();
    check_callbacks();
    check_missing_outputs();
    check_missing_objects();
    check_numbers();
    check_accessors();
    RETURNS(BOSAUTH_OK, bosauth_client_free(client));
    RETURNS(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_free(client));
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}
