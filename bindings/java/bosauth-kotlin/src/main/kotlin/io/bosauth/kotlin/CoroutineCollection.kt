package io.bosauth.kotlin

import io.bosauth.AuthCollection
import io.bosauth.CallOptions
import io.bosauth.Session

/**
 * The calls of an [AuthCollection] as suspend functions; see [CoroutineClient].
 *
 * ```
 * val users = client.collection("users")
 * users.bindToken("user@example.com", "correct horse 1", "my-own-token")
 * try {
 *     println(users.authWithToken("my-own-token").field("email"))
 * } catch (e: AskCredentialsException) {
 *     println("Please log in with your password.")
 * }
 * ```
 */
public class CoroutineCollection internal constructor(private val collection: AuthCollection) {
    /** See [AuthCollection.bindToken]. */
    public suspend fun bindToken(
        email: CharSequence,
        password: CharSequence,
        token: CharSequence,
        options: CallOptions = CallOptions(),
    ) {
        call { collection.bindTokenAsync(email, password, token, options) }
    }

    /** See [AuthCollection.unbindToken]. */
    public suspend fun unbindToken(
        email: CharSequence,
        password: CharSequence,
        token: CharSequence,
        options: CallOptions = CallOptions(),
    ) {
        call { collection.unbindTokenAsync(email, password, token, options) }
    }

    /** See [AuthCollection.authWithToken]. */
    public suspend fun authWithToken(token: CharSequence, options: CallOptions = CallOptions()): Session =
        call { collection.authWithTokenAsync(token, options) }

    /** See [AuthCollection.authWithPassword]. */
    public suspend fun authWithPassword(
        identity: CharSequence,
        password: CharSequence,
        options: CallOptions = CallOptions(),
    ): Session = call { collection.authWithPasswordAsync(identity, password, options) }

    /** See [AuthCollection.requestOtp]. */
    public suspend fun requestOtp(email: CharSequence, options: CallOptions = CallOptions()): String =
        call { collection.requestOtpAsync(email, options) }

    /** See [AuthCollection.authWithOtp]. */
    public suspend fun authWithOtp(
        otpId: CharSequence,
        code: CharSequence,
        options: CallOptions = CallOptions(),
    ): Session = call { collection.authWithOtpAsync(otpId, code, options) }

    override fun toString(): String = collection.toString()
}
