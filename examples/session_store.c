/* Keeps the session in a store of the app: ./session_store URL
 *
 *   cargo build --release
 *   cc -Iinclude -Ibindings/c examples/session_store.c target/release/libbosauth.a -lpthread -ldl -lm -o target/session_store
 */
#include <bosauth_easy.h>
#include <stdlib.h>
#include <string.h>

/* An in-memory keychain that can be locked. One client uses it, so it needs no lock of its own. */
struct keychain {
    int is_locked;
    char *session;
};

static bosauth_status load(void *user_data, bosauth_string *session) {
    const struct keychain *keychain = user_data;
    if (keychain->is_locked) {
        return BOSAUTH_ERROR_STORE_UNAVAILABLE;
    }
    if (keychain->session == NULL) {
        return BOSAUTH_OK; /* The string remains empty: there is no session. */
    }
    return bosauth_string_set(session, keychain->session, strlen(keychain->session));
}

/* NULL removes the session. */
static bosauth_status save(void *user_data, const char *session) {
    struct keychain *keychain = user_data;
    char *copy = NULL;
    if (keychain->is_locked) {
        return BOSAUTH_ERROR_STORE_UNAVAILABLE;
    }
    if (session != NULL) {
        copy = malloc(strlen(session) + 1);
        if (copy == NULL) {
            return BOSAUTH_ERROR_STORE; /* The stored session remains. */
        }
        strcpy(copy, session);
    }
    free(keychain->session);
    keychain->session = copy;
    return BOSAUTH_OK;
}

static bosauth_client new_client(const char *url, struct keychain *keychain) {
    bosauth_error *error = NULL;
    bosauth_client client = 0;
    BOSAUTH_SCOPED_CONFIG config = bosauth_config_new();
    bosauth_config_set_session_store(config, load, save, keychain, NULL);
    if (bosauth_client_new(url, config, &client, &error) != BOSAUTH_OK) {
        bosauth_easy_report(error);
    }
    return client;
}

/* Logs in while the keychain is locked, and stores the session when it is not. */
static int log_in(const char *url, struct keychain *keychain) {
    bosauth_error *error = NULL;
    BOSAUTH_SCOPED_CLIENT client = new_client(url, keychain);
    BOSAUTH_SCOPED_SESSION session = NULL;

    keychain->is_locked = 1;
    session = bosauth_easy_login(client, "users", "my-own-token");
    if (session == NULL) {
        return 1;
    }
    printf("logged in, %s\n", bosauth_status_name(bosauth_session_store_status(session)));
    keychain->is_locked = 0;
    if (bosauth_client_sync_session(client, &error) != BOSAUTH_OK) {
        bosauth_easy_report(error);
        return 1;
    }
    printf("stored\n");
    return 0;
}

/* Another client, as after a restart. */
static int restart(const char *url, struct keychain *keychain) {
    bosauth_error *error = NULL;
    BOSAUTH_SCOPED_CLIENT client = new_client(url, keychain);
    BOSAUTH_SCOPED_SESSION session = NULL;

    if (bosauth_client_session(client, &session, &error) != BOSAUTH_OK) {
        bosauth_easy_report(error);
        return 1;
    }
    printf("still logged in as %s\n", bosauth_session_field(session, "email"));
    return bosauth_client_clear_session(client, NULL) == BOSAUTH_OK ? 0 : 1;
}

int main(int argc, char **argv) {
    const char *url = argc > 1 ? argv[1] : "http://127.0.0.1:8090";
    struct keychain keychain = {0, NULL};
    if (log_in(url, &keychain) != 0 || restart(url, &keychain) != 0) {
        return 1;
    }
    printf("%s\n", keychain.session == NULL ? "logged out" : "still stored");
    return 0;
}
