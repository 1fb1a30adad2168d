package io.bosauth;

/** Creates the threads of the library. */
final class Threads {
    private Threads() {}

    /** Returns a daemon thread. Its context class loader is that of the library, which outlives that of an app. */
    static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.setContextClassLoader(Threads.class.getClassLoader());
        return thread;
    }
}
