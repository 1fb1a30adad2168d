//! Every kind of response that a call can receive, from a real socket.

use super::row::{Call, Row, UNEXPECTED_200, each, no_content_only, only, session_only};
use crate::support::faulty_server::Act;
use crate::support::responses::{HTML, JSON, LOGIN, OTP_ID, api_error, response};

/// The rows.
pub fn rows() -> Vec<Row> {
    let rows = [
        successes_and_near_successes(),
        logins(),
        redirects_limits_and_server_errors(),
        api_errors(),
        errors_that_are_not_of_the_api(),
        framings(),
    ];
    rows.into_iter().flatten().collect()
}

fn row(name: &str, bytes: Vec<u8>, expected: &str) -> Row {
    Row::new(name, vec![Act::Send(bytes)], expected)
}

/// A row in which the calls differ.
fn by_call<'a>(name: &str, bytes: Vec<u8>, expected: impl Fn(Call) -> &'a str) -> Row {
    Row::by_call(name, move |_| vec![Act::Send(bytes.clone())], expected)
}

/// A row of an error object of the API.
fn error(status: u16, message: &str, data: &str, expected: &str) -> Row {
    error_by_call(status, message, data, each(expected))
}

/// The same, in which the calls differ.
fn error_by_call<'a>(
    status: u16,
    message: &str,
    data: &str,
    expected: impl Fn(Call) -> &'a str,
) -> Row {
    let name = format!("{status} {message} {data}");
    by_call(&name, api_error(status, message, data), expected)
}

/// A row of a 200 with this body. It is a success of any other request.
fn ok<'a>(name: &str, body: &str, expected: impl Fn(Call) -> &'a str) -> Row {
    let expected = |call: Call| match call.is_send() {
        true => "OK 200",
        false => expected(call),
    };
    by_call(name, response("200 OK", JSON, body), expected)
}

/// A row of a status other than success, with this action. A 2xx is a success of any other request.
fn unexpected(name: &str, status: u16, fields: &str, body: &str, action: &str) -> Row {
    let bytes = response(&format!("{status} x"), fields, body);
    let rejected = format!("UNEXPECTED_RESPONSE {status} {action} outcome=unknown");
    let success = format!("OK {status}");
    by_call(name, bytes, |call| {
        match call.is_send() && (200..=299).contains(&status) {
            true => &success,
            false => &rejected,
        }
    })
}

const LOGINS: [Call; 3] = [Call::Login, Call::PasswordLogin, Call::OtpLogin];

const NETWORK: &str = "CHECK_NETWORK";
const OPERATOR: &str = "CONTACT_OPERATOR";

fn successes_and_near_successes() -> Vec<Row> {
    let html = "<html><body>Please log in to the network</body></html>";
    let no_content = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let mut rows = vec![
        ok("good login", LOGIN, session_only),
        ok(
            "good OTP id",
            OTP_ID,
            only(&[Call::RequestOtp], "OK o-1", UNEXPECTED_200),
        ),
        by_call("204", no_content, no_content_only),
    ];
    rows.extend(rows! { unexpected:
        "200 HTML", 200, HTML, html => NETWORK;
        "200 empty", 200, JSON, "" => NETWORK;
        "200 list", 200, JSON, "[]" => NETWORK;
        "200 object", 200, JSON, r#"{"anything":1}"# => OPERATOR;
        "201", 201, JSON, LOGIN => OPERATOR;
        "202", 202, JSON, LOGIN => OPERATOR;
        "206", 206, JSON, LOGIN => OPERATOR;
        "299", 299, JSON, LOGIN => OPERATOR;
    });
    rows.extend(["{}", "", LOGIN].map(|body| {
        let row = unexpected("fields omitted", 201, JSON, body, "FIX_CALL");
        row.with_option(&["query", "fields", "token"])
    }));
    rows
}

