//! The native library of the Java library, by bindings/java/build-native.sh.

use std::process::Command;

use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::{apple, tools};

/// Builds it from the static library. Does nothing for a target without Java.
pub fn build(target: &Target) -> Result<(), Failure> {
    let Some(platform) = target.java else {
        return Ok(());
    };
    let mut script = Command::new("sh");
    script
        .arg(tools::root().join("bindings/java/build-native.sh"))
        .args(["--platform", platform, "--output"])
        .arg(tools::output().join("jni"))
        .arg(target.archive())
        .env("CC", c_compiler(target)?);
    tools::run(&mut script).map(|_| ())
}

/// The C compiler of a target with its flags.
pub fn c_compiler(target: &Target) -> Result<String, Failure> {
    Ok(match target.system {
        System::Gnu | System::Musl => {
            let zig = tools::zig()?;
            format!("{} cc -target {} -lunwind", zig.display(), target.compiler)
        }
        System::Windows => "x86_64-w64-mingw32-gcc".into(),
        System::MacOs | System::Ios => {
            let compiler = apple::compiler(target)?;
            let (clang, sdk) = (compiler.clang.display(), compiler.sdk.display());
            format!("{clang} {} -isysroot {sdk}", compiler.flags.join(" "))
        }
    })
}
