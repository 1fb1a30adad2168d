package com.example.login

import android.app.Activity
import android.os.Bundle
import android.text.InputType
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import io.bosauth.Secret

/** Logs in when it starts. The first time, it asks for email and password. */
open class MainActivity : Activity() {
    /** The machine that runs the emulator, with `cargo run -p bosbase-local`. */
    protected open val url = "http://10.0.2.2:8090"

    private lateinit var login: Login
    private lateinit var message: TextView
    private lateinit var email: EditText
    private lateinit var password: EditText
    private lateinit var logIn: Button
    private lateinit var retry: Button
    private lateinit var logOut: Button

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(newContent())
        val retained = lastNonConfigurationInstance as Login?
        login = retained ?: Login(this, url).also { it.resume() }
        login.observer = ::show
    }

    /** For the activity that is created after a rotation. */
    override fun onRetainNonConfigurationInstance(): Any = login

    override fun onDestroy() {
        if (isChangingConfigurations) {
            login.observer = {}
        } else {
            login.close()
        }
        super.onDestroy()
    }

    private fun newContent(): View {
        message = TextView(this)
        email = EditText(this).apply {
            hint = "email"
            inputType = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_EMAIL_ADDRESS
        }
        password = EditText(this).apply {
            hint = "password"
            inputType = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_VARIATION_PASSWORD
        }
        logIn = button("Log in") { login.logIn(email.text.toString(), takePassword()) }
        retry = button("Try again") { login.resume() }
        logOut = button("Log out") { login.logOut() }
        return LinearLayout(this).apply {
            orientation = LinearLayout.VERTICAL
            fitsSystemWindows = true
            listOf(message, email, password, logIn, retry, logOut).forEach(::addView)
        }
    }

    private fun button(label: String, action: () -> Unit): Button = Button(this).apply {
        text = label
        setOnClickListener { action() }
    }

    /** The password, without a String of it. */
    private fun takePassword(): Secret {
        val typed = password.text
        val chars = CharArray(typed.length)
        typed.getChars(0, chars.size, chars, 0)
        typed.clear()
        return Secret.of(chars)
    }

    private fun show(state: State) {
        message.text = when (state) {
            State.Working -> "…"
            is State.LoggedIn -> "hello ${state.email}"
            is State.LoggedOut -> state.message
            is State.Failed -> state.message
        }
        val canLogIn = state is State.LoggedOut || state is State.Failed
        listOf(email, password, logIn).forEach { it.isShown(canLogIn) }
        retry.isShown(state is State.Failed)
        logOut.isShown(state is State.LoggedIn)
    }

    private fun View.isShown(isShown: Boolean) {
        visibility = if (isShown) View.VISIBLE else View.GONE
    }
}
