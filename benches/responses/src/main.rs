//! Measures reading a response, over a loopback socket:
//!
//! ```sh
//! cargo run --profile dist --manifest-path benches/responses/Cargo.toml -- [PAIRS] [DEADLINES]
//! ```
//!
//! Prints the CPU time of calls with an error response of 1 MiB, for PAIRS (default 10,000) generated pairs of secrets
//! and body (goal: at most 50 ms), and the CPU time after the deadline of DEADLINES (default 200) calls for each kind
//! of the largest response (goal: below 20 ms). CPU times hardly depend on the load of the machine.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bosauth::{CallOptions, Client, Status};

const MIB: usize = 1 << 20;
/// The largest value of `max_response_bytes`.
const LARGEST: usize = 4 * MIB;

fn main() {
    let number = |at: usize, default| {
        std::env::args()
            .nth(at)
            .map_or(default, |argument| argument.parse().expect("a number"))
    };
    // Server threads block the signal.
    alarm::block(true);
    redaction(number(1, 10_000));
    deadlines(number(2, 200));
}

// ---- redaction ----

fn redaction(pairs: usize) {
    let server = Server::start();
    let client = Client::builder(&server.url)
        .timeout(Duration::from_secs(60))
        .build()
        .expect("a client");
    let mut rng = Rng(1);
    let mut costs: Vec<(Duration, String)> = Vec::new();
    for _ in 0..pairs {
        let (pair, description) = Pair::new(&mut rng);
        server.respond_with("400 x", pair.body);
        let users = client.collection("users").with(&pair.options);
        let before = cpu_time();
        let error = users
            .bind_token("a@b.c", &pair.password, &pair.token)
            .expect_err("an error");
        costs.push((cpu_time() - before, description));
        assert_eq!(error.http_status(), Some(400), "{error:?}");
    }
    costs.sort();
    let at = |part: f64| &costs[((costs.len() - 1) as f64 * part) as usize];
    println!("CPU time of {pairs} error responses with a body of 1 MiB:");
    println!("  median {:?}, p99 {:?}", at(0.5).0, at(0.99).0);
    println!("  worst  {:?} ({})", at(1.0).0, at(1.0).1);
}

/// The secrets of a call and the body of its response.
struct Pair {
    password: String,
    token: String,
    options: CallOptions,
    body: Vec<u8>,
}

