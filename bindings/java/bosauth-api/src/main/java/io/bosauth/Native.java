package io.bosauth;

import org.jspecify.annotations.Nullable;

/** The functions of {@code bosauth_jni.c}, which documents the format of the arrays. */
final class Native {
    private Native() {}

    static native byte[] version();

    static native byte[] generateToken();

    static native long cancelNew();

    static native int cancelTrigger(long cancel);

    static native int cancelFree(long cancel);

    static native byte[] clientNew(byte[] arguments);

    static native int clientFree(long client);

    static native int clientClose(long client, long waitMs);

    static native byte @Nullable [] session(long client);

    static native byte @Nullable [] exportSession(long client);

    static native byte @Nullable [] saveSession(long client, byte[] arguments);

    static native byte @Nullable [] importSession(long client, byte[] arguments);

    static native byte @Nullable [] clearSession(long client);

    static native byte @Nullable [] syncSession(long client);

    static native long generation(long client);

    static native byte[] addListener(long client, int number);

    static native int listenerFree(long listener);

    static native byte @Nullable [] bindToken(long client, long cancel, byte[] arguments);

    static native byte @Nullable [] unbindToken(long client, long cancel, byte[] arguments);

    static native byte[] authWithToken(long client, long cancel, byte[] arguments);

    static native byte[] authWithPassword(long client, long cancel, byte[] arguments);

    static native byte[] requestOtp(long client, long cancel, byte[] arguments);

    static native byte[] authWithOtp(long client, long cancel, byte[] arguments);

    static native byte[] authRefresh(long client, long cancel, byte[] arguments);

    static native byte[] send(long client, long cancel, byte[] arguments);

    static native byte[] responseHeader(long response, byte[] arguments);

    static native void responseFree(long response);
}
