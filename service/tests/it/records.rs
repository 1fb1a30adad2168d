//! Records over the API, beyond the recorded scenario, on both database engines.

use crate::support::api::{A, Api, PASSWORD, account, path, string};
use crate::support::client::Response;
use crate::support::database::Database;
use crate::support::raw::{exchange, request, send};
use bosbase_local::Server;
use serde_json::{Value, json};
use std::cell::Cell;
use std::net::SocketAddr;
use std::thread;

const B: &str = "b@example.com";
const NEW_PASSWORD: &str = "another horse 2";
const NONE: &Value = &Value::Null;

/// A collection on one SQLite server, or on two servers that share a PostgreSQL database.
struct Instances {
    collection: &'static str,
    database: Database,
    servers: Vec<Server>,
    requests: Cell<usize>,
}

impl Instances {
    fn each(collection: &'static str, seed: &Value) -> impl Iterator<Item = Self> {
        Database::each("records").map(move |database| {
            let mut servers = vec![database.server(Some(seed))];
            servers.extend(database.is_postgres().then(|| database.server(None)));
            Self {
                collection,
                database,
                servers,
                requests: Cell::new(0),
            }
        })
    }

    /// Returns the address of the next server: consecutive requests reach different ones.
    fn address(&self) -> SocketAddr {
        let number = self.requests.get();
        self.requests.set(number + 1);
        self.servers[number % self.servers.len()].address()
    }

    fn api(&self) -> Api<'static> {
        Api::new(self.address(), self.collection)
    }

    fn send(&self, method: &str, call: &str, token: &str, body: &Value) -> Response {
        let target = path(self.collection, call);
        send(self.address(), method, &target, token, body)
    }

    fn get(&self, call: &str, token: &str) -> Response {
        self.send("GET", call, token, NONE)
    }

    /// Sends a request without body, and returns the status.
    fn status(&self, method: &str, call: &str, token: &str) -> u16 {
        self.send(method, call, token, NONE).status
    }

    /// Registers an account, and returns its record.
    fn register(&self, fields: &Value) -> Value {
        let response = self.send("POST", "records", "", fields);
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    }

    /// Logs in with a password. Returns the record, the target of the record, and the login token.
    fn login(&self, email: &str) -> (Value, String, String) {
        let login = self.api().login_with_password(email, "").json();
        let id = string(&login["record"], "id");
        let token = string(&login, "token");
        (login["record"].clone(), format!("records/{id}"), token)
    }

    fn login_superuser(&self) -> String {
        let api = Api::new(self.address(), "_superusers");
        string(&api.login_with_password(A, "").json(), "token")
    }
}

