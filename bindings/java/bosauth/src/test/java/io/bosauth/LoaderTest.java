package io.bosauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loader, in class loaders of their own. */
class LoaderTest {
    private static final String PLATFORM = "linux-" + System.getProperty("os.arch").replace("amd64", "x86_64");
    private static final String RESOURCE = "META-INF/bosauth/" + PLATFORM + "/libbosauth_jni.so";
    /** Where an ELF file has the number of its processor. */
    private static final int ELF_MACHINE = 18;
    private static final String TEMPORARY = System.getProperty("java.io.tmpdir");

    @TempDir Path directory;

    @AfterEach
    void reset() {
        System.clearProperty("bosauth.library");
        System.setProperty("java.io.tmpdir", TEMPORARY);
    }

    private static URL classes() {
        return Client.class.getProtectionDomain().getCodeSource().getLocation();
    }

    /** The directory or jar with the native libraries. */
    private static URL natives() throws Exception {
        URL resource = LoaderTest.class.getResource("/" + RESOURCE);
        assertNotNull(resource, RESOURCE);
        String url = resource.toString();
        url = url.substring(0, url.length() - RESOURCE.length());
        return new URL(url.startsWith("jar:") ? url.substring(4, url.length() - 2) : url);
    }

    /** Generates a token with the classes of a new class loader. */
    private static String generateToken(URL... urls) throws Throwable {
        URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
        try {
            return (String) loader.loadClass("io.bosauth.Client").getMethod("generateToken").invoke(null);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static String messageOfFailure(URL... urls) {
        return assertThrows(UnsatisfiedLinkError.class, () -> generateToken(urls)).getMessage();
    }

    private Path copyOfLibrary(String name) throws Exception {
        Path file = directory.resolve(name);
        try (InputStream library = LoaderTest.class.getResourceAsStream("/" + RESOURCE)) {
            Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return file;
    }

    @Test
    void classLoadersLoadCopies() throws Throwable {
        System.setProperty("java.io.tmpdir", directory.toString());
        assertEquals(43, generateToken(classes(), natives()).length());
        assertEquals(43, generateToken(classes(), natives()).length());
        try (var files = Files.list(directory)) {
            assertEquals(0, files.count(), "temporary files are deleted");
        }
    }

    @Test
    void fileIsLoadedByOneClassLoader() throws Throwable {
        System.setProperty("bosauth.library", copyOfLibrary("library.so").toString());
        assertEquals(43, generateToken(classes()).length());
        String message = messageOfFailure(classes());
        assertTrue(message.contains("library.so") && message.contains("another class loader"), message);
        System.setProperty("bosauth.library", copyOfLibrary("copy.so").toString());
        assertEquals(43, generateToken(classes()).length());
    }

    @Test
    void missingFileIsReported() {
        System.setProperty("bosauth.library", "/nonexistent/libbosauth_jni.so");
        String message = messageOfFailure(classes());
        assertTrue(message.contains("/nonexistent/libbosauth_jni.so on " + PLATFORM), message);
    }

    @Test
    void missingResourceIsReported() {
        String message = messageOfFailure(classes());
        assertTrue(message.startsWith("bosauth: no native library for " + PLATFORM), message);
        assertTrue(message.contains("io.bosauth:bosauth") && message.contains("bosauth.library"), message);
    }

    @Test
    void unwritableTemporaryDirectoryIsReported() throws Exception {
        System.setProperty("java.io.tmpdir", "/nonexistent");
        String message = messageOfFailure(classes(), natives());
        assertTrue(message.contains("cannot extract") && message.contains("/nonexistent"), message);
    }

    @Test
    void fileThatCannotBeLoadedIsReported() throws Exception {
        Path resource = directory.resolve(RESOURCE);
        Files.createDirectories(resource.getParent());
        byte[] library = Files.readAllBytes(copyOfLibrary("library.so"));
        library[ELF_MACHINE] = (byte) 0xff;
        Files.write(resource, library);
        String message = messageOfFailure(classes(), directory.toUri().toURL());
        assertTrue(message.contains("cannot load " + TEMPORARY), message);
        assertTrue(message.contains("noexec") && message.contains("java.io.tmpdir"), message);
    }

    /** Uses the library in a class loader, which it closes, and returns a reference to that. */
    private static WeakReference<ClassLoader> usedClassLoader() throws Throwable {
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {classes(), natives()}, ClassLoader.getPlatformClassLoader())) {
            Object builder = loader.loadClass("io.bosauth.Client").getMethod("builder", String.class)
                    .invoke(null, Server.url());
            Object client = builder.getClass().getMethod("build").invoke(builder);
            client.getClass().getMethod("send", String.class, String.class).invoke(client, "GET", "/api/health");
            client.getClass().getMethod("close").invoke(client);
            return new WeakReference<>(loader);
        }
    }

    @Test
    void classLoaderIsCollectedAfterUse() throws Throwable {
        WeakReference<ClassLoader> used = usedClassLoader();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (used.get() != null) {
            assertTrue(System.nanoTime() < deadline, "not collected");
            System.gc();
            Thread.sleep(10);
        }
    }

    @Test
    void otherVersionIsReported() {
        Loader.checkVersion(Loader.VERSION);
        String message = assertThrows(UnsatisfiedLinkError.class, () -> Loader.checkVersion("9.9.9")).getMessage();
        assertTrue(message.contains("9.9.9") && message.contains(Loader.VERSION), message);
    }
}
