/* Forks while eight calls are in flight for certain: fork_held URL. Whoever runs it holds the answers until it
 * has said "freed". The child stops and frees all it inherited; the parent's calls know nothing of that. */
#define _GNU_SOURCE
#include <bosauth.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 8 };

static bosauth_client client;
static bosauth_cancel cancel;
static bosauth_options *options;

static void *bind_token(void *failed) {
    bosauth_error *error;
    if (bosauth_bind_token(client, "users", "ann@example.com", "password-1", "token-1", options, &error) != BOSAUTH_OK) {
        fprintf(stderr, "%s\n", bosauth_error_message(error));
        *(int *)failed = 1;
    }
    bosauth_error_free(error);
    return NULL;
}

/* The child: a call of its own with what it inherited ends by the cancel, and everything can be freed. */
static int child(void) {
    alarm(120); /* a child that hangs is ended, and counted */
    if (bosauth_cancel_trigger(cancel) != BOSAUTH_OK) {
        return 2;
    }
    if (bosauth_bind_token(client, "users", "a", "b", "c", options, NULL) != BOSAUTH_ERROR_CANCELLED) {
        return 3;
    }
    if (bosauth_client_close(client, 60000) != BOSAUTH_OK || bosauth_cancel_free(cancel) != BOSAUTH_OK) {
        return 4;
    }
    bosauth_options_free(options);
    return bosauth_client_free(client) == BOSAUTH_ERROR_INVALID_HANDLE ? 0 : 5;
}

int main(int argc, char **argv) {
    pthread_t threads[CALLS];
    int failed[CALLS] = {0}, failures = 0, status;
    char line[8];
    if (argc != 2 || bosauth_client_new(argv[1], NULL, &client, NULL) != BOSAUTH_OK) {
        return 64;
    }
    cancel = bosauth_cancel_new();
    options = bosauth_options_new();
    bosauth_options_set_cancel(options, cancel);
    for (int i = 0; i < CALLS; i++) {
        pthread_create(&threads[i], NULL, bind_token, &failed[i]);
    }
    /* A line comes once all requests have arrived. */
    if (fgets(line, sizeof line, stdin) == NULL) {
        return 1;
    }
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            _exit(child());
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "child %d ended with %#x\n", i, (unsigned)status);
            failures++;
        }
    }
    puts("freed");
    fflush(stdout);
    for (int i = 0; i < CALLS; i++) {
        pthread_join(threads[i], NULL);
        failures += failed[i];
    }
    bosauth_options_free(options);
    bosauth_cancel_free(cancel);
    bosauth_client_free(client);
    printf("failures %d\n", failures);
    return failures != 0;
}
