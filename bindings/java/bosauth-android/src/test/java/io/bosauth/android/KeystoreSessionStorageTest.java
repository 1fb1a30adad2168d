package io.bosauth.android;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import android.app.Application;
import android.content.Context;
import android.content.ContextWrapper;
import android.os.UserManager;
import io.bosauth.StorageUnavailableException;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.crypto.AEADBadTagException;
import javax.crypto.SecretKey;
import org.junit.Rule;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;
import org.robolectric.shadow.api.Shadow;
import org.robolectric.shadows.ShadowUserManager;

@RunWith(RobolectricTestRunner.class)
public class KeystoreSessionStorageTest {
    private static final String SESSION = "{\"token\":\"a secret \u00e9\ud83d\ude00\"}";

    @Rule public final TestKeystore keystore = new TestKeystore();

    private final Application context = RuntimeEnvironment.getApplication();
    private final KeystoreSessionStorage storage = new KeystoreSessionStorage(context);

    private Path file(String name) {
        return new File(context.getNoBackupFilesDir(), "bosauth/" + name).toPath();
    }

    /** A storage of the same name, as after a restart. */
    private String reloaded() throws Exception {
        return new KeystoreSessionStorage(context).load();
    }

    private static boolean isSession(String loaded) {
        return loaded.startsWith("{");
    }

    @Test
    public void sessionIsStoredAndRemoved() throws Exception {
        assertNull(storage.load());
        storage.save(SESSION);
        assertEquals(SESSION, reloaded());
        storage.save("another");
        assertEquals("another", reloaded());
        storage.save(null);
        assertNull(reloaded());
        storage.save(null);
        assertFalse(Files.exists(file("session-default")));
        assertEquals(Set.of(), keystore.keys.keySet());
    }

    @Test
    public void fileIsEncryptedWithAnIvOfItsOwn() throws Exception {
        storage.save(SESSION);
        byte[] first = Files.readAllBytes(file("session-default"));
        assertFalse(new String(first, StandardCharsets.ISO_8859_1).contains("secret"));
        assertEquals(SESSION.getBytes(StandardCharsets.UTF_8).length + FileCipher.OVERHEAD, first.length);
        storage.save(SESSION);
        byte[] second = Files.readAllBytes(file("session-default"));
        assertEquals(1, keystore.keys.size());
        assertEquals("the key is kept", FileCipher.slot(first), FileCipher.slot(second));
        for (int at = 2; at < first.length; at += 12) {
            int end = Math.min(at + 12, first.length);
            assertFalse("bytes from " + at, Arrays.equals(first, at, end, second, at, end));
        }
    }

    @Test
    public void largestSessionIsStored() throws Exception {
        String largest = "x".repeat((4 << 20) + (64 << 10));
        storage.save(largest);
        assertEquals(largest, reloaded());
        try (RandomAccessFile file = new RandomAccessFile(file("session-default").toFile(), "rw")) {
            // More than an array can hold.
            file.setLength(3L << 30);
        }
        assertFalse(isSession(reloaded()));
    }

    @Test
    public void textsAreZeroized() throws Exception {
        storage.save(SESSION);
        assertEquals(SESSION, storage.load());
        assertEquals(2, keystore.texts.size());
        for (byte[] text : keystore.texts) {
            assertArrayEquals(new byte[SESSION.getBytes(StandardCharsets.UTF_8).length], text);
        }
    }

    /** An activity has an application, which outlives it; an application that is being created has none. */
    @Test
    public void contextOfTheApplicationIsUsed() throws Exception {
        Context activity = new ContextWrapper(context) {
            @Override
            public File getNoBackupFilesDir() {
                throw new AssertionError("the activity is kept");
            }
        };
        new KeystoreSessionStorage(activity).save(SESSION);
        Context created = new ContextWrapper(context) {
            @Override
            public Context getApplicationContext() {
                return null;
            }
        };
        assertEquals(SESSION, new KeystoreSessionStorage(created).load());
    }

    @Test
    public void namesAreSeparate() throws Exception {
        KeystoreSessionStorage work = new KeystoreSessionStorage(context, "work");
        KeystoreToken token = new KeystoreToken(context, "work");
        storage.save(SESSION);
        work.save("of work");
        token.save("token of work");
        assertEquals(SESSION, storage.load());
        assertEquals("of work", work.load());
        assertEquals("token of work", token.load());
        storage.save(null);
        assertEquals("of work", work.load());
        work.save(null);
        assertEquals("token of work", token.load());
        assertEquals(Set.of("io.bosauth.token-work.0"), keystore.keys.keySet());
    }

