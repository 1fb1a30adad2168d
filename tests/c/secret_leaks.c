/* Makes every call that takes secrets, frees everything, and searches all writable memory of this process for the
 * secrets, in each encoding and in pieces. Freed memory is kept, so that it is not overwritten by chance. Prints
 * the strings that an app may print, then a line "found ..." for each match, and "searched ... bytes".
 *
 * Arguments: URL of the server, URL of a server that echoes requests and does not respond in the collection "silent",
 * email, the file of the secrets, and the mode: "search" searches, "leak" does the same with a copy of each secret that
 * is not freed, "print" only prints. The file holds password, token and another token, a line each, in hex, each byte
 * XORed with KEY: only buffers that are zeroized before the search hold them in plain text. */
#define _POSIX_C_SOURCE 200809L
#include <bosauth.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY = 0xa5, JWT_MAX = 2048, STRING_MAX = 2 * JWT_MAX, PIECE = 12, FORMS_MAX = 64, CHUNK = 1 << 20 };

/* ---- memory that is never reused, for the library too ---- */

void free(void *block)
{
    (void)block;
}

void *realloc(void *old, size_t size)
{
    void *block = malloc(size);
    size_t old_size = old ? malloc_usable_size(old) : 0;
    if (block && old_size) {
        memcpy(block, old, old_size < size ? old_size : size);
    }
    return block;
}

/* ---- secrets in plain text, until they are zeroized ---- */

static struct {
    char password[256], token[256], wrong[256], generated[64], jwt[JWT_MAX], work[STRING_MAX], form[2 * STRING_MAX],
        stored[STRING_MAX];
} secret;

static void zeroize(void *buffer, size_t size)
{
    volatile unsigned char *byte = buffer;
    while (size--) {
        *byte++ = 0;
    }
}

static void read_secret(FILE *file, char *secret_out, size_t size)
{
    unsigned byte;
    for (size_t i = 0; i + 1 < size && fscanf(file, "%2x", &byte) == 1; i++) {
        secret_out[i] = (char)(byte ^ KEY);
        int next = fgetc(file);
        if (next == '\n' || next == EOF) {
            break;
        }
        ungetc(next, file);
    }
}

/* ---- their encodings, XORed ---- */

static struct {
    const char *secret, *name;
    unsigned char bytes[2 * STRING_MAX];
    size_t length;
} forms[FORMS_MAX];
static size_t form_count;

/* Adds secret.form. */
static void add(const char *name, const char *what)
{
    size_t length = strlen(secret.form);
    if (form_count == FORMS_MAX || length < PIECE) {
        fprintf(stderr, "%s as %s is too short to search for\n", name, what);
        exit(2);
    }
    forms[form_count].secret = name;
    forms[form_count].name = what;
    forms[form_count].length = length;
    for (size_t i = 0; i < length; i++) {
        forms[form_count].bytes[i] = (unsigned char)secret.form[i] ^ KEY;
    }
    form_count++;
    zeroize(secret.form, sizeof secret.form);
}

/* Adds the base64 digits that do not depend on what follows the string, after `skip` bytes before it. */
static void add_base64(const char *name, const char *string, const char *digits, size_t skip)
{
    size_t length = strlen(string), out = 0;
    for (size_t bit = (6 - skip * 8 % 6) % 6; bit + 6 <= length * 8; bit += 6) {
        const unsigned char *byte = (const unsigned char *)string + bit / 8;
        unsigned pair = (unsigned)byte[0] << 8 | byte[1];
        secret.form[out++] = digits[pair >> (10 - bit % 8) & 63];
    }
    secret.form[out] = 0;
    add(name, "base64");
}

static void add_escaped(const char *name, const char *string, const char *what, const char *format)
{
    char *out = secret.form;
    for (; *string; string++) {
        unsigned char byte = (unsigned char)*string;
        int plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (*format == '\\') {
            plain = byte >= ' ' && byte != '"' && byte != '\\';
        } else {
            plain = plain || (byte && strchr("-._~", byte));
        }
        if (!plain && *format == '\\' && byte >= ' ') {
            *out++ = '\\';
            *out++ = (char)byte;
        } else {
            out += plain ? (*out = (char)byte, 1) : snprintf(out, 8, format, byte);
        }
    }
    add(name, what);
}

