//! Measures reading a response, over a loopback socket:
//!
//! ```sh
//! cargo run --profile dist --manifest-path benches/responses/Cargo.toml -- [PAIRS] [DEADLINES]
//! ```
//!
//! First the CPU time of calls that are refused with a body of 1 MiB, for PAIRS (10,000 if not given) generated
//! pairs of secrets and body (goal: the worst below 50 ms). Then how much CPU time DEADLINES (200) calls per kind of
//! the largest response take after their deadline (goal: below 20 ms). Both hardly depend on the load of the machine.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bosauth::{CallOptions, Client, Status};

const MIB: usize = 1 << 20;
/// The largest response that a client can be set to accept.
const LARGEST: usize = 4 * MIB;

fn main() {
    let number = |at: usize, default| {
        std::env::args()
            .nth(at)
            .map_or(default, |text| text.parse().expect("a number"))
    };
    // The threads of the servers do not take the signal.
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
    let mut chance = Chance(1);
    let mut costs: Vec<(Duration, String)> = Vec::new();
    for _ in 0..pairs {
        let (pair, told) = Pair::new(&mut chance);
        server.answer_with("400 x", pair.body);
        let users = client.collection("users").with(&pair.options);
        let before = cpu_time();
        let error = users
            .bind_token("a@b.c", &pair.password, &pair.token)
            .expect_err("a refusal");
        costs.push((cpu_time() - before, told));
        assert_eq!(error.http_status(), Some(400), "{error:?}");
    }
    costs.sort();
    let at = |part: f64| &costs[((costs.len() - 1) as f64 * part) as usize];
    println!("CPU time of {pairs} refused calls with a body of 1 MiB:");
    println!("  median {:?}, 99 of 100 {:?}", at(0.5).0, at(0.99).0);
    println!("  worst  {:?} ({})", at(1.0).0, at(1.0).1);
}

/// The secrets of a call and the body that it gets.
struct Pair {
    password: String,
    token: String,
    options: CallOptions,
    body: Vec<u8>,
}

