/* Logs in repeatedly with one client: load URL TOKEN LOGINS THREADS [SESSION_FILE]. The first login opens the connection and is not
 * counted; the others are between the lines BEGIN and END on standard error. */
#include "support.h"

static const char *token;
static bosauth_client client;
static int checks; /* whether to check the user, which is not a cost of the login */
static atomic_int remaining, failures;

static void log_in_once(void) {
    bosauth_session *session;
    if (bosauth_auth_with_token(client, "users", token, NULL, &session, NULL) != BOSAUTH_OK ||
        (checks && strcmp(bosauth_session_field(session, "email"), "user@example.com") != 0)) {
        failures++;
    }
    bosauth_session_free(session);
}

static void *work(void *unused) {
    while (atomic_fetch_sub(&remaining, 1) > 0) {
        log_in_once();
    }
    return unused;
}

static void mark(const char *line) {
    CHECK(write(STDERR_FILENO, line, strlen(line)) > 0);
}

int main(int argc, char **argv) {
    CHECK(argc == 5 || argc == 6);
    bosauth_config *config = bosauth_config_new();
    if (argc == 6) {
        EXPECT(BOSAUTH_OK, bosauth_config_set_session_file(config, argv[5]));
    }
    EXPECT(BOSAUTH_OK, bosauth_client_new(argv[1], config, &client, NULL));
    bosauth_config_free(config);
    token = argv[2];
    remaining = atoi(argv[3]);
    int count = atoi(argv[4]);
    checks = count > 1;
    pthread_t *threads = calloc((size_t)count + 1, sizeof *threads);
    log_in_once();
    /* The first login's connection and the waker of a call stay open. */
    int open_before = entries("/proc/self/fd");
    mark("BEGIN\n");
    if (count == 1) {
        work(NULL);
    } else {
        start_threads(threads, count, work, NULL);
        join_threads(threads, count);
    }
    mark("END\n");
    int open_after = entries("/proc/self/fd"), running = entries("/proc/self/task") - 2;
    bosauth_client_free(client);
    printf("failures %d opened %d threads %d leaked %d\n", failures, open_after - open_before, running,
           entries("/proc/self/fd") - (open_before - 2));
    free(threads);
    return failures != 0;
}
