# The oldest systems that the library for Apple platforms supports. scripts/xcframework.sh and xtask read this file. The
# Swift package requires newer ones, see Package.swift.
# shellcheck shell=sh
export MACOSX_DEPLOYMENT_TARGET=11.0
export IPHONEOS_DEPLOYMENT_TARGET=13.0