fn logins() -> Vec<Row> {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"record":{{"id":"r1","a":{open}{close}}},"token":"e30.e30.bG9naW4"}}"#)
    };
    let unusable = [
        r#"{"record":{"id":"r1"}}"#,
        r#"{"token":"e30.e30.bG9naW4"}"#,
        r#"{"record":{"id":"r1"},"token":""}"#,
        r#"{"record":{"id":"r1"},"token":1}"#,
        r#"{"record":{"id":"r1"},"token":null}"#,
        r#"{"record":{"id":"r1"},"token":"a b"}"#,
        r#"{"record":{"id":"r1"},"token":"a\r\nX: y"}"#,
        r#"{"record":[],"token":"e30.e30.bG9naW4"}"#,
        r#"{"record":null,"token":"e30.e30.bG9naW4"}"#,
        r#"{"record":"r1","token":"e30.e30.bG9naW4"}"#,
        r#"{"record":{"id":1,"id":2},"token":"e30.e30.bG9naW4"}"#,
        // Almost JSON, so not the page of a captive portal.
        &LOGIN[..LOGIN.len() - 1],
        &format!("{LOGIN}}}"),
        &format!("\u{feff}{LOGIN}"),
        r#"{"record":{"n":1.},"token":"e30.e30.bG9naW4"}"#,
        &nested(512),
        r#"{"otpId":""}"#,
        r#"{"otpId":5}"#,
        r#"{"otpId":"a/b"}"#,
        r#"{"otpId":"o-1","otpId":"o-2"}"#,
    ];
    let name = |body: &str| body.chars().take(100).collect::<String>();
    let mut rows: Vec<Row> = unusable
        .iter()
        .map(|body| ok(&name(body), body, each(UNEXPECTED_200)))
        .collect();
    let list = format!("[{LOGIN}]");
    rows.push(unexpected(&list, 200, JSON, &list, NETWORK));
    let other_account = r#"{"record":{"id":"r2"},"token":"e30.e30.bG9naW4"}"#;
    let by_login = |call: Call| match call.is_login() {
        true => "OK kept",
        false => UNEXPECTED_200,
    };
    rows.push(ok("the login of another account", other_account, by_login));
    let fields: Vec<String> = (0..10_001).map(|n| format!("\"n{n}\":{n}")).collect();
    let fields = fields.join(",");
    let large = format!(r#"{{"record":{{"id":"r1",{fields}}},"token":"e30.e30.bG9naW4"}}"#);
    let surrogate = r#"{"record":{"id":"r1","text":"\ud800"},"token":"e30.e30.bG9naW4"}"#;
    let huge = r#"{"record":{"id":"r1","n":1e400,"\ud800":-0.0E-999},"token":"e30.e30.bG9naW4"}"#;
    rows.extend(rows! { ok:
        "half of a surrogate pair", surrogate => session_only;
        "huge numbers", huge => session_only;
        "10,001 fields", &large => session_only;
        "512 levels", &nested(511) => session_only;
    });
    rows
}

fn redirects_limits_and_server_errors() -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [300, 301, 302, 303, 307, 308, 399, 600, 999] {
        let name = status.to_string();
        rows.push(unexpected(&name, status, "Location: /\r\n", "", NETWORK));
    }
    for status in [500, 502, 503, 504, 510, 512, 599] {
        let html = response(&format!("{status} x"), HTML, "<html>");
        let expected = format!("SERVER {status} RETRY_LATER outcome=unknown");
        rows.push(row("5xx HTML", html, &expected));
        rows.push(error(status, "Something went wrong.", "{}", &expected));
    }
    let not_modified = b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec();
    let unexpected_304 = "UNEXPECTED_RESPONSE 304 CHECK_NETWORK outcome=unknown";
    let proxy = response("407 x", "Proxy-Authenticate: Basic\r\n", "<html>");
    let slow_down = response("429 x", "", "slow down");
    rows.push(unexpected("511", 511, HTML, "<html>", NETWORK));
    rows.extend(rows! { row:
        "304", not_modified => unexpected_304;
        "407", proxy => "PROXY 407 CHECK_NETWORK outcome=unknown";
        "429 HTML", slow_down => "RATE_LIMITED 429 RETRY_LATER";
    });
    rows.extend(rows! { error:
        407, "No.", "{}" => "PROXY 407 CHECK_NETWORK";
        429, "Too Many Requests.", "{}" => "RATE_LIMITED 429 RETRY_LATER";
    });
    rows
}

