//! Cancels a login after one second: `cargo run --example stop_a_login [URL]`

use std::thread;
use std::time::Duration;

use bosauth::{CallOptions, Cancel, Client, Error};

fn main() -> Result<(), Error> {
    let url = std::env::args()
        .nth(1)
        .unwrap_or("http://127.0.0.1:8090".into());
    let client = Client::builder(&url).build()?;
    let cancel = Cancel::new();
    let options = CallOptions::new().cancel(&cancel);
    thread::scope(|scope| {
        scope.spawn(|| {
            let users = client.collection("users").with(&options);
            match users.auth_with_token("my-own-token") {
                Ok(session) => println!("hello {}", session.field("email").unwrap_or_default()),
                Err(error) => println!("{}", error.status()),
            }
        });
        thread::sleep(Duration::from_secs(1)); // until the user presses a button
        cancel.trigger();
    });
    Ok(())
}
