/* Cancels threads (pthread_cancel) in every phase of a login: thread_cancel URL ROUNDS. The server takes some
 * milliseconds for each. The call completes, and the thread ends at its next cancellation point. */
#include "support.h"

enum { STEP_US = 100, STEPS = 100 };

struct login {
    bosauth_client client;
    bosauth_status status;
    int is_complete;
};

static _Noreturn void *run(void *argument) {
    struct login *login = argument;
    bosauth_session *session;
    login->status = bosauth_auth_with_token(login->client, "users", "tok", NULL, &session, NULL);
    login->is_complete = strcmp(bosauth_session_field(session, "id"), "r1") == 0;
    bosauth_session_free(session);
    for (;;) {
        pause();
    }
}

/* Whether the thread was cancelled after its call, with no call in flight. */
static int is_good(const char *url, int delay_us) {
    struct login login = {new_client(url), -1, 0};
    pthread_t thread;
    void *result;
    start_threads(&thread, 1, run, &login);
    usleep((useconds_t)delay_us);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    return result == PTHREAD_CANCELED && login.status == BOSAUTH_OK && login.is_complete &&
           bosauth_client_close(login.client, 60000) == BOSAUTH_OK;
}

int main(int argc, char **argv) {
    int bad = 0, rounds = argc == 3 ? atoi(argv[2]) : 0;
    int descriptors = entries("/proc/self/fd");
    for (int round = 0; round < rounds; round++) {
        if (!is_good(argv[1], round % STEPS * STEP_US)) {
            fprintf(stderr, "round %d\n", round);
            bad++;
        }
    }
    printf("rounds %d bad %d leaked %d\n", rounds, bad, entries("/proc/self/fd") - descriptors);
    return bad != 0;
}
