/* The JNI functions of io.bosauth.Native, over bosauth.h.
 *
 * Only integers and byte arrays are passed. A call takes its arguments packed in one array and returns its results
 * packed in one: numbers of 8 bytes, and strings as their length, their bytes and, in arguments, a NUL, all in native
 * byte order. io.bosauth.Arguments writes the arguments, io.bosauth.Results reads the results. Calls without a result
 * return NULL on success.
 *
 * Callbacks are static methods of io.bosauth.Callbacks, which identify the Java object by a number. No global reference
 * is created except a weak one to the class: the class loader may be collected, but not while a native method of it
 * runs. Callbacks run on a thread in a call, which is a thread of Java. They do not throw, except that the JVM may fail
 * to allocate an array or stack.
 */
#include "bosauth.h"

#include <jni.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define METHOD(type, name, ...)                                                                                        \
    JNIEXPORT type JNICALL Java_io_bosauth_Native_##name(JNIEnv *env, jclass class, ##__VA_ARGS__);                    \
    JNIEXPORT type JNICALL Java_io_bosauth_Native_##name(JNIEnv *env, jclass class, ##__VA_ARGS__)

static JavaVM *vm;
static jweak callbacks;
static jmethodID is_interrupted, load_session, save_session, session_changed, release_object;

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *loading_vm, void *reserved) {
    (void)reserved;
    vm = loading_vm;
    JNIEnv *env = NULL;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_6) != JNI_OK) {
        return JNI_ERR;
    }
    jclass found = (*env)->FindClass(env, "io/bosauth/Callbacks");
    if (found == NULL) {
        return JNI_ERR;
    }
    callbacks = (*env)->NewWeakGlobalRef(env, found);
    const struct {
        jmethodID *method;
        const char *name, *signature;
    } methods[] = {
        {&is_interrupted, "isInterrupted", "()I"},         {&load_session, "load", "(I)[B"},
        {&save_session, "save", "(I[B)I"},                 {&session_changed, "changed", "(IIJ[B)V"},
        {&release_object, "release", "(I)V"},
    };
    for (size_t at = 0; at < sizeof methods / sizeof *methods; ++at) {
        *methods[at].method = (*env)->GetStaticMethodID(env, found, methods[at].name, methods[at].signature);
        if (*methods[at].method == NULL) {
            return JNI_ERR;
        }
    }
    (*env)->DeleteLocalRef(env, found);
    return JNI_VERSION_1_6;
}

/* explicit_bzero() is not in every libc. */
static void zeroize(void *bytes, size_t length) {
    volatile unsigned char *byte = bytes;
    while (length-- > 0) {
        *byte++ = 0;
    }
}

/* As in the library, a process without memory is terminated. */
static void *allocate(size_t length) {
    void *bytes = malloc(length);
    if (bytes == NULL) {
        abort();
    }
    return bytes;
}

/* ---- arguments ---- */

typedef struct {
    char *bytes, *next;
    size_t length;
} arguments;

/* Copies an array. */
static arguments open_arguments(JNIEnv *env, jbyteArray packed) {
    const jsize length = (*env)->GetArrayLength(env, packed);
    char *bytes = allocate((size_t)length + 1);
    (*env)->GetByteArrayRegion(env, packed, 0, length, (jbyte *)bytes);
    return (arguments){bytes, bytes, (size_t)length};
}

static void close_arguments(arguments *in) {
    zeroize(in->bytes, in->length);
    free(in->bytes);
}

static int64_t next_number(arguments *in) {
    int64_t number;
    memcpy(&number, in->next, sizeof number);
    in->next += sizeof number;
    return number;
}

/* Returns NULL for a length of -1, which stands for null. */
static const char *next_bytes(arguments *in, size_t *length) {
    const int64_t count = next_number(in);
    if (count < 0) {
        *length = 0;
        return NULL;
    }
    const char *bytes = in->next;
    *length = (size_t)count;
    in->next += count + 1;
    return bytes;
}

static const char *next_string(arguments *in) {
    size_t length;
    return next_bytes(in, &length);
}

