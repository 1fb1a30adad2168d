package io.bosauth.kotlin

import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.future.await

/** Starts a call unless the coroutine is cancelled, and waits for it. If the coroutine is cancelled, so is the call. */
internal suspend fun <T> call(start: () -> CompletableFuture<T>): T {
    // await() would cancel the call only after its start.
    currentCoroutineContext().ensureActive()
    return start().await()
}
