/* Forks in the handler of a timer signal that interrupts threads inside the library: fork_in_handler URL CHILDREN.
 * Every second child exits at once; the others return from the handler, continue the interrupted call, and call every
 * function.
 *
 * The handler forks only within bosauth_cancel_trigger, which mostly holds the library's lock and does not allocate:
 * glibc's fork waits for the locks of malloc, so it must not interrupt malloc. */
#include "every_function.h"

#include <errno.h>
#include <sys/time.h>

enum { THREADS = 4, TRIGGERS = 1000 };

static struct shared shared;
static bosauth_cancel cancel;
static int child_count;
static atomic_int forked, stop;
static volatile sig_atomic_t is_child;
static _Thread_local volatile sig_atomic_t may_fork;

static void fork_now(int signal_number) {
    int before = errno, number;
    (void)signal_number;
    if (!may_fork || is_child || (number = forked++) >= child_count) {
        return;
    }
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (number % 2 == 0) {
            _exit(0);
        }
        is_child = 1;
        signal(SIGALRM, SIG_DFL);
        alarm(60); /* ends a child that hangs */
    }
    errno = before;
}

static void *keep_busy(void *unused) {
    while (!stop) {
        bosauth_status status = BOSAUTH_OK;
        may_fork = 1;
        for (int i = 0; i < TRIGGERS && status == BOSAUTH_OK && !is_child; i++) {
            status = bosauth_cancel_trigger(cancel);
        }
        may_fork = 0;
        EXPECT(BOSAUTH_OK, status);
        every_function(&shared);
        if (is_child) {
            _exit(0);
        }
    }
    return unused;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    sigset_t alarms;
    struct sigaction action = {.sa_handler = fork_now, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    int failed = 0, status, exited;
    CHECK(argc == 3);
    shared = new_shared(argv[1]);
    cancel = bosauth_cancel_new();
    child_count = atoi(argv[2]);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    sigaction(SIGALRM, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    start_threads(threads, THREADS, keep_busy, NULL);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL); /* for the other threads */
    setitimer(ITIMER_REAL, &often, NULL);
    for (exited = 0; exited < child_count;) {
        if (waitpid(-1, &status, 0) < 0) {
            usleep(1000); /* no child exists */
            continue;
        }
        exited++;
        if (status != 0) {
            fprintf(stderr, "a child exited with %#x\n", (unsigned)status);
            failed++;
        }
    }
    setitimer(ITIMER_REAL, &never, NULL);
    stop = 1;
    join_threads(threads, THREADS);
    bosauth_cancel_free(cancel);
    free_shared(&shared);
    return failed != 0;
}
