/* Clients of bosauth_easy.h that keep their session in a file: easy_file URL PATH. */
#include "support.h"
#include <bosauth_easy.h>

int main(int argc, char **argv) {
    CHECK(argc == 3);
    bosauth_session *session;
    bosauth_client client = bosauth_easy_client_with_file(argv[1], argv[2]);
    CHECK(client != 0);
    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, "kept", NULL, NULL));
    bosauth_easy_free_client(&client);
    client = bosauth_easy_client_with_file(argv[1], argv[2]);
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    CHECK(strcmp(bosauth_session_token(session), "kept") == 0);
    bosauth_session_free(session);
    bosauth_easy_free_client(&client);
    CHECK(bosauth_easy_client_with_file(argv[1], "/missing/session") == 0);
    CHECK(bosauth_easy_client_with_file("nowhere", argv[2]) == 0);
    return 0;
}
