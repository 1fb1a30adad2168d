package io.bosauth.android;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyPermanentlyInvalidatedException;
import android.security.keystore.UserNotAuthenticatedException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.Security;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import javax.crypto.Cipher;
import javax.crypto.CipherSpi;
import javax.crypto.KeyGenerator;
import javax.crypto.KeyGeneratorSpi;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.junit.rules.TestRule;
import org.junit.runner.Description;
import org.junit.runners.model.Statement;

/**
 * The Android Keystore and the certificate authorities of a device, which Robolectric lacks, as a provider of the JVM
 * during a test. Its keys are real AES keys. A test can lock it, invalidate its keys, and have it fail.
 *
 * <pre>{@code
 * @Rule public final TestKeystore keystore = new TestKeystore();
 * }</pre>
 */
public final class TestKeystore extends Provider implements TestRule {
    private static final long serialVersionUID = 1;
    private static final String NAME = "AndroidKeyStore";

    /** What fails. */
    public enum Fault {
        /** The use and the generation of keys. */
        LOCKED,
        /** The use of keys, for ever. */
        INVALIDATED,
        /** The use and the generation of keys, for another reason. */
        BROKEN,
        /** The deletion of keys. */
        UNDELETABLE
    }

    /** The texts that were encrypted and decrypted, in the arrays of the caller. */
    final transient List<byte[]> texts = new ArrayList<>();
    private final transient Provider ciphers = new Ciphers();
    final transient Map<String, TestKey> keys = new TreeMap<>();
    final transient Map<String, Certificate> authorities = new TreeMap<>();
    transient @Nullable Fault fault;

    public TestKeystore() {
        super(NAME, "1", "for tests");
        putService(new Part(this, "KeyStore", NAME, null, Keys::new));
        putService(new Part(this, "KeyStore", "AndroidCAStore", null, Authorities::new));
        putService(new Part(this, "KeyGenerator", "AES", null, Generator::new));
    }

    /** The provider of the ciphers. */
    private final class Ciphers extends Provider {
        private static final long serialVersionUID = 1;

        Ciphers() {
            super(NAME + "BCWorkaround", "1", "for tests");
            Map<String, String> keys = Map.of("SupportedKeyClasses", TestKey.class.getName());
            putService(new Part(this, "Cipher", "AES/GCM/NoPadding", keys, Gcm::new));
        }
    }

    private static final class Part extends Service {
        private final Supplier<Object> implementation;

        Part(
                Provider provider,
                String type,
                String algorithm,
                @Nullable Map<String, String> attributes,
                Supplier<Object> implementation) {
            super(provider, type, algorithm, TestKeystore.class.getName(), List.of(), attributes);
            this.implementation = implementation;
        }

        @Override
        public Object newInstance(Object parameter) {
            return implementation.get();
        }
    }

    /** Installs it for a test. */
    @Override
    public Statement apply(Statement test, Description description) {
        return new Statement() {
            @Override
            public void evaluate() throws Throwable {
                // As on Android: the keys are of the last provider, their ciphers of the first, since the others do
                // not know them.
                Security.addProvider(TestKeystore.this);
                Security.insertProviderAt(ciphers, 1);
                try {
                    test.evaluate();
                } finally {
                    Security.removeProvider(ciphers.getName());
                    Security.removeProvider(NAME);
                }
            }
        };
    }

    private void generated(String alias, TestKey key) {
        if (fault == Fault.LOCKED) {
            throw new ProviderException("Keystore operation failed", new UserNotAuthenticatedException());
        }
        if (fault == Fault.BROKEN) {
            throw new ProviderException("Failed to communicate with keystore service");
        }
        key.isInvalidated = false;
        keys.put(alias, key);
    }

    private boolean isLocked(TestKey key) {
        return fault == Fault.LOCKED || key.isLocked;
    }

    private void checkUsable(TestKey key) throws InvalidKeyException {
        if (isLocked(key)) {
            throw new UserNotAuthenticatedException();
        }
        if (fault == Fault.BROKEN) {
            throw new InvalidKeyException("Keystore operation failed", new GeneralSecurityException("-1000"));
        }
        if (key.isInvalidated) {
            throw new KeyPermanentlyInvalidatedException();
        }
    }

    /** Invalidates all keys that exist. */
    public void invalidate() {
        keys.values().forEach(key -> key.isInvalidated = true);
    }

    /** Locks or unlocks all keys that exist. */
    public void setLocked(boolean isLocked) {
        keys.values().forEach(key -> key.isLocked = isLocked);
    }

    /** A key that cannot be exported. */
    static final class TestKey implements SecretKey {
        private static final long serialVersionUID = 1;
        private final transient SecretKey key;
        private boolean isInvalidated;
        private boolean isLocked;

        TestKey(SecretKey key) {
            this.key = key;
        }

        @Override
        public String getAlgorithm() {
            return "AES";
        }

        @Override
        public @Nullable String getFormat() {
            return null;
        }

        @Override
        public byte @Nullable [] getEncoded() {
            return null;
        }
    }

    private final class Generator extends KeyGeneratorSpi {
        private KeyGenParameterSpec spec;

        @Override
        protected void engineInit(AlgorithmParameterSpec parameters, SecureRandom random) {
            spec = (KeyGenParameterSpec) parameters;
        }

