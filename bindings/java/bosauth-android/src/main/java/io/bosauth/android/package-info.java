/**
 * What an Android app needs beside {@code io.bosauth}: a storage for the session, encrypted by a key of the Keystore,
 * and the certificate authorities of the device. The artifact has the native libraries.
 */
@NullMarked
package io.bosauth.android;

import org.jspecify.annotations.NullMarked;
