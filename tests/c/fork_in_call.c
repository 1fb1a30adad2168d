/* Forks in a signal handler that interrupts a call which waits for its response: fork_in_call URL. The caller writes a
 * line once the request has arrived, and lets the server respond after the next line. In the child the connection of
 * the call is lost, and the sockets that replaced it are neither read nor written. */
#include "support.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

enum { PAIRS = 16 };

static bosauth_client client;
static volatile sig_atomic_t child = -1;
static int pairs[PAIRS][2];

/* Socket pairs with a byte to read from each end. */
static void open_pairs(void) {
    for (int i = 0; i < PAIRS; i++) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) == 0);
        CHECK(write(pairs[i][0], "x", 1) == 1 && write(pairs[i][1], "x", 1) == 1);
    }
}

static int are_unread(void) {
    int count, unread = 1;
    for (int i = 0; i < PAIRS; i++) {
        for (int end = 0; end < 2; end++) {
            unread &= ioctl(pairs[i][end], FIONREAD, &count) == 0 && count == 1;
        }
    }
    return unread;
}

static void fork_now(int signal_number) {
    (void)signal_number;
    child = fork();
    if (child == 0) {
        signal(SIGALRM, SIG_DFL);
        alarm(60); /* ends a child that hangs */
        open_pairs();
    }
}

static bosauth_status bind_token(int *is_unknown) {
    bosauth_error *error;
    bosauth_status status = bosauth_bind_token(client, "users", "ann@example.com", "password-1", "token-1", NULL, &error);
    *is_unknown = bosauth_error_outcome_unknown(error);
    bosauth_error_free(error);
    return status;
}

static void *call(void *failed) {
    int is_unknown;
    bosauth_status status = bind_token(&is_unknown);
    if (child != 0) {
        *(int *)failed = status != BOSAUTH_OK;
        return NULL;
    }
    CHECK(status == BOSAUTH_ERROR_CONNECTION_LOST && is_unknown);
    CHECK(are_unread());
    EXPECT(BOSAUTH_OK, bind_token(&is_unknown));
    EXPECT(BOSAUTH_OK, bosauth_client_close(client, 60000));
    _exit(0);
}

int main(int argc, char **argv) {
    pthread_t thread;
    struct sigaction action = {.sa_handler = fork_now};
    char line[8];
    int failed = 0, status = -1;
    CHECK(argc == 2);
    client = new_client(argv[1]);
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&thread, NULL, call, &failed);
    CHECK(fgets(line, sizeof line, stdin));
    pthread_kill(thread, SIGUSR1);
    while (child < 0) {
        usleep(1000);
    }
    if (waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "the child exited with %#x\n", (unsigned)status);
    }
    puts("forked");
    fflush(stdout);
    pthread_join(thread, NULL);
    bosauth_client_free(client);
    printf("child %d parent %d\n", status, failed);
    return status != 0 || failed;
}
