package io.bosauth;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The arguments of a native call, packed in one array. Every copy of them is zeroized. */
final class Arguments {
    private static final int LONGEST_CHARACTER = 3;

    private ByteBuffer buffer = allocate(256);

    private static ByteBuffer allocate(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }

    /** The array. It may be longer than its content. */
    byte[] array() {
        return buffer.array();
    }

    void zeroize() {
        Arrays.fill(buffer.array(), (byte) 0);
    }

    Arguments setting(Setting setting) {
        return number(setting.ordinal());
    }

    Arguments number(long number) {
        reserve(Long.BYTES);
        buffer.putLong(number);
        return this;
    }

    Arguments bytes(byte @Nullable [] bytes) {
        if (bytes == null) {
            return number(-1);
        }
        reserve(Long.BYTES + (long) bytes.length + 1);
        buffer.putLong(bytes.length).put(bytes).put((byte) 0);
        return this;
    }

    Arguments nullableString(String name, @Nullable CharSequence value) {
        return value == null ? number(-1) : string(name, value);
    }

    /**
     * Adds a string in UTF-8.
     *
     * @param name the name of the argument, for the exception
     * @throws IllegalArgumentException if the string has a lone surrogate or U+0000
     */
    Arguments string(String name, CharSequence value) {
        try {
            add(name, Objects.requireNonNull(value, name));
        } catch (RuntimeException | Error e) {
            zeroize();
            throw e;
        }
        return this;
    }

    private void add(String name, CharSequence value) {
        reserve(Long.BYTES + (long) value.length() * LONGEST_CHARACTER + 1);
        int start = buffer.position() + Long.BYTES;
        int end = start + encode(name, value, start);
        for (int at = start; at < end; at++) {
            if (buffer.get(at) == 0) {
                throw new IllegalArgumentException(name + " must not contain U+0000");
            }
        }
        buffer.putLong(end - start);
        // As a Buffer: that of ByteBuffer is missing in older versions of Android.
        ((Buffer) buffer).position(end);
        buffer.put((byte) 0);
    }

    /** Encodes a string at a position of the array, and returns the number of bytes. */
    private int encode(String name, CharSequence value, int start) {
        ByteBuffer out = ByteBuffer.wrap(buffer.array(), start, buffer.capacity() - start);
        // String.getBytes() would replace a lone surrogate by a question mark, which is another secret.
        CharsetEncoder encoder =
                StandardCharsets.UTF_8
                        .newEncoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
        CoderResult result = encoder.encode(CharBuffer.wrap(value), out, true);
        if (!result.isUnderflow()) {
            throw new IllegalArgumentException(name + " must not contain a lone surrogate");
        }
        return out.position() - start;
    }

    private void reserve(long size) {
        if (buffer.remaining() >= size) {
            return;
        }
        long capacity = Math.max(buffer.position() + size, 2L * buffer.capacity());
        byte[] content = buffer.array();
        try {
            ByteBuffer larger = allocate(Math.toIntExact(capacity));
            buffer = larger.put(content, 0, buffer.position());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("the arguments are too long");
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }
}
