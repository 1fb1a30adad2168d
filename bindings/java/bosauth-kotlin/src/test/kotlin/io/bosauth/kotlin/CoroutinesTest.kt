package io.bosauth.kotlin

import io.bosauth.AskCredentialsException
import io.bosauth.CallOptions
import io.bosauth.CancelledException
import io.bosauth.ChangeKind
import io.bosauth.Client
import io.bosauth.FixCallException
import io.bosauth.Status
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.toJavaDuration
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test

private const val EMAIL = "user@example.com"
private const val PASSWORD = "correct horse 1"

private fun client(): CoroutineClient {
    val url = System.getenv("BOSAUTH_TEST_URL")
    val message = "BOSAUTH_TEST_URL is not set; run: cargo test --test it java::"
    if (System.getenv("BOSAUTH_ALL_TOOLS") == "1") {
        assertNotNull(url, message)
    }
    assumeTrue(url != null, message)
    return bosauthClient(url)
}

class CoroutinesTest {
    @Test
    fun `a token logs in`() = runBlocking {
        client().use { client ->
            val users = client.collection("users")
            val token = Client.generateToken()
            users.bindToken(EMAIL, PASSWORD, token)
            val session = users.authWithToken(token)
            assertEquals(EMAIL, session.field("email"))
            assertEquals(session.token(), client.session()?.token())
            assertEquals(EMAIL, client.authRefresh().field("email"))
            users.unbindToken(EMAIL, PASSWORD, token)
            val error = runCatching { users.authWithToken(token) }.exceptionOrNull()
            assertEquals(Status.UNKNOWN_TOKEN, (error as AskCredentialsException).status())
            assertEquals(Status.OTP_INVALID, runCatching { users.authWithOtp(users.requestOtp(EMAIL), "1") }.status())
            client.send("GET", "/api/health").use { assertEquals(200, it.status()) }
        }
    }

    private fun Result<*>.status() = (exceptionOrNull() as io.bosauth.BosauthException).status()

    @Test
    fun `many logins run at the same time`() = runBlocking {
        client().use { client ->
            val token = Client.generateToken()
            client.collection("users").bindToken(EMAIL, PASSWORD, token)
            val logins = List(50) { async { client.collection("users").authWithToken(token).field("email") } }
            assertEquals(List(50) { EMAIL }, logins.awaitAll())
        }
    }

    /** A server that accepts connections, and does not respond. */
    private class Silent : AutoCloseable {
        private val listener = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
        private var socket: Socket? = null
        val client = bosauthClient("http://127.0.0.1:${listener.localPort}") { timeout(1.hours) }

        /** Waits for a byte of a request. */
        suspend fun awaitRequest() = withContext(Dispatchers.IO) {
            socket = listener.accept().also { it.getInputStream().read() }
        }

        /** Waits until the client has closed the connection. */
        suspend fun awaitEnd() = withContext(Dispatchers.IO) {
            socket?.getInputStream()?.transferTo(java.io.OutputStream.nullOutputStream())
        }

        /** Closes the client, and returns whether it has connected. */
        fun isConnected(): Boolean {
            client.client.close(1.minutes.toJavaDuration())
            listener.soTimeout = 1
            return runCatching { listener.accept() }.isSuccess
        }

        override fun close() {
            client.close()
            socket?.close()
            listener.close()
        }
    }

    @Test
    fun `cancelling a coroutine stops its call`() = runBlocking {
        Silent().use { server ->
            val login = launch { server.client.collection("users").authWithToken("t") }
            withTimeout(1.minutes) {
                launch { server.awaitRequest() }.join()
                login.cancel()
                server.awaitEnd()
                login.join()
            }
            assertTrue(login.isCancelled)
        }
    }

    @Test
    fun `a cancelled coroutine starts no call`() = runBlocking {
        Silent().use { server ->
            repeat(100) {
                launch {
                    coroutineContext.cancel()
                    server.client.send("GET", "/a")
                }.join()
            }
            assertFalse(server.isConnected())
        }
    }

    @Test
    fun `closing the client fails its calls and does not cancel their coroutines`() = runBlocking {
        Silent().use { server ->
            val login = async { runCatching { server.client.collection("users").authWithToken("t") } }
            withTimeout(1.minutes) { server.awaitRequest() }
            server.client.close()
            assertTrue(login.await().exceptionOrNull() is CancelledException)
            assertFalse(login.isCancelled)
        }
    }

    @Test
    fun `withTimeout stops the call`() = runBlocking {
        Silent().use { server ->
            val login = async { runCatching { withTimeout(50.milliseconds) { server.client.send("GET", "/a") } } }
            withTimeout(1.minutes) {
                server.awaitRequest()
                server.awaitEnd()
            }
            assertTrue(login.await().exceptionOrNull() is TimeoutCancellationException)
        }
    }

    @Test
    fun `timeouts are durations`() = runBlocking {
        Silent().use { server ->
            val options = CallOptions().timeout(20.milliseconds)
            assertEquals(Status.TIMEOUT, runCatching { server.client.send("GET", "/a", null, options) }.status())
        }
        val invalid = assertThrows(FixCallException::class.java) {
            bosauthClient("http://a") { connectTimeout(Duration.ZERO) }
        }
        assertEquals("ms", invalid.argument())
        assertEquals(java.time.Duration.ofMinutes(1), 1.minutes.toJavaDuration())
    }

    @Test
    fun `changes are a flow`() = runBlocking {
        client().use { client ->
            val changes = async(start = CoroutineStart.UNDISPATCHED) {
                client.changes.map { it.kind() to it.session()?.token() }.take(3).toList()
            }
            client.saveSession("first")
            val exported = checkNotNull(client.exportSession())
            client.clearSession()
            assertNull(client.session())
            client.importSession(exported)
            client.syncSession()
            val expected = listOf(ChangeKind.SAVE to "first", ChangeKind.CLEAR to null, ChangeKind.IMPORT to "first")
            assertEquals(expected, withTimeout(1.minutes) { changes.await() })
            assertEquals(3, client.generation)
        }
    }

    @Test
    fun `closing the client completes the flow of changes`() = runBlocking {
        for (close in listOf<(CoroutineClient) -> Unit>(
            { it.close() },
            { it.client.close(1.minutes.toJavaDuration()) },
        )) {
            val client = bosauthClient("http://127.0.0.1")
            val changes = List(2) {
                async(start = CoroutineStart.UNDISPATCHED) { client.changes.map { it.kind() }.toList() }
            }
            client.saveSession("first")
            client.clearSession()
            close(client)
            for (received in changes) {
                val kinds = withTimeout(1.minutes) { received.await() }
                assertEquals(listOf(ChangeKind.SAVE, ChangeKind.CLEAR), kinds)
            }
            assertEquals(0, withTimeout(1.minutes) { client.changes.toList() }.size)
        }
    }
}
