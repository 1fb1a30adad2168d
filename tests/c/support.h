/* Helpers shared by the programs of this directory. Included before any other header. */
#ifndef SUPPORT_H
#define SUPPORT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <bosauth.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends the process, which may be a forked child, if the condition does not hold. */
#define CHECK(condition)                                                                                       \
    do {                                                                                                       \
        if (!(condition)) {                                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                    \
            _exit(1);                                                                                          \
        }                                                                                                      \
    } while (0)

/* Ends the process if a call does not return this status. */
#define EXPECT(code, call)                                                                                     \
    do {                                                                                                       \
        bosauth_status status_ = (call);                                                                       \
        if (status_ != (code)) {                                                                               \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, bosauth_status_name(status_));       \
            _exit(1);                                                                                          \
        }                                                                                                      \
    } while (0)

static inline bosauth_client new_client(const char *url) {
    bosauth_client client;
    EXPECT(BOSAUTH_OK, bosauth_client_new(url, NULL, &client, NULL));
    return client;
}

/* Logs in and discards the session. Prints the error if the login fails. */
static inline bosauth_status log_in(bosauth_client client, const char *token, const bosauth_options *options) {
    bosauth_error *error;
    bosauth_status status = bosauth_auth_with_token(client, "users", token, options, NULL, &error);
    if (status != BOSAUTH_OK) {
        fprintf(stderr, "%d: %s\n", (int)getpid(), bosauth_error_message(error));
    }
    bosauth_error_free(error);
    return status;
}

static inline void start_threads(pthread_t *threads, int count, void *(*run)(void *), void *argument) {
    for (int i = 0; i < count; i++) {
        CHECK(pthread_create(&threads[i], NULL, run, argument) == 0);
    }
}

static inline void join_threads(const pthread_t *threads, int count) {
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* Forks children one after the other and returns how many failed. A child that hangs fails. */
static inline int fork_children(int count, void (*run)(void)) {
    int failed = 0;
    for (int i = 0; i < count; i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            /* It may be ignored, inherited from the shell. */
            signal(SIGALRM, SIG_DFL);
            alarm(120);
            run();
            _exit(0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "child %d exited with %#x\n", i, (unsigned)status);
            failed++;
        }
    }
    return failed;
}

/* The number of entries of a directory, "." and ".." included. */
static inline int entries(const char *path) {
    int count = 0;
    DIR *directory = opendir(path);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

#endif
