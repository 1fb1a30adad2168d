/* Calls the library at a local server:
 *
 *     smoke BASE_URL URL_OF_A_CLOSED_PORT
 *
 * Binds a token, logs in with it, logs in with a wrong one, and to a closed port. Prints "OK" if each call returns what
 * it must, otherwise the line that failed. */
#include <bosauth.h>

#include <stdio.h>
#include <string.h>

/* With a character of 4 bytes in UTF-8. */
#define TOKEN "token-\xf0\x9f\x94\x91"

static int fail(int line, bosauth_status status, bosauth_error *error) {
    printf("smoke.c:%d: status %d: %s\n", line, (int)status, error == NULL ? "" : bosauth_error_message(error));
    bosauth_error_free(error);
    return 1;
}

static int log_in(bosauth_client client, const char *token, bosauth_status expected) {
    bosauth_session *session = NULL;
    bosauth_error *error = NULL;
    bosauth_status status = bosauth_auth_with_token(client, "users", token, NULL, &session, &error);
    if (status != expected || (session != NULL) != (expected == BOSAUTH_OK)) {
        return fail(__LINE__, status, error);
    }
    if (session != NULL && strlen(bosauth_session_token(session)) < 20) {
        return fail(__LINE__, status, error);
    }
    bosauth_session_free(session);
    bosauth_error_free(error);
    return 0;
}

int main(int argc, char **argv) {
    bosauth_client client, closed;
    bosauth_error *error = NULL;
    bosauth_status status;
    if (argc != 3) {
        return 2;
    }
    if (bosauth_abi_version() < BOSAUTH_ABI_VERSION) {
        return fail(__LINE__, 0, NULL);
    }
    status = bosauth_client_new(argv[1], NULL, &client, &error);
    if (status == BOSAUTH_OK) {
        status = bosauth_client_new(argv[2], NULL, &closed, &error);
    }
    if (status == BOSAUTH_OK) {
        status = bosauth_bind_token(client, "users", "user@example.com", "correct horse 1", TOKEN, NULL, &error);
    }
    if (status != BOSAUTH_OK) {
        return fail(__LINE__, status, error);
    }
    if (log_in(client, TOKEN, BOSAUTH_OK) || log_in(client, "wrong", BOSAUTH_ERROR_UNKNOWN_TOKEN) ||
        log_in(closed, TOKEN, BOSAUTH_ERROR_CONNECT)) {
        return 1;
    }
    if (bosauth_client_free(client) != BOSAUTH_OK || bosauth_client_free(closed) != BOSAUTH_OK ||
        bosauth_client_free(client) != BOSAUTH_ERROR_INVALID_HANDLE) {
        return fail(__LINE__, 0, NULL);
    }
    printf("OK\n");
    return 0;
}
