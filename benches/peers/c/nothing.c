/* An empty program, which never logs in. */
#include "driver.h"

void *open_client(void) { return NULL; }
void *open_worker(void *client) { return client; }
void log_in(void *worker) { (void)worker; }