        @Override
        protected SecretKey engineGenerateKey() {
            boolean isGcm = List.of(spec.getBlockModes()).equals(List.of("GCM"));
            boolean isUnpadded = List.of(spec.getEncryptionPaddings()).equals(List.of("NoPadding"));
            if (!isGcm || !isUnpadded || spec.getKeySize() != 256 || !spec.isRandomizedEncryptionRequired()) {
                throw new ProviderException("other parameters than AES-256-GCM with a random IV");
            }
            try {
                KeyGenerator generator = KeyGenerator.getInstance("AES", "SunJCE");
                generator.init(256);
                TestKey key = new TestKey(generator.generateKey());
                generated(spec.getKeystoreAlias(), key);
                return key;
            } catch (GeneralSecurityException e) {
                throw new ProviderException(e);
            }
        }

        @Override
        protected void engineInit(SecureRandom random) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void engineInit(int keySize, SecureRandom random) {
            throw new UnsupportedOperationException();
        }
    }

    private final class Gcm extends CipherSpi {
        private final Cipher cipher;
        private boolean isEncrypting;

        Gcm() {
            try {
                cipher = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE");
            } catch (GeneralSecurityException e) {
                throw new ProviderException(e);
            }
        }

        @Override
        protected void engineInit(int mode, Key key, SecureRandom random) throws InvalidKeyException {
            checkUsable((TestKey) key);
            isEncrypting = true;
            cipher.init(mode, ((TestKey) key).key);
        }

        @Override
        protected void engineInit(int mode, Key key, AlgorithmParameterSpec parameters, SecureRandom random)
                throws InvalidKeyException, InvalidAlgorithmParameterException {
            checkUsable((TestKey) key);
            if (mode == Cipher.ENCRYPT_MODE) {
                throw new InvalidAlgorithmParameterException("Caller-provided IV not permitted");
            }
            cipher.init(mode, ((TestKey) key).key, parameters);
        }

        @Override
        protected void engineInit(int mode, Key key, AlgorithmParameters parameters, SecureRandom random) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected byte[] engineGetIV() {
            return cipher.getIV();
        }

        @Override
        protected void engineUpdateAAD(byte[] data, int offset, int length) {
            cipher.updateAAD(data, offset, length);
        }

        @Override
        protected byte[] engineDoFinal(byte[] input, int offset, int length)
                throws javax.crypto.IllegalBlockSizeException, javax.crypto.BadPaddingException {
            byte[] output = cipher.doFinal(input, offset, length);
            texts.add(isEncrypting ? input : output);
            return output;
        }

        @Override
        protected int engineDoFinal(byte[] input, int offset, int length, byte[] output, int at) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected byte[] engineUpdate(byte[] input, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected int engineUpdate(byte[] input, int offset, int length, byte[] output, int at) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected int engineGetBlockSize() {
            return 16;
        }

        @Override
        protected int engineGetOutputSize(int length) {
            return cipher.getOutputSize(length);
        }

        @Override
        protected AlgorithmParameters engineGetParameters() {
            return cipher.getParameters();
        }

        @Override
        protected void engineSetMode(String mode) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void engineSetPadding(String padding) {
            throw new UnsupportedOperationException();
        }
    }

    private final class Keys extends ReadOnlyStore {
        @Override
        public @Nullable Key engineGetKey(String alias, char[] password) throws UnrecoverableKeyException {
            TestKey key = keys.get(alias);
            if (fault == Fault.INVALIDATED) {
                throw new UnrecoverableKeyException("Key permanently invalidated");
            }
            if (key != null && (isLocked(key) || fault == Fault.BROKEN)) {
                UnrecoverableKeyException e = new UnrecoverableKeyException("Failed to obtain information about key");
                e.initCause(isLocked(key) ? new UserNotAuthenticatedException() : new GeneralSecurityException());
                throw e;
            }
            return key;
        }

        @Override
        public void engineDeleteEntry(String alias) throws KeyStoreException {
            if (fault == Fault.UNDELETABLE) {
                throw new KeyStoreException("Failed to delete entry");
            }
            keys.remove(alias);
        }
    }

    private final class Authorities extends ReadOnlyStore {
        @Override
        public Enumeration<String> engineAliases() {
            return Collections.enumeration(authorities.keySet());
        }

        @Override
        public @Nullable Certificate engineGetCertificate(String alias) {
            return authorities.get(alias);
        }
    }

    /** What no test uses. */
    private abstract static class ReadOnlyStore extends KeyStoreSpi {
        @Override
        public Key engineGetKey(String alias, char[] password) throws UnrecoverableKeyException {
            throw new UnsupportedOperationException();
        }

        @Override
        public Certificate[] engineGetCertificateChain(String alias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Certificate engineGetCertificate(String alias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Date engineGetCreationDate(String alias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineSetCertificateEntry(String alias, Certificate certificate) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineDeleteEntry(String alias) throws KeyStoreException {
            throw new UnsupportedOperationException();
        }

        @Override
        public Enumeration<String> engineAliases() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean engineContainsAlias(String alias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int engineSize() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean engineIsKeyEntry(String alias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean engineIsCertificateEntry(String alias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String engineGetCertificateAlias(Certificate certificate) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineStore(OutputStream stream, char[] password) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void engineLoad(InputStream stream, char[] password) {}

        @Override
        public void engineLoad(KeyStore.LoadStoreParameter parameter) {}
    }
}
