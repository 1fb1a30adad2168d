/* Forks while eight threads are in calls: fork URL TOKEN CHILDREN. Every child logs in with the client it inherited
 * and with a client of its own; no call of the parent may fail. */
#include "support.h"

enum { THREADS = 8 };

static const char *url, *token;
static bosauth_client client;
static atomic_int stop, calls, failures;

static void *keep_busy(void *unused) {
    while (!stop) {
        failures += log_in(client, token, NULL) != BOSAUTH_OK;
        calls++;
    }
    return unused;
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

static void child(void) {
    CHECK(open_sockets() == 0);
    EXPECT(BOSAUTH_OK, log_in(client, token, NULL));
    EXPECT(BOSAUTH_OK, log_in(client, token, NULL));
    bosauth_client own = new_client(url);
    EXPECT(BOSAUTH_OK, log_in(own, token, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_free(client));
    EXPECT(BOSAUTH_OK, bosauth_client_free(own));
}

int main(int argc, char **argv) {
    CHECK(argc == 4);
    url = argv[1];
    token = argv[2];
    pthread_t threads[THREADS];
    client = new_client(url);
    start_threads(threads, THREADS, keep_busy, NULL);
    while (calls < THREADS) {
        usleep(1000);
    }
    int failed = fork_children(atoi(argv[3]), child);
    stop = 1;
    join_threads(threads, THREADS);
    failures += log_in(client, token, NULL) != BOSAUTH_OK;
    bosauth_client_free(client);
    printf("failed children %d calls %d failures %d\n", failed, calls, failures);
    return failed != 0 || failures != 0;
}
