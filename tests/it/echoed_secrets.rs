//! Servers that echo the secrets of a call: its error shows none of them, in any encoding.

use std::time::{Duration, Instant};

use bosauth::{CallOptions, Error};

use crate::support::driver::{self, Driver};
use crate::support::faulty_server::FaultyServer;
use crate::support::fields;
use crate::support::responses::{HTML, JSON, api_error, response};
use crate::support::secrets::{self, encodings, shown};

const PASSWORD: &str = "p\u{e4}\"ss\\w/o rd+%1";
const TOKEN: &str = "t\u{f6}k<en>&'\u{1f600}~1234";
const KEY: &str = "own-key-1234567";

fn assert_hides(text: &str, secrets: &[&str]) {
    secrets::assert_hides(text, secrets, |_| Vec::new());
}

/// The secrets in every encoding, separated by a comma.
fn all_encodings(secrets: &[&str]) -> String {
    let all = secrets.iter().flat_map(|secret| encodings(secret));
    all.collect::<Vec<_>>().join(", ")
}

/// An error response that echoes the secrets in its message, in names and values of `data`, and in another field.
fn echoing(secrets: &[&str]) -> Vec<u8> {
    let message = all_encodings(secrets);
    let fields = message.split(", ").enumerate();
    let fields = fields.map(|(at, form)| format!(r#""{at} {form}":["{form}",{{"x":"<{form}>"}}]"#));
    let data = fields.collect::<Vec<_>>().join(",");
    let body = format!(
        r#"{{"data":{{{data}}},"message":"around {message} it","status":400,"x":"{message}"}}"#
    );
    response("400 x", JSON, &body)
}

fn bind(server: &FaultyServer, options: &CallOptions) -> Error {
    let client = server.client();
    let users = client.collection("users").with(options);
    users.bind_token("a@b.c", PASSWORD, TOKEN).unwrap_err()
}

#[test]
fn error_response_is_redacted() {
    let secrets = [PASSWORD, TOKEN, KEY];
    let server = FaultyServer::responding(echoing(&secrets));
    let options = CallOptions::new().header("Authorization", &format!("Bearer {KEY}"));
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
    for status in ["400 x", "502 x", "302 x"] {
        let all = all_encodings(&[PASSWORD, TOKEN]);
        let page = format!("<p>{PASSWORD} {TOKEN} {all}</p>");
        let server = FaultyServer::responding(response(status, HTML, &page));
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
        let error = client.collection("users").auth_with_token("tok");
        let error = error.unwrap_err();
        assert_eq!(error.body(), b"");
        assert!(!shown(&error).contains("bG9naW4"), "{}", shown(&error));
    }
}

#[test]
fn echoed_mfa_id_is_redacted() {
    let body = format!(r#"{{"mfaId":"{}"}}"#, KEY);
    let server = FaultyServer::responding(response("401 x", JSON, &body));
    let client = server.client();
    let error = client.collection("users").auth_with_token(KEY);
    let error = error.unwrap_err();
    assert_hides(&shown(&error), &[KEY]);
}

#[test]
fn truncated_body_is_redacted() {
    let page = PASSWORD.repeat(10_000);
    let server = FaultyServer::responding(response("502 x", "", &page));
    let error = bind(&server, &CallOptions::new());
    assert!(error.body().len() <= 64 * 1024);
    assert!(
        error.body().iter().all(|&byte| byte == b'*'),
        "a part of a secret is shown"
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
        "the library's message has no string of the server"
    );
}

#[test]
fn c_accessors_are_redacted() {
    let secrets = [PASSWORD, TOKEN];
    let server = FaultyServer::responding(echoing(&secrets));
    let mut driver = Driver::start("c", &mut driver::c(&[]));
    let bind = fields::line(&["bind", "users", "a@b.c", PASSWORD, TOKEN]);
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
    let words: Vec<String> = (0..2600)
        .map(|at| format!("\"{}{at}\"", "a".repeat(16)))
        .collect();
    let more = format!("{{\"more\":[{}]}}", words.join(","));
    let options = CallOptions::new().body_json(&more);
    for unit in ["a", "\\\\", "\\u0061", "\",\""] {
        let text = unit.repeat((1 << 20) / unit.len() - 100);
        let list = format!(r#"{{"data":{{"x":["{text}"]}},"message":"No.","status":400}}"#);
        let message = format!(r#"{{"data":{{}},"message":"{text}","status":400}}"#);
        for body in [list, message, text] {
            let server = FaultyServer::responding(response("400 x", JSON, &body));
            let client = server.client();
            let users = client.collection("users").with(&options);
            let start = Instant::now();
            let error = users.bind_token("a@b.c", &password, &token).unwrap_err();
            // Quadratic redaction takes minutes.
            assert!(start.elapsed() < Duration::from_secs(60), "{body:.60}");
            assert_eq!(error.http_status(), Some(400), "{error:?}");
        }
    }
}

/// A request with these secrets: in the body at some depth, and as the session's token.
fn send(server: &FaultyServer, names: [&str; 2]) -> Error {
    let client = server.client();
    client.save_session(KEY, None).unwrap();
    let [first, second] = names;
    let body =
        serde_json::json!({"a": [{first: PASSWORD}], "b": {second: TOKEN}, "c": "plain-and-long"});
    let body = serde_json::to_vec_pretty(&body).unwrap();
    let result = client.send("POST", "/api/x", Some(&body), &CallOptions::new());
    result.unwrap_err()
}

#[test]
fn secrets_of_any_request_are_redacted() {
    let secrets = [PASSWORD, TOKEN, KEY];
    for names in [
        ["password", "token"],
        ["passwordConfirm", "oldPassword"],
        ["PASSWORD", "refreshToken"],
        ["client_secret", "tokenKey"],
        ["pass\u{77}ord", "new-token-2"],
    ] {
        let server = FaultyServer::responding(echoing(&secrets));
        let error = send(&server, names);
        assert_hides(&shown(&error), &secrets);
        assert!(error.server_message().starts_with("around ***"));
        let all = all_encodings(&secrets);
        let page = format!("<p>{PASSWORD} {TOKEN} {KEY} {all} plain-and-long</p>");
        let error = send(
            &FaultyServer::responding(response("502 x", HTML, &page)),
            names,
        );
        assert_hides(&shown(&error), &secrets);
        assert!(error.body().ends_with(b" plain-and-long</p>"), "{error:?}");
    }
}

#[test]
fn search_of_a_body_for_secrets_is_linear() {
    let error_response = api_error(400, "No.", "{}");
    for unit in [
        "\"",
        "\"password\":",
        "\"password\":\"",
        "\"token\":\"x\",",
        "\\",
        "\"a\":\"\\u0061",
        "  ",
        "{\"a\":",
    ] {
        let body = unit.repeat((16 << 20) / unit.len());
        let server = FaultyServer::responding(error_response.clone());
        let client = server
            .client_builder()
            .timeout(Duration::from_secs(120))
            .build();
        let start = Instant::now();
        let result =
            client
                .unwrap()
                .send("POST", "/api/x", Some(body.as_bytes()), &CallOptions::new());
        // A quadratic search takes hours.
        assert!(start.elapsed() < Duration::from_secs(60), "{unit}");
        assert_eq!(result.unwrap_err().http_status(), Some(400), "{unit}");
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
    let error_response = api_error(400, message, data);
    for secret in [
        "a",
        "1",
        "email",
        "validation_is_email",
        "validation",
        "min",
        message,
    ] {
        let server = FaultyServer::responding(error_response.clone());
        let client = server.client();
        let users = client.collection("users");
        let error = users.bind_token("a", secret, secret).unwrap_err();
        assert_eq!(error.data_json(), data, "{secret}");
        assert_eq!(error.server_message(), message, "{secret}");
        assert!(
            error_response.ends_with(error.body()) && !error.body().is_empty(),
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
    let client = page.client();
    let error = client.collection("users").bind_token("a@b.c", "a", "4");
    assert_eq!(error.unwrap_err().body(), b"***");
}