/* The numbers are those of io.bosauth.Setting. */
enum { END, TIMEOUT_MS, HEADER, QUERY, BODY_JSON, KEEP_SESSION, MFA_ID };
enum { CONNECT_TIMEOUT_MS = 7, USER_AGENT, MAX_RESPONSE_BYTES, ROOTS_PEM, SESSION_FILE, SESSION_STORAGE };

/* ---- results ---- */

enum { MAX_PIECES = 32 };

typedef struct {
    struct {
        const void *bytes;
        size_t length;
    } pieces[MAX_PIECES];
    int64_t numbers[MAX_PIECES];
    size_t count;
} results;

static void add_piece(results *out, const void *bytes, size_t length) {
    out->pieces[out->count].bytes = bytes;
    out->pieces[out->count].length = length;
    ++out->count;
}

static void add_number(results *out, int64_t number) {
    out->numbers[out->count] = number;
    add_piece(out, &out->numbers[out->count], sizeof number);
}

static void add_bytes(results *out, const char *bytes, size_t length) {
    add_number(out, (int64_t)length);
    add_piece(out, bytes, length);
}

static void add_string(results *out, const char *string) {
    add_bytes(out, string, strlen(string));
}

/* Returns NULL with a pending OutOfMemoryError if the array cannot be allocated. */
static jbyteArray to_java(JNIEnv *env, const results *out) {
    size_t length = 0;
    for (size_t at = 0; at < out->count; ++at) {
        length += out->pieces[at].length;
    }
    jbyteArray packed = (*env)->NewByteArray(env, (jsize)length);
    jsize offset = 0;
    for (size_t at = 0; packed != NULL && at < out->count; ++at) {
        const jsize size = (jsize)out->pieces[at].length;
        (*env)->SetByteArrayRegion(env, packed, offset, size, out->pieces[at].bytes);
        offset += size;
    }
    return packed;
}

/* Frees an error and returns it packed; NULL for NULL. */
static jbyteArray failure(JNIEnv *env, bosauth_error *error) {
    if (error == NULL) {
        return NULL;
    }
    results out = {.count = 0};
    add_number(&out, bosauth_error_status(error));
    add_number(&out, bosauth_error_action(error));
    add_number(&out, bosauth_error_http_status(error));
    add_number(&out, bosauth_error_outcome_unknown(error));
    add_number(&out, bosauth_error_retry_after_ms(error));
    add_string(&out, bosauth_error_message(error));
    add_string(&out, bosauth_error_argument(error));
    add_string(&out, bosauth_error_server_message(error));
    add_string(&out, bosauth_error_data_json(error));
    add_string(&out, bosauth_error_url(error));
    add_string(&out, bosauth_error_mfa_id(error));
    size_t length;
    const char *body = bosauth_error_body(error, &length);
    add_bytes(&out, body, length);
    jbyteArray packed = to_java(env, &out);
    bosauth_error_free(error);
    return packed;
}

static void add_session(results *out, const bosauth_session *session) {
    add_string(out, bosauth_session_token(session));
    add_string(out, bosauth_session_record_json(session));
    add_string(out, bosauth_session_meta_json(session));
    add_number(out, bosauth_session_expires_at(session));
    add_number(out, bosauth_session_is_valid(session));
    add_number(out, bosauth_session_is_superuser(session));
    add_number(out, bosauth_session_was_kept(session));
    add_number(out, bosauth_session_store_status(session));
}

/* Frees a session or error and returns it packed; NULL if there is neither. */
static jbyteArray session_or_error(JNIEnv *env, bosauth_session *session, bosauth_error *error) {
    if (session == NULL) {
        return failure(env, error);
    }
    results out = {.count = 0};
    add_number(&out, BOSAUTH_OK);
    add_session(&out, session);
    jbyteArray packed = to_java(env, &out);
    bosauth_session_free(session);
    return packed;
}

static jbyteArray string_or_error(JNIEnv *env, bosauth_string *string, bosauth_error *error) {
    if (error != NULL) {
        return failure(env, error);
    }
    results out = {.count = 0};
    add_number(&out, BOSAUTH_OK);
    add_string(&out, bosauth_string_data(string));
    jbyteArray packed = to_java(env, &out);
    bosauth_string_free(string);
    return packed;
}

