/* bosauth with less to write, for C: clean-up at the end of a scope, printing an error, logging in or
 * explaining why not. Nothing here does more than bosauth.h; mix both as you like.
 */
#ifndef BOSAUTH_EASY_H
#define BOSAUTH_EASY_H

#include <bosauth.h>

#include <stdio.h>

/* Where the compiler has it: a variable that is freed where its scope ends. Give it a value at once.
 *
 *     BOSAUTH_SCOPED_CLIENT client = 0;
 *     BOSAUTH_SCOPED_SESSION session = NULL;
 */
#if defined(__GNUC__) || defined(__clang__)
#define BOSAUTH_SCOPED_CLIENT __attribute__((cleanup(bosauth_easy_free_client))) bosauth_client
#define BOSAUTH_SCOPED_SESSION __attribute__((cleanup(bosauth_easy_free_session))) bosauth_session *
#define BOSAUTH_SCOPED_ERROR __attribute__((cleanup(bosauth_easy_free_error))) bosauth_error *
#define BOSAUTH_SCOPED_CONFIG __attribute__((cleanup(bosauth_easy_free_config))) bosauth_config *
#define BOSAUTH_SCOPED_OPTIONS __attribute__((cleanup(bosauth_easy_free_options))) bosauth_options *
#endif

/** Frees what the place holds and clears it. 0 is nothing to free. */
static inline void bosauth_easy_free_client(bosauth_client *place) {
    bosauth_client_free(*place);
    *place = 0;
}

/** Frees what the place holds and clears it. NULL is nothing to free. */
static inline void bosauth_easy_free_session(bosauth_session **place) {
    bosauth_session_free(*place);
    *place = NULL;
}

/** Frees what the place holds and clears it. NULL is nothing to free. */
static inline void bosauth_easy_free_error(bosauth_error **place) {
    bosauth_error_free(*place);
    *place = NULL;
}

/** Frees what the place holds and clears it. NULL is nothing to free. */
static inline void bosauth_easy_free_config(bosauth_config **place) {
    bosauth_config_free(*place);
    *place = NULL;
}

/** Frees what the place holds and clears it. NULL is nothing to free. */
static inline void bosauth_easy_free_options(bosauth_options **place) {
    bosauth_options_free(*place);
    *place = NULL;
}

/** Prints an error and what to do about it, in two lines. No secret is in them. */
static inline void bosauth_easy_print(FILE *file, const bosauth_error *error) {
    fprintf(file, "%s: %s\nwhat to do: %s\n", bosauth_status_name(bosauth_error_status(error)),
            bosauth_error_message(error), bosauth_action_name(bosauth_error_action(error)));
}

/** Prints an error to stderr, frees it, and gives its status. */
static inline bosauth_status bosauth_easy_explain(bosauth_error *error) {
    const bosauth_status status = bosauth_error_status(error);
    bosauth_easy_print(stderr, error);
    bosauth_error_free(error);
    return status;
}

/** Whether the library that is loaded has what this header needs; if not, stderr says so. 1 or 0. */
static inline int bosauth_easy_library_fits(void) {
    const uint32_t loaded = bosauth_abi_version();
    const uint32_t needed = BOSAUTH_ABI_VERSION;
    if (loaded >> 16 == needed >> 16 && (loaded & 0xffff) >= (needed & 0xffff)) {
        return 1;
    }
    fprintf(stderr, "the bosauth library that is loaded has ABI %u.%u; this program was compiled for ABI %u.%u\n",
            (unsigned)(loaded >> 16), (unsigned)(loaded & 0xffff), (unsigned)(needed >> 16),
            (unsigned)(needed & 0xffff));
    return 0;
}

/** Makes a client with the defaults; 0 if that failed, and stderr says why. Free it with bosauth_client_free. */
static inline bosauth_client bosauth_easy_client(const char *base_url) {
    bosauth_client client = 0;
    bosauth_error *error = NULL;
    if (bosauth_easy_library_fits() && bosauth_client_new(base_url, NULL, &client, &error) != BOSAUTH_OK) {
        bosauth_easy_explain(error);
    }
    return client;
}

/** Binds a token; stderr says why if that failed. Gives the status. */
static inline bosauth_status bosauth_easy_bind(bosauth_client client, const char *collection,
                                               const char *email, const char *password, const char *token) {
    bosauth_error *error = NULL;
    const bosauth_status status =
        bosauth_bind_token(client, collection, email, password, token, NULL, &error);
    return status == BOSAUTH_OK ? status : bosauth_easy_explain(error);
}

/** Logs in with a token; NULL if that failed, and stderr says why. Free it with bosauth_session_free. */
static inline bosauth_session *bosauth_easy_login(bosauth_client client, const char *collection,
                                                  const char *token) {
    bosauth_session *session = NULL;
    bosauth_error *error = NULL;
    if (bosauth_auth_with_token(client, collection, token, NULL, &session, &error) != BOSAUTH_OK) {
        bosauth_easy_explain(error);
    }
    return session;
}

#endif /* BOSAUTH_EASY_H */
