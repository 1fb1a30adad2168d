/* Loads the native library of the Java library without a JVM, with all its symbols resolved:
 *
 *     load LIBRARY */
#include <stdio.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

int main(int argc, char **argv) {
    void *found = NULL;
    if (argc != 2) {
        return 2;
    }
#ifdef _WIN32
    HMODULE library = LoadLibraryA(argv[1]);
    found = library == NULL ? NULL : (void *)GetProcAddress(library, "JNI_OnLoad");
#else
    void *library = dlopen(argv[1], RTLD_NOW);
    if (library == NULL) {
        printf("%s\n", dlerror());
        return 1;
    }
    found = dlsym(library, "JNI_OnLoad");
#endif
    if (found == NULL) {
        printf("JNI_OnLoad not found\n");
        return 1;
    }
    printf("OK\n");
    return 0;
}
