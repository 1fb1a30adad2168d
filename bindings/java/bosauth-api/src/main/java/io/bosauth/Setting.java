package io.bosauth;

/** The settings of a client or a call, with the numbers of {@code bosauth_jni.c}. */
enum Setting {
    END,
    TIMEOUT_MS,
    HEADER,
    QUERY,
    BODY_JSON,
    KEEP_SESSION,
    MFA_ID,
    CONNECT_TIMEOUT_MS,
    USER_AGENT,
    MAX_RESPONSE_BYTES,
    ROOTS_PEM,
    SESSION_FILE,
    SESSION_STORAGE
}
