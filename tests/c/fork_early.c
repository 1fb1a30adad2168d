/* Forks before there is any client, while other threads make, trigger and free cancels: fork_early CHILDREN. Every
 * child does the same with one of its own. */
#include <bosauth.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4 };

static atomic_int stop;

static int use_a_cancel(void) {
    bosauth_cancel cancel = bosauth_cancel_new();
    return bosauth_cancel_trigger(cancel) == BOSAUTH_OK && bosauth_cancel_free(cancel) == BOSAUTH_OK ? 0 : 1;
}

static void *keep_busy(void *unused) {
    while (!stop) {
        if (use_a_cancel() != 0) {
            abort();
        }
    }
    return unused;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    int bad = 0;
    if (argc != 2) {
        return 64;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, keep_busy, NULL);
    }
    for (int children = atoi(argv[1]); children > 0 && bad == 0; children--) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            alarm(60); /* a child that hangs is ended, and counted */
            _exit(use_a_cancel());
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "a child ended with %#x\n", (unsigned)status);
            bad++;
        }
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("bad %d\n", bad);
    return bad != 0;
}
