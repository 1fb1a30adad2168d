/* Binds a token and logs in twice over TLS, and prints the results.
 * Arguments: base URL, PEM of the authority to trust, email, password, token. */
#include <bosauth.h>
#include <stdio.h>

static bosauth_error *error;

/* Prints the error of a call, if it failed, and returns whether it did. */
static int failed(const char *call, bosauth_status status)
{
    if (status == BOSAUTH_OK) {
        return 0;
    }
    printf("%s %s %s", call, bosauth_status_name(status), bosauth_action_name(bosauth_error_action(error)));
    if (*bosauth_error_argument(error)) {
        printf(" %s\n", bosauth_error_argument(error));
    } else {
        printf(", outcome unknown: %d\n", (int)bosauth_error_outcome_unknown(error));
    }
    bosauth_error_free(error);
    return 1;
}

static int log_in(bosauth_client client, const char *token)
{
    bosauth_session *session;
    if (failed("login", bosauth_auth_with_token(client, "users", token, NULL, &session, &error))) {
        return 1;
    }
    printf("login OK %s\n", bosauth_session_field(session, "email"));
    bosauth_session_free(session);
    return 0;
}

static bosauth_client new_client(const char *url, const char *pem)
{
    bosauth_client client;
    bosauth_config *config = bosauth_config_new();
    /* bosauth_client_new returns the error. */
    bosauth_config_add_roots_pem(config, pem);
    if (!failed("new", bosauth_client_new(url, config, &client, &error))) {
        puts("new OK");
    }
    bosauth_config_free(config);
    return client;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        return 2;
    }
    bosauth_client client = new_client(argv[1], argv[2]);
    if (client && !failed("bind", bosauth_bind_token(client, "users", argv[3], argv[4], argv[5], NULL, &error))) {
        puts("bind OK");
        if (!log_in(client, argv[5])) {
            log_in(client, argv[5]);
        }
    }
    return bosauth_client_free(client) != BOSAUTH_OK;
}
