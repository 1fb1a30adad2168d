/* bosauth through its C ABI. All threads share one client. */
#include "driver.h"

#include <bosauth.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *open_client(void) {
    bosauth_client client = 0;
    bosauth_config *config = NULL;
    if (strncmp(base_url, "https", 5) == 0) {
        char *pem = content(ca_file);
        config = bosauth_config_new();
        bosauth_config_add_roots_pem(config, pem);
        free(pem);
    }
    if (bosauth_client_new(base_url, config, &client, NULL) != BOSAUTH_OK) {
        fail("no client");
    }
    bosauth_config_free(config);
    return (void *)(uintptr_t)client;
}

void *open_worker(void *client) { return client; }

void log_in(void *worker) {
    bosauth_session *session = NULL;
    const bosauth_client client = (bosauth_client)(uintptr_t)worker;
    if (bosauth_auth_with_token(client, "users", app_token, NULL, &session, NULL) != BOSAUTH_OK) {
        fail("no session");
    }
    check(200, bosauth_session_token(session), bosauth_session_field(session, "email"));
    bosauth_session_free(session);
}
