package com.example.login

import android.content.Context
import io.bosauth.AskCredentialsException
import io.bosauth.BosauthException
import io.bosauth.CheckNetworkException
import io.bosauth.Client
import io.bosauth.ContactOperatorException
import io.bosauth.RetryLaterException
import io.bosauth.Secret
import io.bosauth.SecondFactorException
import io.bosauth.Session
import io.bosauth.StorageUnavailableException
import io.bosauth.android.KeystoreSessionStorage
import io.bosauth.android.KeystoreToken
import io.bosauth.kotlin.CoroutineClient
import io.bosauth.kotlin.bosauthClient
import java.io.IOException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** What the activity shows. */
sealed interface State {
    data object Working : State

    data class LoggedIn(val email: String) : State

    data class LoggedOut(val message: String) : State

    /** The user may retry. */
    data class Failed(val message: String) : State
}

/**
 * The login of the app. It outlives an activity that is recreated, such as at a rotation of the screen. Its functions
 * are called on the main thread, and never block it.
 */
class Login(context: Context, private val url: String) : AutoCloseable {
    private val context = context.applicationContext
    private val scope: CoroutineScope = MainScope()
    private var client: CoroutineClient? = null
    private var job: Job? = null

    /** Is called with the current state, and with each later one. */
    var observer: (State) -> Unit = {}
        set(value) {
            field = value
            value(state)
        }

    private var state: State = State.Working
        set(value) {
            field = value
            observer(value)
        }

    /** Continues the stored session, or logs in with the token that was bound at the first login. */
    fun resume(): Unit = run { client ->
        val session = storedSession(client)
        if (session != null && session.isValid) {
            loggedIn(session)
        } else {
            val token = withContext(Dispatchers.IO) { KeystoreToken(context).load() }
            if (token == null) {
                State.LoggedOut("Please log in.")
            } else {
                loggedIn(client.collection("users").authWithToken(token))
            }
        }
    }

    /** The first login: binds a token to the account, which logs in from now on. Zeroizes the password. */
    fun logIn(email: String, password: Secret): Unit = run { client ->
        password.use {
            val token = withContext(Dispatchers.IO) {
                // Stored before it is bound: an interrupted login binds the same token again.
                val stored = KeystoreToken(context)
                stored.load() ?: Client.generateToken().also(stored::save)
            }
            val users = client.collection("users")
            users.bindToken(email, it, token)
            loggedIn(users.authWithToken(token))
        }
    }

    /** Removes the session and the token from the device. */
    fun logOut(): Unit = run { client ->
        withContext(Dispatchers.IO) { KeystoreToken(context).save(null) }
        client.clearSession()
        State.LoggedOut("Please log in.")
    }

    /** Cancels a call in progress. */
    override fun close() {
        observer = {}
        scope.cancel()
        client?.close()
    }

    private fun run(step: suspend (CoroutineClient) -> State) {
        if (job?.isActive == true) {
            return
        }
        state = State.Working
        job = scope.launch {
            state = try {
                step(client ?: newClient().also { client = it })
            } catch (e: BosauthException) {
                stateAfter(e)
            } catch (e: StorageUnavailableException) {
                State.Failed("The device is locked. Please try again.")
            } catch (e: IOException) {
                State.Failed("The token cannot be stored: ${e.message}")
            }
        }
    }

    /** Loads the native library, which reads a file. */
    private suspend fun newClient(): CoroutineClient = withContext(Dispatchers.IO) {
        bosauthClient(url) { sessionStorage(KeystoreSessionStorage(context)) }
    }

    private suspend fun storedSession(client: CoroutineClient): Session? =
        try {
            client.session()
        } catch (e: AskCredentialsException) {
            // It can never be decrypted again. The next login replaces it.
            null
        }

    private fun loggedIn(session: Session): State = State.LoggedIn(session.field("email") ?: "unknown")

    private fun stateAfter(e: BosauthException): State = when (e) {
        is AskCredentialsException -> State.LoggedOut("Please log in: ${e.message}")
        is SecondFactorException -> State.LoggedOut("This account has a second factor, which this example lacks.")
        is RetryLaterException -> State.Failed("Please try again in ${e.retryAfter().seconds + 1} s.")
        is CheckNetworkException -> State.Failed("Please check the connection: ${e.message}")
        is ContactOperatorException -> State.Failed("Please contact the operator: ${e.message}")
        else -> State.Failed("This is a bug: ${e.message}")
    }
}
