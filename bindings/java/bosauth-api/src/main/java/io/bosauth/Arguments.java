package io.bosauth;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
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
        Objects.requireNonNull(value, name);
        reserve(Long.BYTES + (long) value.length() * LONGEST_CHARACTER + 1);
        int start = buffer.position() + Long.BYTES;
        int length;
        try {
            length = encode(value, start);
            for (int at = start; at < start + length; at++) {
                if (buffer.get(at) == 0) {
                    throw new IllegalArgumentException(name + " must not contain U+0000");
                }
            }
        } catch (CharacterCodingException e) {
            zeroize();
            throw new IllegalArgumentException(name + " must not contain a lone surrogate");
        } catch (RuntimeException | Error e) {
            zeroize();
            throw e;
        }
        buffer.putLong(length);
        // As a Buffer: that of ByteBuffer is missing in older versions of Android.
        ((Buffer) buffer).position(start + length);
        buffer.put((byte) 0);
        return this;
    }

    /** Encodes a string at a position of the array, and returns the number of bytes. */
    private int encode(CharSequence value, int start) throws CharacterCodingException {
        ByteBuffer out = ByteBuffer.wrap(buffer.array(), start, buffer.capacity() - start);
        // String.getBytes() would replace a lone surrogate by a question mark, which is another secret.
        CharsetEncoder encoder =
                StandardCharsets.UTF_8
                        .newEncoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT);
        CoderResult result = encoder.encode(CharBuffer.wrap(value), out, true);
        if (!result.isUnderflow()) {
            result.throwException();
        }
        return out.position() - start;
    }

    private void reserve(long size) {
        if (buffer.remaining() >= size) {
            return;
        }
        long capacity = Math.max(buffer.position() + size, 2L * buffer.capacity());
        ByteBuffer larger;
        try {
            larger = allocate(Math.toIntExact(capacity));
        } catch (ArithmeticException e) {
            zeroize();
            throw new IllegalArgumentException("the arguments are too long");
        }
        larger.put(buffer.array(), 0, buffer.position());
        zeroize();
        buffer = larger;
    }
}
