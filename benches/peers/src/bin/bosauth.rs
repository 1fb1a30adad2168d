//! bosauth through its Rust crate. All threads share one client.

use bosauth::Client;
use bosauth_peers::Task;

fn main() {
    let task = Task::read();
    let mut builder = Client::builder(&task.base_url);
    if !task.ca_pem.is_empty() {
        builder = builder.roots_pem(&task.ca_pem);
    }
    let client = builder.build().expect("a client");
    task.run(|| {
        let users = client.collection("users");
        let task = &task;
        move || {
            let session = users.auth_with_token(&task.app_token).expect("a session");
            task.check(
                200,
                Some(session.token()),
                session.field("email").as_deref(),
            );
        }
    });
}
