package io.bosauth;

/** Loads the library of Android into the emulator, in place of the class of the same name. */
final class Loader {
    private Loader() {}

    static void load() {
        AndroidProcess.load();
    }
}
