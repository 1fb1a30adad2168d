/* libcurl. The status is checked; the body is received but not parsed. */
#include "curl.h"

void *open_client(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return NULL;
}

void *open_worker(void *client) {
    (void)client;
    return open_curl();
}

void log_in(void *worker) {
    if (post((struct worker *)worker) != 200) {
        fail("the status is not 200");
    }
}
