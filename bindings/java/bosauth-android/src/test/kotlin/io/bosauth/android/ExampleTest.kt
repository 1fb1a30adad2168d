package io.bosauth.android

import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import android.widget.TextView
import com.example.login.MainActivity
import java.net.InetAddress
import java.net.ServerSocket
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController

/** The app in examples/android. */
@RunWith(RobolectricTestRunner::class)
class ExampleTest {
    class Example : MainActivity() {
        override val url: String
            get() = server
    }

    private companion object {
        var server = ""
    }

    @get:Rule
    val keystore = TestKeystore()

    @Before
    fun useTestServer() {
        server = ClientTest.variable("BOSAUTH_TEST_URL")
    }

    private fun started(): ActivityController<Example> = Robolectric.buildActivity(Example::class.java).setup()

    private fun views(activity: ActivityController<Example>): List<View> {
        val content = activity.get().findViewById(android.R.id.content) as ViewGroup
        val layout = content.getChildAt(0) as ViewGroup
        return List(layout.childCount, layout::getChildAt)
    }

    private fun message(activity: ActivityController<Example>): String =
        (views(activity)[0] as TextView).text.toString()

    /** Runs the main thread until the text is shown. */
    private fun awaitMessage(activity: ActivityController<Example>, text: String) {
        val end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1)
        while (!message(activity).startsWith(text)) {
            assertTrue(message(activity), System.nanoTime() < end)
            shadowOf(Looper.getMainLooper()).idle()
            Thread.sleep(5)
        }
    }

    private fun click(activity: ActivityController<Example>, label: String) {
        val button = views(activity).filterIsInstance<Button>().single { it.text == label }
        assertEquals(label, View.VISIBLE, button.visibility)
        button.performClick()
    }

    private fun logIn(activity: ActivityController<Example>) {
        awaitMessage(activity, "Please log in.")
        val (email, password) = views(activity).filterIsInstance<EditText>()
        email.setText("user@example.com")
        password.setText("correct horse 1")
        click(activity, "Log in")
        assertEquals("", password.text.toString())
        awaitMessage(activity, "hello user@example.com")
    }

    @Test
    fun accountIsLoggedInAfterARestart() {
        val first = started()
        logIn(first)
        first.pause().stop().destroy()
        val second = started()
        awaitMessage(second, "hello user@example.com")
        click(second, "Log out")
        awaitMessage(second, "Please log in.")
        second.destroy()
        assertEquals(0, keystore.keys.size)
    }

    @Test
    fun tokenLogsInWithoutASession() {
        val first = started()
        logIn(first)
        first.destroy()
        KeystoreSessionStorage(first.get()).save(null)
        assertNotNull(KeystoreToken(first.get()).load())
        val second = started()
        awaitMessage(second, "hello user@example.com")
        second.destroy()
    }

    @Test
    fun lockedKeystoreIsTriedAgain() {
        val first = started()
        logIn(first)
        first.destroy()
        keystore.fault = TestKeystore.Fault.LOCKED
        val second = started()
        awaitMessage(second, "Please try again")
        keystore.fault = null
        click(second, "Try again")
        awaitMessage(second, "hello user@example.com")
        second.destroy()
    }

    /** A server that accepts a connection, reads a request and does not respond. */
    private class SilentServer : AutoCloseable {
        private val listener = ServerSocket(0, 1, InetAddress.getLoopbackAddress())
        val url = "http://127.0.0.1:${listener.localPort}"
        val requested = CompletableFuture<Unit>()
        val ended = CompletableFuture<Unit>()

        init {
            Thread {
                listener.accept().use { socket ->
                    socket.getInputStream().read()
                    requested.complete(Unit)
                    socket.getInputStream().copyTo(java.io.OutputStream.nullOutputStream())
                    ended.complete(Unit)
                }
            }.start()
        }

        override fun close() = listener.close()
    }

    private fun await(future: CompletableFuture<Unit>) {
        val end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1)
        while (!future.isDone) {
            assertTrue(System.nanoTime() < end)
            shadowOf(Looper.getMainLooper()).idle()
            Thread.sleep(5)
        }
    }

    @Test
    fun rotationContinuesTheCallAndDestroyingCancelsIt() {
        SilentServer().use { silent ->
            server = silent.url
            KeystoreToken(RuntimeEnvironment.getApplication()).save("my-own-token")
            val activity = started()
            await(silent.requested)
            activity.recreate()
            shadowOf(Looper.getMainLooper()).idle()
            assertFalse(silent.ended.isDone)
            assertEquals("…", message(activity))
            activity.pause().stop().destroy()
            await(silent.ended)
        }
    }
}