/// The body of a registration, with more `fields`.
fn registration(email: &str, fields: Value) -> Value {
    let mut body = json!({"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD});
    let fields = fields.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    body
}

/// Returns the errors of the fields of an invalid request.
fn errors(response: &Response) -> Vec<String> {
    let json = response.json();
    assert_eq!(response.status, 400, "{json}");
    let data = json["data"].as_object().unwrap().iter();
    data.map(|(name, error)| {
        let (code, message) = (string(error, "code"), string(error, "message"));
        let params = error.get("params").map_or(String::new(), Value::to_string);
        format!("{name} {code} {message}{params}")
    })
    .collect()
}

#[test]
fn guest_account_lives_from_registration_to_deletion() {
    for guest in Instances::each("users", &json!({})) {
        let record = guest.register(&registration(A, json!({})));
        assert_eq!((record.get("email"), &record["name"]), (None, &json!("")));
        guest.api().must_bind(A, "device");
        let login = guest.api().login_with_token("device", "").json();
        assert_eq!(login["record"]["id"], record["id"]);
        assert_eq!(login["record"]["email"], A);
        let (own, first) = (
            format!("records/{}", string(&record, "id")),
            string(&login, "token"),
        );

        let named = guest.send("PATCH", &own, &first, &json!({"name": "Ann"}));
        assert_eq!(named.json()["name"], "Ann");
        let change = json!({"oldPassword": PASSWORD, "password": NEW_PASSWORD,
            "passwordConfirm": NEW_PASSWORD});
        assert_eq!(guest.send("PATCH", &own, &first, &change).status, 200);
        assert_eq!(guest.status("GET", &own, &first), 404);
        assert_eq!(guest.status("POST", "auth-refresh", &first), 401);
        assert_eq!(guest.api().bind(A, "other").status, 400);

        let login = guest.api().login_with_token("device", "").json();
        let second = string(&login, "token");
        assert_eq!(guest.get(&own, &second).json(), login["record"]);
        let otp = json!({"do": "create_otp", "password": "1",
            "account": {"collection": "users", "email": A}});
        guest.servers[0].control(otp).unwrap();
        assert_eq!(guest.status("DELETE", &own, &first), 404);
        assert_eq!(guest.status("DELETE", &own, &second), 204);
        assert_eq!(guest.status("DELETE", &own, &second), 404);
        // The email is free again, and the token logs in to no account.
        let another = guest.register(&registration(A, json!({})));
        assert_ne!(another["id"], record["id"]);
        let login = guest.api().login_with_token("device", "");
        login.assert_error(400, "Failed to authenticate.");
        drop(guest.servers);
        for table in ["_token_bindings", "local_otps"] {
            let rows = guest.database.rows(&format!("SELECT 1 FROM {table}"));
            assert!(rows.is_empty(), "{table}");
        }
    }
}

#[test]
fn superusers_bypass_the_rules() {
    let seed = json!({"accounts": [account("users", A), account("users", B),
        account("_superusers", A)]});
    for users in Instances::each("users", &seed) {
        let root = users.login_superuser();
        let list = |query: &str| users.get(&format!("records?{query}"), &root);
        let second = json!({"items": [{"email": B}], "page": 2, "perPage": 1, "totalItems": 2,
            "totalPages": 2});
        assert_eq!(list("perPage=1&page=2&fields=email").json(), second);
        let all = list("page=-1&perPage=0&fields=email").json();
        assert_eq!(all["items"], json!([{"email": A}, {"email": B}]));
        let last = list(&format!("page={}", i64::MAX)).json();
        assert_eq!(last["items"], json!([]));
        for query in ["page=x", "sort=name", "filter=id%3D''"] {
            assert_eq!(list(query).status, 400, "{query}");
        }

        let (_, target, token) = users.login(A);
        let change = json!({"email": "new@example.com", "verified": true,
            "password": NEW_PASSWORD, "passwordConfirm": NEW_PASSWORD});
        let changed = users.send("PATCH", &target, &root, &change);
        assert_eq!(changed.json()["email"], change["email"]);
        assert_eq!(users.status("POST", "auth-refresh", &token), 401);
        let taken = users.send("PATCH", &target, &root, &json!({"email": B}));
        taken.assert_error(400, "Failed to update record.");
        assert!(errors(&taken).is_empty());

        let superusers = path("_superusers", "records");
        let create = |token: &str| {
            let body = registration(B, json!({}));
            send(users.address(), "POST", &superusers, token, &body)
        };
        assert_eq!(create(&users.login(B).2).status, 403);
        assert_eq!(create(&root).json()["verified"], true);
        let target = path("_superusers", "request-email-change");
        send(users.address(), "POST", &target, &root, NONE)
            .assert_error(400, "All superusers can change their emails directly.");
    }
}

#[test]
fn rules_select_records_and_hide_emails() {
    let seed = json!({
        "collections": [
            {"name": "teams", "type": "base"},
            {"name": "players", "type": "auth", "listRule": "score > 1", "viewRule": "",
                "createRule": "score < 9 && @request.auth.id = ''",
                "updateRule": "@request.auth.id != ''",
                "fields": [{"name": "score", "type": "number"},
                    {"name": "nick", "type": "text", "max": 3}]}],
        "accounts": [
            {"collection": "players", "email": A, "password": PASSWORD, "emailVisibility": true},
            {"collection": "players", "email": B, "password": PASSWORD, "fields": {"score": 2}}]});
    for players in Instances::each("players", &seed) {
        let listed = players.get("records", "").json();
        assert_eq!(listed["totalItems"], 1);
        assert_eq!(listed["items"][0]["score"], 2);
        assert_eq!(listed["items"][0].get("email"), None);
        let ((_, target, token), (_, _, other)) = (players.login(A), players.login(B));
        assert_eq!(players.get(&target, "").json()["email"], A);

        // Every account can change it, but only superusers can delete it.
        let patch = |token: &str, nick: Value| {
            let change = json!({"nick": nick, "score": "2.5"});
            players.send("PATCH", &target, token, &change)
        };
        assert_eq!(patch("", json!("x")).status, 404);
        let error = "nick validation_max_text_constraint Must be no more than 3 character(s).";
        for invalid in [json!("abcd"), json!(true), json!(1e3)] {
            let errors = errors(&patch(&other, invalid));
            assert_eq!(errors, [format!("{error}{{\"max\":3}}")]);
        }
        let changed = patch(&other, json!("äöü")).json();
        assert_eq!(
            (&changed["nick"], &changed["score"]),
            (&json!("äöü"), &json!(2.5))
        );
        let deletion = players.send("DELETE", &target, &token, NONE);
        deletion.assert_error(403, "Only superusers can perform this action.");

        for (score, token, status) in [(9, "", 400), (8, &token, 400), (8, "", 200)] {
            let body = registration("c@example.com", json!({"score": score}));
            let response = players.send("POST", "records", token, &body);
            assert_eq!(response.status, status, "{}", response.text());
        }
        let teams = path("teams", "records");
        let teams = send(players.address(), "GET", &teams, &token, NONE);
        teams.assert_error(404, "The requested resource wasn't found.");
    }
}

#[test]
fn relations_are_expanded_as_the_account_can_view_them() {
    let player = |email: &str, friend: &str| {
        let id = format!("id of {email}");
        json!({"collection": "players", "id": id, "email": email, "password": PASSWORD,
            "fields": {"friend": format!("id of {friend}")}})
    };
    let seed = json!({
        "collections": [{"name": "players", "type": "auth", "viewRule": "id = @request.auth.id",
            "fields": [{"name": "friend", "type": "relation", "collection": "players"}]}],
        "accounts": [player(A, A), player(B, A), account("_superusers", A)]});
    for players in Instances::each("players", &seed) {
        let friend = |record: &Value| record["expand"]["friend"]["email"].clone();
        let root = players.login_superuser();
        for (email, expected) in [(A, json!(A)), (B, Value::Null)] {
            let credentials = json!({"identity": email, "password": PASSWORD});
            let call = "auth-with-password?expand=friend";
            let login = players.api().post(call, &credentials).json();
            assert_eq!(friend(&login["record"]), expected, "{email}");
            let token = string(&login, "token");
            let call = format!("records/id%20of%20{email}?expand=friend");
            assert_eq!(
                friend(&players.get(&call, &token).json()),
                expected,
                "{email}"
            );
            assert_eq!(friend(&players.get(&call, &root).json()), A);
        }
        let list = players.get("records?expand=friend", &root).json();
        assert_eq!(friend(&list["items"][1]), A);
    }
}

#[test]
fn invalid_fields_are_reported_together() {
    let seed = json!({"accounts": [account("users", A)]});
    for users in Instances::each("users", &seed) {
        let (record, own, token) = users.login(A);
        let create = |fields: Value| {
            let body = registration(B, fields);
            errors(&users.send("POST", "records", "", &body))
        };
        let update = |fields: Value| errors(&users.send("PATCH", &own, &token, &fields));
        let required = |name: &str| format!("{name} validation_required Cannot be blank.");

        let short = json!({"id": "x".repeat(37), "email": "", "password": "short",
            "passwordConfirm": "short"});
        assert_eq!(create(short), [
            required("email"),
            "id validation_max_text_constraint Must be no more than 36 character(s).{\"max\":36}".to_owned(),
            "password validation_min_text_constraint Must be at least 8 character(s).".to_owned(),
        ]);
        let slash =
            "id validation_pk_forbidden The record primary key contains forbidden characters.";
        assert_eq!(
            create(json!({"id": "a/b"})),
            [format!("{slash}{{\"forbidden\":\"/\"}}")]
        );
        let random = "01a20bab-8b2e-4ebd-8a7b-4ac4da759cc8";
        let format = "id validation_invalid_format Invalid value format.";
        assert_eq!(create(json!({"id": random})), [format]);
        for password in ["x".repeat(73), "é".repeat(37)] {
            let long = json!({"password": password, "passwordConfirm": password});
            assert_eq!(
                create(long),
                ["password validation_invalid_value Invalid value."]
            );
        }
        let old = json!({"oldPassword": "x"});
        assert_eq!(
            update(old),
            [required("password"), required("passwordConfirm")]
        );
        assert_eq!(update(json!({"password": ""})), [required("password")]);
        let id = "id validation_pk_change The record primary key cannot be changed.";
        assert_eq!(update(json!({"id": random})), [id]);
        let email = json!({"newEmail": "x"});
        let email = users.send("POST", "request-email-change", &token, &email);
        assert_eq!(
            errors(&email),
            ["newEmail validation_is_email Must be a valid email address."]
        );
        assert_eq!(users.status("POST", "request-email-change", ""), 401);

        // Valid: the same email, a field that cannot be set, and an id of the client.
        let same = json!({"email": A, "verified": "0", "created": "x", "emailVisibility": 1});
        let same = users.send("PATCH", &own, &token, &same).json();
        assert_eq!(same["created"], record["created"]);
        assert_eq!(same["emailVisibility"], true);
        let id = json!({"id": "01a20bab-8b2e-7ebd-8a7b-4ac4da759cc8"});
        assert_eq!(users.register(&registration(B, id.clone()))["id"], id["id"]);
        let twice = registration("c@example.com", id);
        assert!(errors(&users.send("POST", "records", "", &twice)).is_empty());
    }
}

#[test]
fn bodies_are_read_by_their_content_type() {
    const FORM: &str = "application/x-www-form-urlencoded";
    const MULTIPART: &str = "multipart/form-data; boundary=x";
    let users = Instances::each("users", &json!({})).next().unwrap();
    let post = |kind: &str, body: &str| {
        let (target, headers) = (path("users", "records"), [("Content-Type", kind)]);
        let request = request("POST", &target, &headers, body.as_bytes());
        exchange(users.address(), &request)
    };
    let passwords = "password=12345678&passwordConfirm=12345678";
    let json = |email: &str| {
        format!(
            r#"{{"email":"{email}","password":"12345678","passwordConfirm":12345678,"Name":"x"}} x"#
        )
    };
    let payload = format!(
        "--x\r\nContent-Disposition: form-data; name=\"@jsonPayload\"\r\n\r\n{}\r\n--x--\r\n",
        json(A)
    );
    for (kind, body, name) in [
        (MULTIPART, payload, ""),
        ("application/json", json(B), ""),
        (FORM, format!("{passwords}&email=c@example.com&name=5"), "5"),
        (
            FORM,
            format!("{passwords}&email=d@example.com&name=5&name=6"),
            "",
        ),
    ] {
        let response = post(kind, &body);
        assert_eq!(response.status, 200, "{body}: {}", response.text());
        assert_eq!(response.json()["name"], name, "{body}");
    }
    for (kind, body) in [
        ("application/json", "{"),
        ("application/json", "7"),
        (FORM, "a=%z"),
        (MULTIPART, "x"),
        ("text/xml", "<a/>"),
        ("text/xml", "x"),
    ] {
        let message = "Something went wrong while processing your request.";
        post(kind, body).assert_error(400, message);
    }
    post("text/plain", "x").assert_error(400, "Unsupported Content-Type.");
}

#[test]
fn concurrent_updates_keep_each_others_fields() {
    let names: Vec<String> = (0..8).map(|number| format!("f{number}")).collect();
    let field = |name: &String| json!({"name": name, "type": "number"});
    let fields: Vec<Value> = names.iter().map(field).collect();
    let seed = json!({"accounts": [account("wide", A)], "collections": [
        {"name": "wide", "type": "auth", "updateRule": "", "fields": fields}]});
    for wide in Instances::each("wide", &seed) {
        let target = path("wide", &wide.login(A).1);
        for round in 1..=5 {
            thread::scope(|scope| {
                for name in &names {
                    let (address, target) = (wide.address(), &target);
                    let change = json!({name.as_str(): round});
                    scope.spawn(move || send(address, "PATCH", target, "", &change));
                }
            });
            let record = send(wide.address(), "PATCH", &target, "", &json!({})).json();
            assert!(names.iter().all(|name| record[name] == round), "{record}");
        }
    }
}

#[test]
fn rate_limits_and_faults_apply_to_records() {
    let rule = |label: &str, max: u32| json!({"label": label, "maxRequests": max, "duration": 60});
    let seed = json!({"rateLimits": {"rules": [rule("users:create", 1), rule("*:view", 2)]}});
    for users in Instances::each("users", &seed) {
        let statuses = |method, calls: [&str; 3]| calls.map(|call| users.status(method, call, ""));
        assert_eq!(statuses("POST", ["records"; 3]), [400, 429, 429]);
        // All records of a collection are counted together.
        let records = ["records/a", "records/b", "records/c"];
        assert_eq!(statuses("GET", records), [404, 404, 429]);
        assert_eq!(statuses("GET", ["records"; 3]), [200; 3]);
        assert_eq!(statuses("DELETE", records), [404; 3]);
        for server in &users.servers {
            let fault = json!({"do": "add_fault", "fault": "server_error", "when": "before",
                "times": 9, "call": "records", "collection": "users"});
            server.control(fault).unwrap();
        }
        assert_eq!(
            statuses("GET", ["records", "records/a", "auth-methods"]),
            [503, 503, 200]
        );
    }
}
