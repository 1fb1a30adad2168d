package io.bosauth.android;

import java.io.File;
import java.nio.charset.StandardCharsets;

/** A process that replaces a file, which tests/it/android_module.rs traces and kills. */
final class ReplacedFileWriter {
    private ReplacedFileWriter() {}

    /** Prints the content of the file in a directory, and replaces it if there is a second argument. */
    public static void main(String[] arguments) throws Exception {
        ReplacedFile file = new ReplacedFile(new File(arguments[0]), "session");
        byte[] content = file.read();
        System.out.println(content == null ? "none" : new String(content, StandardCharsets.UTF_8));
        if (arguments.length > 1) {
            file.write(arguments[1].getBytes(StandardCharsets.UTF_8));
        }
    }
}