impl Pair {
    fn new(rng: &mut Rng) -> (Self, String) {
        let units = [
            "a", "ab", "aab", "\\", "\"", "%", "+", "a%", "\\u0061", "é", "<a>", "0", " ",
        ];
        let unit = rng.one(&units);
        let most = 1024 / unit.len();
        let token = unit.repeat(1 + rng.below(most)) + ["", "b", "\\", "1"][rng.below(4)];
        let token = token.chars().take(400).collect::<String>();
        let password = token.chars().take(1 + rng.below(100)).collect::<String>();
        let mut options = CallOptions::new();
        let extra = [0, 0, 1, 20, 2600][rng.below(5)];
        if extra > 0 {
            // Words with a common prefix, which also occurs in the body.
            let word = |at: usize| format!("{}{at:04}", "a".repeat(7 + extra_length(at)));
            let list: Vec<String> = (0..extra).map(|at| format!("\"{}\"", word(at))).collect();
            let object = format!("{{\"x\":[{}]}}", list.join(","));
            options = options.body_json(&object);
        }
        let (fragment, kind) = fragment(&token, unit, rng);
        let form = rng.below(5);
        let body = match form {
            0 => fill("", &fragment, ""),
            1 => fill(
                r#"{"message":"No.","status":400,"data":{"x":""#,
                &fragment,
                "\"}}",
            ),
            2 => fill(r#"{"data":{},"status":400,"message":""#, &fragment, "\"}"),
            3 => {
                let data = format!(r#"{{"x":"{}"}}"#, fragment.repeat(60_000 / fragment.len()));
                let prefix = format!(r#"{{"data":{data},"status":400,"message":"No.","more":""#);
                fill(&prefix, &fragment, "\"}")
            }
            _ => fill(
                r#"{"message":"No.","status":400,"data":{"x":["#,
                "\"\",",
                "0]}}",
            ),
        };
        let description = format!(
            "{unit:?} x {} in {kind} of form {form}, {extra} extra",
            token.len()
        );
        let pair = Pair {
            password,
            token,
            options,
            body,
        };
        (pair, description)
    }
}

fn extra_length(at: usize) -> usize {
    at % 5
}

/// Returns a fragment of a body that is valid in a JSON string.
fn fragment(token: &str, unit: &str, rng: &mut Rng) -> (String, &'static str) {
    let escaped = |string: &str| -> String {
        string
            .encode_utf16()
            .map(|code| format!("\\u{code:04x}"))
            .collect()
    };
    let quoted = |string: &str| string.replace('\\', "\\\\").replace('"', "\\\"");
    let prefix: String = token.chars().take(token.chars().count() - 1).collect();
    match rng.below(9) {
        0 => (quoted(unit), "the unit"),
        1 => (quoted(&prefix), "a prefix"),
        2 => (quoted(token), "the token"),
        3 => (escaped(&prefix), "an escaped prefix"),
        4 => (quoted(&escaped(&prefix)), "a doubly escaped prefix"),
        5 => (
            prefix.bytes().map(|b| format!("%{b:02x}")).collect(),
            "a percent-encoded prefix",
        ),
        6 => ("aaaaaaaa0".into(), "the prefix of the extra words"),
        7 => ("\\\\".into(), "backslashes"),
        _ => ("\",\"".into(), "short strings"),
    }
}

/// Returns a body of 1 MiB that repeats a fragment between a prefix and a suffix.
fn fill(prefix: &str, fragment: &str, suffix: &str) -> Vec<u8> {
    let mut body = prefix.as_bytes().to_vec();
    while body.len() + fragment.len() + suffix.len() <= MIB {
        body.extend(fragment.bytes());
    }
    body.extend(suffix.bytes());
    body
}

// ---- deadlines ----

fn deadlines(calls: usize) {
    let server = Server::start();
    alarm::block(false);
    let mut rng = Rng(2);
    println!("CPU time after the deadline, of {calls} calls each:");
    for (kind, status, body) in largest() {
        server.respond_with(status, body);
        let mut late: Vec<Duration> = Vec::new();
        let (mut ok, mut timeout) = (0, 0);
        // The duration of a complete call: deadlines are distributed over all its phases.
        let mut whole = Duration::from_secs(60);
        for call in 0..calls + 3 {
            let client = Client::builder(&server.url).max_response_bytes(LARGEST as u64);
            let limit = if call < 3 {
                Duration::from_secs(60)
            } else {
                whole
                    .mul_f64(0.05 + 1.1 * rng.below(1000) as f64 / 1000.0)
                    .max(Duration::from_millis(1))
            };
            let client = client.timeout(limit).build().expect("a client");
            let start = Instant::now();
            alarm::set(limit);
            let result = client.collection("users").auth_with_token("token-1");
            let after = alarm::cpu_time_since();
            if call < 3 {
                whole = whole.min(start.elapsed());
                continue;
            }
            match result.as_ref().err().map(bosauth::Error::status) {
                Some(Status::Timeout) => timeout += 1,
                _ => ok += 1,
            }
            late.push(after);
        }
        late.sort();
        println!(
            "  {kind:28} {ok:4} in time, {timeout:4} timeouts: p90 {:.1?}, worst {:.1?}; complete call {whole:.0?}",
            late[late.len() * 9 / 10],
            late[late.len() - 1],
        );
    }
}

/// A timer that stores the CPU time of the thread when it fires.
mod alarm {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::cpu_time;

    /// In nanoseconds; 0 if it has not fired.
    static FIRED: AtomicU64 = AtomicU64::new(0);

    extern "C" fn fire(_: libc::c_int) {
        FIRED.store(cpu_time().as_nanos() as u64, Ordering::Relaxed);
    }

    /// Blocks or unblocks the signal for threads that are created later.
    pub fn block(blocked: bool) {
        // SAFETY: the set is a local variable, and the handler is async-signal-safe.
        unsafe {
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&mut set);
            libc::sigaddset(&mut set, libc::SIGALRM);
            let operation = if blocked {
                libc::SIG_BLOCK
            } else {
                libc::SIG_UNBLOCK
            };
            libc::pthread_sigmask(operation, &set, std::ptr::null_mut());
            let handler: extern "C" fn(libc::c_int) = fire;
            libc::signal(libc::SIGALRM, handler as libc::sighandler_t);
        }
    }

    /// Fires once after a duration.
    pub fn set(after: Duration) {
        FIRED.store(0, Ordering::Relaxed);
        arm(after);
    }

    fn arm(after: Duration) {
        // SAFETY: zero is a valid value: a disarmed timer.
        let mut timer: libc::itimerval = unsafe { std::mem::zeroed() };
        timer.it_value.tv_sec = after.as_secs() as libc::time_t;
        timer.it_value.tv_usec = after.subsec_micros() as libc::suseconds_t;
        // SAFETY: the timer is a local variable.
        unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) };
    }

