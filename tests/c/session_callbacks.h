/* A session store in memory, and what a listener records: callbacks for the programs of this directory. */
#ifndef SESSION_CALLBACKS_H
#define SESSION_CALLBACKS_H

#include "support.h"

#include <semaphore.h>

/* A callback's user_data, and what is known about its calls. */
struct callback {
    atomic_int calls, running, released;
    void (*inside)(struct callback *); /* called by the callback; may be NULL */
    bosauth_client client;             /* for `inside` */
    bosauth_listener listener;         /* for `inside` */

    /* of a store: what is stored ("" for nothing), and what load and save return */
    char text[1024];
    bosauth_status status;

    /* of a listener: the last change */
    bosauth_client of;
    int32_t change;
    uint64_t generation;
    char token[64]; /* "-" without a session */
    bosauth_status store_status;
};

/* Fails if the thread holds the library's lock. */
static inline void take_lock(void) {
    bosauth_cancel cancel = bosauth_cancel_new();
    CHECK(cancel != 0);
    EXPECT(BOSAUTH_OK, bosauth_cancel_free(cancel));
}

static inline void release(void *user_data) {
    struct callback *callback = user_data;
    CHECK(callback->running == 0 && callback->released == 0);
    take_lock();
    callback->released++;
}

static inline void enter(struct callback *callback) {
    CHECK(callback->running == 0 && callback->released == 0);
    take_lock();
    callback->running++;
    callback->calls++;
    if (callback->inside != NULL) {
        callback->inside(callback);
    }
    CHECK(callback->released == 0);
    callback->running--;
}

static inline bosauth_status load(void *user_data, bosauth_string *session) {
    struct callback *store = user_data;
    enter(store);
    CHECK(*bosauth_string_data(session) == 0);
    EXPECT(BOSAUTH_OK, bosauth_string_set(session, store->text, strlen(store->text)));
    return store->status;
}

static inline bosauth_status save(void *user_data, const char *session) {
    struct callback *store = user_data;
    enter(store);
    if (store->status == BOSAUTH_OK) {
        snprintf(store->text, sizeof store->text, "%s", session != NULL ? session : "");
    }
    return store->status;
}

static inline void changed(void *user_data, bosauth_client client, int32_t change, uint64_t generation,
                           const bosauth_session *session) {
    struct callback *listener = user_data;
    CHECK(generation > listener->generation);
    listener->of = client;
    listener->change = change;
    listener->generation = generation;
    listener->store_status = bosauth_session_store_status(session);
    snprintf(listener->token, sizeof listener->token, "%s", session != NULL ? bosauth_session_token(session) : "-");
    enter(listener);
}

static inline bosauth_config *new_config_of(struct callback *store) {
    bosauth_config *config = bosauth_config_new();
    EXPECT(BOSAUTH_OK, bosauth_config_set_session_store(config, load, save, store, release));
    return config;
}

/* A client that owns the store alone. */
static inline bosauth_client new_client_of(const char *url, struct callback *store) {
    bosauth_config *config = new_config_of(store);
    EXPECT(BOSAUTH_OK, bosauth_client_new(url, config, &store->client, NULL));
    bosauth_config_free(config);
    CHECK(store->released == 0);
    return store->client;
}

static inline void listen_to(bosauth_client client, struct callback *listener) {
    listener->client = client;
    EXPECT(BOSAUTH_OK, bosauth_client_add_listener(client, changed, listener, release, &listener->listener, NULL));
    CHECK(listener->listener != 0 && listener->listener < (uint64_t)1 << 53);
}

static inline void save_token(bosauth_client client, const char *token) {
    EXPECT(BOSAUTH_OK, bosauth_client_save_session(client, token, NULL, NULL));
}

/* Checks the token of the client's session; "-" for no session. */
static inline void check_token(bosauth_client client, const char *token) {
    bosauth_session *session;
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    CHECK(strcmp(session != NULL ? bosauth_session_token(session) : "-", token) == 0);
    bosauth_session_free(session);
}

/* The first call of a callback with this `inside` posts `entered` and waits for `leave`. */
static sem_t entered, leave;

static inline void init_blocking(void) {
    CHECK(sem_init(&entered, 0, 0) == 0 && sem_init(&leave, 0, 0) == 0);
}

static inline void block(struct callback *callback) {
    if (callback->calls == 1) {
        sem_post(&entered);
        while (sem_wait(&leave) != 0) {
        }
    }
}

static inline void *save_blocked(void *client) {
    save_token(*(bosauth_client *)client, "blocked");
    return NULL;
}

#endif
