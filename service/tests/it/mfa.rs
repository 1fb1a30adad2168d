//! MFA and one-time passwords, beyond the recorded scenarios, on both database engines.

use crate::support::api::{A, Api, PASSWORD, account, mfa_collection, mfa_id, string};
use crate::support::client::Response;
use crate::support::database::Database;
use crate::support::raw::{exchange, request};
use bosbase_local::Server;
use serde_json::{Value, json};

const B: &str = "b@example.com";

/// Runs a test on each database engine, with two accounts and the tokens `tok-a` and `tok-b`.
fn on_each(name: &str, test: impl Fn(&Server, Api)) {
    let seed = json!({"collections": [mfa_collection()],
        "accounts": [account("guarded", A), account("guarded", B)]});
    for database in Database::each(name) {
        let server = database.server(Some(&seed));
        let api = Api::new(server.address(), "guarded");
        api.must_bind(A, "tok-a");
        api.must_bind(B, "tok-b");
        test(&server, api);
        server.stop();
    }
}

fn update(server: &Server, set: &Value) {
    let command = json!({"do": "update_collection", "collection": "guarded", "set": set});
    server.control(command).unwrap();
}

/// Sends a password login with a form or multipart body.
fn post_form(api: Api, content_type: &str, body: &str, query: &str) -> Response {
    let target = format!("/api/collections/guarded/auth-with-password{query}");
    let headers = [("Content-Type", content_type)];
    exchange(
        api.address,
        &request("POST", &target, &headers, body.as_bytes()),
    )
}

const EXPIRED: &str = "Invalid or expired MFA session.";

#[test]
fn mfa_id_is_read_from_query_and_all_bodies() {
    on_each("mfa-bodies", |_, api| {
        let start = || mfa_id(&api.login_with_token("tok-a", ""));
        let fields = "identity=a%40example.com&password=correct+horse+1";
        let urlencoded = "application/x-www-form-urlencoded";
        let id = start();
        let response = post_form(api, urlencoded, &format!("{fields}&mfaId={id}"), "");
        assert_eq!(response.status, 200, "{}", response.text());
        let response = post_form(api, urlencoded, fields, &format!("?mfaId={}", start()));
        assert_eq!(response.status, 200, "{}", response.text());
        let json = json!({"identity": A, "password": PASSWORD, "mfaId": start()});
        let part = "--x\r\nContent-Disposition: form-data; name=\"@jsonPayload\"\r\n\r\n";
        let body = format!("{part}{json}\r\n--x--\r\n");
        let response = post_form(api, "multipart/form-data; boundary=x", &body, "");
        assert_eq!(response.status, 200, "{}", response.text());
        // The query takes precedence.
        let target = format!("auth-with-password?mfaId={}", start());
        let body = json!({"identity": A, "password": PASSWORD, "mfaId": "other"});
        assert_eq!(api.post(&target, &body).status, 200);
    });
}

#[test]
fn session_is_bound_to_account_method_and_time() {
    on_each("mfa-sessions", |server, api| {
        let of_a = mfa_id(&api.login_with_token("tok-a", ""));
        api.login_with_password(B, &of_a)
            .assert_error(400, "Invalid MFA session.");
        api.login_with_token("tok-a", &of_a)
            .assert_error(400, "A different authentication method is required.");
        api.login_with_password(A, "a\u{0}b")
            .assert_error(400, EXPIRED);
        // A failed second factor does not end the session.
        let wrong = json!({"identity": A, "password": "wrong", "mfaId": of_a});
        api.post("auth-with-password", &wrong)
            .assert_error(400, "Failed to authenticate.");
        assert_eq!(api.login_with_password(A, &of_a).status, 200);
        api.login_with_password(A, &of_a).assert_error(400, EXPIRED);

        let late = mfa_id(&api.login_with_token("tok-a", ""));
        update(server, &json!({"mfa": {"duration": 1}}));
        std::thread::sleep(std::time::Duration::from_millis(1100));
        api.login_with_password(A, &late).assert_error(400, EXPIRED);
        update(server, &json!({"mfa": {"enabled": false}}));
        assert_eq!(api.login_with_password(A, &late).status, 200);
    });
}

