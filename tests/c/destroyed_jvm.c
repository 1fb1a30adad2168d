/* Runs the class Late in a JVM and destroys the JVM, while a daemon thread waits for the lock of a session file. Its
 * call ends after that, with callbacks. Argument: an option of the JVM with the class path. */
#include <fcntl.h>
#include <jni.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static int run(JNIEnv *env) {
    jclass late = (*env)->FindClass(env, "Late");
    jmethodID start = late == NULL ? NULL : (*env)->GetStaticMethodID(env, late, "start", "()V");
    if (start != NULL) {
        (*env)->CallStaticVoidMethod(env, late, start);
    }
    if ((*env)->ExceptionCheck(env)) {
        (*env)->ExceptionDescribe(env);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    const int lock = open("session.lock", O_RDWR | O_CREAT, 0600);
    if (argc != 2 || lock < 0 || flock(lock, LOCK_EX) != 0) {
        return 2;
    }
    JavaVMOption option = {argv[1], NULL};
    JavaVMInitArgs arguments = {JNI_VERSION_1_6, 1, &option, JNI_FALSE};
    JavaVM *vm;
    JNIEnv *env;
    if (JNI_CreateJavaVM(&vm, (void **)&env, &arguments) != JNI_OK || run(env) != 0) {
        return 3;
    }
    (*vm)->DestroyJavaVM(vm);
    /* The call waits for the lock for 2 s. When it has the lock, it writes the file and calls the listener. */
    flock(lock, LOCK_UN);
    sleep(1);
    puts("end");
    return 0;
}
