/* The scenario driver for C: runs each line of its input through bosauth.h, and prints the result. The format is that of
 * tests/scenarios/README.md. Only the header and the C standard library. */
#include <bosauth.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FIELDS = 8, MAX_LISTENERS = 8 };

static char *fields[MAX_FIELDS]; /* the verb and its arguments; missing ones are NULL */
static int count;

static bosauth_config *config;   /* for the next client */
static bosauth_options *options; /* for the next call */
static bosauth_client client;
static bosauth_cancel cancel;
static bosauth_session *login; /* of the last login */
static bosauth_error *error;   /* of the last call that failed */
static bosauth_response *response; /* of the last request that succeeded */

static char *stored;                /* the content of the store; NULL for none */
static bosauth_status store_status; /* what its functions return */
static int unreleased;              /* stores and listeners whose release function has not been called */

static bosauth_listener listeners[MAX_LISTENERS];
static int listener_count;
static char changes[1 << 16]; /* recorded by the listeners */

/* ---- fields and results ---- */

static void decode(char *field)
{
    char *out = field;
    if (strcmp(field, "\"\"") == 0) {
        *field = 0;
        return;
    }
    for (; *field; field++) {
        if (*field == '%' && field[1] && field[2]) {
            const char digits[3] = {field[1], field[2], 0};
            *out++ = (char)strtol(digits, NULL, 16);
            field += 2;
        } else {
            *out++ = *field;
        }
    }
    *out = 0;
}

static void split(char *line)
{
    char *word = strtok(line, " \n");
    memset(fields, 0, sizeof fields);
    for (count = 0; word && count < MAX_FIELDS; word = strtok(NULL, " \n")) {
        decode(word);
        fields[count++] = word;
    }
}

static void print_bytes(const char *bytes, size_t length)
{
    fputs("OK ", stdout);
    if (length == 0) {
        fputs("\"\"", stdout);
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte > ' ' && byte < 127 && byte != '%') {
            putchar(byte);
        } else {
            printf("%%%02X", byte);
        }
    }
    putchar('\n');
}

static void print_string(const char *string)
{
    print_bytes(string, strlen(string));
}

static void print_number(int64_t number)
{
    printf("OK %" PRId64 "\n", number);
}

static void unknown(void)
{
    puts("UNKNOWN VERB");
}

static void print_status(bosauth_status status)
{
    puts(bosauth_status_name(status));
}

/* Keeps the error of a failed call for the verb `error`. */
static int failed(bosauth_status status, bosauth_error *new_error)
{
    if (status == BOSAUTH_OK && !new_error) {
        return 0;
    }
    bosauth_error_free(error);
    error = new_error;
    if (bosauth_error_status(error) != status) {
        puts("STATUS AND ERROR DIFFER");
        return 1;
    }
    printf("%s %d %s", bosauth_status_name(status), (int)bosauth_error_http_status(error),
           bosauth_action_name(bosauth_error_action(error)));
    if (*bosauth_error_argument(error)) {
        printf(" arg=%s", bosauth_error_argument(error));
    }
    puts(bosauth_error_outcome_unknown(error) ? " outcome=unknown" : "");
    return 1;
}

static void print_outcome(bosauth_status status, bosauth_error *new_error)
{
    if (!failed(status, new_error)) {
        puts("OK");
    }
}

/* ---- the store ---- */

static void release(void *user_data)
{
    --*(int *)user_data;
}

static void set_stored(const char *session)
{
    free(stored);
    stored = NULL;
    if (session) {
        stored = malloc(strlen(session) + 1);
        strcpy(stored, session);
    }
}

static bosauth_status load(void *user_data, bosauth_string *session)
{
    (void)user_data;
    if (store_status != BOSAUTH_OK || !stored) {
        return store_status;
    }
    return bosauth_string_set(session, stored, strlen(stored));
}

static bosauth_status save(void *user_data, const char *session)
{
    (void)user_data;
    if (store_status == BOSAUTH_OK) {
        set_stored(session);
    }
    return store_status;
}

/* ---- verbs ---- */

static int named(const char *name)
{
    return strcmp(fields[1], name) == 0;
}

static void use_store(void)
{
    const bosauth_status known[] = {BOSAUTH_OK, BOSAUTH_ERROR_STORE, BOSAUTH_ERROR_STORE_UNAVAILABLE};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (named(bosauth_status_name(known[i]))) {
            store_status = known[i];
            puts("OK");
            return;
        }
    }
    unknown();
}

static void show_stored(void)
{
    if (stored) {
        print_string(stored);
    } else {
        puts("OK none");
    }
}

