package io.bosauth;

import org.jspecify.annotations.Nullable;

/** Reads a field of a JSON object that the library has validated. */
final class JsonObject {
    private final String json;
    private int at;

    private JsonObject(String json) {
        this.json = json;
    }

    /** Returns the field: a string unchanged, any other value as JSON; null if there is none. */
    static @Nullable String field(String json, String name) {
        return json.isEmpty() ? null : new JsonObject(json).find(name);
    }

    private @Nullable String find(String name) {
        skipWhitespace();
        at++;
        skipWhitespace();
        while (json.charAt(at) != '}') {
            String found = string();
            skipWhitespace();
            at++;
            skipWhitespace();
            int start = at;
            boolean isString = json.charAt(at) == '"';
            String unescaped = isString ? string() : null;
            if (!isString) {
                skipValue();
            }
            if (found.equals(name)) {
                return unescaped != null && isUnicode(unescaped) ? unescaped : json.substring(start, at);
            }
            skipWhitespace();
            if (json.charAt(at) == ',') {
                at++;
                skipWhitespace();
            }
        }
        return null;
    }

    private void skipWhitespace() {
        while (" \t\r\n".indexOf(json.charAt(at)) >= 0) {
            at++;
        }
    }

    /** Skips a value that is not a string. */
    private void skipValue() {
        int depth = 0;
        while (true) {
            char c = json.charAt(at);
            if (c == '"') {
                string();
                continue;
            }
            if (depth == 0 && (c == ',' || c == '}' || " \t\r\n".indexOf(c) >= 0)) {
                return;
            }
            at++;
            if (c == '{' || c == '[') {
                depth++;
            } else if (c == '}' || c == ']') {
                depth--;
                if (depth == 0) {
                    return;
                }
            }
        }
    }

    /** Reads a string and returns it without escapes. */
    private String string() {
        StringBuilder out = new StringBuilder();
        at++;
        while (json.charAt(at) != '"') {
            char c = json.charAt(at++);
            out.append(c == '\\' ? escaped() : c);
        }
        at++;
        return out.toString();
    }

    private char escaped() {
        char c = json.charAt(at++);
        switch (c) {
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                at += 4;
                return (char) Integer.parseInt(json.substring(at - 4, at), 16);
            default:
                return c;
        }
    }

    /** Returns whether a string has neither U+0000 nor lone surrogates. */
    private static boolean isUnicode(String string) {
        int c;
        for (int at = 0; at < string.length(); at += Character.charCount(c)) {
            c = string.codePointAt(at);
            if (c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
                return false;
            }
        }
        return true;
    }
}
