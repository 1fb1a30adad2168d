/* Binds a token to the demo account of bosbase-local and logs in with it, using bosauth_easy.h. */
#include <bosauth_easy.h>

int main(int argc, char **argv) {
    const char *url = argc > 1 ? argv[1] : "http://127.0.0.1:8090";
    BOSAUTH_SCOPED_CLIENT client = bosauth_easy_client(url);
    if (client == 0 || bosauth_easy_bind(client, "users", "user@example.com", "correct horse 1",
                                         "my-own-token") != BOSAUTH_OK) {
        return 1;
    }
    BOSAUTH_SCOPED_SESSION session = bosauth_easy_login(client, "users", "my-own-token");
    if (session == NULL) {
        return 1;
    }
    printf("hello %s\n", bosauth_session_field(session, "email"));
    return 0;
}
