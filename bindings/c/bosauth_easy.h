/* Inline helpers for C programs: variables that are freed at the end of their scope, and functions that print errors.
 * They use only the public API of bosauth.h and can be mixed with it.
 */
#ifndef BOSAUTH_EASY_H
#define BOSAUTH_EASY_H

#include <bosauth.h>

#include <stdio.h>

/* Variables that are freed at the end of their scope, for gcc and clang. They must be initialized:
 *
 *     BOSAUTH_SCOPED_CLIENT client = 0;
 *     BOSAUTH_SCOPED_SESSION session = NULL;
 */
#if defined(__GNUC__) || defined(__clang__)
#define BOSAUTH_SCOPED_CLIENT __attribute__((cleanup(bosauth_easy_free_client))) bosauth_client
#define BOSAUTH_SCOPED_SESSION __attribute__((cleanup(bosauth_easy_free_session))) bosauth_session *
#define BOSAUTH_SCOPED_RESPONSE __attribute__((cleanup(bosauth_easy_free_response))) bosauth_response *
#define BOSAUTH_SCOPED_STRING __attribute__((cleanup(bosauth_easy_free_string))) bosauth_string *
#define BOSAUTH_SCOPED_ERROR __attribute__((cleanup(bosauth_easy_free_error))) bosauth_error *
#define BOSAUTH_SCOPED_CONFIG __attribute__((cleanup(bosauth_easy_free_config))) bosauth_config *
#define BOSAUTH_SCOPED_OPTIONS __attribute__((cleanup(bosauth_easy_free_options))) bosauth_options *
#endif

/** Frees a client and sets the variable to 0. Does nothing if it is 0. */
static inline void bosauth_easy_free_client(bosauth_client *client) {
    bosauth_client_free(*client);
    *client = 0;
}

/** Frees a session and sets the variable to NULL. Does nothing if it is NULL. */
static inline void bosauth_easy_free_session(bosauth_session **session) {
    bosauth_session_free(*session);
    *session = NULL;
}

/** Frees a response and sets the variable to NULL. Does nothing if it is NULL. */
static inline void bosauth_easy_free_response(bosauth_response **response) {
    bosauth_response_free(*response);
    *response = NULL;
}

/** Frees a string and sets the variable to NULL. Does nothing if it is NULL. */
static inline void bosauth_easy_free_string(bosauth_string **string) {
    bosauth_string_free(*string);
    *string = NULL;
}

/** Frees an error and sets the variable to NULL. Does nothing if it is NULL. */
static inline void bosauth_easy_free_error(bosauth_error **error) {
    bosauth_error_free(*error);
    *error = NULL;
}

/** Frees a configuration and sets the variable to NULL. Does nothing if it is NULL. */
static inline void bosauth_easy_free_config(bosauth_config **config) {
    bosauth_config_free(*config);
    *config = NULL;
}

/** Frees options and sets the variable to NULL. Does nothing if it is NULL. */
static inline void bosauth_easy_free_options(bosauth_options **options) {
    bosauth_options_free(*options);
    *options = NULL;
}

/** Prints an error and what to do about it, in two lines. No secret is in them. */
static inline void bosauth_easy_print(FILE *file, const bosauth_error *error) {
    fprintf(file, "%s: %s\nwhat to do: %s\n", bosauth_status_name(bosauth_error_status(error)),
            bosauth_error_message(error), bosauth_action_name(bosauth_error_action(error)));
}

/** Prints an error to stderr, frees it, and returns its status. */
static inline bosauth_status bosauth_easy_report(bosauth_error *error) {
    const bosauth_status status = bosauth_error_status(error);
    bosauth_easy_print(stderr, error);
    bosauth_error_free(error);
    return status;
}

/** Returns 1 if the loaded library is compatible with this header. Otherwise prints an error to stderr and returns 0. */
static inline int bosauth_easy_is_compatible(void) {
    const uint32_t loaded = bosauth_abi_version();
    const uint32_t required = BOSAUTH_ABI_VERSION;
    if (loaded >> 16 == required >> 16 && (loaded & 0xffff) >= (required & 0xffff)) {
        return 1;
    }
    fprintf(stderr, "the bosauth library that is loaded has ABI %u.%u; this program was compiled for ABI %u.%u\n",
            (unsigned)(loaded >> 16), (unsigned)(loaded & 0xffff), (unsigned)(required >> 16),
            (unsigned)(required & 0xffff));
    return 0;
}

/** Creates a client with the default configuration; free it with bosauth_client_free. On failure, prints the error to
 *  stderr and returns 0. */
static inline bosauth_client bosauth_easy_client(const char *base_url) {
    bosauth_client client = 0;
    bosauth_error *error = NULL;
    if (bosauth_easy_is_compatible() && bosauth_client_new(base_url, NULL, &client, &error) != BOSAUTH_OK) {
        bosauth_easy_report(error);
    }
    return client;
}

/** Creates a client that keeps its session in a file, as bosauth_config_set_session_file does; free it with
 *  bosauth_client_free. On failure, prints the error to stderr and returns 0. */
static inline bosauth_client bosauth_easy_client_with_file(const char *base_url, const char *path) {
    bosauth_client client = 0;
    bosauth_error *error = NULL;
    if (!bosauth_easy_is_compatible()) {
        return 0;
    }
    bosauth_config *config = bosauth_config_new();
    (void)bosauth_config_set_session_file(config, path); /* bosauth_client_new reports its error */
    if (bosauth_client_new(base_url, config, &client, &error) != BOSAUTH_OK) {
        bosauth_easy_report(error);
    }
    bosauth_config_free(config);
    return client;
}

/** Binds a token and returns the status. On failure, prints the error to stderr. */
static inline bosauth_status bosauth_easy_bind(bosauth_client client, const char *collection,
                                               const char *email, const char *password, const char *token) {
    bosauth_error *error = NULL;
    const bosauth_status status =
        bosauth_bind_token(client, collection, email, password, token, NULL, &error);
    return status == BOSAUTH_OK ? status : bosauth_easy_report(error);
}

/** Logs in with a token and returns the session; free it with bosauth_session_free. On failure, prints the error to
 *  stderr and returns NULL. */
static inline bosauth_session *bosauth_easy_login(bosauth_client client, const char *collection,
                                                  const char *token) {
    bosauth_session *session = NULL;
    bosauth_error *error = NULL;
    if (bosauth_auth_with_token(client, collection, token, NULL, &session, &error) != BOSAUTH_OK) {
        bosauth_easy_report(error);
    }
    return session;
}

#endif /* BOSAUTH_EASY_H */