static jbyteArray number_or_error(JNIEnv *env, int64_t number, bosauth_error *error) {
    if (error != NULL) {
        return failure(env, error);
    }
    results out = {.count = 0};
    add_number(&out, BOSAUTH_OK);
    add_number(&out, number);
    return to_java(env, &out);
}

/* ---- callbacks ---- */

/* The environment of this thread, which is one of Java; NULL after DestroyJavaVM(), which does not wait for the native
 * calls of daemon threads. */
static JNIEnv *environment(void) {
    JNIEnv *env = NULL;
    return (*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_6) == JNI_OK ? env : NULL;
}

/* Clears an error of the JVM, such as OutOfMemoryError, and returns whether there was one. */
static int clear_exception(JNIEnv *env) {
    const int is_pending = (*env)->ExceptionCheck(env);
    if (is_pending) {
        (*env)->ExceptionClear(env);
    }
    return is_pending;
}

/* The number of an object is passed as the pointer of its callback. */
static jint object_number(void *user_data) {
    return (jint)(intptr_t)user_data;
}

static int32_t check_interrupt(void *user_data) {
    (void)user_data;
    JNIEnv *env = environment();
    if (env == NULL) {
        return 1;
    }
    const jint result = (*env)->CallStaticIntMethod(env, callbacks, is_interrupted);
    return clear_exception(env) ? 0 : result;
}

static void release(void *user_data) {
    JNIEnv *env = environment();
    if (env == NULL) {
        return;
    }
    (*env)->CallStaticVoidMethod(env, callbacks, release_object, object_number(user_data));
    clear_exception(env);
}

/* The Java method returns the status and, if it is OK, the session. */
static bosauth_status load(void *user_data, bosauth_string *session) {
    JNIEnv *env = environment();
    if (env == NULL) {
        return BOSAUTH_ERROR_STORE_UNAVAILABLE;
    }
    jbyteArray loaded = (*env)->CallStaticObjectMethod(env, callbacks, load_session, object_number(user_data));
    if (clear_exception(env) || loaded == NULL) {
        return BOSAUTH_ERROR_STORE;
    }
    arguments in = open_arguments(env, loaded);
    bosauth_status status = (bosauth_status)next_number(&in);
    if (status == BOSAUTH_OK) {
        size_t length;
        const char *bytes = next_bytes(&in, &length);
        status = bosauth_string_set(session, bytes, length);
    }
    /* Nobody uses the array of the Java method any more. */
    zeroize(in.bytes, in.length);
    (*env)->SetByteArrayRegion(env, loaded, 0, (jsize)in.length, (const jbyte *)in.bytes);
    close_arguments(&in);
    (*env)->DeleteLocalRef(env, loaded);
    return status;
}

static bosauth_status save(void *user_data, const char *session) {
    JNIEnv *env = environment();
    if (env == NULL) {
        return BOSAUTH_ERROR_STORE_UNAVAILABLE;
    }
    jbyteArray copy = NULL;
    if (session != NULL) {
        results out = {.count = 0};
        add_piece(&out, session, strlen(session));
        copy = to_java(env, &out);
        if (copy == NULL) {
            clear_exception(env);
            return BOSAUTH_ERROR_STORE;
        }
    }
    const jint status = (*env)->CallStaticIntMethod(env, callbacks, save_session, object_number(user_data), copy);
    const int has_failed = clear_exception(env);
    (*env)->DeleteLocalRef(env, copy);
    return has_failed ? BOSAUTH_ERROR_STORE : status;
}

static void changed(void *user_data, bosauth_client client, int32_t change, uint64_t generation,
                    const bosauth_session *session) {
    (void)client;
    JNIEnv *env = environment();
    if (env == NULL) {
        return;
    }
    jbyteArray copy = NULL;
    if (session != NULL) {
        results out = {.count = 0};
        add_session(&out, session);
        copy = to_java(env, &out);
        if (copy == NULL) {
            clear_exception(env);
            return;
        }
    }
    (*env)->CallStaticVoidMethod(env, callbacks, session_changed, object_number(user_data), (jint)change,
                                 (jlong)generation, copy);
    clear_exception(env);
    (*env)->DeleteLocalRef(env, copy);
}