    @Test
    public void nameIsPartOfTheCiphertext() throws Exception {
        KeystoreSessionStorage work = new KeystoreSessionStorage(context, "work");
        storage.save(SESSION);
        work.save("of work");
        Files.copy(file("session-default"), file("session-other"));
        keystore.keys.put("io.bosauth.session-other.0", keystore.keys.get("io.bosauth.session-default.0"));
        assertFalse(isSession(new KeystoreSessionStorage(context, "other").load()));
        assertEquals(SESSION, storage.load());
    }

    @Test
    public void invalidNamesAreRejected() {
        for (String name : new String[] {"", "a/b", "\u00e9", "a".repeat(65)}) {
            assertThrows(IllegalArgumentException.class, () -> new KeystoreSessionStorage(context, name));
            assertThrows(IllegalArgumentException.class, () -> new KeystoreToken(context, name));
        }
    }

    @Test
    public void lockedKeystoreIsUnavailable() throws Exception {
        storage.save(SESSION);
        for (TestKeystore.Fault fault : List.of(TestKeystore.Fault.LOCKED, TestKeystore.Fault.BROKEN)) {
            keystore.fault = fault;
            assertThrows(StorageUnavailableException.class, storage::load);
            assertThrows(StorageUnavailableException.class, () -> storage.save("another"));
            assertThrows(StorageUnavailableException.class, () -> new KeystoreToken(context).save("t"));
            keystore.fault = null;
            assertEquals(SESSION, storage.load());
        }
        assertEquals(1, keystore.keys.size());
    }

    /** A new key could replace the one that decrypts the session once it is unlocked. */
    @Test
    public void lockedKeyIsNotReplaced() throws Exception {
        storage.save(SESSION);
        keystore.setLocked(true);
        assertThrows(StorageUnavailableException.class, () -> storage.save("another"));
        keystore.setLocked(false);
        assertEquals(SESSION, storage.load());
    }

    @Test
    public void logoutWorksIfTheKeyCannotBeDeleted() throws Exception {
        storage.save(SESSION);
        keystore.fault = TestKeystore.Fault.UNDELETABLE;
        storage.save(null);
        assertFalse(Files.exists(file("session-default")));
        keystore.fault = null;
        storage.save(null);
        assertEquals(Set.of(), keystore.keys.keySet());
    }

    @Test
    @Config(sdk = 34)
    public void deviceThatWasNotUnlockedIsUnavailable() throws Exception {
        storage.save(SESSION);
        UserManager users = (UserManager) context.getSystemService(Context.USER_SERVICE);
        ShadowUserManager shadow = Shadow.extract(users);
        shadow.setUserUnlocked(false);
        assertThrows(StorageUnavailableException.class, storage::load);
        assertThrows(StorageUnavailableException.class, () -> storage.save(null));
        shadow.setUserUnlocked(true);
        assertEquals(SESSION, storage.load());
    }

    /** The file is kept until a session is stored, which has a new key. */
    private void checkUnreadable() throws Exception {
        byte[] before = Files.readAllBytes(file("session-default"));
        assertFalse(isSession(storage.load()));
        assertArrayEquals(before, Files.readAllBytes(file("session-default")));
        storage.save("another");
        assertEquals("another", reloaded());
        assertEquals(1, keystore.keys.size());
    }

    @Test
    public void invalidatedKeyIsReplaced() throws Exception {
        storage.save(SESSION);
        keystore.invalidate();
        checkUnreadable();
    }

    @Test
    public void keyThatIsInvalidatedWhenItIsReadIsReplaced() throws Exception {
        storage.save(SESSION);
        KeystoreToken token = new KeystoreToken(context);
        token.save("t");
        keystore.fault = TestKeystore.Fault.INVALIDATED;
        assertNull(token.load());
        assertFalse(isSession(storage.load()));
        storage.save("another");
        keystore.fault = null;
        assertEquals("another", reloaded());
    }

    /** As after a restore to another device. */
    @Test
    public void lostKeyIsReplaced() throws Exception {
        storage.save(SESSION);
        keystore.keys.clear();
        checkUnreadable();
    }

    @Test
    public void damagedFileIsReplaced() throws Exception {
        byte[][] damaged = {{}, {1}, new byte[100], "{\"bosauth\":1}".getBytes(StandardCharsets.UTF_8)};
        for (byte[] bytes : damaged) {
            storage.save(SESSION);
            Files.write(file("session-default"), bytes);
            checkUnreadable();
        }
    }

