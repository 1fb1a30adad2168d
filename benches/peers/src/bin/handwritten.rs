//! A minimal hand-written client: parses just enough HTTP and JSON for this one response.

use bosauth_peers::{LOGIN_PATH, Task, stream};

fn main() {
    let task = Task::read();
    let host = task.host_and_port();
    task.run(|| {
        let (mut stream, task) = (stream::connect(&task), &task);
        let mut buffer = vec![0; 65536];
        move || {
            let request = format!(
                "POST {LOGIN_PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{}",
                task.body.len(),
                task.body
            );
            stream.write_all(request.as_bytes()).expect("write");
            let mut filled = 0;
            let (head, body) = loop {
                filled += match stream.read(&mut buffer[filled..]).expect("read") {
                    0 => panic!("the connection was closed"),
                    size => size,
                };
                let response = std::str::from_utf8(&buffer[..filled]).expect("UTF-8");
                if let Some((head, body)) = response.split_once("\r\n\r\n")
                    && body.len() >= content_length(head)
                {
                    break (head, body);
                }
            };
            let status = head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok());
            let token = string(body, "token").map(str::to_owned);
            let record = object(body, "record").map(str::to_owned);
            let email = record.as_deref().and_then(|record| string(record, "email"));
            task.check(status.unwrap_or_default(), token.as_deref(), email);
        }
    });
}

fn content_length(head: &str) -> usize {
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    value
        .and_then(|value| value.trim().parse().ok())
        .expect("a length")
}

/// The JSON that follows the name of a field.
fn value<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    json.match_indices(name).find_map(|(at, _)| {
        let after = json[at + name.len()..].strip_prefix("\":")?;
        json[..at].ends_with('"').then_some(after)
    })
}

/// The value of a string field without escapes.
fn string<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    value(json, name)?.strip_prefix('"')?.split('"').next()
}

/// The value of an object field whose strings contain no braces.
fn object<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let value = value(json, name)?;
    let mut depth = 0;
    let end = value.bytes().position(|byte| {
        depth += i32::from(byte == b'{') - i32::from(byte == b'}');
        depth == 0
    });
    value.get(..=end?)
}
