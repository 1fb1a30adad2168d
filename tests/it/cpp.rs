//! The C++ wrapper: compilers and standards, coverage of the C API, behaviour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use bosauth::{Action, ChangeKind, Status};
use bosbase_local::{Config, Seed, Server};

use serde_json::{Value, json};

use crate::support::faulty_server::{Act, FaultyServer, Request};
use crate::support::responses::{JSON, response};
use crate::support::{library, markdown, server, tools};
use bosauth_test_support::closed_port::ClosedPort;

/// The directory of the wrapper and its test programs.
fn wrapper() -> PathBuf {
    tools::root().join("bindings/cpp")
}

/// The installed compilers.
fn compilers() -> impl Iterator<Item = &'static str> {
    ["c++", "clang++"]
        .into_iter()
        .filter(|name| tools::has(name))
}

/// A compiler with the paths of both headers.
fn compiler(name: &str, standard: &str) -> Command {
    let mut command = Command::new(name);
    command
        .args(library::STRICT)
        .arg("-Wconversion")
        .arg(format!("-std={standard}"))
        .arg("-I")
        .arg(wrapper())
        .arg("-isystem")
        .arg(tools::root().join("include"));
    command
}

/// Writes a source file.
fn source(name: &str, content: &str) -> PathBuf {
    let path = library::directory().join(name);
    fs::write(&path, content).unwrap();
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

/// Compiles a test program as C++17 with sanitizers.
fn program(name: &str, flags: &[&str]) -> PathBuf {
    program_in("c++17", name, flags)
}

/// Compiles a test program for a standard with sanitizers.
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
    static HAS_SANITIZERS: OnceLock<bool> = OnceLock::new();
    *HAS_SANITIZERS.get_or_init(|| {
        let file = source("empty.cpp", "int main() {}\n");
        let mut command = Command::new("c++");
        command
            .args(library::SANITIZERS)
            .arg(&file)
            .arg("-o")
            .arg(file.with_extension("out"));
        let has = command.output().unwrap().status.success();
        if !has {
            tools::skip("no sanitizers for C++");
        }
        has
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
                for used in [
                    "calls",
                    "strings",
                    "cancellation",
                    "zeroize",
                    "exceptions",
                    "memory",
                    "sessions",
                ] {
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
    for name in ["calls", "cancellation", "exceptions", "sessions"] {
        tidy.arg(wrapper().join("tests").join(format!("{name}.cpp")));
    }
    // The newest standard compiles all of the header.
    tidy.args(["--", "-std=c++20", "-I"])
        .arg(wrapper())
        .arg("-isystem")
        .arg(tools::root().join("include"));
    tools::run(&mut tidy);
}

#[test]
fn wrapper_uses_every_c_function_and_defines_no_macro() {
    let wrapper = tools::read("bindings/cpp/bosauth.hpp");
    let is_macro = |line: &&str| line.trim_start().starts_with("#define");
    let macros: Vec<_> = wrapper.lines().filter(is_macro).collect();
    assert_eq!(macros, ["#define BOSAUTH_HPP"]);
    let symbols = tools::read("include/abi-symbols.txt");
    let words = wrapper.split(|c: char| !c.is_alphanumeric() && c != '_');
    let words: Vec<_> = words.collect();
    for symbol in symbols.lines() {
        assert!(words.contains(&symbol), "bosauth.hpp does not use {symbol}");
    }
}

#[test]
fn wrapper_enums_match_the_library() {
    let mut program =
        String::from("#include <bosauth.hpp>\nusing namespace bosauth;\nint main() {\n");
    let line = |kind: &str, name: &str, code: i32| {
        let value = format!("{kind}::{}", name.to_ascii_lowercase());
        format!(
            "static_assert(static_cast<int>({value}) == {code});\nif (name({value}) != \"{name}\") return {code};\n"
        )
    };
    for status in Status::ALL {
        program += &line("status_code", status.name(), status.code());
    }
    for action in Action::ALL {
        program += &line("action_code", action.name(), action.code());
    }
    for change in ChangeKind::ALL {
        let (name, code) = (change.name().to_ascii_lowercase(), change.code());
        program += &format!("static_assert(static_cast<int>(change_kind::{name}) == {code});\n");
    }
    program += "return 0; }\n";
    let file = source("numbers.cpp", &program);
    let program = linked(compiler("c++", "c++17"), &[&file], "cpp-numbers");
    tools::run(&mut Command::new(program));
    let header = tools::read("bindings/cpp/bosauth.hpp");
    let listed = |prefix: &str| header.matches(&format!("= {prefix}")).count();
    assert_eq!(listed("BOSAUTH_ERROR_"), Status::ALL.len());
    assert_eq!(listed("BOSAUTH_ACTION_"), Action::ALL.len());
    assert_eq!(listed("BOSAUTH_CHANGE_"), ChangeKind::ALL.len());
}

/// A program compiled for a newer ABI must detect the older library before it calls a missing function.
#[test]
fn older_library_is_rejected() {
    let newer = library::directory().join("newer");
    fs::create_dir_all(&newer).unwrap();
    let header = tools::read("include/bosauth.h");
    let number = |abi: u32| format!("#define BOSAUTH_ABI_VERSION {abi}\n");
    let abi = library::BOSAUTH_ABI_VERSION;
    assert!(header.contains(&number(abi)));
    let header = header.replace(&number(abi), &number(abi + 1));
    fs::write(newer.join("bosauth.h"), header).unwrap();
    let program = "#include <bosauth.hpp>\n#include <cstdio>\nint main() {\n\
        const auto client = bosauth::client::make(\"http://127.0.0.1:9\");\n\
        if (client || bosauth::try_generate_token()) return 1;\n\
        std::puts(client.error().to_string().c_str());\n\
        return client.error().action == bosauth::action_code::fix_call ? 0 : 2; }\n";
    let file = source("too-old.cpp", program);
    let mut command = Command::new("c++");
    command
        .arg("-std=c++17")
        .arg("-I")
        .arg(&newer)
        .arg("-I")
        .arg(wrapper());
    let printed = tools::run(&mut Command::new(linked(command, &[&file], "cpp-too-old")));
    let (major, minor) = (abi >> 16, abi & 0xffff);
    let expected = format!(
        "UNSUPPORTED: the bosauth library that is loaded has ABI {major}.{minor}; \
         this program was compiled for ABI {major}.{}\n",
        minor + 1
    );
    assert_eq!(printed, expected);
}

/// In C++17, and in C++20 with spans.
#[test]
fn every_call_without_exceptions() {
    let server = server::with_second_factors();
    let closed = ClosedPort::new();
    let fixed = fixed_responses();
    for standard in ["c++17", "c++20"] {
        let mut calls = Command::new(program_in(standard, "calls", &["-fno-exceptions"]));
        calls
            .arg(server.base_url())
            .arg(format!("http://{}", closed.address()))
            .arg(fixed.url());
        tools::run(&mut calls);
    }
}

/// In C++17, and in C++20 with spans.
#[test]
fn every_call_with_exceptions() {
    let server = server::with_second_factors();
    for standard in ["c++17", "c++20"] {
        let exceptions = program_in(standard, "exceptions", &[]);
        tools::run(Command::new(exceptions).arg(server.base_url()));
    }
}

/// With and without exceptions of the store.
#[test]
fn sessions_are_stored_and_changes_received() {
    let server = server::demo();
    for mode in ["-fexceptions", "-fno-exceptions"] {
        let directory = tools::empty(&format!("cpp-sessions{mode}"));
        let mut sessions = Command::new(program("sessions", &[mode]));
        tools::run(sessions.arg(server.base_url()).arg(directory));
    }
}

#[test]
fn exception_of_a_listener_ends_the_process() {
    let program = "#include <bosauth.hpp>\n#include <cstdlib>\nint main() {\n\
        std::set_terminate([] { std::_Exit(42); });\n\
        const bosauth::client client(\"http://127.0.0.1:9\");\n\
        const auto throws = [](const bosauth::change&) { throw 1; };\n\
        const auto listening = client.add_listener(throws);\n\
        try { client.save_session(\"t\"); } catch (...) { return 1; }\n\
        return 0; }\n";
    let file = source("throwing-listener.cpp", program);
    let program = linked(compiler("c++", "c++17"), &[&file], "cpp-throwing-listener");
    assert_eq!(Command::new(program).status().unwrap().code(), Some(42));
}

/// In C++17, and in C++20 with a stop token.
#[test]
fn allocation_failure_leaks_nothing() {
    let server = server::with_second_factors();
    for standard in ["c++17", "c++20"] {
        tools::run(Command::new(program_in(standard, "memory", &[])).arg(server.base_url()));
    }
}

#[test]
fn cancellation_page_programs_run() {
    let server = server::demo();
    let unknown = "UNKNOWN_TOKEN: the token is not bound in this collection: bind it with email and password first";
    let prints = [format!("{unknown}\nstopped\n"), "stopped\n".to_owned()];
    let programs = markdown::programs("timeouts-and-cancellation.md", "cpp");
    assert_eq!(programs.len(), prints.len());
    for (at, program) in programs.iter().enumerate() {
        let file = source(&format!("cancelling-{at}.cpp"), program);
        let standard = ["c++17", "c++20"][usize::from(program.contains("jthread"))];
        let compiler = compiler("c++", standard);
        let program = linked(compiler, &[&file], &format!("cancelling-{at}"));
        let printed = tools::run(Command::new(program).arg(server.base_url()));
        assert_eq!(printed, prints[at]);
    }
}

/// On a server that requires a second factor, unlike the one on which the page is followed.
#[test]
fn second_factor_program_of_the_page_logs_in() {
    let server = server::with("my-own-token");
    let set = json!({"mfa": {"enabled": true}});
    server
        .control(json!({"do": "update_collection", "collection": "users", "set": set}))
        .unwrap();
    let mut programs = markdown::programs("cpp.md", "cpp").into_iter();
    let program = programs.find(|program| program.contains("mfa_id")).unwrap();
    let file = source("second-factor.cpp", &program);
    let program = linked(compiler("c++", "c++17"), &[&file], "second-factor");
    let printed = tools::run(Command::new(program).arg(server.base_url()));
    assert_eq!(printed, "hello user@example.com\n");
}

/// In C++17, and in C++20 by stop tokens.
#[test]
fn calls_are_cancelled() {
    let server = server::demo();
    for standard in ["c++17", "c++20"] {
        let stops = program_in(standard, "cancellation", &["-fno-exceptions"]);
        tools::run(Command::new(stops).arg(server.base_url()));
    }
}

#[test]
fn invalid_strings_are_reported_and_valid_ones_arrive() {
    // Strings of the maximum length with characters of three and four bytes.
    let email = "\u{6f22}".repeat(81) + "@example.com";
    let password = "\u{1f600}".repeat(17) + "abc";
    assert_eq!((email.len(), password.len()), (255, 71));
    let account = json!({"collection": "users", "email": email, "password": password});
    let seed = json!({"accounts": [account]}).to_string();
    let server = Server::start(Config {
        seed: Some(Seed::Text(seed)),
        ..Config::default()
    })
    .unwrap();
    let mut strings = Command::new(program("strings", &["-fno-exceptions"]));
    tools::run(strings.arg(server.base_url()).arg(email).arg(password));
}

/// Without sanitizers: the program reads freed memory, which they report.
#[test]
fn copies_of_secrets_are_zeroized() {
    let server = server::demo();
    let mut command = compiler("c++", "c++17");
    command.args(["-O2", "-fno-exceptions"]);
    let file = wrapper().join("tests/zeroize.cpp");
    let program = linked(command, &[&file], "cpp-zeroize");
    tools::run(Command::new(program).arg(server.base_url()));
}

/// A server with a fixed response for each collection, for "echo" the request, for "body" the body of the request. The
/// local server has none of these.
fn fixed_responses() -> FaultyServer {
    FaultyServer::start(|request| {
        let request_text = String::from_utf8_lossy(&request.bytes);
        let retry = format!("{JSON}Retry-After: 7\r\n");
        let error = |status: u16, message: &str, data: Value| {
            json!({"status": status, "message": message, "data": data}).to_string()
        };
        let (status, fields, body) = match request.target().split('/').nth(3).unwrap() {
            "mfa" => ("401 x", JSON, json!({"mfaId": "mfa-1"}).to_string()),
            "throttled" => ("429 x", &*retry, error(429, "Slow down.", json!({}))),
            "invalid" => {
                let data = json!({"email": {"code": "x"}});
                ("400 x", JSON, error(400, "Invalid.", data))
            }
            "echo" => ("400 x", JSON, error(400, &request_text, json!({}))),
            "fields" => {
                let fields = "X-Part: a\r\nSet-Cookie: c=1\r\nX-Part: b\r\nSet-Cookie: d=2\r\n";
                ("200 x", fields, String::new())
            }
            "body" => return vec![Act::Send(echoed_body(request)), Act::Close],
            "silent" => return vec![Act::Silence],
            _ => return vec![Act::Close],
        };
        let fields = format!("{fields}Connection: close\r\n");
        vec![Act::Send(response(status, &fields, &body)), Act::Close]
    })
}

/// A response with the body of the request and its Content-Type.
fn echoed_body(request: &Request) -> Vec<u8> {
    let is_type = |line: &&str| line.starts_with("Content-Type: ");
    let content_type = request.head().lines().find(is_type);
    let content_type = content_type.map_or(String::new(), |line| format!("{line}\r\n"));
    let length = request.body().len();
    let head = format!(
        "HTTP/1.1 201 x\r\n{content_type}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), request.body()].concat()
}
