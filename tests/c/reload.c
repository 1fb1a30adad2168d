/* Loads, uses and unloads the library repeatedly: reload LIBRARY URL TOKEN. Not linked to the library. */
#define _GNU_SOURCE
#include <bosauth.h>
#include <dlfcn.h>
#include <stdio.h>

#define FUNCTIONS(use) use(client_new) use(client_free) use(bind_token) use(auth_with_token) use(error_message)

#define DECLARE(name) static __typeof__(&bosauth_##name) name;
#define FIND(name) *(void **)&name = dlsym(library, "bosauth_" #name);

FUNCTIONS(DECLARE)

int main(int argc, char **argv) {
    bosauth_client last = 0;
    for (int round = 0; argc == 4 && round < 20; round++) {
        bosauth_client client;
        bosauth_error *error = NULL;
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        FUNCTIONS(FIND)
        if (client_new(argv[2], NULL, &client, &error) != BOSAUTH_OK ||
            auth_with_token(client, "users", argv[3], NULL, NULL, &error) != BOSAUTH_OK) {
            fprintf(stderr, "round %d: %s\n", round, error_message(error));
            return 1;
        }
        /* The client of the last round is still valid, as are its connection and its handle. */
        if (last != 0 && (auth_with_token(last, "users", argv[3], NULL, NULL, &error) != BOSAUTH_OK ||
                          client_free(last) != BOSAUTH_OK)) {
            fprintf(stderr, "round %d: the client of the last round fails\n", round);
            return 1;
        }
        last = client;
        if (dlclose(library) != 0) {
            return 1;
        }
    }
    puts("reloaded");
    return last == 0;
}
