package io.bosauth.kotlin

import io.bosauth.BosauthException
import io.bosauth.CallOptions
import io.bosauth.Client
import io.bosauth.FixCallException
import io.bosauth.Response
import io.bosauth.Session
import io.bosauth.SessionChange
import io.bosauth.SessionListener
import io.bosauth.Subscription
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext

/**
 * Creates a client of one BosBase server.
 *
 * ```
 * bosauthClient(url) { timeout(30.seconds) }.use { app ->
 *     println(app.collection("users").authWithToken("my-own-token").field("email"))
 * }
 * ```
 *
 * @param baseUrl as for [Client.builder]
 * @param configure sets the settings
 * @throws BosauthException INVALID_ARGUMENT
 */
public fun bosauthClient(baseUrl: String, configure: Client.Builder.() -> Unit = {}): CoroutineClient =
    CoroutineClient(Client.builder(baseUrl).apply(configure).build())

/** [Client.Builder.timeout] with a duration of Kotlin. */
public fun Client.Builder.timeout(timeout: Duration): Client.Builder = timeout(timeout.toJavaDuration())

/** [Client.Builder.connectTimeout] with a duration of Kotlin. */
public fun Client.Builder.connectTimeout(timeout: Duration): Client.Builder = connectTimeout(timeout.toJavaDuration())

/** [CallOptions.timeout] with a duration of Kotlin. */
public fun CallOptions.timeout(timeout: Duration): CallOptions = timeout(timeout.toJavaDuration())

/**
 * The calls of a [Client] as suspend functions. Coroutines and threads may share it.
 *
 * A call runs on a thread of the library and never blocks that of the coroutine. If the coroutine is cancelled, also by
 * `withTimeout`, the call is cancelled. Errors are [BosauthException], as for the methods of [Client] with the same
 * names, which document the rest.
 *
 * ```
 * withTimeout(10.seconds) {
 *     client.collection("users").authWithToken("my-own-token")
 * }
 * ```
 *
 * @property client the client, for calls that block
 */
public class CoroutineClient(public val client: Client) : AutoCloseable {
    /** Returns the calls for an auth collection. */
    public fun collection(name: String): CoroutineCollection = CoroutineCollection(client.collection(name))

    /**
     * The changes of the client's session from the start of the collection on, in order. The flow completes when the
     * client is closed, after the changes before that.
     *
     * ```
     * val changes = launch(start = CoroutineStart.UNDISPATCHED) {
     *     client.changes.collect { println("${it.kind()} ${it.session()}") }
     * }
     * client.collection("users").authWithToken("my-own-token")
     * changes.cancel()
     * ```
     */
    public val changes: Flow<SessionChange> =
        flow {
            // Unlimited, since the listener is called inside a call, which must not wait for a collector.
            val received = Channel<SessionChange>(Channel.UNLIMITED)
            subscription(received)?.use { emitAll(received) }
        }

    /** Sends the changes to a channel, which is closed with the client; null if the client is closed already. */
    private fun subscription(changes: Channel<SessionChange>): Subscription? {
        val listener = object : SessionListener {
            override fun changed(change: SessionChange) {
                changes.trySend(change)
            }

            override fun closed() {
                changes.close()
            }
        }
        return try {
            client.addListener(listener)
        } catch (e: FixCallException) {
            null
        }
    }

    /** See [Client.authRefresh]. */
    public suspend fun authRefresh(options: CallOptions = CallOptions()): Session =
        call { client.authRefreshAsync(options) }

    /**
     * See [Client.send].
     *
     * ```
     * client.send("GET", "/api/health").use { println(it.bodyAsString()) }
     * ```
     */
    public suspend fun send(
        method: String,
        path: String,
        body: ByteArray? = null,
        options: CallOptions = CallOptions(),
    ): Response = call { client.sendAsync(method, path, body, options) }

    /** See [Client.session]. */
    public suspend fun session(): Session? = withContext(Dispatchers.IO) { client.session() }

    /** See [Client.saveSession]. */
    public suspend fun saveSession(token: CharSequence, recordJson: CharSequence? = null): Unit =
        withContext(Dispatchers.IO) { client.saveSession(token, recordJson) }

    /** See [Client.clearSession]. */
    public suspend fun clearSession(): Unit = withContext(Dispatchers.IO) { client.clearSession() }

    /** See [Client.exportSession]. */
    public suspend fun exportSession(): String? = withContext(Dispatchers.IO) { client.exportSession() }

    /** See [Client.importSession]. */
    public suspend fun importSession(text: CharSequence): Unit =
        withContext(Dispatchers.IO) { client.importSession(text) }

    /** See [Client.syncSession]. */
    public suspend fun syncSession(): Unit = withContext(Dispatchers.IO) { client.syncSession() }

    /** See [Client.generation]. */
    public val generation: Long
        get() = client.generation()

    /** See [Client.close]. */
    override fun close(): Unit = client.close()

    override fun toString(): String = client.toString()
}
