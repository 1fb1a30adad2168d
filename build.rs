//! Link flags of the shared library: its SONAME and hardening.

include!("src/abi.rs");

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/abi.rs");
    let major = BOSAUTH_ABI_VERSION >> 16;
    let target = |key: &str| std::env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    let flags = match (target("OS").as_str(), target("VENDOR").as_str()) {
        ("linux" | "android" | "freebsd" | "netbsd" | "openbsd", _) => vec![
            format!("-Wl,-soname,libbosauth.so.{major}"),
            // A thread that resolves a host name may still run after dlclose.
            "-Wl,-z,nodelete".into(),
            "-Wl,-z,relro".into(),
            "-Wl,-z,now".into(),
        ],
        (_, "apple") => vec![format!("-Wl,-install_name,@rpath/libbosauth.{major}.dylib")],
        _ => Vec::new(),
    };
    for flag in flags {
        println!("cargo:rustc-cdylib-link-arg={flag}");
    }
}