static void set_config(void)
{
    bosauth_config *c = config ? config : (config = bosauth_config_new());
    if (named("session_store") && count == 2) {
        unreleased++;
        print_status(bosauth_config_set_session_store(c, load, save, &unreleased, release));
    } else if (count == 2) {
        unknown();
    } else if (named("session_file")) {
        print_status(bosauth_config_set_session_file(c, fields[2]));
    } else if (named("timeout_ms")) {
        print_status(bosauth_config_set_timeout_ms(c, strtoll(fields[2], NULL, 10)));
    } else if (named("connect_timeout_ms")) {
        print_status(bosauth_config_set_connect_timeout_ms(c, strtoll(fields[2], NULL, 10)));
    } else if (named("max_response_bytes")) {
        print_status(bosauth_config_set_max_response_bytes(c, strtoull(fields[2], NULL, 10)));
    } else if (named("user_agent")) {
        print_status(bosauth_config_set_user_agent(c, fields[2]));
    } else if (named("roots_pem")) {
        print_status(bosauth_config_add_roots_pem(c, fields[2]));
    } else if (named("header")) {
        print_status(bosauth_config_add_header(c, fields[2], fields[3]));
    } else {
        unknown();
    }
}

static void set_option(void)
{
    bosauth_options *o = options ? options : (options = bosauth_options_new());
    if (named("timeout_ms")) {
        print_status(bosauth_options_set_timeout_ms(o, strtoll(fields[2], NULL, 10)));
    } else if (named("keep_session")) {
        print_status(bosauth_options_set_keep_session(o, atoi(fields[2])));
    } else if (named("body_json")) {
        print_status(bosauth_options_set_body_json(o, fields[2]));
    } else if (named("mfa_id")) {
        print_status(bosauth_options_set_mfa_id(o, fields[2]));
    } else if (named("cancel")) {
        print_status(bosauth_options_set_cancel(o, cancel));
    } else if (named("query")) {
        print_status(bosauth_options_add_query(o, fields[2], fields[3]));
    } else if (named("header")) {
        print_status(bosauth_options_add_header(o, fields[2], fields[3]));
    } else {
        unknown();
    }
}

static void free_options(void)
{
    bosauth_options_free(options);
    options = NULL;
}

static void new_client(void)
{
    bosauth_client new_client;
    bosauth_error *new_error;
    bosauth_status status = bosauth_client_new(fields[1], config, &new_client, &new_error);
    bosauth_config_free(config);
    config = NULL;
    if (status == BOSAUTH_OK) {
        bosauth_client_free(client);
        client = new_client;
    }
    print_outcome(status, new_error);
}

static void free_client(void)
{
    print_status(bosauth_client_free(client));
}

static void close_client(void)
{
    print_status(bosauth_client_close(client, strtoll(fields[1], NULL, 10)));
}

static void use_cancel(void)
{
    if (named("new")) {
        bosauth_cancel_free(cancel);
        cancel = bosauth_cancel_new();
        puts(cancel ? "OK" : "NO CANCEL");
    } else if (named("trigger")) {
        print_status(bosauth_cancel_trigger(cancel));
    } else if (named("free")) {
        print_status(bosauth_cancel_free(cancel));
    } else {
        unknown();
    }
}

typedef bosauth_status change_fn(bosauth_client, const char *, const char *, const char *, const char *,
                                 const bosauth_options *, bosauth_error **);

static void change_binding(change_fn *change)
{
    bosauth_error *new_error;
    bosauth_status status = change(client, fields[1], fields[2], fields[3], fields[4], options, &new_error);
    print_outcome(status, new_error);
    free_options();
}

static void bind_token(void)
{
    change_binding(bosauth_bind_token);
}

static void unbind_token(void)
{
    change_binding(bosauth_unbind_token);
}

/* Prints the result of a call that returns a session. */
static void print_login(bosauth_status status, bosauth_session *session, bosauth_error *new_error)
{
    bosauth_session_free(login);
    login = session;
    if (!failed(status, new_error)) {
        puts(bosauth_session_was_kept(login) ? "OK kept" : "OK lost");
    }
    free_options();
}

static void login_with_token(void)
{
    bosauth_session *session;
    bosauth_error *new_error;
    bosauth_status status =
        bosauth_auth_with_token(client, fields[1], fields[2], options, &session, &new_error);
    print_login(status, session, new_error);
}

static void login_with_password(void)
{
    bosauth_session *session;
    bosauth_error *new_error;
    bosauth_status status =
        bosauth_auth_with_password(client, fields[1], fields[2], fields[3], options, &session, &new_error);
    print_login(status, session, new_error);
}

