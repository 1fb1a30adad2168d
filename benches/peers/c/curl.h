/* The request through libcurl. The peers differ in how they parse the response. Each thread has its own handle. */
#ifndef PEERS_CURL_H
#define PEERS_CURL_H

#include "driver.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A handle and the body of the last response, NUL-terminated. */
struct worker {
    CURL *curl;
    char *bytes;
    size_t size, capacity;
};

static size_t receive(char *data, size_t one, size_t count, void *to) {
    struct worker *worker = (struct worker *)to;
    const size_t size = one * count;
    if (worker->size + size + 1 > worker->capacity) {
        worker->capacity = 2 * (worker->size + size + 1);
        worker->bytes = (char *)realloc(worker->bytes, worker->capacity);
        if (worker->bytes == NULL) {
            return 0;
        }
    }
    memcpy(worker->bytes + worker->size, data, size);
    worker->size += size;
    worker->bytes[worker->size] = 0;
    return size;
}

static struct worker *open_curl(void) {
    char url[256];
    struct worker *worker = (struct worker *)calloc(1, sizeof *worker);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *curl = curl_easy_init();
    if (worker == NULL || headers == NULL || curl == NULL) {
        fail("no handle");
    }
    snprintf(url, sizeof url, "%s%s", base_url, LOGIN_PATH);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_CAINFO, all_cas_file);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, worker);
    worker->curl = curl;
    return worker;
}

/* Sends the request, receives the response and returns its status. */
static long post(struct worker *worker) {
    long status = 0;
    worker->size = 0;
    if (curl_easy_perform(worker->curl) != CURLE_OK) {
        fail("curl_easy_perform");
    }
    curl_easy_getinfo(worker->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

#endif
