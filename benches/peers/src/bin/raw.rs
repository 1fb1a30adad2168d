//! The lower bound: writes a prepared request and reads as many bytes as the first response had. Checks nothing.

use bosauth_peers::{LOGIN_PATH, Task, stream};

fn main() {
    let task = Task::read();
    let request = format!(
        "POST {LOGIN_PATH} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        task.host_and_port(),
        task.body.len(),
        task.body
    );
    task.run(|| {
        let mut stream = stream::connect(&task);
        let mut response = vec![0; 16384];
        let mut size = None;
        let request = &request;
        move || {
            stream.write_all(request.as_bytes()).expect("write");
            match size {
                Some(size) => stream.read_exact(&mut response[..size]).expect("read"),
                // The server writes the response in one piece.
                None => size = Some(stream.read(&mut response).expect("read")),
            }
        }
    });
}