static void add_all(const char *name, const char *string)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    char digits[65];
    strcpy(secret.form, string);
    add(name, "raw");
    for (size_t skip = 0; skip < 3; skip++) {
        sprintf(digits, "%s+/", letters);
        add_base64(name, string, digits, skip);
        sprintf(digits, "%s-_", letters);
        add_base64(name, string, digits, skip);
    }
    add_escaped(name, string, "percent", "%%%02X");
    add_escaped(name, string, "percent", "%%%02x");
    add_escaped(name, string, "JSON", "\\u%04x");
}

/* ---- the search ---- */

static unsigned char chunk[CHUNK];
static unsigned char starts[256]; /* whether a piece starts with this byte, XORed */
static unsigned found;

static void note_first_bytes(void)
{
    for (size_t form = 0; form < form_count; form++) {
        size_t length = forms[form].length;
        for (size_t at = 0; at < length; at += PIECE) {
            starts[forms[form].bytes[at + PIECE > length ? length - PIECE : at]] = 1;
        }
    }
}

/* Prints pieces of the encoding that start here. Pieces are adjacent; the last one is at the end. */
static void compare(size_t form, const unsigned char *bytes, uintptr_t address, const char *map)
{
    size_t length = forms[form].length;
    for (size_t at = 0; at < length; at += PIECE) {
        size_t from = at + PIECE > length ? length - PIECE : at;
        const unsigned char *expected = forms[form].bytes + from;
        size_t same = 0;
        while (same < PIECE && (bytes[same] ^ KEY) == expected[same]) {
            same++;
        }
        if (same == PIECE) {
            found++;
            printf("found %s as %s, its bytes from %zu on, at %#" PRIxPTR " in %s\n", forms[form].secret,
                   forms[form].name, from, address, map);
        }
    }
}

static void search_bytes(size_t length, uintptr_t address, const char *map)
{
    uintptr_t own = (uintptr_t)chunk;
    for (size_t i = 0; i + PIECE <= length; i++) {
        int is_own = address + i >= own && address + i < own + CHUNK;
        for (size_t form = 0; starts[chunk[i] ^ KEY] && !is_own && form < form_count; form++) {
            compare(form, chunk + i, address + i, map);
        }
    }
}

/* Searches from `start` to `end`. Chunks overlap by a piece. */
static size_t search_map(int memory, uintptr_t start, uintptr_t end, const char *map)
{
    size_t searched = 0;
    for (uintptr_t at = start; at < end; at += CHUNK - PIECE) {
        size_t length = end - at < CHUNK ? end - at : CHUNK;
        ssize_t count = pread(memory, chunk, length, (off_t)at);
        if (count <= 0) {
            fprintf(stderr, "%s cannot be read\n", map);
            exit(2);
        }
        search_bytes((size_t)count, at, map);
        searched += (size_t)count;
    }
    return searched;
}

static void search(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    char line[512], name[256];
    uintptr_t start, end;
    size_t searched = 0, count = 0;
    note_first_bytes();
    while (maps && fgets(line, sizeof line, maps)) {
        strcpy(name, "anonymous memory");
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " rw%*s %*s %*s %*s %255s", &start, &end, name) >= 2 &&
            strstr(line, " rw")) {
            searched += search_map(memory, start, end, name);
            count++;
        }
    }
    printf("searched %zu bytes in %zu mappings for %zu forms: found %u\n", searched, count, form_count, found);
    fclose(maps);
    close(memory);
}

/* ---- the calls ---- */

static bosauth_error *error;

