package io.bosauth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native library: the file that the system property {@code bosauth.library} names, or else that of this
 * platform in the jar, which is extracted to a private temporary file and deleted again. On Android, it is a library of the app's package.
 */
final class Loader {
    /** The version of these classes, which the library must have too. */
    static final String VERSION = "0.1.0";

    private static final String PROPERTY = "bosauth.library";

    private static final String NOEXEC_ADVICE =
            "; if this file system is mounted noexec, set the system property java.io.tmpdir to another directory";

    private static boolean isLoaded;

    private Loader() {}

    /**
     * Loads the library unless this class loader has done so.
     *
     * @throws UnsatisfiedLinkError if it cannot be loaded, with the reason and the platform
     */
    static synchronized void load() {
        if (!isLoaded) {
            loadLibrary();
            checkVersion(new String(Native.version(), StandardCharsets.UTF_8));
            isLoaded = true;
        }
    }

    private static void loadLibrary() {
        String file = System.getProperty(PROPERTY);
        if (file != null) {
            loadFile(Path.of(file), "");
        } else if (isAndroid()) {
            System.loadLibrary("bosauth_jni");
        } else {
            loadResource();
        }
    }

    private static boolean isAndroid() {
        return "Dalvik".equals(System.getProperty("java.vm.name"));
    }

    /** Loads a file. The advice is added to the reason if it cannot be loaded. */
    private static void loadFile(Path file, String advice) {
        try {
            System.load(file.toAbsolutePath().toString());
        } catch (UnsatisfiedLinkError e) {
            // The JVM loads a file once in a process.
            boolean isTaken = String.valueOf(e.getMessage()).contains("already loaded in another classloader");
            String reason =
                    isTaken
                            ? "another class loader has loaded this file; load bosauth in a common parent,"
                                    + " or give each its own copy of the file"
                            : e.getMessage() + advice;
            throw error("bosauth: cannot load " + file + " on " + platform() + ": " + reason, e);
        }
    }

    private static void loadResource() {
        String platform = platform();
        String resource = "META-INF/bosauth/" + platform + "/" + System.mapLibraryName("bosauth_jni");
        // Class.getResourceAsStream() does not find the resources of other modules.
        try (InputStream library = Loader.class.getClassLoader().getResourceAsStream(resource)) {
            if (library == null) {
                throw error(
                        "bosauth: no native library for "
                                + platform
                                + " on the class path or module path; add the artifact io.bosauth:bosauth, or build the"
                                + " library and set the system property "
                                + PROPERTY
                                + " to its path",
                        null);
            }
            loadCopy(library);
        } catch (IOException e) {
            String directory = System.getProperty("java.io.tmpdir");
            throw error("bosauth: cannot extract " + resource + " to " + directory + ": " + e, e);
        }
    }

    private static void loadCopy(InputStream library) throws IOException {
        // Accessible by the owner only.
        Path directory = Files.createTempDirectory(Path.of(System.getProperty("java.io.tmpdir")), "bosauth");
        Path file = directory.resolve(System.mapLibraryName("bosauth_jni"));
        try {
            Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
            loadFile(file, NOEXEC_ADVICE);
        } finally {
            delete(file);
            delete(directory);
        }
    }

    /** Windows does not delete a file that is loaded. */
    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            path.toFile().deleteOnExit();
        }
    }

    static void checkVersion(String version) {
        if (!version.equals(VERSION)) {
            throw error("bosauth: the native library has version " + version + ", the classes have " + VERSION, null);
        }
    }

    private static UnsatisfiedLinkError error(String message, @Nullable Throwable cause) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(message);
        error.initCause(cause);
        return error;
    }

    /** Returns the name of this platform, such as "linux-x86_64". */
    private static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String architecture = architecture(System.getProperty("os.arch").toLowerCase(Locale.ROOT));
        if (system.startsWith("mac")) {
            return "macos-" + architecture;
        }
        if (system.startsWith("windows")) {
            return "windows-" + architecture;
        }
        return (isMusl() ? "linux-musl-" : system.replace(' ', '-') + "-") + architecture;
    }

    private static String architecture(String name) {
        switch (name) {
            case "amd64":
            case "x86_64":
            case "x64":
                return "x86_64";
            case "aarch64":
            case "arm64":
                return "aarch64";
            case "x86":
            case "i386":
            case "i586":
            case "i686":
                return "x86";
            default:
                return name;
        }
    }

    /** Returns whether the process uses musl as its libc. */
    private static boolean isMusl() {
        try {
            byte[] maps = Files.readAllBytes(Path.of("/proc/self/maps"));
            return new String(maps, StandardCharsets.ISO_8859_1).contains("/ld-musl-");
        } catch (IOException e) {
            return false;
        }
    }
}
