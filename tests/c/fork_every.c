/* Forks while four threads call every function: fork_every URL CHILDREN. Every child does the same with what it
 * inherited. Two of the threads use nothing but what needs no server, so that they are in it at most forks. */
#define _GNU_SOURCE
#include "every_function.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4 };

static struct shared shared;
static atomic_int stop;
static atomic_int rounds;

static void *call_everything(void *unused) {
    while (!stop) {
        if (every_function(&shared) != 0) {
            abort();
        }
        rounds++;
    }
    return unused;
}

static void *read_and_set_up(void *unused) {
    while (!stop) {
        if (every_session_function(shared.session) != 0 || every_client_function(shared.url) != 0) {
            abort();
        }
        rounds++;
    }
    return unused;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    bosauth_session *session;
    int bad = 0, status, children;
    if (argc != 3 || bosauth_client_new(argv[1], NULL, &shared.client, NULL) != BOSAUTH_OK) {
        return 64;
    }
    if (bosauth_auth_with_token(shared.client, "users", "tok", NULL, &session, NULL) != BOSAUTH_OK) {
        return 1;
    }
    shared.url = argv[1];
    shared.session = session;
    signal(SIGALRM, SIG_DFL);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, i < THREADS / 2 ? call_everything : read_and_set_up, NULL);
    }
    while (rounds < THREADS) {
        usleep(1000);
    }
    for (children = 0; children < atoi(argv[2]) && bad == 0; children++) {
        pid_t pid = fork();
        if (pid == 0) {
            alarm(60); /* a child that hangs is ended, and counted */
            _exit(every_function(&shared));
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "child %d ended with %#x\n", children, (unsigned)status);
            bad++;
        }
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    bosauth_session_free(session);
    bosauth_client_free(shared.client);
    printf("children %d bad %d\n", children, bad);
    return bad != 0;
}
