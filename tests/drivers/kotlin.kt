// The scenario driver for Kotlin: runs each line of its input through the package io.bosauth.kotlin, and prints the
// result. The format is that of tests/scenarios/README.md.

import io.bosauth.BosauthException
import io.bosauth.CallOptions
import io.bosauth.Cancel
import io.bosauth.Client
import io.bosauth.Response
import io.bosauth.Session
import io.bosauth.SessionChange
import io.bosauth.SessionStorage
import io.bosauth.Status
import io.bosauth.StorageUnavailableException
import io.bosauth.Subscription
import io.bosauth.kotlin.CoroutineClient
import io.bosauth.kotlin.bosauthClient
import io.bosauth.kotlin.connectTimeout
import io.bosauth.kotlin.timeout
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.runBlocking

private const val UNKNOWN = "UNKNOWN VERB"

// A URL for clients that send nothing.
private const val UNUSED_URL = "http://127.0.0.1"

/** The store of `config session_store`. */
private class MemoryStorage : SessionStorage {
    var status = Status.OK
    var content: String? = null

    override fun load(): String? {
        check()
        return content
    }

    override fun save(session: String?) {
        check()
        content = session
    }

    private fun check() {
        if (status == Status.STORE_UNAVAILABLE) throw StorageUnavailableException("locked", null)
        check(status == Status.OK)
    }
}

// ---- fields and results ----

private fun decoded(field: String): String {
    if (field == "\"\"") return ""
    val bytes = ByteArrayOutputStream()
    var at = 0
    while (at < field.length) {
        if (field[at] == '%') {
            bytes.write(field.substring(at + 1, at + 3).toInt(16))
            at += 3
        } else {
            bytes.write(field[at++].code)
        }
    }
    return bytes.toString(Charsets.UTF_8)
}

private fun encoded(value: ByteArray): String {
    if (value.isEmpty()) return "OK \"\""
    val field = value.joinToString("") {
        if (it > 32 && it < 127 && it != '%'.code.toByte()) it.toInt().toChar().toString() else "%%%02X".format(it)
    }
    return "OK $field"
}

private fun encoded(value: String?) = encoded(value.orEmpty().toByteArray())

private fun failure(e: BosauthException): String {
    val argument = e.argument()?.let { " arg=$it" }.orEmpty()
    val outcome = if (e.isOutcomeUnknown) " outcome=unknown" else ""
    return "${e.status()} ${e.httpStatus()} ${e.action()}$argument$outcome"
}

private fun flag(value: Boolean) = if (value) 1 else 0

private fun show(session: Session?, part: String?): String {
    if (session == null) return "OK none"
    return when (part) {
        null -> {
            val expiry = if (session.expiresAt() == null) "unknown" else "known"
            val stored = session.storeStatus().let { if (it == Status.OK) "" else " store=$it" }
            "OK expiry=$expiry valid=${flag(session.isValid)} superuser=${flag(session.isSuperuser)}" +
                " kept=${flag(session.wasKept())}$stored"
        }
        "@token" -> encoded(session.token())
        "@record" -> encoded(session.recordJson())
        "@meta" -> encoded(session.metaJson())
        "@expires_at" -> "OK ${session.expiresAt()?.epochSecond ?: 0}"
        else -> encoded(session.field(part))
    }
}

private fun milliseconds(value: String) = value.toLong().milliseconds

/** A client, the settings of the next client and call, and the results of the last calls. */
private class Driver {
    private val storage = MemoryStorage()
    private val changes = mutableListOf<String>()
    private val listeners = mutableListOf<Subscription>()
    private val settings = mutableListOf<Client.Builder.() -> Unit>()
    private var options = CallOptions()
    private var cancel: Cancel? = null
    private var created: CoroutineClient? = null
    private var login: Session? = null
    private var response: Response? = null
    private var error: BosauthException? = null

    private val client get() = checkNotNull(created)

    fun close() = created?.close()

    suspend fun run(line: String): String {
        val words = line.split(" ")
        return try {
            run(words[0], words.drop(1).map(::decoded))
        } catch (e: BosauthException) {
            error = e
            failure(e)
        }
    }