    /// Returns the CPU time since the timer fired; zero if it has not.
    pub fn cpu_time_since() -> Duration {
        let now = cpu_time();
        arm(Duration::ZERO);
        match FIRED.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            fired => now.saturating_sub(Duration::from_nanos(fired)),
        }
    }
}

/// Returns the largest responses of every kind.
fn largest() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let login = |record: &str, piece: &dyn Fn(usize) -> String, back: &str| {
        let mut body = format!("{{\"token\":\"e30.e30.c2ln\",\"record\":{record}");
        let mut count = 0;
        while body.len() + 64 < LARGEST {
            body.push_str(&piece(count));
            count += 1;
        }
        body.push_str(back);
        body.into_bytes()
    };
    let same = |fragment: &'static str| move |_: usize| fragment.to_owned();
    let name = |at: usize| format!("\"{at:x}\":1,");
    let escaped = |at: usize| format!("\"\\n{at:x}\":1,");
    vec![
        (
            "a long string",
            "200 x",
            login("{\"x\":\"", &same("xxxxxxxx"), "\"}}"),
        ),
        (
            "a long string in Greek",
            "200 x",
            login("{\"x\":\"", &same("ελληνικά"), "\"}}"),
        ),
        (
            "escapes",
            "200 x",
            login("{\"x\":\"", &same("\\n\\u0041"), "\"}}"),
        ),
        (
            "many numbers",
            "200 x",
            login("{\"x\":[", &same("1,"), "0]}}"),
        ),
        (
            "many brackets",
            "200 x",
            login("{\"x\":[", &same("[],{},"), "0]}}"),
        ),
        (
            "a long number",
            "200 x",
            login("{\"x\":1", &same("00000000"), "}}"),
        ),
        (
            "white space",
            "200 x",
            login("{\"x\":1", &same("        "), "}}"),
        ),
        ("many names", "200 x", login("{", &name, "\"x\":1}}")),
        (
            "many names with escapes",
            "200 x",
            login("{", &escaped, "\"x\":1}}"),
        ),
        (
            "a long name",
            "200 x",
            login("{\"", &same("xxxxxxxx"), "\":1}}"),
        ),
        ("duplicate names", "200 x", login("{", &name, "\"1\":1}}")),
        ("a truncated login", "200 x", login("{", &name, "")),
        ("an error", "400 x", {
            let login = login("{", &name, "\"x\":1}");
            [&login[..], br#","status":400,"message":"No.","data":{}}"#].concat()
        }),
        ("an HTML page", "502 x", vec![b'<'; LARGEST]),
    ]
}

// ---- the server ----

struct Server {
    url: String,
    response: Arc<Mutex<Arc<Vec<u8>>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let response = Arc::new(Mutex::new(Arc::new(Vec::new())));
        let shared = Arc::clone(&response);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Server { url, response }
    }

    fn respond_with(&self, status: &str, body: Vec<u8>) {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        *self.response.lock().expect("no panic") = Arc::new([head.into_bytes(), body].concat());
    }
}

/// Responds to every request on a connection.
fn serve(mut stream: TcpStream, response: &Mutex<Arc<Vec<u8>>>) {
    let (mut input, mut buffer) = (Vec::new(), [0; 65536]);
    loop {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => input.extend(&buffer[..count]),
            _ => return,
        }
        let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&input[..end]).to_lowercase();
        let length = head.split("content-length: ").nth(1).expect("a length");
        let length: usize = length
            .lines()
            .next()
            .unwrap_or("")
            .parse()
            .expect("a length");
        if input.len() < end + 4 + length {
            continue;
        }
        input.clear();
        let bytes = Arc::clone(&response.lock().expect("no panic"));
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
}

// ---- tools ----

/// Returns the CPU time of this thread.
fn cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid out pointer.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A pseudorandom number generator with a fixed seed.
struct Rng(u64);

impl Rng {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}
