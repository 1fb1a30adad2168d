package io.bosauth.android;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A file that is replaced as a whole: after a crash, it has the old or the new content. */
final class ReplacedFile {
    /** Of a session, 4 MiB and 64 KiB, encrypted. */
    static final int MAX_BYTES = (4 << 20) + (64 << 10) + FileCipher.OVERHEAD;

    private final File directory;
    private final File file;
    private final File temporary;

    ReplacedFile(File directory, String name) {
        this.directory = directory;
        file = new File(directory, name);
        temporary = new File(directory, "temporary-" + name);
    }

    /** Returns the content, of a file that is too large only its first bytes; null if there is no file. */
    byte @Nullable [] read() throws IOException {
        if (!file.exists()) {
            return null;
        }
        byte[] content = new byte[(int) Math.min(file.length(), MAX_BYTES)];
        try (InputStream input = new FileInputStream(file)) {
            int length = 0;
            while (length < content.length) {
                int read = input.read(content, length, content.length - length);
                if (read < 0) {
                    throw new IOException(file + " was truncated while it was read");
                }
                length += read;
            }
        }
        return content;
    }

    /** Replaces the content. */
    void write(byte[] content) throws IOException {
        if (!directory.isDirectory() && !directory.mkdirs()) {
            throw new FileNotFoundException("cannot create the directory " + directory);
        }
        try (FileOutputStream output = new FileOutputStream(temporary)) {
            output.write(content);
            output.getFD().sync();
        }
        if (!temporary.renameTo(file)) {
            throw new IOException("cannot rename " + temporary + " to " + file);
        }
    }

    /** Deletes the file, also what an interrupted write has left. */
    void delete() throws IOException {
        for (File each : new File[] {temporary, file}) {
            if (!each.delete() && each.exists()) {
                throw new IOException("cannot delete " + each);
            }
        }
    }
}
