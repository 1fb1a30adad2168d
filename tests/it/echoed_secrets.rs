//! A server that gives back what it was sent: no secret of a call is seen in its error, however it is
//! spelled.

use std::time::{Duration, Instant};

use bosauth::{CallOptions, Client, Error};

use crate::support::driver::{self, Driver};
use crate::support::faulty_server::FaultyServer;
use crate::support::fields;
use crate::support::responses::{JSON, api_error, response};

/// A secret and its base64, standard and URL-safe.
type Secret = (&'static str, [&'static str; 2]);

const PASSWORD: Secret = (
    "p\u{e4}\"ss\\w/o rd+%1",
    ["cMOkInNzXHcvbyByZCslMQ", "cMOkInNzXHcvbyByZCslMQ"],
);
const TOKEN: Secret = (
    "t\u{f6}k<en>&'\u{1f600}~1234",
    ["dMO2azxlbj4mJ/CfmIB+MTIzNA", "dMO2azxlbj4mJ_CfmIB-MTIzNA"],
);
const KEY: Secret = (
    "own-key-1234567",
    ["b3duLWtleS0xMjM0NTY3", "b3duLWtleS0xMjM0NTY3"],
);

/// The ways in which a secret may stand inside a JSON string.
fn spellings((secret, base64): Secret) -> Vec<String> {
    let quoted = serde_json::to_string(secret).unwrap();
    let escaped = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    let percent = percent(secret);
    let mut all = vec![
        quoted[1..quoted.len() - 1].to_owned(),
        escaped.collect(),
        percent.replace("%20", "+"),
        percent,
    ];
    all.extend(base64.map(str::to_owned));
    all
}