static void *object_pointer(jlong number) {
    return (void *)(intptr_t)number;
}

/* ---- library ---- */

METHOD(jbyteArray, version) {
    (void)class;
    results out = {.count = 0};
    add_piece(&out, BOSAUTH_VERSION, sizeof BOSAUTH_VERSION - 1);
    return to_java(env, &out);
}

METHOD(jbyteArray, generateToken) {
    (void)class;
    bosauth_string *token;
    bosauth_error *error;
    bosauth_generate_token(&token, &error);
    return string_or_error(env, token, error);
}

/* ---- cancellation ---- */

METHOD(jlong, cancelNew) {
    (void)env;
    (void)class;
    return (jlong)bosauth_cancel_new();
}

METHOD(jint, cancelTrigger, jlong cancel) {
    (void)env;
    (void)class;
    return bosauth_cancel_trigger((bosauth_cancel)cancel);
}

METHOD(jint, cancelFree, jlong cancel) {
    (void)env;
    (void)class;
    return bosauth_cancel_free((bosauth_cancel)cancel);
}

/* ---- clients ---- */

/* A setter that fails is reported by bosauth_client_new(). */
static bosauth_config *next_config(arguments *in) {
    bosauth_config *config = bosauth_config_new();
    const char *name;
    for (;;) {
        switch (next_number(in)) {
        case TIMEOUT_MS:
            bosauth_config_set_timeout_ms(config, next_number(in));
            break;
        case HEADER:
            name = next_string(in);
            bosauth_config_add_header(config, name, next_string(in));
            break;
        case CONNECT_TIMEOUT_MS:
            bosauth_config_set_connect_timeout_ms(config, next_number(in));
            break;
        case USER_AGENT:
            bosauth_config_set_user_agent(config, next_string(in));
            break;
        case MAX_RESPONSE_BYTES:
            bosauth_config_set_max_response_bytes(config, (uint64_t)next_number(in));
            break;
        case ROOTS_PEM:
            bosauth_config_add_roots_pem(config, next_string(in));
            break;
        case SESSION_FILE:
            bosauth_config_set_session_file(config, next_string(in));
            break;
        case SESSION_STORAGE:
            bosauth_config_set_session_store(config, load, save, object_pointer(next_number(in)), release);
            break;
        default:
            return config;
        }
    }
}

METHOD(jbyteArray, clientNew, jbyteArray packed) {
    (void)class;
    arguments in = open_arguments(env, packed);
    const char *base_url = next_string(&in);
    bosauth_config *config = next_config(&in);
    bosauth_client client;
    bosauth_error *error;
    bosauth_client_new(base_url, config, &client, &error);
    bosauth_config_free(config);
    close_arguments(&in);
    return number_or_error(env, (int64_t)client, error);
}

METHOD(jint, clientFree, jlong client) {
    (void)env;
    (void)class;
    return bosauth_client_free((bosauth_client)client);
}

METHOD(jint, clientClose, jlong client, jlong wait_ms) {
    (void)env;
    (void)class;
    return bosauth_client_close((bosauth_client)client, wait_ms);
}

METHOD(jbyteArray, session, jlong client) {
    (void)class;
    bosauth_session *session;
    bosauth_error *error;
    bosauth_client_session((bosauth_client)client, &session, &error);
    return session_or_error(env, session, error);
}

METHOD(jbyteArray, exportSession, jlong client) {
    (void)class;
    bosauth_session *session;
    bosauth_error *error;
    bosauth_client_session((bosauth_client)client, &session, &error);
    if (session == NULL) {
        return failure(env, error);
    }
    results out = {.count = 0};
    add_number(&out, BOSAUTH_OK);
    add_string(&out, bosauth_session_export(session));
    jbyteArray result = to_java(env, &out);
    bosauth_session_free(session);
    return result;
}

