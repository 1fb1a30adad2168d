/* Forks while another thread is in a callback of a store or listener: fork_in_callback URL. The child uses the client, and
 * the parent's callback continues. The server accepts every login. */
#include "session_callbacks.h"

static bosauth_client forked;
static struct callback forked_store, forked_listener;

static void use_in_child(void) {
    struct callback listener = {0};
    const int calls = forked_listener.calls;
    check_token(forked, "blocked");
    listen_to(forked, &listener);
    /* The thread in the callback is not in the child. */
    forked_store.running = forked_listener.running = 0;
    save_token(forked, "child");
    check_token(forked, "child");
    CHECK(strstr(forked_store.text, "\"token\":\"child\"") != NULL);
    CHECK(listener.calls == 1 && forked_listener.calls >= calls + 1 && strcmp(forked_listener.token, "child") == 0);
    EXPECT(BOSAUTH_OK, log_in(forked, "tok", NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_sync_session(forked, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_clear_session(forked, NULL));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(listener.listener));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(forked_listener.listener));
    EXPECT(BOSAUTH_OK, bosauth_client_close(forked, 60000));
    CHECK(listener.released == 1);
}

/* Forks while the thread is in the callback. */
static void fork_in(struct callback *callback, const char *url) {
    pthread_t thread;
    memset(&forked_store, 0, sizeof forked_store);
    memset(&forked_listener, 0, sizeof forked_listener);
    callback->inside = block;
    forked = new_client_of(url, &forked_store);
    listen_to(forked, &forked_listener);
    start_threads(&thread, 1, save_blocked, &forked);
    sem_wait(&entered);
    CHECK(fork_children(3, use_in_child) == 0);
    sem_post(&leave);
    join_threads(&thread, 1);
    check_token(forked, "blocked");
    CHECK(forked_listener.calls == 1 && strcmp(forked_listener.token, "blocked") == 0);
    CHECK(forked_store.calls == 1 && strstr(forked_store.text, "\"token\":\"blocked\"") != NULL);
    EXPECT(BOSAUTH_OK, bosauth_client_free(forked));
    EXPECT(BOSAUTH_OK, bosauth_listener_free(forked_listener.listener));
    CHECK(forked_store.released == 1 && forked_listener.released == 1);
}

static void *save_waiting(void *client) {
    save_token(*(bosauth_client *)client, "waiting");
    return NULL;
}

static void sync_in_child(void) {
    const int calls = forked_store.calls;
    forked_store.running = 0;
    EXPECT(BOSAUTH_OK, bosauth_client_sync_session(forked, NULL));
    CHECK(forked_store.calls == calls + 1 && forked_store.text[0] == '\0'); /* it has read, not written */
}

/* Forks while a thread waits to write its change: the parent writes it, and the child does not. */
static void fork_before_write(const char *url) {
    pthread_t threads[2];
    uint64_t generation = 0;
    memset(&forked_store, 0, sizeof forked_store);
    forked_store.inside = block;
    forked = new_client_of(url, &forked_store);
    start_threads(&threads[0], 1, save_blocked, &forked);
    sem_wait(&entered);
    start_threads(&threads[1], 1, save_waiting, &forked);
    while (generation != 2) {
        EXPECT(BOSAUTH_OK, bosauth_client_generation(forked, &generation));
    }
    CHECK(fork_children(1, sync_in_child) == 0);
    sem_post(&leave);
    join_threads(threads, 2);
    CHECK(forked_store.calls == 2 && strstr(forked_store.text, "\"token\":\"waiting\"") != NULL);
    EXPECT(BOSAUTH_OK, bosauth_client_free(forked));
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    init_blocking();
    alarm(300); /* ends a deadlock */
    fork_in(&forked_store, argv[1]);
    fork_in(&forked_listener, argv[1]);
    fork_before_write(argv[1]);
    return 0;
}
