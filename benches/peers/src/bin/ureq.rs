//! ureq 3 and serde_json. All threads share one agent.

use bosauth_peers::Task;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

fn main() {
    let task = Task::read();
    // Per phase: with a timeout for the whole call or for name resolution, ureq starts a thread per call.
    let limit = Some(Duration::from_secs(20));
    let mut config = Agent::config_builder()
        .timeout_connect(limit)
        .timeout_send_request(limit)
        .timeout_send_body(limit)
        .timeout_recv_response(limit)
        .timeout_recv_body(limit)
        .max_idle_connections_per_host(task.threads)
        .max_idle_connections(task.threads);
    if !task.ca_pem.is_empty() {
        let certificate = Certificate::from_pem(task.ca_pem.as_bytes()).expect("PEM");
        let roots = RootCerts::Specific(Arc::new(vec![certificate]));
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    let agent = Agent::new_with_config(config.build());
    let url = task.url();
    task.run(|| {
        let request = || agent.post(&url).header("Content-Type", "application/json");
        let (task, agent) = (&task, request);
        move || {
            let mut response = agent().send(task.body.as_bytes()).expect("a response");
            let status = response.status().as_u16();
            let json: Value = response.body_mut().read_json().expect("JSON");
            task.check(
                status,
                json["token"].as_str(),
                json["record"]["email"].as_str(),
            );
        }
    });
}
