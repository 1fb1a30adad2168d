/* PEER URL LOGINS THREADS: logs in once, then LOGINS times from THREADS threads. Prints the CPU time of the LOGINS and,
 * with one thread, the resident memory after the first login. */
#define _GNU_SOURCE
#include "driver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WARM_UP 10 /* logins per thread before the measurement; they open the connections */

const char *base_url, *app_token, *body, *all_cas_file, *ca_file;
static const char *session_token;
static void *client;
static int logins_per_thread;
static pthread_barrier_t ready, start;

void fail(const char *reason) {
    fprintf(stderr, "%s\n", reason);
    exit(1);
}

void check(long status, const char *token, const char *email) {
    if (status != 200 || token == NULL || email == NULL || strcmp(token, session_token) != 0 ||
        strcmp(email, "user@example.com") != 0) {
        fail("the login did not return the recorded session");
    }
}

char *content(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fail(path);
    }
    const size_t size = (size_t)ftell(file);
    char *bytes = calloc(size + 1, 1);
    rewind(file);
    if (fread(bytes, 1, size, file) != size) {
        fail(path);
    }
    fclose(file);
    return bytes;
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        fail(name);
    }
    return value;
}

static long long cpu(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int resident_kib(void) {
    char line[256];
    int kib = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "Rss: %d kB", &kib);
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib;
}

static void *work(void *unused) {
    void *worker = open_worker(client);
    for (int i = 0; i < WARM_UP; i++) {
        log_in(worker);
    }
    pthread_barrier_wait(&ready);
    pthread_barrier_wait(&start);
    for (int i = 0; i < logins_per_thread; i++) {
        log_in(worker);
    }
    return unused;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fail("usage: PEER URL LOGINS THREADS");
    }
    base_url = argv[1];
    app_token = variable("PEERS_APP_TOKEN");
    body = variable("PEERS_BODY");
    session_token = variable("PEERS_SESSION_TOKEN");
    all_cas_file = variable("PEERS_SYSTEM_CAS");
    ca_file = variable("PEERS_CA");
    const int logins = atoi(argv[2]), threads = atoi(argv[3]);

    client = open_client();
    long long before = 0;
    int resident = 0;
    if (threads == 1) {
        void *worker = open_worker(client);
        log_in(worker);
        resident = resident_kib();
        before = cpu();
        for (int i = 0; i < logins; i++) {
            log_in(worker);
        }
    } else {
        pthread_t *running = calloc((size_t)threads, sizeof *running);
        logins_per_thread = logins / threads;
        pthread_barrier_init(&ready, NULL, (unsigned)threads + 1);
        pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
        for (int i = 0; i < threads; i++) {
            if (pthread_create(&running[i], NULL, work, NULL) != 0) {
                fail("no thread");
            }
        }
        pthread_barrier_wait(&ready);
        before = cpu();
        pthread_barrier_wait(&start);
        for (int i = 0; i < threads; i++) {
            pthread_join(running[i], NULL);
        }
        free(running);
    }
    printf("cpu_ns %lld resident_kib %d\n", cpu() - before, resident);
    return 0;
}
