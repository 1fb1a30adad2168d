/* Uses the library for a long time: soak URL TOKEN CALLS. Eight threads log in; of every hundred calls one has a triggered
 * cancel, one is cancelled while it runs, one has an unknown token, and one uses a new client. Prints the process's
 * resources from time to time: resident KiB, descriptors and threads. */
#include "support.h"

enum { THREADS = 8, REPORTS = 10 };

static const char *url, *token;
static bosauth_client client;
static long calls;
static atomic_long started, wrong, good, cancelled, unknown;

static bosauth_status log_in_with(bosauth_client with, const char *by, const bosauth_options *options) {
    bosauth_session *session;
    bosauth_error *error;
    bosauth_status status = bosauth_auth_with_token(with, "users", by, options, &session, &error);
    if (status != bosauth_error_status(error) || (status == BOSAUTH_OK) != (session != NULL)) {
        wrong++;
    }
    bosauth_session_free(session);
    bosauth_error_free(error);
    return status;
}

static void expect(bosauth_status status, bosauth_status expected, atomic_long *count) {
    if (status == expected) {
        (*count)++;
    } else {
        fprintf(stderr, "%s instead of %s\n", bosauth_status_name(status), bosauth_status_name(expected));
        wrong++;
    }
}

static void *trigger(void *cancel) {
    bosauth_cancel_trigger(*(bosauth_cancel *)cancel);
    return NULL;
}

/* A call whose cancel is triggered before it (`early`) or by another thread at any time. */
static void cancel_one(int early) {
    pthread_t thread;
    bosauth_cancel cancel = bosauth_cancel_new();
    bosauth_options *options = bosauth_options_new();
    bosauth_options_set_cancel(options, cancel);
    if (early) {
        trigger(&cancel);
        expect(log_in_with(client, token, options), BOSAUTH_ERROR_CANCELLED, &cancelled);
    } else if (pthread_create(&thread, NULL, trigger, &cancel) == 0) {
        bosauth_status status = log_in_with(client, token, options);
        pthread_join(thread, NULL);
        expect(status, status == BOSAUTH_OK ? BOSAUTH_OK : BOSAUTH_ERROR_CANCELLED,
               status == BOSAUTH_OK ? &good : &cancelled);
    }
    bosauth_options_free(options);
    bosauth_cancel_free(cancel);
}

static void with_new_client(void) {
    bosauth_client own = new_client(url);
    expect(log_in_with(own, token, NULL), BOSAUTH_OK, &good);
    if (bosauth_client_close(own, 60000) != BOSAUTH_OK) {
        wrong++;
    }
}

static long resident(void) {
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "VmRSS: %ld", &kib);
    }
    fclose(file);
    return kib;
}

static void report(long done) {
    printf("calls %ld resident %ld descriptors %d threads %d\n", done, resident(), entries("/proc/self/fd") - 3,
           entries("/proc/self/task") - 2);
    fflush(stdout);
}

static void *work(void *unused) {
    for (long number; (number = started++) < calls;) {
        switch (number % 100) {
        case 20: cancel_one(1); break;
        case 40: cancel_one(0); break;
        case 60: expect(log_in_with(client, "unknown", NULL), BOSAUTH_ERROR_UNKNOWN_TOKEN, &unknown); break;
        case 80: with_new_client(); break;
        default: expect(log_in_with(client, token, NULL), BOSAUTH_OK, &good); break;
        }
        if ((number + 1) % (calls / REPORTS) == 0) {
            report(number + 1);
        }
    }
    return unused;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    CHECK(argc == 4 && (calls = atol(argv[3])) >= REPORTS);
    url = argv[1];
    token = argv[2];
    int descriptors = entries("/proc/self/fd");
    client = new_client(url);
    start_threads(threads, THREADS, work, NULL);
    join_threads(threads, THREADS);
    bosauth_client_free(client);
    printf("good %ld cancelled %ld unknown %ld wrong %ld leaked: descriptors %d threads %d\n", good, cancelled, unknown,
           wrong, entries("/proc/self/fd") - descriptors, entries("/proc/self/task") - 3);
    return wrong != 0;
}
