// Cancels calls in flight from Java and Kotlin: `java CancelKt ROUNDS`. The server is in this process, reads requests and
// does not respond. Prints a row for each method: the time until the caller continues, and the time until the call has
// ended, which is when the server sees its connection closed.

import io.bosauth.BosauthException
import io.bosauth.CallOptions
import io.bosauth.Cancel
import io.bosauth.Client
import io.bosauth.kotlin.bosauthClient
import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.time.Duration
import java.util.concurrent.CancellationException
import java.util.concurrent.ExecutionException
import java.util.concurrent.Semaphore
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull

private const val DEADLINE_MS = 100L
private const val CALLS = 64

/** A server that reads requests and does not respond. */
private class SilentServer {
    private val listener = ServerSocket(0, 2 * CALLS, InetAddress.getLoopbackAddress())
    private val received = Semaphore(0)
    private val closed = Semaphore(0)
    @Volatile private var lastClosed = 0L
    val url = "http://127.0.0.1:${listener.localPort}"

    init {
        thread(isDaemon = true) { while (true) listener.accept().let { thread(isDaemon = true) { read(it) } } }
    }

    private fun read(socket: Socket) {
        val input = socket.getInputStream()
        val buffer = ByteArray(8192)
        if (input.read(buffer) > 0) {
            received.release()
        }
        try {
            while (input.read(buffer) > 0) {}
        } catch (e: IOException) {
            // A connection that is reset is closed, too.
        }
        lastClosed = System.nanoTime()
        socket.close()
        closed.release()
    }

    /** Waits until calls are in flight, and wait for their response. */
    fun awaitCalls(count: Int) {
        received.acquire(count)
        Thread.sleep(1)
    }

    /** Waits until the connections of calls are closed, and returns when the last one was. */
    fun awaitEnds(count: Int): Long {
        closed.acquire(count)
        return lastClosed
    }
}

private val server = SilentServer()

/** The times of one method, in microseconds: until the caller has continued and until the calls have ended. */
private class Times {
    private val continued = mutableListOf<Long>()
    private val ended = mutableListOf<Long>()

    fun add(start: Long, end: Long, calls: Int = 1) {
        continued += (end - start) / 1000
        ended += (server.awaitEnds(calls) - start) / 1000
    }

    private fun p(times: List<Long>, percent: Int) = times.sorted()[times.size * percent / 100]

    fun print(method: String) =
        println("| $method | ${p(continued, 50)} | ${p(continued, 99)} | ${p(ended, 50)} | ${p(ended, 99)} |")
}

private fun measure(method: String, rounds: Int, round: (Times) -> Unit) {
    repeat(rounds / 10 + 1) { round(Times()) }
    val times = Times()
    repeat(rounds) { round(times) }
    times.print(method)
}

private fun client(): Client = Client.builder(server.url).timeout(Duration.ofMinutes(10)).build()

/** A blocking call on a thread of its own, and when it has ended. */
private class Blocked(private val options: CallOptions = CallOptions(), client: Client) {
    @Volatile private var end = 0L
    val thread = thread {
        try {
            client.collection("users").authWithToken("token", options)
        } catch (e: BosauthException) {
            end = System.nanoTime()
        }
    }

    fun awaitEnd(): Long {
        thread.join()
        return end
    }
}

private fun byCancel(times: Times, client: Client) {
    val cancel = Cancel()
    val call = Blocked(CallOptions().cancel(cancel), client)
    server.awaitCalls(1)
    val start = System.nanoTime()
    cancel.trigger()
    times.add(start, call.awaitEnd())
}

private fun byInterrupt(times: Times, client: Client) {
    val call = Blocked(client = client)
    server.awaitCalls(1)
    // At any time within the 200 ms after which a waiting call looks for an interrupt.
    Thread.sleep((0..200L).random())
    val start = System.nanoTime()
    call.thread.interrupt()
    times.add(start, call.awaitEnd())
}

private fun byFuture(times: Times, client: Client) {
    val login = client.collection("users").authWithTokenAsync("token")
    server.awaitCalls(1)
    val start = System.nanoTime()
    login.cancel(true)
    try {
        login.join()
    } catch (e: CancellationException) {
        times.add(start, System.nanoTime())
    }
}

/** Counts from the deadline, not from the start of the call. */
private fun byOrTimeout(times: Times, client: Client) {
    val deadline = System.nanoTime() + DEADLINE_MS * 1_000_000
    try {
        client.collection("users").authWithTokenAsync("token").orTimeout(DEADLINE_MS, TimeUnit.MILLISECONDS).get()
    } catch (e: ExecutionException) {
        times.add(deadline, System.nanoTime())
    }
    server.awaitCalls(1)
}

private fun byTimeout(times: Times, client: Client) {
    val deadline = System.nanoTime() + DEADLINE_MS * 1_000_000
    try {
        val options = CallOptions().timeout(Duration.ofMillis(DEADLINE_MS))
        client.collection("users").authWithToken("token", options)
    } catch (e: BosauthException) {
        times.add(deadline, System.nanoTime())
    }
    server.awaitCalls(1)
}

private fun byCoroutine(times: Times) = runBlocking {
    bosauthClient(server.url).use { client ->
        val login = launch(Dispatchers.Default) { client.collection("users").authWithToken("token") }
        server.awaitCalls(1)
        val start = System.nanoTime()
        login.cancelAndJoin()
        times.add(start, System.nanoTime())
    }
}

private fun byWithTimeout(times: Times) = runBlocking {
    bosauthClient(server.url).use { client ->
        val deadline = System.nanoTime() + DEADLINE_MS * 1_000_000
        withTimeoutOrNull(DEADLINE_MS.milliseconds) { client.collection("users").authWithToken("token") }
        times.add(deadline, System.nanoTime())
        server.awaitCalls(1)
    }
}

private fun byClose(times: Times, calls: Int, close: (Client) -> Unit) {
    val client = client()
    val logins = List(calls) { client.collection("users").authWithTokenAsync("token") }
    server.awaitCalls(calls)
    val start = System.nanoTime()
    close(client)
    times.add(start, System.nanoTime(), calls)
    check(logins.all { it.isCompletedExceptionally || runCatching { it.join() }.isFailure })
}

fun main(args: Array<String>) {
    val rounds = args[0].toInt()
    client().use { client ->
        measure("`Cancel.trigger`, blocking call", rounds) { byCancel(it, client) }
        measure("`CompletableFuture.cancel`", rounds) { byFuture(it, client) }
        measure("coroutine, `cancelAndJoin`", rounds) { byCoroutine(it) }
        measure("`Thread.interrupt`", rounds / 10) { byInterrupt(it, client) }
        measure("`timeout` of the call, from the deadline", rounds / 10) { byTimeout(it, client) }
        measure("`orTimeout` of the future, from the deadline", rounds / 10) { byOrTimeout(it, client) }
        measure("`withTimeout`, from the deadline", rounds / 10) { byWithTimeout(it) }
    }
    measure("`close()`, 1 call", rounds) { byClose(it, 1) { client -> client.close() } }
    measure("`close()`, $CALLS calls", rounds / 10) { byClose(it, CALLS) { client -> client.close() } }
    measure("`close(wait)`, $CALLS calls", rounds / 10) {
        byClose(it, CALLS) { client -> check(client.close(Duration.ofMinutes(1))) }
    }
}
