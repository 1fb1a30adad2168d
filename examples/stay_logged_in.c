/* Stays logged in across restarts: ./stay_logged_in FILE URL
 *
 *   cargo build --release
 *   cc -Iinclude -Ibindings/c examples/stay_logged_in.c target/release/libbosauth.a -lpthread -ldl -lm -o target/stay_logged_in
 */
#include <bosauth_easy.h>

int main(int argc, char **argv) {
    bosauth_error *error = NULL;
    BOSAUTH_SCOPED_CLIENT client = 0;
    BOSAUTH_SCOPED_SESSION session = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: stay_logged_in FILE URL\n");
        return 2;
    }
    client = bosauth_easy_client_with_file(argv[2], argv[1]);
    if (client == 0) {
        return 1;
    }
    /* A corrupt file is kept: the login renames it. */
    if (bosauth_client_session(client, &session, &error) != BOSAUTH_OK &&
        bosauth_easy_report(error) != BOSAUTH_ERROR_STORE_CORRUPT) {
        return 1;
    }
    if (bosauth_session_is_valid(session)) {
        printf("still logged in as %s\n", bosauth_session_field(session, "email"));
        return 0;
    }
    bosauth_easy_free_session(&session);
    session = bosauth_easy_login(client, "users", "my-own-token");
    if (session == NULL) {
        return 1;
    }
    /* The second attempt returns the reason. */
    if (bosauth_session_store_status(session) != BOSAUTH_OK &&
        bosauth_client_sync_session(client, &error) != BOSAUTH_OK) {
        fprintf(stderr, "the session is not stored: ");
        bosauth_easy_report(error);
    }
    printf("logged in as %s\n", bosauth_session_field(session, "email"));
    return 0;
}