/* Prints all values of an error, and frees it. */
static void report(const char *call, bosauth_status status)
{
    size_t length;
    const char *body = bosauth_error_body(error, &length);
    printf("%s: %s\n", call, bosauth_status_name(status));
    printf("  %d %s http %d unknown %d wait %" PRId64 "\n", (int)bosauth_error_status(error),
           bosauth_action_name(bosauth_error_action(error)), (int)bosauth_error_http_status(error),
           (int)bosauth_error_outcome_unknown(error), bosauth_error_retry_after_ms(error));
    printf("  %s|%s|%s|%s|%s|%s|", bosauth_error_message(error), bosauth_error_argument(error),
           bosauth_error_server_message(error), bosauth_error_data_json(error), bosauth_error_url(error),
           bosauth_error_mfa_id(error));
    fwrite(body, 1, length, stdout);
    puts("");
    bosauth_error_free(error);
    error = NULL;
}

/* Prints all values of a login, and frees it. */
static void report_login(const char *call, bosauth_status status, bosauth_session *session)
{
    report(call, status);
    printf("  %s|%s|%s|%s\n", bosauth_session_record_json(session), bosauth_session_meta_json(session),
           bosauth_session_field(session, "email"), bosauth_session_field(session, "verified"));
    printf("  expires %d valid %d superuser %d kept %d\n", bosauth_session_expires_at(session) > 0,
           (int)bosauth_session_is_valid(session), (int)bosauth_session_is_superuser(session),
           (int)bosauth_session_was_kept(session));
    if (*bosauth_session_token(session) && !*secret.jwt) {
        strncpy(secret.jwt, bosauth_session_token(session), sizeof secret.jwt - 1);
    }
    bosauth_session_free(session);
}

static void log_in(bosauth_client client, const char *collection, const char *token, const bosauth_options *options)
{
    bosauth_session *session;
    bosauth_status status = bosauth_auth_with_token(client, collection, token, options, &session, &error);
    report_login("login", status, session);
}

static void log_in_with_password(bosauth_client client, const char *collection, const char *email,
                                 const char *password, const bosauth_options *options)
{
    bosauth_session *session;
    bosauth_status status =
        bosauth_auth_with_password(client, collection, email, password, options, &session, &error);
    report_login("password login", status, session);
}

static void log_in_with_otp(bosauth_client client, const char *collection, const char *code,
                            const bosauth_options *options)
{
    bosauth_session *session;
    bosauth_status status = bosauth_auth_with_otp(client, collection, "otp-1", code, options, &session, &error);
    report_login("OTP login", status, session);
}

static void refresh(bosauth_client client, const bosauth_options *options)
{
    bosauth_session *session;
    bosauth_status status = bosauth_auth_refresh(client, options, &session, &error);
    report_login("refresh", status, session);
}

static void request_otp(bosauth_client client, const char *collection, const char *email)
{
    bosauth_string *otp_id;
    report("request OTP", bosauth_request_otp(client, collection, email, NULL, &otp_id, &error));
    bosauth_string_free(otp_id);
}

/* Appends a field to the JSON in secret.work. */
static void add_field(const char *name, const char *value)
{
    char *out = secret.work + strlen(secret.work);
    out += sprintf(out, "%c\"%s\":\"", *secret.work ? ',' : '{', name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\') {
            *out++ = '\\';
        }
        *out++ = *value;
    }
    strcpy(out, "\"");
}

/* Sends the secrets in the body of any other request. A response that echoes them is read and not printed. */
static void send_secrets(bosauth_client client, const char *collection, const bosauth_options *options)
{
    char path[64];
    bosauth_response *response;
    size_t length;
    *secret.work = 0;
    add_field("oldPassword", secret.password);
    add_field("passwordConfirm", secret.wrong);
    add_field("token", secret.token);
    strcat(secret.work, "}");
    snprintf(path, sizeof path, "/api/collections/%s/records", collection);
    report("send", bosauth_send(client, "POST", path, secret.work, strlen(secret.work), options, &response, &error));
    bosauth_response_body(response, &length);
    printf("  %d %s %d\n", (int)bosauth_response_http_status(response),
           bosauth_response_header(response, "Content-Type"), length > 0);
    bosauth_response_free(response);
}

