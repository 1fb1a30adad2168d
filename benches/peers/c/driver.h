/* Shared by all peers in C and C++; driver.c contains main. A peer defines the last three functions. */
#ifndef PEERS_DRIVER_H
#define PEERS_DRIVER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LOGIN_PATH "/api/collections/users/auth-with-token"

extern const char *base_url;
extern const char *app_token;
extern const char *body;         /* the request body, which contains app_token */
extern const char *ca_file;      /* the server's certificate authority as PEM */
extern const char *all_cas_file; /* the same after the system's certificate authorities */

/* Exits with an error message. */
void fail(const char *reason);
/* Fails unless the status is 200 and the session token and the email of the record are the expected ones. */
void check(long status, const char *token, const char *email);
/* Returns the content of a file, NUL-terminated. The caller frees it. */
char *content(const char *path);

/* Returns the client that all threads share, or NULL. Called once. */
void *open_client(void);
/* Returns the argument of log_in. Called once per thread. */
void *open_worker(void *client);
/* Logs in once and checks the response. */
void log_in(void *worker);

#ifdef __cplusplus
}
#endif

#endif
