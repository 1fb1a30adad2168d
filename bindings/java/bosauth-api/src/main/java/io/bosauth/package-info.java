/**
 * Binds an app's own token to a BosBase account, unbinds it, and logs in with it.
 *
 * <p>Start with {@link io.bosauth.Client#builder}. Threads may share all objects of this package, except {@link
 * io.bosauth.Client.Builder} and {@link io.bosauth.CallOptions} while they are changed. Passing null throws
 * NullPointerException unless the parameter is annotated with {@code @Nullable}. A string with U+0000 or a lone
 * surrogate throws IllegalArgumentException, whose message names the argument.
 */
@NullMarked
package io.bosauth;

import org.jspecify.annotations.NullMarked;
