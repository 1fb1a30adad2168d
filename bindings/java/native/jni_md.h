/* The platform's part of jni.h, for every platform of build-native.sh: a JDK has it for its own platform only. The sizes
 * and calling convention are those of the JNI specification. */
#ifndef BOSAUTH_JNI_MD_H
#define BOSAUTH_JNI_MD_H

#include <stdint.h>

#ifdef _WIN32
#define JNIEXPORT __declspec(dllexport)
#define JNIIMPORT __declspec(dllimport)
#define JNICALL __stdcall
#else
#define JNIEXPORT __attribute__((visibility("default")))
#define JNIIMPORT
#define JNICALL
#endif

typedef int8_t jbyte;
typedef int32_t jint;
typedef int64_t jlong;

#endif
