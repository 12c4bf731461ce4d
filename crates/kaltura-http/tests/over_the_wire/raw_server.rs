//! A server that does with a connection whatever a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Listens on loopback until the test ends.
pub(crate) struct RawServer {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<Received>,
}

/// A request as it came: the head with its line ends, and the body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// All values of a header; the name in lower case.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

/// One connection to the server.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    seen: Arc<Mutex<Seen>>,
}

impl RawServer {
    /// Treats each connection like this, in a thread of its own.
    pub(crate) fn start(behave: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (behave, all_seen) = (Arc::new(behave), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (behave, seen) = (Arc::clone(&behave), Arc::clone(&all_seen));
                seen.lock().unwrap().connections += 1;
                let stream = BufReader::new(stream.unwrap());
                thread::spawn(move || behave(Connection { stream, seen }));
            }
        });
        Self { address, seen }
    }

    /// Answers every request of every connection with these bytes.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut connection| {
            while connection.read_request().is_some() {
                connection.write(&answer);
            }
        })
    }

    /// Answers one request of every connection with these bytes, and ends the connection.
    pub(crate) fn answering_once(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut connection| {
            connection.read_request();
            connection.write(&answer);
        })
    }

    /// An address where nothing listens.
    pub(crate) fn nowhere() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.seen.lock().unwrap().requests.clone()
    }
}

impl Connection {
    /// Reads a whole request; none at the end of the connection.
    pub(crate) fn read_request(&mut self) -> Option<Received> {
        let mut received = Received::default();
        while !received.head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut received.head).ok()? == 0 {
                return None;
            }
        }
        let length = received.header("content-length").first().map_or(0, |length| length.parse().unwrap());
        received.body.resize(length, 0);
        self.stream.read_exact(&mut received.body).ok()?;
        self.seen.lock().unwrap().requests.push(received.clone());
        Some(received)
    }

    /// Reads no more than the first line, so that the rest of the request lies unread.
    pub(crate) fn read_first_line(&mut self) {
        self.stream = BufReader::with_capacity(1, self.stream.get_ref().try_clone().unwrap());
        self.stream.read_line(&mut String::new()).unwrap();
    }

    /// Writes as long as the other side reads.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// The bare connection, before anything was read from it.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream.into_inner()
    }

    /// Says nothing more until the other side ends the connection.
    pub(crate) fn hold(&mut self) {
        let _ = self.stream.read_to_end(&mut Vec::new());
    }

    /// Writes the same again and again until the other side has enough.
    pub(crate) fn drip(&mut self, bytes: &[u8], pause: Duration) {
        while self.stream.get_mut().write_all(bytes).is_ok() {
            thread::sleep(pause);
        }
    }
}

/// An answer with status 200 that is what it says.
pub(crate) fn ok(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer =
        format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}
