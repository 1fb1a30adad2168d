/* A session and its strings stay valid and unchanged after the client's session changes and the client is freed. */
#include "support.h"

int main(void) {
    bosauth_client client = new_client("http://127.0.0.1:9");
    bosauth_session *first, *second, *none;
    bosauth_error *error;
    char name[16];

    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, "first.token.x", "{\"id\":\"one\",\"email\":\"a@example.com\"}", &error));
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &first, &error));
    const char *token = bosauth_session_token(first);
    const char *record = bosauth_session_record_json(first);
    const char *id = bosauth_session_field(first, "id");

    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, "second.token.x", NULL, &error));
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &second, &error));
    EXPECT(BOSAUTH_OK, bosauth_client_clear_session(client, &error));
    CHECK(bosauth_client_session(client, &none, &error) == BOSAUTH_OK && none == NULL);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "field%d", i);
        CHECK(strcmp(bosauth_session_field(first, name), "") == 0);
    }
    CHECK(strcmp(bosauth_session_field(first, "email"), "a@example.com") == 0);

    CHECK(strcmp(token, "first.token.x") == 0 && strcmp(id, "one") == 0);
    CHECK(strcmp(record, "{\"id\":\"one\",\"email\":\"a@example.com\"}") == 0);
    CHECK(id == bosauth_session_field(first, "id"));
    CHECK(strcmp(bosauth_session_token(second), "second.token.x") == 0);
    CHECK(strcmp(bosauth_session_record_json(second), "") == 0);
    bosauth_session_free(first);
    bosauth_session_free(second);
    return 0;
}