static void generate_token(void)
{
    bosauth_string *token;
    report("generate", bosauth_generate_token(&token, &error));
    strncpy(secret.generated, bosauth_string_data(token), sizeof secret.generated - 1);
    bosauth_string_free(token);
}

/* ---- the stored session ---- */

static bosauth_status load(void *user_data, bosauth_string *session)
{
    (void)user_data;
    bosauth_string_set(session, secret.token, strlen(secret.token));
    return bosauth_string_set(session, secret.stored, strlen(secret.stored));
}

static bosauth_status save(void *user_data, const char *session)
{
    (void)user_data;
    snprintf(secret.stored, sizeof secret.stored, "%s", session ? session : "");
    return BOSAUTH_OK;
}

static void changed(void *user_data, bosauth_client client, int32_t change, uint64_t generation,
                    const bosauth_session *session)
{
    (void)user_data, (void)client;
    printf("change %d %d %d\n", (int)change, generation > 0, *bosauth_session_export(session) != 0);
}

static bosauth_client with_store(const char *url)
{
    bosauth_client client;
    bosauth_config *config = bosauth_config_new();
    bosauth_config_set_session_store(config, load, save, NULL, NULL);
    report("new", bosauth_client_new(url, config, &client, &error));
    bosauth_config_free(config);
    return client;
}

static bosauth_client with_file(const char *url, const char *path)
{
    bosauth_client client;
    bosauth_config *config = bosauth_config_new();
    bosauth_config_set_session_file(config, path);
    report("new", bosauth_client_new(url, config, &client, &error));
    bosauth_config_free(config);
    return client;
}

/* Reads the stored session, and imports it from its exported string. */
static void import_stored(bosauth_client client)
{
    bosauth_session *session;
    report("session", bosauth_client_session(client, &session, &error));
    report("import", bosauth_client_import_session(client, bosauth_session_export(session), &error));
    report("import garbage", bosauth_client_import_session(client, bosauth_session_token(session), &error));
    bosauth_session_free(session);
    report("sync", bosauth_client_sync_session(client, &error));
    report("free", bosauth_client_free(client));
}

/* Stores the session of the secret JWT in a store and a file. */
static void store_sessions(const char *url, const char *path)
{
    bosauth_client client = with_store(url);
    bosauth_listener listener;
    report("listener", bosauth_client_add_listener(client, changed, NULL, NULL, &listener, &error));
    report("save", bosauth_client_save_session(client, secret.jwt, NULL, &error));
    report("free", bosauth_client_free(client));
    bosauth_listener_free(listener);
    import_stored(with_store(url));
    client = with_file(url, path);
    report("save", bosauth_client_save_session(client, secret.jwt, NULL, &error));
    report("free", bosauth_client_free(client));
    import_stored(with_file(url, path));
    client = with_file("http://other.example", path);
    report("corrupt", bosauth_client_sync_session(client, &error));
    report("clear", bosauth_client_clear_session(client, &error));
    report("free", bosauth_client_free(client));
}

static void use_server(const char *url, const char *email)
{
    bosauth_client client;
    bosauth_session *session;
    report("new", bosauth_client_new(url, NULL, &client, &error));
    report("bind", bosauth_bind_token(client, "users", email, secret.password, secret.token, NULL, &error));
    log_in(client, "users", secret.token, NULL);
    log_in(client, "users", secret.token, NULL);
    refresh(client, NULL);
    log_in_with_password(client, "users", email, secret.password, NULL);
    log_in_with_password(client, "users", email, secret.wrong, NULL);
    log_in_with_otp(client, "users", secret.password, NULL);
    log_in_with_otp(client, "coded", secret.wrong, NULL);
    request_otp(client, "coded", email);
    generate_token();
    report("session", bosauth_client_session(client, &session, &error));
    bosauth_session_free(session);
    report("bind wrong", bosauth_bind_token(client, "users", email, secret.wrong, secret.token, NULL, &error));
    log_in(client, "users", secret.wrong, NULL);
    log_in(client, "no/such", secret.token, NULL);
    log_in(client, "nosuch", secret.token, NULL);
    report("save", bosauth_client_save_session(client, secret.jwt, NULL, &error));
    snprintf(secret.work, sizeof secret.work, "{\"again\":\"%s\"}", secret.jwt);
    report("save", bosauth_client_save_session(client, secret.jwt, secret.work, &error));
    report("save", bosauth_client_save_session(client, secret.password, NULL, &error));
    report("unbind", bosauth_unbind_token(client, "users", email, secret.password, secret.token, NULL, &error));
    log_in(client, "users", secret.token, NULL);
    report("free", bosauth_client_free(client));
}

