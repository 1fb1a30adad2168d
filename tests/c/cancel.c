/* Cancels calls in every phase, or waits for their deadline, and measures how long they take to return:
 *
 *     cancel stop ROUNDS          each phase ROUNDS times by a cancel, by freeing and by closing the client
 *     cancel deadline MS ROUNDS   each phase ROUNDS times with this deadline
 *
 * A line for each: phase, method, calls with the expected result, median, 99th percentile and maximum in microseconds.
 * The last line has the leaked descriptors and threads. */
#include "support.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

enum { RESOLVER_THREADS = 4, BACKLOG_MAX = 64, HEADERS = 100, HEADER_LENGTH = 8000 };

/* ---- a DNS server that does not respond ---- */

static const char stuck_name[] = "stuck.test";
static atomic_int stuck;
static sem_t stuck_release;

/* Overrides the system's function, for the library too. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    if (strcmp(node, stuck_name) == 0) {
        stuck++;
        while (sem_wait(&stuck_release) != 0) {
        }
        stuck--;
        return EAI_AGAIN;
    }
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(node, service, hints, result);
}

static void release_resolvers(void) {
    while (stuck > 0) {
        sem_post(&stuck_release);
        usleep(1000);
    }
    while (sem_trywait(&stuck_release) == 0) {
    }
}

/* ---- servers: the system accepts connections, nothing reads from them ---- */

struct server {
    int socket;
    int fillers[BACKLOG_MAX];
    int filled;
    char url[64];
};

static struct server listening(const char *scheme, int backlog) {
    struct server server = {.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int small = 4096;
    setsockopt(server.socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    CHECK(bind(server.socket, (struct sockaddr *)&address, length) == 0 && listen(server.socket, backlog) == 0);
    CHECK(getsockname(server.socket, (struct sockaddr *)&address, &length) == 0);
    fcntl(server.socket, F_SETFL, O_NONBLOCK);
    snprintf(server.url, sizeof server.url, "%s://127.0.0.1:%d", scheme, ntohs(address.sin_port));
    return server;
}

/* Fills the backlog of a server. */
static void fill(struct server *server) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    getsockname(server->socket, (struct sockaddr *)&address, &length);
    while (server->filled < BACKLOG_MAX) {
        int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        struct pollfd wait = {.fd = filler, .events = POLLOUT};
        connect(filler, (struct sockaddr *)&address, length);
        server->fillers[server->filled++] = filler;
        if (poll(&wait, 1, 200) == 0) {
            return;
        }
    }
    CHECK(!"the backlog fills");
}

/* Closes the connections of calls that have returned. */
static void drain(const struct server *server) {
    int taken;
    while (server->filled == 0 && (taken = accept(server->socket, NULL, NULL)) >= 0) {
        close(taken);
    }
}

static void end(struct server *server) {
    for (int i = 0; i < server->filled; i++) {
        close(server->fillers[i]);
    }
    close(server->socket);
}

/* ---- a call in a thread ---- */

struct call {
    pthread_t thread;
    bosauth_client client;
    const bosauth_options *options;
    _Atomic pid_t tid;
    bosauth_status status;
    int outcome_unknown;
    struct timespec ended;
};

static void *run(void *argument) {
    struct call *call = argument;
    bosauth_error *error;
    call->tid = (pid_t)syscall(SYS_gettid);
    call->status = bosauth_bind_token(call->client, "users", "ann@example.com", "password-1", "token-1",
                                      call->options, &error);
    clock_gettime(CLOCK_MONOTONIC, &call->ended);
    call->outcome_unknown = bosauth_error_outcome_unknown(error);
    bosauth_error_free(error);
    return NULL;
}

static void start(struct call *call) {
    call->tid = 0;
    start_threads(&call->thread, 1, run, call);
}

/* Whether a thread is in a poll. */
static int is_polling(pid_t tid) {
    char path[64], line[32] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)tid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, line, sizeof line - 1) < 0) {
        line[0] = '\0';
    }
    close(file);
    long number = strtol(line, NULL, 10);
#ifdef SYS_poll
    if (line[0] != '\0' && number == SYS_poll) {
        return 1;
    }
#endif
    return line[0] != '\0' && number == SYS_ppoll;
}

/* Waits until three consecutive checks find the call in a poll. */
static void wait_until_polling(const struct call *call) {
    for (int count = 0; count < 3;) {
        struct timespec pause = {.tv_nsec = 100000};
        nanosleep(&pause, NULL);
        count = call->tid != 0 && is_polling(call->tid) ? count + 1 : 0;
    }
}

static long microseconds(struct timespec from, struct timespec to) {
    return (to.tv_sec - from.tv_sec) * 1000000L + (to.tv_nsec - from.tv_nsec) / 1000;
}

/* ---- phases ---- */

enum method { BY_CANCEL, BY_FREE, BY_CLOSE, BY_DEADLINE };

static const char *const method_names[] = {"cancel", "free", "close", "deadline"};

struct phase {
    const char *name;
    const char *scheme;
    int backlog;
    int headers;        /* more than the system buffers */
    int stuck_resolvers;        /* blocked resolver threads before the call */
    int is_sent;        /* whether the request was sent in part */
};

static const struct phase phases[] = {
    {"resolve", NULL, 0, 0, 0, 0},
    {"resolver-thread", NULL, 0, 0, RESOLVER_THREADS, 0},
    {"connect", "http", 0, 0, 0, 0},
    {"tls", "https", 1024, 0, 0, 0},
    {"write", "http", 1024, HEADERS, 0, 1},
    {"read", "http", 1024, 0, 0, 1},
};

static int by_size(const void *left, const void *right) {
    long a = *(const long *)left, b = *(const long *)right;
    return (a > b) - (a < b);
}

