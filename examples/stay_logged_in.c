/* Restores the session after a restart: ./stay_logged_in FILE URL
 *
 *   cargo build --release
 *   cc -Iinclude -Ibindings/c examples/stay_logged_in.c target/release/libbosauth.a -lpthread -ldl -lm -o target/stay_logged_in
 */
#include <bosauth_easy.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Writes token and record to a file that only this user can read. Returns 0 on success. */
static int keep(const bosauth_session *session, const char *path) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (file == NULL) {
        return -1;
    }
    fprintf(file, "%s\n%s", bosauth_session_token(session), bosauth_session_record_json(session));
    return fclose(file);
}

/* Restores the client's session from the file. Returns NULL if there is none or it has expired. */
static bosauth_session *restore(bosauth_client client, const char *path) {
    char *token = NULL, *record = NULL;
    size_t token_size = 0, record_size = 0;
    bosauth_session *session = NULL;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return NULL;
    }
    if (getdelim(&token, &token_size, '\n', file) > 0 && getdelim(&record, &record_size, '\0', file) > 0) {
        token[strcspn(token, "\n")] = '\0';
        if (bosauth_client_save_session(client, token, record, NULL) == BOSAUTH_OK) {
            bosauth_client_session(client, &session, NULL);
        }
    }
    free(token);
    free(record);
    fclose(file);
    if (!bosauth_session_is_valid(session)) {
        bosauth_easy_free_session(&session);
    }
    return session;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    BOSAUTH_SCOPED_CLIENT client = bosauth_easy_client(argv[2]);
    if (client == 0) {
        return 1;
    }
    BOSAUTH_SCOPED_SESSION session = restore(client, argv[1]);
    if (session != NULL) {
        printf("still logged in as %s\n", bosauth_session_field(session, "email"));
        return 0;
    }
    session = bosauth_easy_login(client, "users", "my-own-token");
    if (session == NULL || keep(session, argv[1]) != 0) {
        return 1;
    }
    printf("logged in as %s\n", bosauth_session_field(session, "email"));
    return 0;
}