fn percent(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Fails if a secret stands in the text in any spelling.
fn assert_hides(text: &str, secrets: &[Secret]) {
    for &secret in secrets {
        assert!(!text.contains(secret.0), "{} stands in {text}", secret.0);
        for spelling in spellings(secret) {
            assert!(!text.contains(&spelling), "{spelling} stands in {text}");
        }
    }
}

/// Everything that an error shows.
fn shown(error: &Error) -> String {
    format!(
        "{error} {error:?} {error:#?} {} {} {} {} {} {}",
        error.message(),
        error.server_message(),
        error.data_json(),
        String::from_utf8_lossy(error.body()),
        error.url(),
        error.mfa_id(),
    )
}

/// A refusal that gives the secrets back in message, in the names and values of `data`, and elsewhere.
fn echoing(secrets: &[Secret]) -> Vec<u8> {
    let all: Vec<String> = secrets
        .iter()
        .flat_map(|&secret| spellings(secret))
        .collect();
    let message = all.join(", ");
    let members: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(at, text)| format!(r#""{at} {text}":["{text}",{{"x":"<{text}>"}}]"#))
        .collect();
    let data = members.join(",");
    let body = format!(
        r#"{{"data":{{{data}}},"message":"around {message} it","status":400,"x":"{message}"}}"#
    );
    response("400 x", JSON, &body)
}

fn bind(server: &FaultyServer, options: &CallOptions) -> Error {
    let client = server.client();
    let users = client.collection("users").with(options);
    users.bind_token("a@b.c", PASSWORD.0, TOKEN.0).unwrap_err()
}

#[test]
fn error_response_is_redacted() {
    let secrets = [PASSWORD, TOKEN, KEY];
    let server = FaultyServer::responding(echoing(&secrets));
    let mut options = CallOptions::new();
    options
        .add_header("Authorization", &format!("Bearer {}", KEY.0))
        .unwrap();
    let error = bind(&server, &options);
    assert_hides(&shown(&error), &secrets);
    assert_hides(&format!("{options:?}"), &secrets);
    assert!(error.server_message().starts_with("around ***"));
    for json in [error.data_json().as_bytes(), error.body()] {
        let value: serde_json::Value = serde_json::from_slice(json).unwrap();
        assert!(value.to_string().contains("***"), "{value}");
    }
}

#[test]
fn html_page_is_redacted() {
    let all: Vec<String> = [PASSWORD, TOKEN]
        .iter()
        .flat_map(|&secret| spellings(secret))
        .collect();
    for status in ["400 x", "502 x", "302 x"] {
        let page = format!("<p>{} {} {}</p>", PASSWORD.0, TOKEN.0, all.join(" "));
        let server =
            FaultyServer::responding(response(status, "Content-Type: text/html\r\n", &page));
        let error = bind(&server, &CallOptions::new());
        assert_hides(&shown(&error), &[PASSWORD, TOKEN]);
        assert!(error.body().starts_with(b"<p>***"));
    }
}

#[test]
fn body_of_a_2xx_response_is_not_exposed() {
    for body in [r#"{"token":"e30.e30.bG9naW4"}"#, "e30.e30.bG9naW4"] {
        let server = FaultyServer::responding(response("200 OK", JSON, body));
        let client = server.client();
        let error = client
            .collection("users")
            .auth_with_token("tok")
            .unwrap_err();
        assert_eq!(error.body(), b"");
        assert!(!shown(&error).contains("bG9naW4"), "{}", shown(&error));
    }
}

#[test]
fn echoed_mfa_id_is_redacted() {
    let body = format!(r#"{{"mfaId":"{}"}}"#, KEY.0);
    let server = FaultyServer::responding(response("401 x", JSON, &body));
    let client = server.client();
    let error = client
        .collection("users")
        .auth_with_token(KEY.0)
        .unwrap_err();
    assert_hides(&shown(&error), &[KEY]);
}

#[test]
fn truncated_body_is_redacted() {
    let page = PASSWORD.0.repeat(10_000);
    let server = FaultyServer::responding(response("502 x", "", &page));
    let error = bind(&server, &CallOptions::new());
    assert!(error.body().len() <= 64 * 1024);
    assert!(
        error.body().iter().all(|&byte| byte == b'*'),
        "a part of a secret is seen"
    );
}

#[test]
fn server_message_is_one_sanitized_line() {
    let body = format!(
        r#"{{"data":{{}},"message":"a\r\n\u001b[31m\u202eb{}","status":400}}"#,
        "\u{e9}".repeat(400)
    );
    let server = FaultyServer::responding(response("400 x", JSON, &body));
    let error = bind(&server, &CallOptions::new());
    let message = error.server_message();
    let safe = |c: char| !c.is_control() && c != '\u{202e}';
    assert!(
        message.chars().all(safe) && message.len() <= 512,
        "{message:?}"
    );
    assert!(
        !error.message().contains('\u{e9}'),
        "our own message holds none of the server's text"
    );
}

#[test]
fn c_accessors_are_redacted() {
    let secrets = [PASSWORD, TOKEN];
    let server = FaultyServer::responding(echoing(&secrets));
    let mut driver = Driver::start("c", &mut driver::c(&[]));
    let bind = fields::line(&["bind", "users", "a@b.c", PASSWORD.0, TOKEN.0]);
    assert_eq!(driver.run(&format!("client {}", server.url())), "OK");
    assert_eq!(driver.run(&bind), "VALIDATION 400 FIX_CALL");
    for part in ["message", "server_message", "data", "body", "url", "mfa_id"] {
        let response = driver.run(&format!("error {part}"));
        assert_hides(&fields::decode(&response), &secrets);
    }
    driver.stop();
}

#[test]
fn redaction_of_repeated_prefixes_is_linear() {
    let token = "a".repeat(1023) + "b";
    let password = "a".repeat(254) + "\\";
    let mut options = CallOptions::new();
    let words: Vec<String> = (0..2600)
        .map(|at| format!("\"{}{at}\"", "a".repeat(16)))
        .collect();
    let more = format!("{{\"more\":[{}]}}", words.join(","));
    options.set_body_json(&more).unwrap();
    for text in ["a", "\\\\", "\\u0061", "\",\""] {
        let text = text.repeat((1 << 20) / text.len() - 100);
        let list = format!(r#"{{"data":{{"x":["{text}"]}},"message":"No.","status":400}}"#);
        let message = format!(r#"{{"data":{{}},"message":"{text}","status":400}}"#);
        for body in [list, message, text] {
            let server = FaultyServer::responding(response("400 x", JSON, &body));
            let client = server.client();
            let users = client.collection("users").with(&options);
            let begun = Instant::now();
            let error = users.bind_token("a@b.c", &password, &token).unwrap_err();
            // It took minutes.
            assert!(begun.elapsed() < Duration::from_secs(60), "{body:.60}");
            assert_eq!(error.http_status(), Some(400), "{error:?}");
        }
    }
}

#[test]
fn protocol_fields_and_codes_are_never_redacted() {
    let data = concat!(
        r#"{"email":{"code":"validation_is_email","message":"Must be a valid email address."},"#,
        r#""password":{"code":"validation_length_out_of_range","#,
        r#""message":"The length must be between 1 and 255.","params":{"max":255,"min":1}}}"#
    );
    let message = "An error occurred while validating the submitted data.";
    let refusal = api_error(400, message, data);
    for secret in [
        "a",
        "1",
        "email",
        "validation_is_email",
        "validation",
        "min",
        message,
    ] {
        let server = FaultyServer::responding(refusal.clone());
        let client = server.client();
        let users = client.collection("users");
        let error = users.bind_token("a", secret, secret).unwrap_err();
        assert_eq!(error.data_json(), data, "{secret}");
        assert_eq!(error.server_message(), message, "{secret}");
        assert!(
            refusal.ends_with(error.body()) && !error.body().is_empty(),
            "{secret}"
        );
    }
}

#[test]
fn short_secret_redacts_the_whole_string() {
    let data = r#"{"email":{"code":"own","message":"Not a fit.","n":41}}"#;
    let server = FaultyServer::responding(api_error(400, "What a pity.", data));
    let client = server.client();
    let users = client.collection("users");
    let error = users.bind_token("a@b.c", "a", "4").unwrap_err();
    let shown = r#"{"email":{"code":"own","message":"***","n":"***"}}"#;
    assert_eq!((error.data_json(), error.server_message()), (shown, "***"));
    let page = FaultyServer::responding(response("400 x", "", "<p>What a pity.</p>"));
    let client = Client::builder(&page.url()).build().unwrap();
    let error = client.collection("users").bind_token("a@b.c", "a", "4");
    assert_eq!(error.unwrap_err().body(), b"***");
}