impl Pair {
    fn new(chance: &mut Chance) -> (Self, String) {
        let units = [
            "a", "ab", "aab", "\\", "\"", "%", "+", "a%", "\\u0061", "é", "<a>", "0", " ",
        ];
        let unit = chance.one(&units);
        let most = 1024 / unit.len();
        let token = unit.repeat(1 + chance.below(most)) + ["", "b", "\\", "1"][chance.below(4)];
        let token = token.chars().take(400).collect::<String>();
        let password = token
            .chars()
            .take(1 + chance.below(100))
            .collect::<String>();
        let mut options = CallOptions::new();
        let extra = [0, 0, 1, 20, 2600][chance.below(5)];
        if extra > 0 {
            // Words that begin alike and as the body does.
            let word = |at: usize| format!("{}{at:04}", "a".repeat(7 + chance_of(at)));
            let list: Vec<String> = (0..extra).map(|at| format!("\"{}\"", word(at))).collect();
            let object = format!("{{\"x\":[{}]}}", list.join(","));
            options.set_body_json(&object).expect("an object");
        }
        let (text, kind) = text(&token, unit, chance);
        let form = chance.below(5);
        let body = match form {
            0 => fill("", &text, ""),
            1 => fill(
                r#"{"message":"No.","status":400,"data":{"x":""#,
                &text,
                "\"}}",
            ),
            2 => fill(r#"{"data":{},"status":400,"message":""#, &text, "\"}"),
            3 => {
                let data = format!(r#"{{"x":"{}"}}"#, text.repeat(60_000 / text.len()));
                let front = format!(r#"{{"data":{data},"status":400,"message":"No.","more":""#);
                fill(&front, &text, "\"}")
            }
            _ => fill(
                r#"{"message":"No.","status":400,"data":{"x":["#,
                "\"\",",
                "0]}}",
            ),
        };
        let told = format!(
            "{unit:?} x {} in {kind} of form {form}, {extra} extra",
            token.len()
        );
        let pair = Pair {
            password,
            token,
            options,
            body,
        };
        (pair, told)
    }
}

fn chance_of(at: usize) -> usize {
    at % 5
}

/// A piece of a body, fit for a JSON string.
fn text(token: &str, unit: &str, chance: &mut Chance) -> (String, &'static str) {
    let escaped = |text: &str| -> String {
        text.encode_utf16()
            .map(|code| format!("\\u{code:04x}"))
            .collect()
    };
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let front: String = token.chars().take(token.chars().count() - 1).collect();
    match chance.below(9) {
        0 => (quoted(unit), "its unit"),
        1 => (quoted(&front), "its front"),
        2 => (quoted(token), "itself"),
        3 => (escaped(&front), "its front, escaped"),
        4 => (quoted(&escaped(&front)), "its front, escaped twice"),
        5 => (
            front.bytes().map(|b| format!("%{b:02x}")).collect(),
            "its front, in percent",
        ),
        6 => ("aaaaaaaa0".into(), "what the extra ones begin with"),
        7 => ("\\\\".into(), "backslashes"),
        _ => ("\",\"".into(), "short strings"),
    }
}

/// A body of 1 MiB.
fn fill(front: &str, text: &str, back: &str) -> Vec<u8> {
    let mut body = front.as_bytes().to_vec();
    while body.len() + text.len() + back.len() <= MIB {
        body.extend(text.bytes());
    }
    body.extend(back.bytes());
    body
}

// ---- deadlines ----

fn deadlines(calls: usize) {
    let server = Server::start();
    alarm::block(false);
    let mut chance = Chance(2);
    println!("CPU time after the deadline, of {calls} calls each:");
    for (kind, status, body) in largest() {
        server.answer_with(status, body);
        let mut late: Vec<Duration> = Vec::new();
        let (mut ok, mut timeout) = (0, 0);
        // As long as a whole call takes: the deadlines fall into every part of it.
        let mut whole = Duration::from_secs(60);
        for call in 0..calls + 3 {
            let client = Client::builder(&server.url).max_response_bytes(LARGEST as u64);
            let limit = if call < 3 {
                Duration::from_secs(60)
            } else {
                whole
                    .mul_f64(0.05 + 1.1 * chance.below(1000) as f64 / 1000.0)
                    .max(Duration::from_millis(1))
            };
            let client = client.timeout(limit).build().expect("a client");
            let begun = Instant::now();
            alarm::set(limit);
            let result = client.collection("users").auth_with_token("token-1");
            let after = alarm::cpu_time_since();
            if call < 3 {
                whole = whole.min(begun.elapsed());
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
            "  {kind:28} {ok:4} in time, {timeout:4} not: 90 of 100 {:.1?}, worst {:.1?}; a whole call {whole:.0?}",
            late[late.len() * 9 / 10],
            late[late.len() - 1],
        );
    }
}

/// A timer whose signal tells how much CPU time the thread had used when it fired.
mod alarm {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::cpu_time;

    /// In nanoseconds; 0 if it has not fired.
    static FIRED: AtomicU64 = AtomicU64::new(0);

    extern "C" fn fire(_: libc::c_int) {
        FIRED.store(cpu_time().as_nanos() as u64, Ordering::Relaxed);
    }

    /// Keeps the signal from the threads that are made from now on.
    pub fn block(blocked: bool) {
        // SAFETY: the set is ours, and the handler calls clock_gettime only.
        unsafe {
            let mut set = std::mem::zeroed();
            libc::sigemptyset(&mut set);
            libc::sigaddset(&mut set, libc::SIGALRM);
            let how = if blocked {
                libc::SIG_BLOCK
            } else {
                libc::SIG_UNBLOCK
            };
            libc::pthread_sigmask(how, &set, std::ptr::null_mut());
            let handler: extern "C" fn(libc::c_int) = fire;
            libc::signal(libc::SIGALRM, handler as libc::sighandler_t);
        }
    }

    /// Fires once, this long from now.
    pub fn set(after: Duration) {
        FIRED.store(0, Ordering::Relaxed);
        arm(after);
    }

    fn arm(after: Duration) {
        // SAFETY: all zero is a timer that does not fire.
        let mut timer: libc::itimerval = unsafe { std::mem::zeroed() };
        timer.it_value.tv_sec = after.as_secs() as libc::time_t;
        timer.it_value.tv_usec = after.subsec_micros() as libc::suseconds_t;
        // SAFETY: the timer is ours.
        unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) };
    }

    /// The CPU time since it fired; zero if it did not.
    pub fn cpu_time_since() -> Duration {
        let now = cpu_time();
        arm(Duration::ZERO);
        match FIRED.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            fired => now.saturating_sub(Duration::from_nanos(fired)),
        }
    }
}

/// The largest responses of every kind.
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
    let same = |text: &'static str| move |_: usize| text.to_owned();
    let name = |at: usize| format!("\"{at:x}\":1,");
    let escaped = |at: usize| format!("\"\\n{at:x}\":1,");
    vec![
        (
            "a long string",
            "200 x",
            login("{\"x\":\"", &same("xxxxxxxx"), "\"}}"),
        ),
        (
            "a long text in Greek",
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
        (
            "names that occur twice",
            "200 x",
            login("{", &name, "\"1\":1}}"),
        ),
        ("a login that is cut", "200 x", login("{", &name, "")),
        ("a refusal", "400 x", {
            let login = login("{", &name, "\"x\":1}");
            [&login[..], br#","status":400,"message":"No.","data":{}}"#].concat()
        }),
        ("a page", "502 x", vec![b'<'; LARGEST]),
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

    fn answer_with(&self, status: &str, body: Vec<u8>) {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        *self.response.lock().expect("no panic") = Arc::new([head.into_bytes(), body].concat());
    }
}

/// Answers every request on a connection.
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

/// The CPU time that this thread has used.
fn cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The same numbers in every run.
struct Chance(u64);

impl Chance {
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