METHOD(jbyteArray, saveSession, jlong client, jbyteArray packed) {
    (void)class;
    arguments in = open_arguments(env, packed);
    const char *token = next_string(&in);
    const char *record_json = next_string(&in);
    bosauth_error *error;
    bosauth_client_save_session((bosauth_client)client, token, record_json, &error);
    close_arguments(&in);
    return failure(env, error);
}

METHOD(jbyteArray, importSession, jlong client, jbyteArray packed) {
    (void)class;
    arguments in = open_arguments(env, packed);
    bosauth_error *error;
    bosauth_client_import_session((bosauth_client)client, next_string(&in), &error);
    close_arguments(&in);
    return failure(env, error);
}

METHOD(jbyteArray, clearSession, jlong client) {
    (void)class;
    bosauth_error *error;
    bosauth_client_clear_session((bosauth_client)client, &error);
    return failure(env, error);
}

METHOD(jbyteArray, syncSession, jlong client) {
    (void)class;
    bosauth_error *error;
    bosauth_client_sync_session((bosauth_client)client, &error);
    return failure(env, error);
}

/* Returns -1 for an invalid handle. */
METHOD(jlong, generation, jlong client) {
    (void)env;
    (void)class;
    uint64_t generation;
    return bosauth_client_generation((bosauth_client)client, &generation) == BOSAUTH_OK ? (jlong)generation : -1;
}

METHOD(jbyteArray, addListener, jlong client, jint number) {
    (void)class;
    bosauth_listener listener;
    bosauth_error *error;
    bosauth_client_add_listener((bosauth_client)client, changed, object_pointer(number), release, &listener, &error);
    return number_or_error(env, (int64_t)listener, error);
}

METHOD(jint, listenerFree, jlong listener) {
    (void)env;
    (void)class;
    return bosauth_listener_free((bosauth_listener)listener);
}

/* ---- calls ---- */

/* A setter that fails is reported by the call. */
static bosauth_options *next_options(arguments *in, jlong cancel) {
    bosauth_options *options = bosauth_options_new();
    bosauth_options_set_wait_hook(options, check_interrupt, NULL);
    if (cancel != 0) {
        bosauth_options_set_cancel(options, (bosauth_cancel)cancel);
    }
    const char *name;
    for (;;) {
        switch (next_number(in)) {
        case TIMEOUT_MS:
            bosauth_options_set_timeout_ms(options, next_number(in));
            break;
        case HEADER:
            name = next_string(in);
            bosauth_options_add_header(options, name, next_string(in));
            break;
        case QUERY:
            name = next_string(in);
            bosauth_options_add_query(options, name, next_string(in));
            break;
        case BODY_JSON:
            bosauth_options_set_body_json(options, next_string(in));
            break;
        case KEEP_SESSION:
            bosauth_options_set_keep_session(options, (int32_t)next_number(in));
            break;
        case MFA_ID:
            bosauth_options_set_mfa_id(options, next_string(in));
            break;
        default:
            return options;
        }
    }
}

typedef struct {
    arguments in;
    bosauth_options *options;
    bosauth_error *error;
} call;

static call begin(JNIEnv *env, jlong cancel, jbyteArray packed) {
    call started = {.in = open_arguments(env, packed)};
    started.options = next_options(&started.in, cancel);
    return started;
}

static void end(call *ended) {
    bosauth_options_free(ended->options);
    close_arguments(&ended->in);
}

/* Binds or unbinds a token. */
static jbyteArray change_binding(JNIEnv *env, jlong client, jlong cancel, jbyteArray packed,
                                 bosauth_status (*change)(bosauth_client, const char *, const char *, const char *,
                                                          const char *, const bosauth_options *, bosauth_error **)) {
    call c = begin(env, cancel, packed);
    const char *collection = next_string(&c.in);
    const char *email = next_string(&c.in);
    const char *password = next_string(&c.in);
    const char *token = next_string(&c.in);
    change((bosauth_client)client, collection, email, password, token, c.options, &c.error);
    end(&c);
    return failure(env, c.error);
}

METHOD(jbyteArray, bindToken, jlong client, jlong cancel, jbyteArray packed) {
    (void)class;
    return change_binding(env, client, cancel, packed, bosauth_bind_token);
}

