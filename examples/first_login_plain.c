/* First login in C without bosauth_easy.h. Start `cargo run -p bosbase-local` in another terminal, then
 *
 *   cargo build --release
 *   cc -Iinclude examples/first_login_plain.c target/release/libbosauth.a -lpthread -ldl -lm -o target/first_login_plain
 *   ./target/first_login_plain
 */
#include <bosauth.h>
#include <stdio.h>

static int report(bosauth_error *error) {
    fprintf(stderr, "%s: %s\nwhat to do: %s\n", bosauth_status_name(bosauth_error_status(error)),
            bosauth_error_message(error), bosauth_action_name(bosauth_error_action(error)));
    bosauth_error_free(error);
    return 1;
}

int main(int argc, char **argv) {
    const char *url = argc > 1 ? argv[1] : "http://127.0.0.1:8090";
    bosauth_client client;
    bosauth_session *session;
    bosauth_error *error;

    if (bosauth_client_new(url, NULL, &client, &error) != BOSAUTH_OK) {
        return report(error);
    }
    bosauth_status status = bosauth_bind_token(client, "users", "user@example.com", "correct horse 1",
                                               "my-own-token", NULL, &error);
    if (status == BOSAUTH_OK) {
        status = bosauth_auth_with_token(client, "users", "my-own-token", NULL, &session, &error);
    }
    if (status == BOSAUTH_OK) {
        printf("hello %s\n", bosauth_session_field(session, "email"));
        bosauth_session_free(session);
    }
    bosauth_client_free(client);
    return status == BOSAUTH_OK ? 0 : report(error);
}