static void login_with_otp(void)
{
    bosauth_session *session;
    bosauth_error *new_error;
    bosauth_status status =
        bosauth_auth_with_otp(client, fields[1], fields[2], fields[3], options, &session, &new_error);
    print_login(status, session, new_error);
}

static void refresh_session(void)
{
    bosauth_session *session;
    bosauth_error *new_error;
    bosauth_status status = bosauth_auth_refresh(client, options, &session, &new_error);
    print_login(status, session, new_error);
}

/* Prints a string that a call returned, and frees it. */
static void print_and_free(bosauth_status status, bosauth_string *string, bosauth_error *new_error)
{
    if (!failed(status, new_error)) {
        print_string(bosauth_string_data(string));
    }
    bosauth_string_free(string);
}

static void request_otp(void)
{
    bosauth_string *otp_id;
    bosauth_error *new_error;
    bosauth_status status = bosauth_request_otp(client, fields[1], fields[2], options, &otp_id, &new_error);
    print_and_free(status, otp_id, new_error);
    free_options();
}

static void generate_token(void)
{
    bosauth_string *token;
    bosauth_error *new_error;
    bosauth_status status = bosauth_generate_token(&token, &new_error);
    print_and_free(status, token, new_error);
}

static void send_request(void)
{
    bosauth_response *new_response;
    bosauth_error *new_error;
    const char *body = fields[3];
    size_t length = body ? strlen(body) : 0;
    bosauth_status status =
        bosauth_send(client, fields[1], fields[2], body, length, options, &new_response, &new_error);
    if (!failed(status, new_error)) {
        bosauth_response_free(response);
        response = new_response;
        printf("OK %d\n", (int)bosauth_response_http_status(response));
    }
    free_options();
}

static void show_response(void)
{
    size_t length;
    if (named("@body")) {
        const char *body = bosauth_response_body(response, &length);
        print_bytes(body, length);
    } else {
        print_string(bosauth_response_header(response, fields[1]));
    }
}

static void save_session(void)
{
    bosauth_error *new_error;
    bosauth_status status = bosauth_client_save_session(client, fields[1], fields[2], &new_error);
    print_outcome(status, new_error);
}

static void clear_session(void)
{
    bosauth_error *new_error;
    bosauth_status status = bosauth_client_clear_session(client, &new_error);
    print_outcome(status, new_error);
}

static void import_session(void)
{
    bosauth_error *new_error;
    bosauth_status status = bosauth_client_import_session(client, fields[1], &new_error);
    print_outcome(status, new_error);
}

static void sync_session(void)
{
    bosauth_error *new_error;
    bosauth_status status = bosauth_client_sync_session(client, &new_error);
    print_outcome(status, new_error);
}

static void show_generation(void)
{
    uint64_t generation;
    bosauth_status status = bosauth_client_generation(client, &generation);
    if (status == BOSAUTH_OK) {
        print_number((int64_t)generation);
    } else {
        print_status(status);
    }
}

static void record_change(void *user_data, bosauth_client changed, int32_t change, uint64_t generation,
                          const bosauth_session *session)
{
    static const char *const names[] = {"", "LOGIN", "REFRESH", "SAVE", "CLEAR", "IMPORT", "LOAD"};
    size_t length = strlen(changes);
    (void)user_data;
    snprintf(changes + length, sizeof changes - length, "%s%s:%" PRIu64 ":%s", length ? "," : "",
             changed == client ? names[change] : "OTHER CLIENT", generation,
             session ? bosauth_session_token(session) : "-");
}

static void add_listener(void)
{
    bosauth_error *new_error;
    if (listener_count == MAX_LISTENERS) {
        unknown();
        return;
    }
    unreleased++;
    bosauth_status status = bosauth_client_add_listener(client, record_change, &unreleased, release,
                                                        &listeners[listener_count], &new_error);
    listener_count += status == BOSAUTH_OK;
    print_outcome(status, new_error);
}

static void remove_listener(void)
{
    if (listener_count == 0) {
        unknown();
    } else {
        print_status(bosauth_listener_free(listeners[--listener_count]));
    }
}

static void show_changes(void)
{
    print_string(changes);
    *changes = 0;
}

