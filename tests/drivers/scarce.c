/* Calls in a process that the system gives no descriptor or no thread: scarce NAMED NUMBERED TOKEN, the URL of a
 * server with a name and with an address for its host. Each call that fails has sent nothing, and one after it,
 * when there is enough again, succeeds. */
#define _GNU_SOURCE
#include <bosauth.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *token;
static atomic_int has_no_threads;

/* Takes the place of the system's, for the library too. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    if (has_no_threads) {
        return EAGAIN;
    }
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return next(thread, attributes, run, argument);
}

static int next_descriptor(void) {
    int next = dup(0);
    close(next);
    return next;
}

/* Lets the process open `more` descriptors, or as many as it may. */
static void allow(int more) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = more < 0 ? limit.rlim_max : (rlim_t)(next_descriptor() + more);
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bosauth_status log_in(bosauth_client client, const bosauth_options *options, int *outcome_unknown) {
    bosauth_error *error;
    bosauth_status status = bosauth_auth_with_token(client, "users", token, options, NULL, &error);
    *outcome_unknown = bosauth_error_outcome_unknown(error);
    bosauth_error_free(error);
    return status;
}

/* Whether a login with a new client ends like this, and a second one, in plenty, well. */
static int ends(const char *url, int descriptors, bosauth_cancel cancel, bosauth_status expected) {
    int outcome_unknown;
    bosauth_client client;
    bosauth_options *options = bosauth_options_new();
    if (bosauth_client_new(url, NULL, &client, NULL) != BOSAUTH_OK ||
        (cancel != 0 && bosauth_options_set_cancel(options, cancel) != BOSAUTH_OK)) {
        return 0;
    }
    allow(descriptors);
    bosauth_status status = log_in(client, options, &outcome_unknown);
    allow(-1);
    int is_good = status == expected && outcome_unknown == 0;
    if (!is_good) {
        printf("with %d descriptors: %s, outcome_unknown %d\n", descriptors, bosauth_status_name(status), outcome_unknown);
    }
    if (!has_no_threads && log_in(client, NULL, &outcome_unknown) != BOSAUTH_OK) {
        printf("a call in plenty fails\n");
        is_good = 0;
    }
    bosauth_options_free(options);
    bosauth_client_free(client);
    return is_good;
}

int main(int argc, char **argv) {
    int good = 1;
    if (argc != 4) {
        return 64;
    }
    const char *named = argv[1], *numbered = argv[2];
    token = argv[3];
    bosauth_cancel cancel = bosauth_cancel_new();
    bosauth_cancel_trigger(cancel);
    int before = next_descriptor();

    good &= ends(numbered, 0, 0, BOSAUTH_ERROR_CONNECT);
    good &= ends(numbered, 0, cancel, BOSAUTH_ERROR_CANCELLED);
    /* One for the call, none for its socket. */
    good &= ends(numbered, 1, 0, BOSAUTH_ERROR_CONNECT);
    has_no_threads = 1;
    for (int i = 0; i < 10; i++) {
        good &= ends(named, -1, 0, BOSAUTH_ERROR_NAME_LOOKUP);
    }
    has_no_threads = 0;
    good &= ends(named, -1, 0, BOSAUTH_OK);

    bosauth_cancel_free(cancel);
    good &= next_descriptor() == before;
    puts(good ? "good" : "bad");
    return !good;
}
