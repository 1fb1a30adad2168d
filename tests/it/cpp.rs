//! The C++ wrapper: that it compiles wherever it should, misses nothing of the C library, and does what it says.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth::{Action, Status};
use bosbase_local::{Config, Seed, Server};

use crate::support::{library, markdown, server, tools};

const STRICT: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

/// Where the wrapper and its test programs are.
fn wrapper() -> PathBuf {
    tools::root().join("bindings/cpp")
}

/// The compilers that are here.
fn compilers() -> impl Iterator<Item = &'static str> {
    ["c++", "clang++"]
        .into_iter()
        .filter(|name| tools::has(name))
}

/// A compiler that finds both headers.
fn compiler(name: &str, standard: &str) -> Command {
    let mut command = Command::new(name);
    command
        .args(STRICT)
        .arg(format!("-std={standard}"))
        .arg("-I")
        .arg(wrapper())
        .arg("-isystem")
        .arg(tools::root().join("include"));
    command
}

/// A source of this text in the directory of built things.
fn source(name: &str, text: &str) -> PathBuf {
    let path = library::directory().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Compiles and links with the shared library.
fn linked(mut command: Command, sources: &[&Path], name: &str) -> PathBuf {
    let program = library::directory().join(name);
    let directory = library::directory().display();
    command
        .args(sources)
        .arg("-o")
        .arg(&program)
        .arg(format!("-L{directory}"))
        .args(["-lbosauth", "-pthread"])
        .arg(format!("-Wl,-rpath,{directory}"));
    tools::run(&mut command);
    program
}

/// One of the test programs, with every check for wrong memory that the compiler has.
fn program(name: &str, flags: &[&str]) -> PathBuf {
    program_in("c++17", name, flags)
}

/// The same in another standard.
fn program_in(standard: &str, name: &str, flags: &[&str]) -> PathBuf {
    let mut command = compiler("c++", standard);
    command.args(["-g", "-O1"]).args(flags);
    if has_sanitizers() {
        command.args(library::SANITIZERS);
    }
    let file = wrapper().join("tests").join(format!("{name}.cpp"));
    linked(command, &[&file], &format!("{standard}-{name}"))
}

fn has_sanitizers() -> bool {
    static FOUND: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *FOUND.get_or_init(|| {
        let file = source("empty.cpp", "int main() {}\n");
        let mut command = Command::new("c++");
        command
            .args(library::SANITIZERS)
            .arg(&file)
            .arg("-o")
            .arg(file.with_extension("out"));
        let found = command.output().unwrap().status.success();
        if !found {
            tools::skip("no sanitizers for C++");
        }
        found
    })
}

#[test]
fn wrapper_compiles_in_every_standard_and_exception_mode() {
    let twice = source(
        "twice.cpp",
        "#include <bosauth.hpp>\n#include <bosauth.hpp>\n",
    );
    for name in compilers() {
        for standard in ["c++17", "c++20", "c++2b"] {
            for exceptions in ["-fexceptions", "-fno-exceptions"] {
                let mut command = compiler(name, standard);
                command.args([exceptions, "-fsyntax-only"]).arg(&twice);
                for used in ["calls", "texts", "stops", "wiping", "exceptions", "memory"] {
                    let plain = ["exceptions", "memory"].contains(&used);
                    if !plain || exceptions == "-fexceptions" {
                        command.arg(wrapper().join("tests").join(format!("{used}.cpp")));
                    }
                }
                tools::run(&mut command);
            }
        }
    }
}

#[test]
fn wrapper_is_included_by_several_translation_units() {
    let one = source(
        "one.cpp",
        "#include <bosauth.hpp>\nint other();\nint main() { return other(); }\n",
    );
    let other = "#include <bosauth.hpp>\nint other();\nint other() { return bosauth::version().empty(); }\n";
    let other = source("other.cpp", other);
    for name in compilers() {
        let files = [one.as_path(), other.as_path()];
        let program = linked(compiler(name, "c++17"), &files, &format!("several-{name}"));
        tools::run(&mut Command::new(program));
    }
}

#[test]
fn clang_tidy_is_clean() {
    if !tools::has("clang-tidy") {
        return;
    }
    let mut tidy = Command::new("clang-tidy");
    tidy.arg("--quiet").arg(format!(
        "--config-file={}",
        wrapper().join(".clang-tidy").display()
    ));
    for name in ["calls", "stops", "exceptions"] {
        tidy.arg(wrapper().join("tests").join(format!("{name}.cpp")));
    }
    // The newest standard has all of the header.
    tidy.args(["--", "-std=c++20", "-I"])
        .arg(wrapper())
        .arg("-isystem")
        .arg(tools::root().join("include"));
    tools::run(&mut tidy);
}

#[test]
fn wrapper_uses_every_c_function_and_defines_no_macro() {
    let text = tools::read("bindings/cpp/bosauth.hpp");
    let macros: Vec<_> = text
        .lines()
        .filter(|line| line.trim_start().starts_with("#define"))
        .collect();
    assert_eq!(macros, ["#define BOSAUTH_HPP"]);
    let symbols = tools::read("include/abi-symbols.txt");
    let words: Vec<_> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    for symbol in symbols.lines() {
        assert!(words.contains(&symbol), "bosauth.hpp does not use {symbol}");
    }
}

#[test]
fn wrapper_enums_match_the_library() {
    let mut text = String::from("#include <bosauth.hpp>\nusing namespace bosauth;\nint main() {\n");
    let line = |kind: &str, name: &str, code: i32| {
        let value = format!("{kind}::{}", name.to_ascii_lowercase());
        format!(
            "static_assert(static_cast<int>({value}) == {code});\nif (name({value}) != \"{name}\") return {code};\n"
        )
    };
    for status in Status::ALL {
        text += &line("status_code", status.name(), status.code());
    }
    for action in Action::ALL {
        text += &line("action_code", action.name(), action.code());
    }
    text += "return 0; }\n";
    let file = source("numbers.cpp", &text);
    let program = linked(compiler("c++", "c++17"), &[&file], "cpp-numbers");
    tools::run(&mut Command::new(program));
    let header = tools::read("bindings/cpp/bosauth.hpp");
    let listed = |prefix: &str| header.matches(&format!("= {prefix}")).count();
    assert_eq!(listed("BOSAUTH_ERROR_"), Status::ALL.len());
    assert_eq!(listed("BOSAUTH_ACTION_"), Action::ALL.len());
}

/// A program compiled for a newer ABI than the library's has to find out before it calls what is not there.
#[test]
fn older_library_is_rejected() {
    let newer = library::directory().join("newer");
    fs::create_dir_all(&newer).unwrap();
    let header = tools::read("include/bosauth.h");
    let number = |abi: u32| format!("#define BOSAUTH_ABI_VERSION {abi}\n");
    let abi = library::BOSAUTH_ABI_VERSION;
    assert!(header.contains(&number(abi)));
    fs::write(
        newer.join("bosauth.h"),
        header.replace(&number(abi), &number(abi + 1)),
    )
    .unwrap();
    let text = "#include <bosauth.hpp>\n#include <cstdio>\nint main() {\n\
        const auto made = bosauth::client::make(\"http://127.0.0.1:9\");\n\
        if (made) return 1;\n\
        std::puts(made.error().to_string().c_str());\n\
        return made.error().action == bosauth::action_code::fix_call ? 0 : 2; }\n";
    let file = source("too-old.cpp", text);
    let mut command = Command::new("c++");
    command
        .arg("-std=c++17")
        .arg("-I")
        .arg(&newer)
        .arg("-I")
        .arg(wrapper());
    let printed = tools::run(&mut Command::new(linked(command, &[&file], "cpp-too-old")));
    let (high, low) = (abi >> 16, abi & 0xffff);
    assert_eq!(
        printed,
        format!(
            "UNSUPPORTED: the bosauth library that is loaded has ABI {high}.{low}; \
             this program was compiled for ABI {high}.{}\n",
            low + 1
        )
    );
}

#[test]
fn every_call_without_exceptions() {
    let server = server::demo();
    // Nobody listens here any more.
    let dead = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut calls = Command::new(program("calls", &["-fno-exceptions"]));
    calls
        .arg(server.base_url())
        .arg(format!("http://{dead}"))
        .arg(fixed_answers());
    tools::run(&mut calls);
}

#[test]
fn every_call_with_exceptions() {
    let server = server::demo();
    tools::run(Command::new(program("exceptions", &[])).arg(server.base_url()));
}

/// In C++20 with a stop token too.
#[test]
fn allocation_failure_leaks_nothing() {
    let server = server::demo();
    for standard in ["c++17", "c++20"] {
        tools::run(Command::new(program_in(standard, "memory", &[])).arg(server.base_url()));
    }
}

#[test]
fn cancellation_page_programs_run() {
    let server = server::demo();
    let unknown = "UNKNOWN_TOKEN: the token is not bound in this collection; bind it with email and password first";
    let prints = [format!("{unknown}\nstopped\n"), "stopped\n".to_owned()];
    let programs = markdown::programs("timeouts-and-cancel.md", "cpp");
    assert_eq!(programs.len(), prints.len());
    for (at, program) in programs.iter().enumerate() {
        let file = source(&format!("stopping-{at}.cpp"), program);
        let standard = if program.contains("jthread") {
            "c++20"
        } else {
            "c++17"
        };
        let program = linked(
            compiler("c++", standard),
            &[&file],
            &format!("stopping-{at}"),
        );
        assert_eq!(
            tools::run(Command::new(program).arg(server.base_url())),
            prints[at]
        );
    }
}

/// In C++20 by stop tokens too.
#[test]
fn calls_are_cancelled() {
    let server = server::demo();
    for standard in ["c++17", "c++20"] {
        let stops = program_in(standard, "stops", &["-fno-exceptions"]);
        tools::run(Command::new(stops).arg(server.base_url()));
    }
}

#[test]
fn invalid_strings_are_reported_and_valid_ones_arrive() {
    // As long as they may be, and of characters of three and four bytes.
    let email = "\u{6f22}".repeat(81) + "@example.com";
    let password = "\u{1f600}".repeat(17) + "abc";
    assert_eq!((email.len(), password.len()), (255, 71));
    let account = serde_json::json!({"collection": "users", "email": email, "password": password});
    let server = Server::start(Config {
        seed: Some(Seed::Text(
            serde_json::json!({"accounts": [account]}).to_string(),
        )),
        ..Config::default()
    })
    .unwrap();
    let mut texts = Command::new(program("texts", &["-fno-exceptions"]));
    tools::run(texts.arg(server.base_url()).arg(email).arg(password));
}

/// Without sanitizers: the program looks at memory by itself, which they would not allow.
#[test]
fn copies_of_secrets_are_zeroized() {
    let server = server::demo();
    let mut command = compiler("c++", "c++17");
    command.args(["-O2", "-fno-exceptions"]);
    let file = wrapper().join("tests/wiping.cpp");
    let program = linked(command, &[&file], "cpp-wiping");
    tools::run(Command::new(program).arg(server.base_url()));
}

/// A server for answers that `bosbase_local` does not give: by the collection in the path, one that never
/// changes, or for "echo" what was sent. It lives as long as the test.
fn fixed_answers() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            if response(&stream) == Answered::Never {
                silent.push(stream);
            }
        }
    });
    url
}