static void show(const bosauth_session *session)
{
    if (!session) {
        puts("OK none");
    } else if (count == 1) {
        bosauth_status status = bosauth_session_store_status(session);
        printf("OK expiry=%s valid=%d superuser=%d kept=%d%s%s\n",
               bosauth_session_expires_at(session) ? "known" : "unknown",
               (int)bosauth_session_is_valid(session), (int)bosauth_session_is_superuser(session),
               (int)bosauth_session_was_kept(session), status == BOSAUTH_OK ? "" : " store=",
               status == BOSAUTH_OK ? "" : bosauth_status_name(status));
    } else if (named("@token")) {
        print_string(bosauth_session_token(session));
    } else if (named("@record")) {
        print_string(bosauth_session_record_json(session));
    } else if (named("@meta")) {
        print_string(bosauth_session_meta_json(session));
    } else if (named("@expires_at")) {
        print_number(bosauth_session_expires_at(session));
    } else {
        print_string(bosauth_session_field(session, fields[1]));
    }
}

static void show_session(void)
{
    bosauth_session *session;
    bosauth_error *new_error;
    bosauth_status status = bosauth_client_session(client, &session, &new_error);
    if (!failed(status, new_error)) {
        show(session);
    }
    bosauth_session_free(session);
}

static void export_session(void)
{
    bosauth_session *session;
    bosauth_error *new_error;
    bosauth_status status = bosauth_client_session(client, &session, &new_error);
    if (!failed(status, new_error)) {
        if (session) {
            print_string(bosauth_session_export(session));
        } else {
            puts("OK none");
        }
    }
    bosauth_session_free(session);
}

static void show_result(void)
{
    show(login);
}

static void show_error(void)
{
    size_t length;
    if (named("message")) {
        print_string(bosauth_error_message(error));
    } else if (named("server_message")) {
        print_string(bosauth_error_server_message(error));
    } else if (named("data")) {
        print_string(bosauth_error_data_json(error));
    } else if (named("url")) {
        print_string(bosauth_error_url(error));
    } else if (named("mfa_id")) {
        print_string(bosauth_error_mfa_id(error));
    } else if (named("body")) {
        const char *body = bosauth_error_body(error, &length);
        print_bytes(body, length);
    } else if (named("retry_after_ms")) {
        print_number(bosauth_error_retry_after_ms(error));
    } else {
        unknown();
    }
}

static void free_all(void)
{
    bosauth_config_free(config);
    free_options();
    while (listener_count > 0) {
        bosauth_listener_free(listeners[--listener_count]);
    }
    bosauth_client_free(client);
    bosauth_cancel_free(cancel);
    bosauth_session_free(login);
    bosauth_error_free(error);
    bosauth_response_free(response);
    config = NULL;
    client = 0;
    cancel = 0;
    login = NULL;
    error = NULL;
    response = NULL;
    set_stored(NULL);
    store_status = BOSAUTH_OK;
    *changes = 0;
    if (unreleased != 0) {
        fprintf(stderr, "%d stores and listeners were not released\n", unreleased);
        exit(1);
    }
}

static void reset(void)
{
    free_all();
    puts("OK");
}

/* ---- lines ---- */

static const struct {
    const char *verb;
    int fewest, most; /* arguments */
    void (*run)(void);
} verbs[] = {
    {"reset", 0, 0, reset},          {"config", 1, 3, set_config},     {"option", 1, 3, set_option},
    {"client", 1, 1, new_client},    {"free", 0, 0, free_client},      {"bind", 4, 4, bind_token},
    {"unbind", 4, 4, unbind_token},  {"login", 2, 2, login_with_token}, {"save", 1, 2, save_session},
    {"clear", 0, 0, clear_session},  {"session", 0, 1, show_session},  {"result", 0, 1, show_result},
    {"error", 1, 1, show_error},     {"cancel", 1, 1, use_cancel},     {"close", 1, 1, close_client},
    {"login_with_password", 3, 3, login_with_password},
    {"request_otp", 2, 2, request_otp},
    {"login_with_otp", 3, 3, login_with_otp},
    {"refresh", 0, 0, refresh_session},
    {"generate_token", 0, 0, generate_token},
    {"send", 2, 3, send_request},    {"received", 1, 1, show_response},
    {"store", 1, 1, use_store},      {"stored", 0, 0, show_stored},
    {"export", 0, 0, export_session}, {"import", 1, 1, import_session},
    {"sync", 0, 0, sync_session},    {"generation", 0, 0, show_generation},
    {"listen", 0, 0, add_listener},  {"unlisten", 0, 0, remove_listener},
    {"changes", 0, 0, show_changes},
};

static void run_line(void)
{
    for (size_t i = 0; count && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(fields[0], verbs[i].verb) == 0 && count > verbs[i].fewest && count <= verbs[i].most + 1) {
            verbs[i].run();
            return;
        }
    }
    unknown();
}

int main(void)
{
    static char line[1 << 17];
    while (fgets(line, sizeof line, stdin)) {
        split(line);
        run_line();
        fflush(stdout);
    }
    free_all();
    return 0;
}
