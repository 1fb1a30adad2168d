// swift-tools-version: 6.0

// The Swift package of bindings/swift. The manifest is here because SwiftPM clones a package by its URL and reads the
// manifest at the root.
//
// On Apple platforms, bindings/swift/scripts/xcframework.sh builds the library. On other systems, the installed library
// is found with pkg-config (docs/swift.md, "Install").

import PackageDescription

let directory = "bindings/swift"
let sources = "\(directory)/Sources"

#if canImport(Darwin)
    let library = Target.binaryTarget(name: "CBosauth", path: "\(directory)/CBosauth.xcframework")
    let bosauth = Target.target(
        name: "Bosauth", dependencies: ["CBosauth"], path: "\(sources)/Bosauth",
        resources: [.copy("PrivacyInfo.xcprivacy")])
#else
    let library = Target.systemLibrary(name: "CBosauth", path: "\(sources)/CBosauth", pkgConfig: "bosauth")
    let bosauth = Target.target(
        name: "Bosauth", dependencies: ["CBosauth"], path: "\(sources)/Bosauth",
        exclude: ["PrivacyInfo.xcprivacy"])
#endif

let tests = Target.testTarget(
    name: "BosauthTests", dependencies: ["Bosauth"], path: "\(directory)/Tests/BosauthTests")

let package = Package(
    name: "bosauth",
    // The first systems with `Duration`.
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [.library(name: "Bosauth", targets: ["Bosauth"])],
    targets: [library, bosauth, tests],
    swiftLanguageModes: [.v6]
)