#[derive(PartialEq)]
enum Answered {
    Yes,
    Never,
}

/// Reads one request and answers it; the connection ends with the answer.
fn response(mut stream: &TcpStream) -> Answered {
    let request = request(stream);
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let api_error = |status: u16, message: &str, data: serde_json::Value| {
        serde_json::json!({"status": status, "message": message, "data": data}).to_string()
    };
    let none = || serde_json::json!({});
    let (head, body) = match path.split('/').nth(3).unwrap_or_default() {
        "mfa" => ("401 Unauthorized", r#"{"mfaId":"mfa-1"}"#.to_owned()),
        "busy" => (
            "429 Too Many Requests\r\nRetry-After: 7",
            api_error(429, "Slow down.", none()),
        ),
        "invalid" => {
            let data = serde_json::json!({"email": {"code": "x"}});
            ("400 Bad Request", api_error(400, "Invalid.", data))
        }
        "echo" => ("400 Bad Request", api_error(400, &request, none())),
        "silent" => return Answered::Never,
        _ => return Answered::Yes,
    };
    let length = body.len();
    // The client may have gone by its deadline.
    let _ = write!(
        stream,
        "HTTP/1.1 {head}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    Answered::Yes
}

/// The head and body of one request.
fn request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") && reader.read_line(&mut text).unwrap_or(0) > 0 {}
    let length = text
        .lines()
        .filter_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .next()
        .unwrap_or(0);
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    text + &String::from_utf8_lossy(&body)
}
