package io.bosauth;

/** Calls the functions of the library in the emulator, in place of the class of the same name. */
final class Native {
    private Native() {}

    static byte[] version() {
        return AndroidProcess.bytes("version()[B");
    }

    static byte[] generateToken() {
        return AndroidProcess.bytes("generateToken()[B");
    }

    static long cancelNew() {
        return AndroidProcess.number("cancelNew()J");
    }

    static int cancelTrigger(long cancel) {
        return (int) AndroidProcess.number("cancelTrigger(J)I", cancel);
    }

    static int cancelFree(long cancel) {
        return (int) AndroidProcess.number("cancelFree(J)I", cancel);
    }

    static byte[] clientNew(byte[] arguments) {
        return AndroidProcess.bytes("clientNew([B)[B", arguments);
    }

    static int clientFree(long client) {
        return (int) AndroidProcess.number("clientFree(J)I", client);
    }

    static int clientClose(long client, long waitMs) {
        return (int) AndroidProcess.number("clientClose(JJ)I", client, waitMs);
    }

    static byte[] session(long client) {
        return AndroidProcess.bytes("session(J)[B", client);
    }

    static byte[] exportSession(long client) {
        return AndroidProcess.bytes("exportSession(J)[B", client);
    }

    static byte[] saveSession(long client, byte[] arguments) {
        return AndroidProcess.bytes("saveSession(J[B)[B", client, arguments);
    }

    static byte[] importSession(long client, byte[] arguments) {
        return AndroidProcess.bytes("importSession(J[B)[B", client, arguments);
    }

    static byte[] clearSession(long client) {
        return AndroidProcess.bytes("clearSession(J)[B", client);
    }

    static byte[] syncSession(long client) {
        return AndroidProcess.bytes("syncSession(J)[B", client);
    }

    static long generation(long client) {
        return AndroidProcess.number("generation(J)J", client);
    }

    static byte[] addListener(long client, int number) {
        return AndroidProcess.bytes("addListener(JI)[B", client, number);
    }

    static int listenerFree(long listener) {
        return (int) AndroidProcess.number("listenerFree(J)I", listener);
    }

    static byte[] bindToken(long client, long cancel, byte[] arguments) {
        return AndroidProcess.bytes("bindToken(JJ[B)[B", client, cancel, arguments);
    }

    static byte[] unbindToken(long client, long cancel, byte[] arguments) {
        return AndroidProcess.bytes("unbindToken(JJ[B)[B", client, cancel, arguments);
    }

    static byte[] authWithToken(long client, long cancel, byte[] arguments) {
        return AndroidProcess.bytes("authWithToken(JJ[B)[B", client, cancel, arguments);
    }

    static byte[] authWithPassword(long client, long cancel, byte[] arguments) {
        return AndroidProcess.bytes("authWithPassword(JJ[B)[B", client, cancel, arguments);
    }

    static byte[] requestOtp(long client, long cancel, byte[] arguments) {
        return AndroidProcess.bytes("requestOtp(JJ[B)[B", client, cancel, arguments);
    }

    static byte[] authWithOtp(long client, long cancel, byte[] arguments) {
        return AndroidProcess.bytes("authWithOtp(JJ[B)[B", client, cancel, arguments);
    }

    static byte[] authRefresh(long client, long cancel, byte[] arguments) {
        return AndroidProcess.bytes("authRefresh(JJ[B)[B", client, cancel, arguments);
    }

    static byte[] send(long client, long cancel, byte[] arguments) {
        return AndroidProcess.bytes("send(JJ[B)[B", client, cancel, arguments);
    }

    static byte[] responseHeader(long response, byte[] arguments) {
        return AndroidProcess.bytes("responseHeader(J[B)[B", response, arguments);
    }

    static void responseFree(long response) {
        AndroidProcess.number("responseFree(J)V", response);
    }
}
