/* Forks while four threads call every function: fork_every URL CHILDREN. Every child does the same with what it
 * inherited. Two of the threads use only functions that need no server, so that they are in one at most forks. */
#include "every_function.h"

enum { THREADS = 4 };

static struct shared shared;
static atomic_int stop, rounds;

static void *call_every_function(void *unused) {
    while (!stop) {
        every_function(&shared);
        rounds++;
    }
    return unused;
}

static void *call_local_functions(void *unused) {
    while (!stop) {
        every_session_function(shared.session);
        every_client_function(shared.url);
        rounds++;
    }
    return unused;
}

static void child(void) {
    every_function(&shared);
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    CHECK(argc == 3);
    shared = new_shared(argv[1]);
    start_threads(threads, THREADS / 2, call_every_function, NULL);
    start_threads(threads + THREADS / 2, THREADS / 2, call_local_functions, NULL);
    while (rounds < THREADS) {
        usleep(1000);
    }
    int failed = fork_children(atoi(argv[2]), child);
    stop = 1;
    join_threads(threads, THREADS);
    free_shared(&shared);
    return failed != 0;
}
