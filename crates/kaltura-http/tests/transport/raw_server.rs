//! A TCP server whose behaviour each test defines.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Listens on loopback until the process ends.
pub(crate) struct RawServer {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    connections: usize,
    requests: Vec<Received>,
}

/// A request as received: the head with its line ends, and the body.
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
    log: Arc<Mutex<Log>>,
}

impl RawServer {
    /// Handles each connection with this function, each in its own thread.
    pub(crate) fn start(handler: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let (handler, server_log) = (Arc::new(handler), Arc::clone(&log));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (handler, log) = (Arc::clone(&handler), Arc::clone(&server_log));
                log.lock().unwrap().connections += 1;
                let stream = BufReader::new(stream.unwrap());
                thread::spawn(move || handler(Connection { stream, log }));
            }
        });
        Self { address, log }
    }

    /// Sends these bytes in response to every request of every connection.
    pub(crate) fn responding(response: impl Into<Vec<u8>>) -> Self {
        let response = response.into();
        Self::start(move |mut connection| {
            while connection.read_request().is_some() {
                connection.write(&response);
            }
        })
    }

    /// Sends these bytes in response to one request of each connection, then closes it.
    pub(crate) fn responding_once(response: impl Into<Vec<u8>>) -> Self {
        let response = response.into();
        Self::start(move |mut connection| {
            connection.read_request();
            connection.write(&response);
        })
    }

    /// The URL of an address that refuses connections.
    pub(crate) fn refusing_url() -> String {
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
        self.log.lock().unwrap().connections
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.log.lock().unwrap().requests.clone()
    }
}

impl Connection {
    /// Reads a whole request; `None` at the end of the connection.
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
        self.log.lock().unwrap().requests.push(received.clone());
        Some(received)
    }

    /// Reads only the first line, so that the rest of the request stays unread.
    pub(crate) fn read_first_line(&mut self) {
        self.stream = BufReader::with_capacity(1, self.stream.get_ref().try_clone().unwrap());
        self.stream.read_line(&mut String::new()).unwrap();
    }

    /// Writes, and ignores an error if the client has closed the connection.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// The TCP stream, before anything was read from it.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream.into_inner()
    }

    /// Sends nothing more until the client closes the connection.
    pub(crate) fn wait_for_close(&mut self) {
        let _ = self.stream.read_to_end(&mut Vec::new());
    }

    /// Writes the same bytes again and again until the client closes the connection.
    pub(crate) fn write_repeatedly(&mut self, bytes: &[u8], pause: Duration) {
        while self.stream.get_mut().write_all(bytes).is_ok() {
            thread::sleep(pause);
        }
    }
}

/// A correct response with status 200.
pub(crate) fn ok(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut response =
        format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    response.extend_from_slice(body);
    response
}
