/* Calls in a process without resources: scarce_resources NAMED NUMBERED TOKEN, the URL of a server with a host name and
 * with an address. A call that fails has sent nothing and reports what the system refused. The next one, with resources
 * again, succeeds. */
#include "support.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static const char *token;
static atomic_int has_no_threads, has_no_random_numbers;
static atomic_int socket_fails, connect_fails; /* the error */

/* Override the system's functions, for the library too. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    if (has_no_threads) {
        return EAGAIN;
    }
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return next(thread, attributes, run, argument);
}

int socket(int domain, int type, int protocol) {
    if (socket_fails) {
        errno = socket_fails;
        return -1;
    }
    int (*next)(int, int, int);
    *(void **)&next = dlsym(RTLD_NEXT, "socket");
    return next(domain, type, protocol);
}

int connect(int descriptor, const struct sockaddr *address, socklen_t length) {
    if (connect_fails) {
        errno = connect_fails;
        return -1;
    }
    int (*next)(int, const struct sockaddr *, socklen_t);
    *(void **)&next = dlsym(RTLD_NEXT, "connect");
    return next(descriptor, address, length);
}

long syscall(long number, ...) {
    if (number == SYS_getrandom && has_no_random_numbers) {
        errno = EIO;
        return -1;
    }
    long (*next)(long, ...);
    *(void **)&next = dlsym(RTLD_NEXT, "syscall");
    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        arguments[i] = va_arg(list, long);
    }
    va_end(list);
    return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

static int next_descriptor(void) {
    int next = dup(0);
    close(next);
    return next;
}

/* Limits the process to `more` descriptors, or to its hard limit if negative. */
static void allow(int more) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = more < 0 ? limit.rlim_max : (rlim_t)(next_descriptor() + more);
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* Whether a login returns this status and sends nothing; and, unless `words` is NULL, whether the error message has
 * these words and the action is FIX_CALL. */
static int has_result(bosauth_client client, const bosauth_options *options, bosauth_status expected, const char *words) {
    bosauth_error *error;
    bosauth_status status = bosauth_auth_with_token(client, "users", token, options, NULL, &error);
    const char *message = bosauth_error_message(error);
    int is_good = status == expected && !bosauth_error_outcome_unknown(error) &&
        (!words || (strstr(message, words) && bosauth_error_action(error) == BOSAUTH_ACTION_FIX_CALL));
    if (!is_good) {
        printf("%s: %s\n", words ? words : "", message);
    }
    bosauth_error_free(error);
    return is_good;
}

/* Whether a login with a new client has this result, and a second one succeeds with resources again. */
static int check(const char *url, int descriptors, bosauth_cancel cancel, bosauth_status expected, const char *words) {
    bosauth_client client = new_client(url);
    bosauth_options *options = bosauth_options_new();
    if (cancel != 0) {
        EXPECT(BOSAUTH_OK, bosauth_options_set_cancel(options, cancel));
    }
    allow(descriptors);
    int is_good = has_result(client, options, expected, words);
    allow(-1);
    has_no_threads = socket_fails = connect_fails = 0;
    if (!has_result(client, NULL, BOSAUTH_OK, NULL)) {
        printf("a call with resources fails\n");
        is_good = 0;
    }
    bosauth_options_free(options);
    bosauth_client_free(client);
    return is_good;
}

/* Whether a resolver without descriptors is reported as such. Sends no DNS query. */
static int check_resolver(void) {
    bosauth_client client = new_client("http://no-such-host.invalid");
    allow(1);
    int is_good = has_result(client, NULL, BOSAUTH_ERROR_NAME_LOOKUP, "EMFILE");
    allow(-1);
    bosauth_client_free(client);
    return is_good;
}

/* Whether no token is generated without random numbers. */
static int check_random_numbers(void) {
    bosauth_string *token = NULL;
    bosauth_error *error;
    has_no_random_numbers = 1;
    bosauth_status status = bosauth_generate_token(&token, &error);
    has_no_random_numbers = 0;
    int is_good = status == BOSAUTH_ERROR_INTERNAL && !token && strstr(bosauth_error_message(error), "random");
    bosauth_error_free(error);
    EXPECT(BOSAUTH_OK, bosauth_generate_token(&token, NULL));
    is_good &= strlen(bosauth_string_data(token)) == 43;
    bosauth_string_free(token);
    return is_good;
}

int main(int argc, char **argv) {
    int good = 1;
    CHECK(argc == 4);
    const char *named = argv[1], *numbered = argv[2];
    token = argv[3];
    bosauth_cancel cancel = bosauth_cancel_new();
    bosauth_cancel_trigger(cancel);
    int before = next_descriptor();

    good &= check(numbered, 0, 0, BOSAUTH_ERROR_CONNECT, "EMFILE");
    good &= check(numbered, 0, cancel, BOSAUTH_ERROR_CANCELLED, NULL);
    /* One for the call, none for its socket or its resolver. */
    good &= check(numbered, 1, 0, BOSAUTH_ERROR_CONNECT, "EMFILE");
    good &= check(named, 1, 0, BOSAUTH_ERROR_CONNECT, "EMFILE");
    good &= check_resolver();
    good &= check_random_numbers();
    for (int i = 0; i < 10; i++) {
        has_no_threads = 1;
        good &= check(named, -1, 0, BOSAUTH_ERROR_NAME_LOOKUP, "no thread");
    }
    const struct {
        int error;
        const char *name;
    } failures[] = {{EMFILE, "EMFILE"}, {ENFILE, "ENFILE"}, {ENOMEM, "ENOMEM"}, {ENOBUFS, "ENOBUFS"}, {EACCES, "EACCES"}, {EPERM, "EPERM"}};
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        socket_fails = failures[i].error;
        good &= check(numbered, -1, 0, BOSAUTH_ERROR_CONNECT, failures[i].name);
        connect_fails = failures[i].error;
        good &= check(numbered, -1, 0, BOSAUTH_ERROR_CONNECT, failures[i].name);
    }
    connect_fails = EADDRNOTAVAIL;
    good &= check(numbered, -1, 0, BOSAUTH_ERROR_CONNECT, "EADDRNOTAVAIL");
    good &= check(named, -1, 0, BOSAUTH_OK, NULL);

    bosauth_cancel_free(cancel);
    good &= next_descriptor() == before;
    puts(good ? "good" : "bad");
    return !good;
}
