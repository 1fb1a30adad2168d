package io.bosauth;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * A password or token in an array that can be zeroized, which a String cannot. All methods that take secrets accept it.
 *
 * <pre>{@code
 * char[] typed = "correct horse 1".toCharArray();
 * try (Secret password = Secret.of(typed)) {
 *     client.collection("users").authWithPassword("user@example.com", password);
 * }
 * }</pre>
 */
public final class Secret implements CharSequence, AutoCloseable {
    private final char[] chars;
    private final int length;

    private Secret(char[] chars, int length) {
        this.chars = chars;
        this.length = length;
    }

    /**
     * Returns a secret with these characters.
     *
     * @param chars the characters, which are not copied: {@link #close} zeroizes them
     * @return the secret
     */
    public static Secret of(char[] chars) {
        return new Secret(Objects.requireNonNull(chars, "chars"), chars.length);
    }

    /**
     * Returns a secret with the characters of a byte array.
     *
     * @param bytes UTF-8, which is copied
     * @return the secret, whose copy {@link #close} zeroizes
     * @throws IllegalArgumentException if the bytes are not UTF-8
     */
    public static Secret utf8(byte[] bytes) {
        CharBuffer chars = CharBuffer.allocate(Objects.requireNonNull(bytes, "bytes").length);
        CoderResult result =
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .decode(ByteBuffer.wrap(bytes), chars, true);
        if (result.isError()) {
            Arrays.fill(chars.array(), '\0');
            throw new IllegalArgumentException("bytes must be UTF-8");
        }
        return new Secret(chars.array(), chars.position());
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public char charAt(int index) {
        if (index >= length) {
            throw new IndexOutOfBoundsException("index " + index + ", length " + length);
        }
        return chars[index];
    }

    /**
     * Returns a copy of a part.
     *
     * @param start the start
     * @param end the end
     * @return a secret with its own array
     */
    @Override
    public Secret subSequence(int start, int end) {
        if (start < 0 || start > end || end > length) {
            throw new IndexOutOfBoundsException("start " + start + ", end " + end + ", length " + length);
        }
        return of(Arrays.copyOfRange(chars, start, end));
    }

    /** Zeroizes the array. */
    @Override
    public void close() {
        Arrays.fill(chars, '\0');
    }

    /** Returns "***", in contrast to other character sequences. */
    @Override
    public String toString() {
        return "***";
    }
}
