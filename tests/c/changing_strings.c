/* Calls with strings that another thread modifies: changing_strings URL ROUNDS. One byte of one string at a time
 * becomes invalid and valid again. A call is rejected or sends the valid string. Prints the number of rejections for
 * each string. */
#include "support.h"

/* The last byte changes, or the one before a closing quote. */
static char url[64];
static char agent[] = "agent-a", config_name[] = "X-a", config_value[] = "v-a";
static char query_name[] = "q-a", query_value[] = "w-a", header_name[] = "Y-a", header_value[] = "z-a";
static char object[] = "{\"x\":\"a\"}", mfa_id[] = "m-a";
static char collection[] = "users-a", email[] = "e-a", password[] = "p-a", token[] = "t-a";
static char path[] = "/x-a", saved[] = "s-a", record[] = "{\"r\":\"a\"}";

static const struct {
    char *string;
    char bad;
} kinds[] = {
    {url, '\xff'},          {agent, '\r'},         {config_name, ' '},   {config_value, '\n'},
    {query_name, '\xff'},   {query_value, '\xff'}, {header_name, ':'},   {header_value, '\r'},
    {object, '\xff'},       {mfa_id, '&'},         {collection, '/'},    {email, '\xff'},
    {password, '\xff'},     {token, '\xff'},       {saved, '\n'},        {record, '\xff'},
    {path, '?'},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static volatile char *bytes[KINDS]; /* the byte of each string that changes */
static atomic_int changing;         /* the number of the string */
static atomic_int stop;

static void *change(void *unused) {
    while (!stop) {
        int kind = changing;
        *bytes[kind] = kinds[kind].bad;
        *bytes[kind] = 'a';
    }
    return unused;
}

static bosauth_config *configure(void) {
    bosauth_config *config = bosauth_config_new();
    bosauth_config_set_user_agent(config, agent);
    bosauth_config_add_header(config, config_name, config_value);
    return config;
}

static bosauth_options *set_options(void) {
    bosauth_options *options = bosauth_options_new();
    bosauth_options_add_query(options, query_name, query_value);
    bosauth_options_add_header(options, header_name, header_value);
    bosauth_options_set_body_json(options, object);
    bosauth_options_set_mfa_id(options, mfa_id);
    return options;
}

/* Whether the client holds the valid session. */
static int has_session(bosauth_client client) {
    bosauth_session *session;
    int is_valid = bosauth_client_session(client, &session, NULL) == BOSAUTH_OK &&
                strcmp(bosauth_session_token(session), "s-a") == 0 &&
                strcmp(bosauth_session_record_json(session), "{\"r\":\"a\"}") == 0;
    bosauth_session_free(session);
    return is_valid;
}

/* The first status other than OK of a client and all its calls. */
static bosauth_status use_all(void) {
    bosauth_client client;
    bosauth_config *config = configure();
    bosauth_options *options = set_options();
    bosauth_status status = bosauth_client_new(url, config, &client, NULL);
    if (status == BOSAUTH_OK) {
        status = bosauth_bind_token(client, collection, email, password, token, options, NULL);
    }
    if (status == BOSAUTH_OK) {
        status = bosauth_unbind_token(client, collection, email, password, token, options, NULL);
    }
    if (status == BOSAUTH_OK) {
        bosauth_response *response;
        status = bosauth_send(client, "POST", path, NULL, 0, options, &response, NULL);
        bosauth_response_free(response);
    }
    if (status == BOSAUTH_OK) {
        status = bosauth_auth_with_token(client, collection, token, options, NULL, NULL);
    }
    if (status == BOSAUTH_OK) {
        status = bosauth_client_save_session(client, saved, record, NULL);
    }
    if (status == BOSAUTH_OK && !has_session(client)) {
        status = BOSAUTH_ERROR_INTERNAL;
    }
    bosauth_client_free(client);
    bosauth_options_free(options);
    bosauth_config_free(config);
    return status;
}

int main(int argc, char **argv) {
    pthread_t thread;
    int rounds = argc == 3 ? atoi(argv[2]) : 0, wrong = 0;
    CHECK(rounds > 0 && snprintf(url, sizeof url, "%s/a", argv[1]) < (int)sizeof url);
    EXPECT(BOSAUTH_OK, use_all());
    for (int kind = 0; kind < KINDS; kind++) {
        bytes[kind] = strrchr(kinds[kind].string, 'a');
    }
    start_threads(&thread, 1, change, NULL);
    for (int kind = 0; kind < KINDS; kind++) {
        int rejected = 0;
        changing = kind;
        for (int round = 0; round < rounds; round++) {
            bosauth_status status = use_all();
            if (status == BOSAUTH_ERROR_INVALID_UTF8 || status == BOSAUTH_ERROR_INVALID_ARGUMENT) {
                rejected++;
            } else if (status != BOSAUTH_OK) {
                fprintf(stderr, "string %d: %s\n", kind, bosauth_status_name(status));
                wrong++;
            }
        }
        printf("%d ", rejected);
    }
    stop = 1;
    pthread_join(thread, NULL);
    printf("wrong %d\n", wrong);
    return wrong != 0;
}