/* Options with the session's token in a header and in a field of the body. */
static bosauth_options *with_secrets(void)
{
    bosauth_options *options = bosauth_options_new();
    snprintf(secret.work, sizeof secret.work, "Bearer %s", secret.jwt);
    bosauth_options_add_header(options, "Authorization", secret.work);
    snprintf(secret.work, sizeof secret.work, "{\"more\":\"%s\"}", secret.jwt);
    bosauth_options_set_body_json(options, secret.work);
    return options;
}

static void use_echo(const char *url, const char *email, const char *const *forms_of_echo)
{
    bosauth_client client;
    bosauth_options *options = with_secrets();
    report("new", bosauth_client_new(url, NULL, &client, &error));
    for (; *forms_of_echo; forms_of_echo++) {
        printf("echo %s\n", *forms_of_echo);
        report("bind", bosauth_bind_token(client, *forms_of_echo, email, secret.password, secret.token, options, &error));
        log_in(client, *forms_of_echo, secret.token, options);
        log_in_with_password(client, *forms_of_echo, email, secret.password, options);
        log_in_with_otp(client, *forms_of_echo, secret.wrong, options);
        snprintf(secret.work, sizeof secret.work, "{\"collectionId\":\"%s\"}", *forms_of_echo);
        report("save", bosauth_client_save_session(client, secret.jwt, secret.work, &error));
        refresh(client, NULL);
        send_secrets(client, *forms_of_echo, NULL);
        send_secrets(client, *forms_of_echo, options);
    }
    bosauth_options_set_timeout_ms(options, 100);
    send_secrets(client, "silent", options);
    log_in(client, "silent", secret.token, options);
    log_in_with_password(client, "silent", email, secret.password, options);
    log_in_with_otp(client, "silent", secret.wrong, options);
    report("unbind", bosauth_unbind_token(client, "silent", email, secret.password, secret.token, options, &error));
    bosauth_options_free(options);
    report("free", bosauth_client_free(client));
}

int main(int argc, char **argv)
{
    static const char *const echoes[] = {"envelope-raw", "envelope-JSON", "envelope-percent", "envelope-base64",
                                         "text-raw", "text-JSON", "text-percent", "text-base64", "head-raw",
                                         "success-raw", NULL};
    if (argc < 6) {
        return 2;
    }
    int prints_only = strcmp(argv[5], "print") == 0;
    FILE *file = fopen(argv[4], "r");
    if (!file) {
        return 2;
    }
    /* Unbuffered, so that the buffer holds no secret. */
    setvbuf(file, NULL, _IONBF, 0);
    read_secret(file, secret.password, sizeof secret.password);
    read_secret(file, secret.token, sizeof secret.token);
    read_secret(file, secret.wrong, sizeof secret.wrong);
    fclose(file);
    use_server(argv[1], argv[3]);
    use_echo(argv[2], argv[3], echoes);
    char path[1024];
    snprintf(path, sizeof path, "%s.session", argv[4]);
    store_sessions(argv[1], path);
    add_all("password", secret.password);
    add_all("token", secret.token);
    add_all("other token", secret.wrong);
    add_all("generated token", secret.generated);
    add_all("JWT", secret.jwt);
    if (strcmp(argv[5], "leak") == 0) {
        printf("leaked %d\n", strdup(secret.password) && strdup(secret.token) && strdup(secret.wrong) &&
                                   strdup(secret.generated) && strdup(secret.jwt));
    }
    zeroize(&secret, sizeof secret);
    if (!prints_only) {
        search();
    }
    return 0;
}
