/* libcurl and cJSON. */
#include "curl.h"

#include <cjson/cJSON.h>

void *open_client(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return NULL;
}

void *open_worker(void *client) {
    (void)client;
    return open_curl();
}

void log_in(void *to) {
    struct worker *worker = (struct worker *)to;
    const long status = post(worker);
    cJSON *response = cJSON_ParseWithLength(worker->bytes, worker->size);
    const cJSON *record = cJSON_GetObjectItemCaseSensitive(response, "record");
    check(status, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(response, "token")),
          cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, "email")));
    cJSON_Delete(response);
}
