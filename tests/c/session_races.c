/* Races of a login or save against a clear: session_races URL ROUNDS. After each round the last change that a listener
 * has received and the content of the store are the state of the client. The server accepts every login. */
#include "session_callbacks.h"

static bosauth_client client;
static struct callback store, listener;
static pthread_barrier_t barrier;
static int rounds;

static void *set_sessions(void *logs_in) {
    for (int round = 0; round < rounds; round++) {
        pthread_barrier_wait(&barrier);
        if (logs_in != NULL) {
            EXPECT(BOSAUTH_OK, bosauth_auth_with_token(client, "users", "tok", NULL, NULL, NULL));
        } else {
            save_token(client, "saved");
        }
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void check_state(void) {
    bosauth_session *session;
    uint64_t generation;
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_generation(client, &generation));
    CHECK(listener.generation == generation && (uint64_t)listener.calls == generation);
    CHECK(strcmp(listener.token, session != NULL ? bosauth_session_token(session) : "-") == 0);
    CHECK(strcmp(store.text, bosauth_session_export(session)) == 0);
    EXPECT(BOSAUTH_OK, bosauth_session_store_status(session));
    bosauth_session_free(session);
}

static void race(const char *url, void *logs_in) {
    pthread_t thread;
    memset(&store, 0, sizeof store);
    memset(&listener, 0, sizeof listener);
    client = new_client_of(url, &store);
    listen_to(client, &listener);
    start_threads(&thread, 1, set_sessions, logs_in);
    for (int round = 0; round < rounds; round++) {
        pthread_barrier_wait(&barrier);
        EXPECT(BOSAUTH_OK, bosauth_client_clear_session(client, NULL));
        pthread_barrier_wait(&barrier);
        check_state();
    }
    join_threads(&thread, 1);
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    CHECK(store.released == 1 && listener.released == 1);
    EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
}

int main(int argc, char **argv) {
    CHECK(argc == 3 && pthread_barrier_init(&barrier, NULL, 2) == 0);
    rounds = atoi(argv[2]);
    race(argv[1], NULL);
    race(argv[1], argv);
    return 0;
}
