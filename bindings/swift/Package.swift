// swift-tools-version: 6.0

// On Linux, the installed library is found with pkg-config (docs/swift.md, "Install"). On Apple platforms,
// scripts/xcframework.sh builds it.

import PackageDescription

#if os(Linux)
    let library = Target.systemLibrary(name: "CBosauth", pkgConfig: "bosauth")
    let bosauth = Target.target(name: "Bosauth", dependencies: ["CBosauth"], exclude: ["PrivacyInfo.xcprivacy"])
#else
    let library = Target.binaryTarget(name: "CBosauth", path: "CBosauth.xcframework")
    let bosauth = Target.target(
        name: "Bosauth", dependencies: ["CBosauth"], resources: [.copy("PrivacyInfo.xcprivacy")])
#endif

let package = Package(
    name: "Bosauth",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [.library(name: "Bosauth", targets: ["Bosauth"])],
    targets: [library, bosauth, .testTarget(name: "BosauthTests", dependencies: ["Bosauth"])],
    swiftLanguageModes: [.v6]
)
