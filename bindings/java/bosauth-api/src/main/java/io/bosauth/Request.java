package io.bosauth;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A call with its arguments, to be made once: on this thread or on another. */
final class Request<T extends @Nullable Object> {
    /** A function of {@link Native}. */
    interface Function {
        byte @Nullable [] call(long client, long cancel, byte[] arguments);
    }

    /** Reads the results of a call. */
    interface Reader<T extends @Nullable Object> {
        T read(@Nullable Results results);
    }

    /** Each call in progress has a thread, so that a slow call does not delay others. */
    private static final ExecutorService THREADS =
            new ThreadPoolExecutor(
                    0,
                    Integer.MAX_VALUE,
                    10,
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(),
                    task -> Threads.daemon("bosauth-call", task));

    private final Client client;
    private final Function function;
    private final Arguments arguments;
    private final @Nullable Cancel cancel;
    private final Reader<T> reader;

    Request(Client client, Function function, Arguments arguments, CallOptions options, Reader<T> reader) {
        this.client = client;
        this.function = function;
        this.arguments = arguments;
        this.cancel = options.cancel();
        this.reader = reader;
    }

    T run() throws BosauthException {
        return run(cancel == null ? 0 : cancel.handle());
    }

    private T run(long handle) throws BosauthException {
        try {
            return client.read(function.call(client.handle(), handle, arguments.array()), reader);
        } finally {
            arguments.zeroize();
            if (cancel != null) {
                cancel.keepReachable();
            }
        }
    }

    CompletableFuture<T> start() {
        try {
            return start(Cancel.newHandle());
        } catch (RuntimeException | Error e) {
            arguments.zeroize();
            throw e;
        }
    }

    private CompletableFuture<T> start(long handle) {
        if (cancel != null) {
            cancel.add(handle);
        }
        CompletableFuture<T> future = new CompletableFuture<>();
        // Not only by cancel(): orTimeout() completes a future too. A call that has ended is not affected.
        future.whenComplete((result, failure) -> Native.cancelTrigger(handle));
        try {
            THREADS.execute(() -> complete(future, handle));
        } catch (RuntimeException | Error e) {
            free(handle);
            throw e;
        }
        return future;
    }

    private void complete(CompletableFuture<T> future, long handle) {
        try {
            T result = run(handle);
            free(handle);
            future.complete(result);
        } catch (Throwable e) {
            free(handle);
            future.completeExceptionally(e);
        }
    }

    /** Frees the handle of an asynchronous call. */
    private void free(long handle) {
        if (cancel != null) {
            cancel.remove(handle);
        }
        Native.cancelFree(handle);
    }
}
