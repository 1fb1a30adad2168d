/* Forks while eight calls are in flight: fork_held URL. The caller holds the responses until it reads "freed". The
 * children cancel and free all they inherited, which does not affect the calls of the parent. */
#include "support.h"

enum { CALLS = 8, CHILDREN = 20 };

static bosauth_client client;
static bosauth_cancel cancel;
static bosauth_options *options;
static atomic_int failures;

static void *bind_token(void *unused) {
    bosauth_error *error;
    if (bosauth_bind_token(client, "users", "ann@example.com", "password-1", "token-1", options, &error) != BOSAUTH_OK) {
        fprintf(stderr, "%s\n", bosauth_error_message(error));
        failures++;
    }
    bosauth_error_free(error);
    return unused;
}

/* A call with the inherited handles is cancelled, and everything can be freed. */
static void child(void) {
    EXPECT(BOSAUTH_OK, bosauth_cancel_trigger(cancel));
    EXPECT(BOSAUTH_ERROR_CANCELLED, bosauth_bind_token(client, "users", "a", "b", "c", options, NULL));
    EXPECT(BOSAUTH_OK, bosauth_client_close(client, 60000));
    EXPECT(BOSAUTH_OK, bosauth_cancel_free(cancel));
    bosauth_options_free(options);
    EXPECT(BOSAUTH_ERROR_INVALID_HANDLE, bosauth_client_free(client));
}

int main(int argc, char **argv) {
    pthread_t threads[CALLS];
    char line[8];
    CHECK(argc == 2);
    client = new_client(argv[1]);
    cancel = bosauth_cancel_new();
    options = bosauth_options_new();
    bosauth_options_set_cancel(options, cancel);
    start_threads(threads, CALLS, bind_token, NULL);
    /* The caller writes a line once all requests have arrived. */
    CHECK(fgets(line, sizeof line, stdin));
    failures += fork_children(CHILDREN, child);
    puts("freed");
    fflush(stdout);
    join_threads(threads, CALLS);
    bosauth_options_free(options);
    bosauth_cancel_free(cancel);
    bosauth_client_free(client);
    printf("failures %d\n", failures);
    return failures != 0;
}
