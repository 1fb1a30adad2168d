/* Changes the session in a file until it is killed. Arguments: URL, bound token, file, name of the writer. */
#include "support.h"

/* Saves a session whose record repeats the token, in different sizes. */
static void save(bosauth_client client, const char *writer, int round) {
    static char record[40000];
    char token[64], padding[20000];
    int size = round * 997 % (int)(sizeof padding - 1);
    memset(padding, 'x', (size_t)size);
    padding[size] = '\0';
    snprintf(token, sizeof token, "%s-%d", writer, round);
    snprintf(record, sizeof record, "{\"copy\":\"%s\",\"padding\":\"%s\",\"end\":\"%s\"}", token, padding, token);
    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, token, record, NULL));
}

/* Whether the store has the session, or is waiting for another writer. */
static void check_stored(bosauth_client client) {
    bosauth_session *session;
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    bosauth_status status = bosauth_session_store_status(session);
    CHECK(status == BOSAUTH_OK || status == BOSAUTH_ERROR_STORE_UNAVAILABLE);
    bosauth_session_free(session);
}

int main(int argc, char **argv) {
    CHECK(argc == 5);
    bosauth_config *config = bosauth_config_new();
    bosauth_client client;
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_file(config, argv[3]));
    EXPECT(BOSAUTH_OK, bosauth_client_new(argv[1], config, &client, NULL));
    bosauth_config_free(config);
    for (int round = 0;; round++) {
        if (round % 8 == 0) {
            EXPECT(BOSAUTH_OK, log_in(client, argv[2], NULL));
        } else if (round % 8 == 1) {
            EXPECT(BOSAUTH_OK, bosauth_auth_refresh(client, NULL, NULL, NULL));
        } else if (round % 8 == 2) {
            bosauth_status status = bosauth_client_sync_session(client, NULL);
            CHECK(status == BOSAUTH_OK || status == BOSAUTH_ERROR_STORE_UNAVAILABLE);
        } else {
            save(client, argv[4], round);
        }
        check_stored(client);
    }
}
