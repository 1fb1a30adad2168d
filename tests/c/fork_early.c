/* Forks before there is any client, while other threads create, trigger and free cancels: fork_early CHILDREN.
 * Every child does the same. */
#include "support.h"

enum { THREADS = 4 };

static atomic_int stop;

static void use_a_cancel(void) {
    bosauth_cancel cancel = bosauth_cancel_new();
    EXPECT(BOSAUTH_OK, bosauth_cancel_trigger(cancel));
    EXPECT(BOSAUTH_OK, bosauth_cancel_free(cancel));
}

static void *keep_busy(void *unused) {
    while (!stop) {
        use_a_cancel();
    }
    return unused;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    CHECK(argc == 2);
    start_threads(threads, THREADS, keep_busy, NULL);
    int failed = fork_children(atoi(argv[1]), use_a_cancel);
    stop = 1;
    join_threads(threads, THREADS);
    return failed != 0;
}
