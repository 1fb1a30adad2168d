//! A DNS server (RFC 1035, over UDP) that responds at once, after a delay, on [`DnsServer::release`], or never.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// When the response to a query is sent.
#[derive(Clone, Copy, PartialEq)]
pub enum When {
    Now,
    After(Duration),
    /// At [`DnsServer::release`].
    Held,
}

/// The addresses of a name, and when they are sent. Other names do not exist.
pub type Records = HashMap<&'static str, (When, Vec<IpAddr>)>;

/// The server. Its thread ends with the process.
pub struct DnsServer {
    socket: UdpSocket,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The names of all queries.
    queries: Vec<String>,
    held: Vec<(Vec<u8>, SocketAddr)>,
    released: bool,
}

impl DnsServer {
    /// Starts a server at the address of the resolver configuration.
    pub fn start(address: &str, names: Records) -> Self {
        let socket = UdpSocket::bind(address).expect("port 53");
        let state = Arc::new(Mutex::new(State::default()));
        let server = DnsServer {
            socket: socket.try_clone().expect("a socket"),
            state: Arc::clone(&state),
        };
        thread::spawn(move || {
            let mut packet = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                serve(&socket, &packet[..length], from, &names, &state);
            }
        });
        server
    }

    /// The number of queries of a name.
    pub fn queries(&self, name: &str) -> usize {
        let state = self.state.lock().expect("no panic here");
        state.queries.iter().filter(|query| *query == name).count()
    }

    /// Sends the held responses, and later ones at once.
    pub fn release(&self) {
        let mut state = self.state.lock().expect("no panic here");
        state.released = true;
        for (response, to) in state.held.drain(..) {
            let _ = self.socket.send_to(&response, to);
        }
    }
}

fn serve(
    socket: &UdpSocket,
    packet: &[u8],
    from: SocketAddr,
    names: &Records,
    state: &Mutex<State>,
) {
    let (name, record_type, end) = question(packet);
    let record = names.get(name.as_str());
    let addresses = record.map(|(_, addresses)| addresses.as_slice());
    let response = response(packet, end, record_type, addresses);
    let mut state = state.lock().expect("no panic here");
    state.queries.push(name);
    match record.map_or(When::Now, |(when, _)| *when) {
        When::Held if !state.released => state.held.push((response, from)),
        When::After(pause) => {
            let socket = socket.try_clone().expect("a socket");
            thread::spawn(move || {
                thread::sleep(pause);
                let _ = socket.send_to(&response, from);
            });
        }
        _ => {
            let _ = socket.send_to(&response, from);
        }
    }
}

/// The name and the type of a query, and the end of its question section.
fn question(packet: &[u8]) -> (String, u16, usize) {
    let mut labels = Vec::new();
    let mut at = 12;
    while packet[at] > 0 {
        let end = at + 1 + usize::from(packet[at]);
        labels.push(String::from_utf8_lossy(&packet[at + 1..end]).to_lowercase());
        at = end;
    }
    let record_type = u16::from_be_bytes([packet[at + 1], packet[at + 2]]);
    (labels.join("."), record_type, at + 5)
}

/// The response: the addresses of the type, or NXDOMAIN.
fn response(packet: &[u8], end: usize, record_type: u16, addresses: Option<&[IpAddr]>) -> Vec<u8> {
    const HERE: [u8; 2] = [0xc0, 12];
    let records: Vec<Vec<u8>> = addresses
        .unwrap_or_default()
        .iter()
        .filter_map(|address| match (record_type, address) {
            (1, IpAddr::V4(address)) => Some(address.octets().to_vec()),
            (28, IpAddr::V6(address)) => Some(address.octets().to_vec()),
            _ => None,
        })
        .collect();
    let code = if addresses.is_some() { 0x80 } else { 0x83 };
    let mut response = packet[..2].to_vec();
    response.extend([0x81, code, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    response.extend(&packet[12..end]);
    for record in records {
        response.extend(HERE);
        response.extend(record_type.to_be_bytes());
        response.extend([0, 1, 0, 0, 0, 0, 0, record.len() as u8]);
        response.extend(record);
    }
    response
}