fn api_errors() -> Vec<Row> {
    let mfa = |body| response("401 x", JSON, body);
    let unexpected = "UNEXPECTED_RESPONSE 401 CHECK_NETWORK outcome=unknown";
    let mfa_required = "MFA_REQUIRED 401 SECOND_FACTOR";
    let disabled = "METHOD_DISABLED 403 CONTACT_OPERATOR";
    let no_password = "The collection is not configured to allow password authentication.";
    let no_otp = "The collection is not configured to allow OTP authentication.";
    let unauthorized = "UNAUTHORIZED 401 ASK_CREDENTIALS";
    let refused_401 = "REFUSED 401 CONTACT_OPERATOR";
    let forbidden = "FORBIDDEN 403 CONTACT_OPERATOR";
    let mut rows = rows! { by_call:
        "401 mfa", mfa(r#"{"mfaId":"m_1"}"#) => only(&LOGINS, mfa_required, unexpected);
        "401 bad mfa", mfa(r#"{"mfaId":"a/b"}"#) => each(unexpected);
        "401 no mfa", mfa(r#"{"mfaId":5}"#) => each(unexpected);
    };
    rows.extend(rows! { error_by_call:
        401, "No.", "{}" => only(&[Call::Refresh, Call::SendGet, Call::SendPost], unauthorized, refused_401);
        403, "No.", "{}" => only(&[Call::Refresh], "FORBIDDEN 403 FIX_CALL", forbidden);
    });
    rows.extend(rows! { error:
        404, "No.", "{}" => "NOT_FOUND 404 FIX_CALL";
        413, "Request entity too large.", "{}" => "REFUSED 413 FIX_CALL";
        402, "No.", "{}" => "REFUSED 402 CONTACT_OPERATOR";
        499, "No.", "{}" => "REFUSED 499 CONTACT_OPERATOR";
        400, "No.", r#"{"email":{},"password":{}}"# => "VALIDATION 400 ASK_CREDENTIALS";
        400, "No.", r#"{"identity":{},"otpId":{}}"# => "VALIDATION 400 ASK_CREDENTIALS";
        400, "No.", r#"{"email":{},"token":{}}"# => "VALIDATION 400 FIX_CALL";
        400, "No.", r#"{"other":1}"# => "VALIDATION 400 FIX_CALL";
        400, "Any other text.", "{}" => "REFUSED 400 CONTACT_OPERATOR";
        403, no_password, "{}" => disabled;
        403, no_otp, "{}" => disabled;
        400, "An error occurred while loading the submitted data.", "{}" => "REFUSED 400 FIX_CALL";
        400, "Unsupported Content-Type.", "{}" => "REFUSED 400 FIX_CALL";
    });
    rows.extend(messages_of_some_calls());
    rows
}

/// Messages that are distinguished for some calls only.
fn messages_of_some_calls() -> Vec<Row> {
    let other = "REFUSED 400 CONTACT_OPERATOR";
    let credentials = "CREDENTIALS 400 ASK_CREDENTIALS";
    let session = "MFA_SESSION 400 SECOND_FACTOR";
    let fix_session = "MFA_SESSION 400 FIX_CALL";
    let same_method = "MFA_SAME_METHOD 400 SECOND_FACTOR";
    let otp = "OTP_INVALID 400 SECOND_FACTOR";
    let attempts = "Too many attempts, please try again later with a new OTP.";
    let otp_429 = "OTP_INVALID 429 SECOND_FACTOR";
    let limited = "RATE_LIMITED 429 RETRY_LATER";
    let login_failed = |call| match call {
        Call::Login => "UNKNOWN_TOKEN 400 ASK_CREDENTIALS",
        Call::PasswordLogin => credentials,
        _ => other,
    };
    rows! { error_by_call:
        400, "Failed to bind token.", "{}" => only(&[Call::Bind], credentials, other);
        400, "Failed to unbind token.", "{}" => only(&[Call::Unbind], credentials, other);
        400, "Failed to authenticate.", "{}" => login_failed;
        400, "Invalid or expired MFA session.", "{}" => only(&LOGINS, session, other);
        400, "Invalid MFA session.", "{}" => only(&LOGINS, session, other);
        400, "Failed to read MFA Id.", "{}" => only(&LOGINS, fix_session, other);
        400, "A different authentication method is required.", "{}" => only(&LOGINS, same_method, other);
        400, "Invalid or expired OTP.", "{}" => only(&[Call::OtpLogin], otp, other);
        400, attempts, "{}" => each(other);
        429, attempts, "{}" => only(&[Call::OtpLogin], otp_429, limited);
        400, "failed to bind token.", "{}" => each(other);
    }
}

fn errors_that_are_not_of_the_api() -> Vec<Row> {
    let body = r#"{"data":{},"message":"No.","status":400}"#;
    let other_status = r#"{"data":{},"message":"No.","status":401}"#;
    let string_status = r#"{"data":{},"message":"No.","status":"400"}"#;
    let list = r#"{"data":[],"message":"No.","status":400}"#;
    let mut rows = rows! { unexpected:
        "HTML", 400, HTML, "<html>" => NETWORK;
        "no type", 400, "", body => NETWORK;
        "text", 400, "Content-Type: text/plain\r\n", body => NETWORK;
        "nearly JSON", 400, "Content-Type: application/jsonp\r\n", body => NETWORK;
        "another status", 400, JSON, other_status => NETWORK;
        "status as string", 400, JSON, string_status => NETWORK;
        "no message", 400, JSON, r#"{"data":{},"status":400}"# => NETWORK;
        "data as list", 400, JSON, list => NETWORK;
        "cut", 400, JSON, &body[..body.len() - 1] => NETWORK;
        "empty", 400, JSON, "" => NETWORK;
        "HTML", 413, HTML, "<html>" => NETWORK;
        "HTML", 404, HTML, "<html>" => NETWORK;
        "HTML", 403, HTML, "<html>" => NETWORK;
        "HTML", 418, HTML, "<html>" => NETWORK;
    };
    let parameter = "Content-Type: Application/JSON; charset=utf-8\r\n";
    let bytes = response("400 x", parameter, body);
    let refused = "REFUSED 400 CONTACT_OPERATOR";
    rows.push(row("type with a parameter", bytes, refused));
    rows
}

/// A login in every framing and with lower-case field names, at once and byte by byte.
fn framings() -> Vec<Row> {
    let length = LOGIN.len();
    let (front, back) = LOGIN.split_at(10);
    let (json, sized) = (
        "content-type: application/json",
        format!("Content-Length: {length}"),
    );
    let rest = format!("{:x};x=y\r\n{back}\r\n0\r\ntrailer: x", length - 10);
    let interim = "HTTP/1.1 103 x\r\nLink: y\r\n\r\n".repeat(8);
    let framings = [
        format!("HTTP/1.1 200 OK\r\n{json}\r\ncontent-length: {length}\r\n\r\n{LOGIN}"),
        format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n{front}\r\n{rest}\r\n\r\n"
        ),
        format!("HTTP/1.0 200 OK\r\n\r\n{LOGIN}"),
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{LOGIN}"),
        format!("HTTP/1.1 200\r\n{sized}\r\n{sized}\r\n\r\n{LOGIN}"),
        format!("{interim}HTTP/1.1 200 OK\r\n{sized}\r\n\r\n{LOGIN}"),
    ];
    let mut rows = Vec::new();
    for framing in framings {
        for (name, act) in [("", Act::Send as fn(_) -> _), ("dripped ", Act::Drip)] {
            let bytes = framing.clone().into_bytes();
            let acts = move |_: Call| vec![act(bytes.clone()), Act::Close];
            rows.push(Row::by_call(
                &format!("{name}{framing}"),
                acts,
                session_only,
            ));
        }
    }
    rows
}