#[test]
fn rule_selects_accounts_that_need_mfa() {
    on_each("mfa-rule", |server, api| {
        update(server, &json!({"mfa": {"rule": format!("email = '{A}'")}}));
        mfa_id(&api.login_with_password(A, ""));
        assert_eq!(api.login_with_password(B, "").status, 200);
        for invalid in ["@request.auth.id = ''", "missing = 1", "email ="] {
            update(server, &json!({"mfa": {"rule": invalid}}));
            api.login_with_password(B, "")
                .assert_error(400, "Failed to authenticate.");
        }
        // The authRule is checked first.
        update(server, &json!({"authRule": null}));
        assert_eq!(api.login_with_password(B, "").status, 403);
    });
}

#[test]
fn requested_otp_is_a_factor_once() {
    on_each("otp-factor", |_, api| {
        let id = api.request_otp(A);
        let (last, code) = api.last_otp(A);
        assert_eq!((last.as_str(), code.len()), (id.as_str(), 8));
        assert!(code.bytes().all(|digit| digit.is_ascii_digit()));
        let session = mfa_id(&api.login_with_otp(&id, &code, ""));
        api.login_with_otp(&id, &code, &session)
            .assert_error(400, "Invalid or expired OTP.");
        let response = api.login_with_token("tok-a", &session);
        assert_eq!(response.status, 200, "{}", response.text());
        // The code proves ownership of the email.
        assert_eq!(response.json()["record"]["verified"], true);
        // The response does not reveal whether the email exists.
        let unknown = api.request_otp("unknown@example.com");
        assert_eq!(unknown.len(), id.len());
        api.login_with_otp(&unknown, "1", "")
            .assert_error(400, "Invalid or expired OTP.");
        api.login_with_otp("a\u{0}b", "1", "")
            .assert_error(400, "Invalid or expired OTP.");
    });
}

#[test]
fn ten_otps_are_active_and_the_newest_is_reused() {
    on_each("otp-ten", |server, api| {
        let mut ids: Vec<String> = (0..10).map(|_| api.request_otp(A)).collect();
        let newest = ids.last().unwrap().clone();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 10);
        assert_eq!(api.request_otp(A), newest);
        assert_eq!(api.request_otp(A), newest);
        assert!(!ids.contains(&api.request_otp(B)));
        update(server, &json!({"otp": {"duration": 1}}));
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert!(!ids.contains(&api.request_otp(A)));
    });
}

#[test]
fn sixth_attempt_fails_even_with_the_correct_code() {
    on_each("otp-attempts", |_, api| {
        let id = api.request_otp(A);
        let (_, code) = api.last_otp(A);
        for _ in 0..5 {
            api.login_with_otp(&id, "0", "")
                .assert_error(400, "Invalid or expired OTP.");
        }
        for code in ["0", code.as_str()] {
            let response = api.login_with_otp(&id, code, "");
            assert_eq!(response.status, 429);
            let message = "Too many attempts, please try again later with a new OTP.";
            assert_eq!(response.message(), message);
        }
        // Attempts are counted per account.
        let id = api.request_otp(B);
        let (_, code) = api.last_otp(B);
        mfa_id(&api.login_with_otp(&id, &code, ""));
    });
}

#[test]
fn code_is_bound_to_collection_and_time() {
    on_each("otp-bound", |server, api| {
        let command = json!({"do": "create_otp", "password": "p".repeat(72),
            "account": {"collection": "guarded", "email": A}});
        assert!(server.control(command).is_err());
        let command = json!({"do": "create_otp", "password": "letters too",
            "account": {"collection": "guarded", "email": A}});
        let id = string(&server.control(command).unwrap(), "id");
        server
            .control(json!({"do": "update_collection", "collection": "users",
                "set": {"otp": {"enabled": true}}}))
            .unwrap();
        let users = Api::new(api.address, "users");
        users
            .login_with_otp(&id, "letters too", "")
            .assert_error(400, "Invalid or expired OTP.");
        let long = "p".repeat(72);
        let response = api.login_with_otp(&id, &long, "");
        let message = &response.json()["data"]["password"]["message"];
        assert_eq!(message, "The length must be between 1 and 71.");
        update(server, &json!({"otp": {"duration": 1}}));
        std::thread::sleep(std::time::Duration::from_millis(1100));
        api.login_with_otp(&id, "letters too", "")
            .assert_error(400, "Invalid or expired OTP.");
        update(server, &json!({"otp": {"enabled": false}}));
        assert_eq!(api.login_with_otp(&id, "letters too", "").status, 403);
    });
}
