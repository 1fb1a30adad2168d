//! Second factors and one-time passwords, beyond what was recorded, on every kind of database.
#![allow(clippy::unwrap_used)]

mod support;

use bosbase_local::Server;
use serde_json::{Value, json};
use support::api::{Api, PASSWORD, account, guarded, mfa_id, text};
use support::database::Database;
use support::{Answer, exchange, request};

const A: &str = "a@example.com";
const B: &str = "b@example.com";

/// Runs a test on a server of each kind, with two accounts that have bound `tok-a` and `tok-b`.
fn on_each(name: &str, test: impl Fn(&Server, Api)) {
    let seed = json!({"collections": [guarded()],
        "accounts": [account("guarded", A), account("guarded", B)]});
    for database in Database::each(name) {
        let server = database.server(Some(&seed));
        let api = Api::new(server.address(), "guarded");
        assert_eq!(api.bind(A, "tok-a").status, 204);
        assert_eq!(api.bind(B, "tok-b").status, 204);
        test(&server, api);
        server.stop();
    }
}

fn change(server: &Server, set: &Value) {
    let step = json!({"do": "update_collection", "collection": "guarded", "set": set});
    server.control(step).unwrap();
}

/// A password login as a form, the identifier of the session among its fields or in the query.
fn form(api: Api, kind: &str, body: &str, query: &str) -> Answer {
    let target = format!("/api/collections/guarded/auth-with-password{query}");
    let headers = [("Content-Type", kind)];
    exchange(
        api.address,
        &request("POST", &target, &headers, body.as_bytes()),
    )
}

fn fails(answer: &Answer, message: &str) {
    assert_eq!((answer.status, answer.message().as_str()), (400, message));
}

const OVER: &str = "Invalid or expired MFA session.";

#[test]
fn the_session_is_found_in_the_query_and_in_every_kind_of_body() {
    on_each("mfa-places", |_, api| {
        let begin = || mfa_id(&api.by_token("tok-a", ""));
        let fields = "identity=a%40example.com&password=correct+horse+1";
        let urlencoded = "application/x-www-form-urlencoded";
        let id = begin();
        let answer = form(api, urlencoded, &format!("{fields}&mfaId={id}"), "");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = form(api, urlencoded, fields, &format!("?mfaId={}", begin()));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let json = json!({"identity": A, "password": PASSWORD, "mfaId": begin()});
        let part = "--x\r\nContent-Disposition: form-data; name=\"@jsonPayload\"\r\n\r\n";
        let body = format!("{part}{json}\r\n--x--\r\n");
        let answer = form(api, "multipart/form-data; boundary=x", &body, "");
        assert_eq!(answer.status, 200, "{}", answer.text());
        // The query comes first.
        let target = format!("auth-with-password?mfaId={}", begin());
        let body = json!({"identity": A, "password": PASSWORD, "mfaId": "other"});
        assert_eq!(api.post(&target, &body).status, 200);
    });
}

#[test]
fn sessions_are_not_mixed_up() {
    on_each("mfa-mixed", |server, api| {
        let of_a = mfa_id(&api.by_token("tok-a", ""));
        fails(&api.by_password(B, &of_a), "Invalid MFA session.");
        fails(
            &api.by_token("tok-a", &of_a),
            "A different authentication method is required.",
        );
        fails(&api.by_password(A, "a\u{0}b"), OVER);
        // A wrong second factor leaves the session as it was.
        let wrong = json!({"identity": A, "password": "wrong", "mfaId": of_a});
        fails(
            &api.post("auth-with-password", &wrong),
            "Failed to authenticate.",
        );
        assert_eq!(api.by_password(A, &of_a).status, 200);
        fails(&api.by_password(A, &of_a), OVER);

        let late = mfa_id(&api.by_token("tok-a", ""));
        change(server, &json!({"mfa": {"duration": 1}}));
        std::thread::sleep(std::time::Duration::from_millis(1100));
        fails(&api.by_password(A, &late), OVER);
        change(server, &json!({"mfa": {"enabled": false}}));
        assert_eq!(api.by_password(A, &late).status, 200);
    });
}

