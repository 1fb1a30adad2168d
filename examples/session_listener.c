/* Prints the changes of the session: ./session_listener URL
 *
 *   cargo build --release
 *   cc -Iinclude -Ibindings/c examples/session_listener.c target/release/libbosauth.a -lpthread -ldl -lm -o target/session_listener
 */
#include <bosauth_easy.h>
#include <inttypes.h>

static void changed(void *user_data, bosauth_client client, int32_t change, uint64_t generation,
                    const bosauth_session *session) {
    FILE *output = user_data;
    (void)client;
    (void)change;
    if (session == NULL) {
        fprintf(output, "%" PRIu64 ": logged out\n", generation);
    } else {
        fprintf(output, "%" PRIu64 ": logged in as %s\n", generation, bosauth_session_field(session, "email"));
    }
}

int main(int argc, char **argv) {
    bosauth_error *error = NULL;
    bosauth_listener listener = 0;
    uint64_t generation = 0;
    BOSAUTH_SCOPED_SESSION session = NULL;
    BOSAUTH_SCOPED_CLIENT client = bosauth_easy_client(argc > 1 ? argv[1] : "http://127.0.0.1:8090");

    if (bosauth_client_add_listener(client, changed, stdout, NULL, &listener, &error) != BOSAUTH_OK) {
        bosauth_easy_report(error);
        return 1;
    }
    session = bosauth_easy_login(client, "users", "my-own-token");
    if (session == NULL) {
        return 1;
    }
    if (bosauth_auth_refresh(client, NULL, NULL, &error) != BOSAUTH_OK ||
        bosauth_client_clear_session(client, &error) != BOSAUTH_OK) {
        bosauth_easy_report(error);
        return 1;
    }
    bosauth_listener_free(listener);
    bosauth_client_save_session(client, bosauth_session_token(session), NULL, NULL);
    bosauth_client_generation(client, &generation);
    printf("%" PRIu64 " changes\n", generation);
    return 0;
}
