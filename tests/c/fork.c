/* Forks while eight threads are in calls: fork URL TOKEN CHILDREN. Every child logs in with the client it
 * inherited and with one of its own; no call of the parent's may fail. */
#define _GNU_SOURCE
#include <bosauth.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8 };

static const char *url;
static const char *token;
static bosauth_client client;
static atomic_int stop;
static atomic_int calls;
static atomic_int failures;

static int log_in(bosauth_client with) {
    bosauth_error *error;
    if (bosauth_auth_with_token(with, "users", token, NULL, NULL, &error) == BOSAUTH_OK) {
        return 0;
    }
    fprintf(stderr, "%d: %s\n", (int)getpid(), bosauth_error_message(error));
    bosauth_error_free(error);
    return 1;
}

static void *keep_busy(void *unused) {
    (void)unused;
    while (!stop) {
        failures += log_in(client);
        calls++;
    }
    return NULL;
}

static int open_sockets(void) {
    int sockets = 0;
    char path[300], target[64];
    DIR *directory = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        ssize_t length = readlink(path, target, sizeof target);
        sockets += length > 7 && strncmp(target, "socket:", 7) == 0;
    }
    closedir(directory);
    return sockets;
}

static int child(void) {
    bosauth_client own;
    alarm(120); /* a child that hangs is ended, and counted */
    if (open_sockets() != 0) {
        fprintf(stderr, "a child holds its parent's sockets\n");
        return 2;
    }
    if (log_in(client) || log_in(client) || bosauth_client_new(url, NULL, &own, NULL) != BOSAUTH_OK || log_in(own)) {
        return 3;
    }
    return bosauth_client_free(client) == BOSAUTH_OK && bosauth_client_free(own) == BOSAUTH_OK ? 0 : 4;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        return 64;
    }
    url = argv[1];
    token = argv[2];
    int children = atoi(argv[3]), bad = 0;
    pthread_t threads[THREADS];
    if (bosauth_client_new(url, NULL, &client, NULL) != BOSAUTH_OK) {
        return 1;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, keep_busy, NULL);
    }
    while (calls < THREADS) {
        usleep(1000);
    }
    for (int i = 0; i < children; i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            _exit(child());
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "child %d ended with %#x\n", i, (unsigned)status);
            bad++;
        }
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    failures += log_in(client);
    bosauth_client_free(client);
    printf("children %d bad %d calls %d failures %d\n", children, bad, calls, failures);
    return bad != 0 || failures != 0;
}