    private suspend fun run(verb: String, a: List<String>): String {
        when (verb) {
            "config" -> return configure(a)
            "option" -> return option(a)
            "client" -> {
                val setters = settings.toList()
                settings.clear()
                created = bosauthClient(a[0]) { setters.forEach { it() } }
            }
            "cancel" -> return cancel(a[0])
            "bind" -> client.collection(a[0]).bindToken(a[1], a[2], a[3], nextOptions())
            "unbind" -> client.collection(a[0]).unbindToken(a[1], a[2], a[3], nextOptions())
            "login" -> return logIn { client.collection(a[0]).authWithToken(a[1], nextOptions()) }
            "login_with_password" ->
                return logIn { client.collection(a[0]).authWithPassword(a[1], a[2], nextOptions()) }
            "login_with_otp" -> return logIn { client.collection(a[0]).authWithOtp(a[1], a[2], nextOptions()) }
            "refresh" -> return logIn { client.authRefresh(nextOptions()) }
            "request_otp" -> return encoded(client.collection(a[0]).requestOtp(a[1], nextOptions()))
            "generate_token" -> return encoded(Client.generateToken())
            "send" -> {
                val received = client.send(a[0], a[1], a.getOrNull(2)?.toByteArray(), nextOptions())
                response = received
                return "OK ${received.status()}"
            }
            "received" ->
                return if (a[0] == "@body") encoded(response!!.body()) else encoded(response!!.header(a[0]))
            "save" -> client.saveSession(a[0], a.getOrNull(1))
            "clear" -> client.clearSession()
            "export" -> return client.exportSession()?.let(::encoded) ?: "OK none"
            "import" -> client.importSession(a[0])
            "sync" -> client.syncSession()
            "generation" -> return "OK ${client.generation}"
            "store" -> storage.status = Status.valueOf(a[0])
            "stored" -> return storage.content?.let(::encoded) ?: "OK none"
            "listen" -> listeners += client.client.addListener(::record)
            "unlisten" -> listeners.removeAt(listeners.lastIndex).close()
            "changes" -> return encoded(changes.joinToString(",")).also { changes.clear() }
            "session" -> return show(client.session(), a.firstOrNull())
            "result" -> return show(login, a.firstOrNull())
            "error" -> return partOfError(a[0])
            "free" -> client.close()
            "close" -> return if (client.client.close(java.time.Duration.ofMillis(a[0].toLong()))) "OK" else "TIMEOUT"
            else -> return UNKNOWN
        }
        return "OK"
    }

    private suspend fun logIn(call: suspend () -> Session): String {
        login = null
        val session = call()
        login = session
        return if (session.wasKept()) "OK kept" else "OK lost"
    }

    private fun record(change: SessionChange) {
        changes += "${change.kind()}:${change.generation()}:${change.session()?.token() ?: "-"}"
    }

    private fun partOfError(part: String): String {
        val e = checkNotNull(error)
        return when (part) {
            "message" -> encoded(e.message!!.removePrefix("${e.status()}: ").substringBefore(" (HTTP "))
            "server_message" -> encoded(e.serverMessage())
            "data" -> encoded(e.dataJson())
            "body" -> encoded(e.body())
            "url" -> encoded(e.url())
            "mfa_id" -> encoded(e.mfaId())
            "retry_after_ms" -> "OK ${e.retryAfter().toMillis()}"
            else -> UNKNOWN
        }
    }

    // ---- configuration and options ----

    private fun configure(a: List<String>): String {
        val setter = setting(a)
        settings += setter
        // The file is checked with the next client.
        if (a[0] == "session_file") return "OK"
        return try {
            bosauthClient(UNUSED_URL, setter).close()
            "OK"
        } catch (e: BosauthException) {
            e.status().name
        }
    }

    private fun setting(a: List<String>): Client.Builder.() -> Unit = {
        when (a[0]) {
            "timeout_ms" -> timeout(milliseconds(a[1]))
            "connect_timeout_ms" -> connectTimeout(milliseconds(a[1]))
            "max_response_bytes" -> maxResponseBytes(a[1].toLong())
            "user_agent" -> userAgent(a[1])
            "session_file" -> sessionFile(File(a[1]))
            "session_store" -> sessionStorage(storage)
            "roots_pem" -> addRootsPem(a[1])
            "header" -> header(a[1], a[2])
            else -> error(a[0])
        }
    }

    private fun nextOptions() = options.also { options = CallOptions() }

    private suspend fun option(a: List<String>): String {
        options.set(a)
        return if (a[0] == "cancel") "OK" else statusOf(CallOptions().apply { set(a) })
    }

    private fun CallOptions.set(a: List<String>) {
        when (a[0]) {
            "timeout_ms" -> timeout(milliseconds(a[1]))
            "keep_session" -> keepSession(a[1] != "0")
            "body_json" -> bodyJson(a[1])
            "mfa_id" -> mfaId(a[1])
            "query" -> query(a[1], a[2])
            "header" -> header(a[1], a[2])
            "cancel" -> cancel(checkNotNull(cancel))
            else -> error(a[0])
        }
    }

    /** Returns the error of options with which a call fails, or OK. The call accepts every option and sends nothing. */
    private suspend fun statusOf(options: CallOptions): String {
        val triggered = Cancel().apply { trigger() }
        return try {
            bosauthClient(UNUSED_URL).use { it.send("GET", "/a", null, options.cancel(triggered)) }
            "OK"
        } catch (e: BosauthException) {
            if (e.status() == Status.CANCELLED) "OK" else e.status().name
        }
    }

    private fun cancel(what: String): String {
        when (what) {
            "new" -> cancel = Cancel()
            "trigger" -> cancel?.trigger()
            "free" -> cancel = null
            else -> return UNKNOWN
        }
        return "OK"
    }
}

fun main(): Unit = runBlocking {
    val out = PrintStream(System.out, true, Charsets.UTF_8)
    var driver = Driver()
    for (line in generateSequence(::readLine)) {
        if (line == "reset") {
            driver.close()
            driver = Driver()
            out.println("OK")
        } else {
            out.println(driver.run(line))
        }
    }
    driver.close()
}