METHOD(jbyteArray, unbindToken, jlong client, jlong cancel, jbyteArray packed) {
    (void)class;
    return change_binding(env, client, cancel, packed, bosauth_unbind_token);
}

METHOD(jbyteArray, authWithToken, jlong client, jlong cancel, jbyteArray packed) {
    (void)class;
    call c = begin(env, cancel, packed);
    const char *collection = next_string(&c.in);
    const char *token = next_string(&c.in);
    bosauth_session *session;
    bosauth_auth_with_token((bosauth_client)client, collection, token, c.options, &session, &c.error);
    end(&c);
    return session_or_error(env, session, c.error);
}

/* Logs in with a name, which is an identity or an OTP id, and a password or code. */
static jbyteArray log_in(JNIEnv *env, jlong client, jlong cancel, jbyteArray packed,
                         bosauth_status (*login)(bosauth_client, const char *, const char *, const char *,
                                                 const bosauth_options *, bosauth_session **, bosauth_error **)) {
    call c = begin(env, cancel, packed);
    const char *collection = next_string(&c.in);
    const char *name = next_string(&c.in);
    const char *password = next_string(&c.in);
    bosauth_session *session;
    login((bosauth_client)client, collection, name, password, c.options, &session, &c.error);
    end(&c);
    return session_or_error(env, session, c.error);
}

METHOD(jbyteArray, authWithPassword, jlong client, jlong cancel, jbyteArray packed) {
    (void)class;
    return log_in(env, client, cancel, packed, bosauth_auth_with_password);
}

METHOD(jbyteArray, requestOtp, jlong client, jlong cancel, jbyteArray packed) {
    (void)class;
    call c = begin(env, cancel, packed);
    const char *collection = next_string(&c.in);
    const char *email = next_string(&c.in);
    bosauth_string *otp_id;
    bosauth_request_otp((bosauth_client)client, collection, email, c.options, &otp_id, &c.error);
    end(&c);
    return string_or_error(env, otp_id, c.error);
}

METHOD(jbyteArray, authWithOtp, jlong client, jlong cancel, jbyteArray packed) {
    (void)class;
    return log_in(env, client, cancel, packed, bosauth_auth_with_otp);
}

METHOD(jbyteArray, authRefresh, jlong client, jlong cancel, jbyteArray packed) {
    (void)class;
    call c = begin(env, cancel, packed);
    bosauth_session *session;
    bosauth_auth_refresh((bosauth_client)client, c.options, &session, &c.error);
    end(&c);
    return session_or_error(env, session, c.error);
}

/* Returns the address of the response, for responseHeader() and responseFree(), the status and the body. */
METHOD(jbyteArray, send, jlong client, jlong cancel, jbyteArray packed) {
    (void)class;
    call c = begin(env, cancel, packed);
    const char *method = next_string(&c.in);
    const char *path = next_string(&c.in);
    size_t length;
    const char *body = next_bytes(&c.in, &length);
    bosauth_response *response;
    bosauth_send((bosauth_client)client, method, path, body, length, c.options, &response, &c.error);
    end(&c);
    if (response == NULL) {
        return failure(env, c.error);
    }
    results out = {.count = 0};
    add_number(&out, BOSAUTH_OK);
    add_number(&out, (int64_t)(intptr_t)response);
    add_number(&out, bosauth_response_http_status(response));
    const char *received = bosauth_response_body(response, &length);
    add_bytes(&out, received, length);
    jbyteArray result = to_java(env, &out);
    if (result == NULL) {
        bosauth_response_free(response);
    }
    return result;
}

METHOD(jbyteArray, responseHeader, jlong response, jbyteArray packed) {
    (void)class;
    arguments in = open_arguments(env, packed);
    results out = {.count = 0};
    add_string(&out, bosauth_response_header((const bosauth_response *)(intptr_t)response, next_string(&in)));
    close_arguments(&in);
    return to_java(env, &out);
}

METHOD(void, responseFree, jlong response) {
    (void)env;
    (void)class;
    bosauth_response_free((bosauth_response *)(intptr_t)response);
}
