package io.bosauth;

import com.github.unidbg.AndroidEmulator;
import com.github.unidbg.arm.backend.BackendFactory;
import com.github.unidbg.arm.backend.Unicorn2Factory;
import com.github.unidbg.file.linux.AndroidFileIO;
import com.github.unidbg.linux.android.AndroidARM64Emulator;
import com.github.unidbg.linux.android.AndroidResolver;
import com.github.unidbg.linux.android.dvm.DvmClass;
import com.github.unidbg.linux.android.dvm.DvmObject;
import com.github.unidbg.linux.android.dvm.VM;
import com.github.unidbg.linux.android.dvm.jni.ProxyClassFactory;
import com.github.unidbg.memory.SvcMemory;
import com.github.unidbg.unix.UnixSyscallHandler;
import java.io.File;
import java.util.Collections;
import java.util.List;

/**
 * A process of Android 6 for arm64 with the library that the system property {@code bosauth.library} names. Its
 * callbacks run in this JVM. The emulator has one thread, so that calls wait for each other.
 */
final class AndroidProcess extends AndroidARM64Emulator {
    private static final List<BackendFactory> BACKENDS = Collections.singletonList(new Unicorn2Factory(false));

    private static AndroidProcess emulator;
    private static DvmClass functions;

    private AndroidProcess() {
        super("io.bosauth", null, BACKENDS);
    }

    @Override
    protected UnixSyscallHandler<AndroidFileIO> createSyscallHandler(SvcMemory memory) {
        return new SystemCalls(memory);
    }

    static synchronized void load() {
        if (emulator != null) {
            return;
        }
        emulator = new AndroidProcess();
        emulator.getMemory().setLibraryResolver(new AndroidResolver(23));
        VM vm = ((AndroidEmulator) emulator).createDalvikVM();
        vm.setDvmClassFactory(new ProxyClassFactory());
        vm.loadLibrary(new File(System.getProperty("bosauth.library")), true).callJNI_OnLoad(emulator);
        functions = vm.resolveClass("io/bosauth/Native");
    }

    /** Calls a function that returns an array. */
    static synchronized byte[] bytes(String function, Object... arguments) {
        DvmObject<?> array = functions.callStaticJniMethodObject(emulator, function, arguments);
        return array == null ? null : (byte[]) array.getValue();
    }

    /** Calls another function. */
    static synchronized long number(String function, Object... arguments) {
        return functions.callStaticJniMethodLong(emulator, function, arguments);
    }
}
