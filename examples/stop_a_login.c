/* Cancels a login after one second: target/stop_a_login [URL]
 *
 *     cargo build --release
 *     cc -Iinclude examples/stop_a_login.c target/release/libbosauth.a -lpthread -ldl -lm -o target/stop_a_login
 */
#include <bosauth.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static bosauth_client client;

static void *log_in(void *options) {
    bosauth_session *session;
    bosauth_error *error;
    if (bosauth_auth_with_token(client, "users", "my-own-token", options, &session, &error) == BOSAUTH_OK) {
        printf("hello %s\n", bosauth_session_field(session, "email"));
    } else {
        printf("%s\n", bosauth_status_name(bosauth_error_status(error)));
    }
    bosauth_session_free(session);
    bosauth_error_free(error);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t login;
    bosauth_cancel cancel = bosauth_cancel_new();
    bosauth_options *options = bosauth_options_new();
    bosauth_options_set_cancel(options, cancel);
    if (bosauth_client_new(argc > 1 ? argv[1] : "http://127.0.0.1:8090", NULL, &client, NULL) != BOSAUTH_OK ||
        pthread_create(&login, NULL, log_in, options) != 0) {
        return 1;
    }
    sleep(1); /* until the user presses a button */
    bosauth_cancel_trigger(cancel);
    pthread_join(login, NULL);
    bosauth_client_free(client);
    bosauth_options_free(options);
    bosauth_cancel_free(cancel);
    return 0;
}
