/* A snapshot and every text got from it stay as they are, whatever becomes of the client. */
#include <bosauth.h>
#include <stdio.h>
#include <string.h>

#define MUST(what) \
    if (!(what)) { \
        fprintf(stderr, "line %d: %s\n", __LINE__, #what); \
        return 1; \
    }

int main(void) {
    bosauth_client client;
    bosauth_session *first, *second, *nobody;
    bosauth_error *error;
    char name[16];

    MUST(bosauth_client_new("http://127.0.0.1:9", NULL, &client, &error) == BOSAUTH_OK);
    MUST(bosauth_client_save_session(client, "first.token.x", "{\"id\":\"one\",\"email\":\"a@example.com\"}", &error) ==
         BOSAUTH_OK);
    MUST(bosauth_client_session(client, &first, &error) == BOSAUTH_OK);
    const char *token = bosauth_session_token(first);
    const char *record = bosauth_session_record_json(first);
    const char *id = bosauth_session_field(first, "id");

    MUST(bosauth_client_save_session(client, "second.token.x", NULL, &error) == BOSAUTH_OK);
    MUST(bosauth_client_session(client, &second, &error) == BOSAUTH_OK);
    MUST(bosauth_client_clear_session(client, &error) == BOSAUTH_OK);
    MUST(bosauth_client_session(client, &nobody, &error) == BOSAUTH_OK && nobody == NULL);
    MUST(bosauth_client_free(client) == BOSAUTH_OK);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "field%d", i);
        MUST(strcmp(bosauth_session_field(first, name), "") == 0);
    }
    MUST(strcmp(bosauth_session_field(first, "email"), "a@example.com") == 0);

    MUST(strcmp(token, "first.token.x") == 0 && strcmp(id, "one") == 0);
    MUST(strcmp(record, "{\"id\":\"one\",\"email\":\"a@example.com\"}") == 0);
    MUST(id == bosauth_session_field(first, "id"));
    MUST(strcmp(bosauth_session_token(second), "second.token.x") == 0);
    MUST(strcmp(bosauth_session_record_json(second), "") == 0);
    bosauth_session_free(first);
    bosauth_session_free(second);
    return 0;
}