#[test]
fn a_rule_says_who_is_asked_twice() {
    on_each("mfa-rule", |server, api| {
        change(server, &json!({"mfa": {"rule": format!("email = '{A}'")}}));
        mfa_id(&api.by_password(A, ""));
        assert_eq!(api.by_password(B, "").status, 200);
        for broken in ["@request.auth.id = ''", "missing = 1", "email ="] {
            change(server, &json!({"mfa": {"rule": broken}}));
            fails(&api.by_password(B, ""), "Failed to authenticate.");
        }
        // The rule of the collection is asked first.
        change(server, &json!({"authRule": null}));
        assert_eq!(api.by_password(B, "").status, 403);
    });
}

#[test]
fn a_requested_otp_is_the_other_factor_once() {
    on_each("otp-factor", |_, api| {
        let id = api.request_otp(A);
        let (last, code) = api.last_otp(A);
        assert_eq!((last.as_str(), code.len()), (id.as_str(), 8));
        assert!(code.bytes().all(|digit| digit.is_ascii_digit()));
        let session = mfa_id(&api.by_otp(&id, &code, ""));
        fails(&api.by_otp(&id, &code, &session), "Invalid or expired OTP.");
        let answer = api.by_token("tok-a", &session);
        assert_eq!(answer.status, 200, "{}", answer.text());
        // Who has the code has the address.
        assert_eq!(answer.json()["record"]["verified"], true);
        // Nobody learns who is known.
        let unknown = api.request_otp("nobody@example.com");
        assert_eq!(unknown.len(), id.len());
        fails(&api.by_otp(&unknown, "1", ""), "Invalid or expired OTP.");
        fails(&api.by_otp("a\u{0}b", "1", ""), "Invalid or expired OTP.");
    });
}

#[test]
fn ten_one_time_passwords_live_and_the_newest_is_reused() {
    on_each("otp-ten", |server, api| {
        let mut ids: Vec<String> = (0..10).map(|_| api.request_otp(A)).collect();
        let newest = ids.last().unwrap().clone();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 10);
        assert_eq!(api.request_otp(A), newest);
        assert_eq!(api.request_otp(A), newest);
        assert!(!ids.contains(&api.request_otp(B)));
        change(server, &json!({"otp": {"duration": 1}}));
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert!(!ids.contains(&api.request_otp(A)));
    });
}

#[test]
fn the_sixth_try_is_refused_even_with_the_right_code() {
    on_each("otp-tries", |_, api| {
        let id = api.request_otp(A);
        let (_, code) = api.last_otp(A);
        for _ in 0..5 {
            fails(&api.by_otp(&id, "0", ""), "Invalid or expired OTP.");
        }
        for code in ["0", code.as_str()] {
            let answer = api.by_otp(&id, code, "");
            assert_eq!(answer.status, 429);
            let said = "Too many attempts, please try again later with a new OTP.";
            assert_eq!(answer.message(), said);
        }
        // Tries are counted for each account.
        let id = api.request_otp(B);
        let (_, code) = api.last_otp(B);
        mfa_id(&api.by_otp(&id, &code, ""));
    });
}

#[test]
fn codes_belong_to_their_collection_and_their_time() {
    on_each("otp-place", |server, api| {
        let step = json!({"do": "create_otp", "password": "p".repeat(72),
            "account": {"collection": "guarded", "email": A}});
        assert!(server.control(step).is_err());
        let step = json!({"do": "create_otp", "password": "letters too",
            "account": {"collection": "guarded", "email": A}});
        let id = text(&server.control(step).unwrap(), "id");
        server
            .control(json!({"do": "update_collection", "collection": "users",
                "set": {"otp": {"enabled": true}}}))
            .unwrap();
        let users = Api::new(api.address, "users");
        fails(
            &users.by_otp(&id, "letters too", ""),
            "Invalid or expired OTP.",
        );
        let long = "p".repeat(72);
        let answer = api.by_otp(&id, &long, "");
        let said = &answer.json()["data"]["password"]["message"];
        assert_eq!(said, "The length must be between 1 and 71.");
        change(server, &json!({"otp": {"duration": 1}}));
        std::thread::sleep(std::time::Duration::from_millis(1100));
        fails(
            &api.by_otp(&id, "letters too", ""),
            "Invalid or expired OTP.",
        );
        change(server, &json!({"otp": {"enabled": false}}));
        assert_eq!(api.by_otp(&id, "letters too", "").status, 403);
    });
}
