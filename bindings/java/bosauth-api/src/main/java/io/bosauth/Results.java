package io.bosauth;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads the results of a native call, which are packed in one array. */
final class Results {
    private final ByteBuffer buffer;

    Results(byte[] packed) {
        buffer = ByteBuffer.wrap(packed).order(ByteOrder.nativeOrder());
    }

    long number() {
        return buffer.getLong();
    }

    byte[] bytes() {
        byte[] bytes = new byte[(int) number()];
        buffer.get(bytes);
        return bytes;
    }

    String string() {
        int length = (int) number();
        String string = new String(buffer.array(), buffer.position(), length, StandardCharsets.UTF_8);
        // As a Buffer: that of ByteBuffer is missing in older versions of Android.
        ((Buffer) buffer).position(buffer.position() + length);
        return string;
    }

    boolean flag() {
        return number() != 0;
    }

    void zeroize() {
        Arrays.fill(buffer.array(), (byte) 0);
    }
}