    @Test
    public void everyChangedByteIsDetected() throws Exception {
        storage.save(SESSION);
        byte[] stored = Files.readAllBytes(file("session-default"));
        for (int at = 0; at < stored.length; at++) {
            byte[] changed = stored.clone();
            changed[at] ^= 1;
            Files.write(file("session-default"), changed);
            assertFalse("byte " + at, isSession(storage.load()));
        }
        Files.write(file("session-default"), stored);
        assertEquals(SESSION, storage.load());
    }

    @Test
    public void interruptedWriteLeavesTheOldSession() throws Exception {
        storage.save(SESSION);
        byte[] stored = Files.readAllBytes(file("session-default"));
        Files.write(file("temporary-session-default"), Arrays.copyOf(stored, 20));
        assertEquals(SESSION, reloaded());
        storage.save("another");
        assertEquals("another", reloaded());
        assertFalse(Files.exists(file("temporary-session-default")));
    }

    @Test
    public void logoutRemovesWhatAnInterruptedWriteHasLeft() throws Exception {
        storage.save(SESSION);
        Files.createDirectories(file("temporary-session-default").resolve("a"));
        assertThrows(IOException.class, () -> storage.save(null));
        assertEquals(SESSION, storage.load());
        Files.delete(file("temporary-session-default").resolve("a"));
        Files.delete(file("temporary-session-default"));
        Files.write(file("temporary-session-default"), new byte[] {1});
        storage.save(null);
        assertFalse(Files.exists(file("temporary-session-default")));
        assertFalse(Files.exists(file("session-default")));
    }

    @Test
    public void failedRenameIsReported() throws Exception {
        Files.createDirectories(file("a"));
        ReplacedFile replaced = new ReplacedFile(file("").toFile(), "a");
        assertThrows(IOException.class, () -> replaced.write(new byte[] {1}));
    }

    @Test
    public void headerIsAuthenticated() throws Exception {
        storage.save(SESSION);
        SecretKey key = KeystoreKeys.find("io.bosauth.session-default.0");
        for (int at : new int[] {0, 1}) {
            byte[] stored = Files.readAllBytes(file("session-default"));
            assertEquals(0, FileCipher.slot(stored));
            FileCipher.decrypt(key, "session-default", stored);
            stored[at] ^= 1;
            assertThrows(AEADBadTagException.class, () -> FileCipher.decrypt(key, "session-default", stored));
        }
    }

    @Test
    public void otherFormatsHaveNoKey() {
        byte[] known = Arrays.copyOf(new byte[] {1, 1}, FileCipher.OVERHEAD);
        assertEquals(1, FileCipher.slot(known));
        assertEquals(FileCipher.NO_SLOT, FileCipher.slot(Arrays.copyOf(known, known.length - 1)));
        for (byte[] other : new byte[][] {{0, 1}, {2, 1}, {1, 2}, {1, -1}}) {
            assertEquals(FileCipher.NO_SLOT, FileCipher.slot(Arrays.copyOf(other, known.length)));
        }
    }

    @Test
    public void failedWriteLeavesTheOldSession() throws Exception {
        storage.save(SESSION);
        Files.createDirectory(file("temporary-session-default"));
        assertThrows(IOException.class, () -> storage.save("another"));
        keystore.invalidate();
        assertThrows(IOException.class, () -> storage.save("another"));
        assertTrue("the old key remains", keystore.keys.containsKey("io.bosauth.session-default.0"));
        Files.delete(file("temporary-session-default"));
        storage.save("another");
        assertEquals("another", reloaded());
    }

    /** A key that fails for the time being decrypts the file again, unless a session was stored in the meantime. */
    @Test
    public void newKeyDoesNotReplaceTheOldOneBeforeTheFile() throws Exception {
        storage.save(SESSION);
        for (int slot : new int[] {1, 0}) {
            keystore.invalidate();
            storage.save("in slot " + slot);
            assertEquals(slot, FileCipher.slot(Files.readAllBytes(file("session-default"))));
            assertEquals("in slot " + slot, reloaded());
        }
    }

    @Test
    public void storagesOfOneNameAreUsedByThreads() throws Exception {
        Thread[] threads = new Thread[8];
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < threads.length; i++) {
            String session = String.valueOf(i).repeat(1000);
            threads[i] = new Thread(() -> {
                try {
                    for (int round = 0; round < 20; round++) {
                        new KeystoreSessionStorage(context).save(session);
                        String loaded = reloaded();
                        assertEquals(loaded, loaded.substring(0, 1).repeat(1000));
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(0, failures.size());
    }

    @Test
    public void toStringNamesTheFile() {
        assertEquals("KeystoreSessionStorage[session-default]", storage.toString());
        assertEquals("KeystoreToken[token-default]", new KeystoreToken(context).toString());
        assertEquals("KeystoreToken[token-a]", new KeystoreToken(context, "a").toString());
    }
}
