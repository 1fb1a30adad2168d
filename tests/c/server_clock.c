/* The validity of sessions while the clock of the device is wrong, is set, or passes a suspend: server_clock URL. This
 * program replaces clock_gettime for the library. The server's responses: see tests/it/server_clock.rs. */
#include "support.h"
#include <sys/syscall.h>
#include <time.h>

enum { HOUR = 3600, YEAR = 365 * 24 * HOUR };

static long device_shift; /* seconds that the device's clock is ahead of the real time */
static long suspended;    /* seconds that the device was suspended */

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) {
        time->tv_sec += device_shift;
    }
    if (result == 0 && clock == CLOCK_BOOTTIME) {
        time->tv_sec += suspended;
    }
    return result;
}

/* Logs in with a token, which selects the server's response. */
static bosauth_session *session_of(bosauth_client client, const char *token) {
    bosauth_session *session;
    EXPECT(BOSAUTH_OK, bosauth_auth_with_token(client, "users", token, NULL, &session, NULL));
    return session;
}

static int is_valid(bosauth_client client) {
    bosauth_session *session;
    EXPECT(BOSAUTH_OK, bosauth_client_session(client, &session, NULL));
    int result = bosauth_session_is_valid(session);
    bosauth_session_free(session);
    return result;
}

/* The expiry times are a year before and after the real time. The server sends no time. */
static void check_local_clock(const char *url) {
    bosauth_client client = new_client(url);
    bosauth_session *expired = session_of(client, "a year ago");
    bosauth_session *valid = session_of(client, "in a year");
    for (int shift = -5; shift <= 5; shift += 5) {
        device_shift = shift * (long)YEAR;
        CHECK(bosauth_session_is_valid(expired) == (shift < 0));
        CHECK(bosauth_session_is_valid(valid) == (shift <= 0) && is_valid(client) == (shift <= 0));
    }
    bosauth_session_free(expired);
    bosauth_session_free(valid);
    bosauth_client_free(client);
}

/* The expiry times are an hour before and after the server's time at each response. */
static void check_server_clock(const char *url, long shift) {
    device_shift = shift;
    bosauth_client client = new_client(url);
    bosauth_session *expired = session_of(client, "an hour ago");
    CHECK(!is_valid(client));
    bosauth_session *valid = session_of(client, "in an hour");
    CHECK(is_valid(client));
    /* The clock of the device is set. */
    for (int other = -10; other <= 10; other += 5) {
        device_shift = other * (long)YEAR;
        CHECK(!bosauth_session_is_valid(expired) && bosauth_session_is_valid(valid) && is_valid(client));
    }
    /* The clock of the device may stop in a suspend. The server's does not. */
    suspended += 2 * HOUR;
    CHECK(!bosauth_session_is_valid(expired) && !bosauth_session_is_valid(valid) && !is_valid(client));
    /* The server says that no time has passed. The older snapshots do not follow. */
    bosauth_session *newer = session_of(client, "in an hour");
    CHECK(bosauth_session_is_valid(newer) && is_valid(client) && !bosauth_session_is_valid(valid));
    bosauth_session_free(expired);
    bosauth_session_free(valid);
    bosauth_session_free(newer);
    bosauth_client_free(client);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    check_local_clock(argv[1]);
    for (int shift = -5; shift <= 5; shift += 5) {
        check_server_clock(argv[1], shift * (long)YEAR);
    }
    puts("good");
    return 0;
}