static bosauth_client client_of(const char *url, int64_t timeout_ms) {
    bosauth_client client;
    bosauth_config *config = bosauth_config_new();
    bosauth_config_set_timeout_ms(config, timeout_ms);
    bosauth_config_set_connect_timeout_ms(config, timeout_ms);
    EXPECT(BOSAUTH_OK, bosauth_client_new(url, config, &client, NULL));
    bosauth_config_free(config);
    return client;
}

static bosauth_options *options_with(bosauth_cancel cancel, int headers) {
    static char value[HEADER_LENGTH + 1];
    memset(value, 'x', HEADER_LENGTH);
    bosauth_options *options = bosauth_options_new();
    bosauth_options_set_cancel(options, cancel);
    for (int i = 0; i < headers; i++) {
        bosauth_options_add_header(options, "X-Filler", value);
    }
    return options;
}

/* The time from the cancellation or the deadline until the call returns; -1 with another result. */
static long one_call(const struct phase *phase, enum method method, const char *url, int64_t timeout_ms) {
    struct timespec from;
    bosauth_cancel cancel = bosauth_cancel_new();
    bosauth_options *options = options_with(cancel, phase->headers);
    struct call call = {.client = client_of(url, timeout_ms), .options = options};
    bosauth_status returned = BOSAUTH_OK, expected = BOSAUTH_ERROR_CANCELLED;
    clock_gettime(CLOCK_MONOTONIC, &from);
    start(&call);
    if (method != BY_DEADLINE) {
        wait_until_polling(&call);
        clock_gettime(CLOCK_MONOTONIC, &from);
    }
    switch (method) {
    case BY_CANCEL:
        returned = bosauth_cancel_trigger(cancel);
        break;
    case BY_FREE:
        returned = bosauth_client_free(call.client);
        break;
    case BY_CLOSE:
        returned = bosauth_client_close(call.client, 60000);
        break;
    case BY_DEADLINE:
        expected = BOSAUTH_ERROR_TIMEOUT;
        from.tv_sec += timeout_ms / 1000;
        from.tv_nsec += timeout_ms % 1000 * 1000000;
        break;
    }
    pthread_join(call.thread, NULL);
    bosauth_cancel_free(cancel);
    bosauth_options_free(options);
    if (method == BY_CANCEL || method == BY_DEADLINE) {
        bosauth_client_free(call.client);
    }
    if (call.status != expected || returned != BOSAUTH_OK || call.outcome_unknown != phase->is_sent) {
        fprintf(stderr, "%s by %s: %s, outcome_unknown %d\n", phase->name, method_names[method],
                bosauth_status_name(call.status), call.outcome_unknown);
        return -1;
    }
    return microseconds(from, call.ended);
}

static int measure(const struct phase *phase, enum method method, int rounds, int64_t timeout_ms) {
    struct server server = {.socket = -1};
    struct call blockers[RESOLVER_THREADS] = {{0}};
    const bosauth_client blocked = client_of("http://stuck.test", 600000);
    long *times = calloc((size_t)rounds, sizeof *times);
    int good = 0;
    if (phase->scheme != NULL) {
        server = listening(phase->scheme, phase->backlog);
    }
    if (phase->scheme != NULL && phase->backlog == 0) {
        fill(&server);
    }
    for (int i = 0; i < phase->stuck_resolvers; i++) {
        blockers[i].client = blocked;
        start(&blockers[i]);
    }
    while (stuck < phase->stuck_resolvers) {
        usleep(1000);
    }
    for (int i = 0; i < rounds; i++) {
        long time = one_call(phase, method, phase->scheme != NULL ? server.url : "http://stuck.test", timeout_ms);
        if (time >= 0) {
            times[good++] = time;
        }
        if (phase->scheme != NULL) {
            drain(&server);
        } else if (phase->stuck_resolvers == 0) {
            release_resolvers();
        }
    }
    bosauth_client_free(blocked);
    for (int i = 0; i < phase->stuck_resolvers; i++) {
        pthread_join(blockers[i].thread, NULL);
    }
    release_resolvers();
    if (phase->scheme != NULL) {
        end(&server);
    }
    qsort(times, (size_t)good, sizeof *times, by_size);
    printf("%-13s %-8s good %d of %d p50 %ld p99 %ld max %ld\n", phase->name, method_names[method], good, rounds,
           good ? times[good / 2] : -1, good ? times[good * 99 / 100] : -1, good ? times[good - 1] : -1);
    free(times);
    return good == rounds;
}

/* ---- leaks ---- */

/* The number of threads besides this one, once resolver threads have returned. */
static int leaked_threads(void) {
    int leaked = entries("/proc/self/task") - 3;
    for (int i = 0; i < 10000 && leaked > 0; i++) {
        usleep(1000);
        leaked = entries("/proc/self/task") - 3;
    }
    return leaked;
}

int main(int argc, char **argv) {
    int is_deadline = argc == 4 && strcmp(argv[1], "deadline") == 0;
    if (!is_deadline && !(argc == 3 && strcmp(argv[1], "stop") == 0)) {
        return 64;
    }
    int rounds = atoi(argv[argc - 1]), good = 1;
    int before = entries("/proc/self/fd");
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        if (is_deadline) {
            good &= measure(&phases[i], BY_DEADLINE, rounds, atoi(argv[2]));
            continue;
        }
        for (enum method method = BY_CANCEL; method <= BY_CLOSE; method++) {
            good &= measure(&phases[i], method, rounds, 600000);
        }
    }
    int threads = leaked_threads();
    printf("leaked: descriptors %d threads %d\n", entries("/proc/self/fd") - before, threads);
    return !good;
}
