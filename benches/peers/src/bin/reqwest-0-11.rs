//! What the official Rust SDK is built on: reqwest 0.11 with the SDK's features, and serde_json. The SDK is in no
//! registry. Its own work per request (URL, header maps, hooks, session) is not included. All threads share one client.

use bosauth_peers::Task;
use reqwest_0_11::Certificate;
use reqwest_0_11::blocking::Client;
use serde_json::Value;

fn main() {
    let task = Task::read();
    let mut builder = Client::builder();
    if !task.ca_pem.is_empty() {
        let certificate = Certificate::from_pem(task.ca_pem.as_bytes()).expect("PEM");
        builder = builder.add_root_certificate(certificate);
    }
    let client = builder.build().expect("a client");
    let url = task.url();
    task.run(|| {
        let (task, client, url) = (&task, &client, &url);
        move || {
            let request = client.post(url).header("Content-Type", "application/json");
            let response = request.body(task.body.clone()).send().expect("a response");
            let status = response.status().as_u16();
            let json: Value = response.json().expect("JSON");
            task.check(
                status,
                json["token"].as_str(),
                json["record"]["email"].as_str(),
            );
        }
    });
}
