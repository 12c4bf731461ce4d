//! The HTTP server that the transport under test talks to.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::mock::Latch;

/// Handles a request that has been read.
type Handler = dyn Fn(&ReceivedRequest, &mut Connection) -> io::Result<Persistence> + Send + Sync;

/// A server on loopback that runs until it is dropped. One thread per connection, no async runtime.
pub(super) struct TestServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    routes: Mutex<Vec<Arc<RouteState>>>,
    connections: Mutex<Vec<TcpStream>>,
    closing: AtomicBool,
}

/// A path of the server with its own handler.
#[derive(Clone)]
pub(super) struct Route {
    address: SocketAddr,
    index: usize,
    state: Arc<RouteState>,
}

struct RouteState {
    handler: Box<Handler>,
    received: Mutex<Vec<ReceivedRequest>>,
    finished: Latch,
}

impl TestServer {
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener));
        Ok(Self { address, shared })
    }

    /// Adds a path whose requests go to `handler`. An error of the handler closes the connection.
    pub(super) fn route(
        &self,
        handler: impl Fn(&ReceivedRequest, &mut Connection) -> io::Result<Persistence> + Send + Sync + 'static,
    ) -> Route {
        let state = Arc::new(RouteState {
            handler: Box::new(handler),
            received: Mutex::default(),
            finished: Latch::new(),
        });
        let mut routes = lock(&self.shared.routes);
        routes.push(Arc::clone(&state));
        Route { address: self.address, index: routes.len() - 1, state }
    }

    /// A URL of a port on which no server listens.
    pub(super) fn unused_url(&self) -> io::Result<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        Ok(format!("http://127.0.0.1:{port}/"))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        for connection in lock(&self.shared.connections).drain(..) {
            // The connection may already be closed.
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the accepting thread, so that it ends.
        let _ = TcpStream::connect(self.address);
    }
}

impl Route {
    pub(super) fn url(&self) -> String {
        format!("http://{}/{}/service/conformance/action/check", self.address, self.index)
    }

    /// The requests received so far.
    pub(super) fn received(&self) -> Vec<ReceivedRequest> {
        lock(&self.state.received).clone()
    }

    /// Waits until a request has been handled.
    pub(super) async fn finished(&self) {
        self.state.finished.wait().await;
    }
}

impl fmt::Debug for TestServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestServer({})", self.address)
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.closing.load(Ordering::SeqCst) {
                return;
            }
            let Ok(stream) = stream else { continue };
            let Ok(handle) = stream.try_clone() else { continue };
            lock(&self.connections).push(handle);
            let shared = Arc::clone(&self);
            // Errors of a connection are observed by the transport under test.
            thread::spawn(move || {
                let _ = shared.handle_connection(&stream);
                let _ = stream.shutdown(Shutdown::Both);
            });
        }
    }

    fn handle_connection(&self, stream: &TcpStream) -> io::Result<()> {
        let mut connection = Connection::new(stream.try_clone()?)?;
        while let Some(received) = connection.read_request()? {
            let Some(route) = self.find_route(&received) else {
                connection.respond(404, &[], b"not found")?;
                continue;
            };
            lock(&route.received).push(received.clone());
            let result = (route.handler)(&received, &mut connection);
            route.finished.open();
            if result? == Persistence::Close {
                break;
            }
        }
        Ok(())
    }

    /// The route whose index is the first segment of the path.
    fn find_route(&self, received: &ReceivedRequest) -> Option<Arc<RouteState>> {
        let index = received.target.trim_start_matches('/').split(['/', '?']).next()?;
        lock(&self.routes).get(index.parse::<usize>().ok()?).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request as it was received.
#[derive(Clone, Debug)]
pub(super) struct ReceivedRequest {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// The client's address, which identifies the connection.
    pub(super) client: SocketAddr,
}

impl ReceivedRequest {
    /// The values of all headers of this name.
    pub(super) fn header_values(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub(super) fn accepts_gzip(&self) -> bool {
        self.header_values("accept-encoding").iter().any(|value| value.to_ascii_lowercase().contains("gzip"))
    }
}

/// A connection, with the server side of HTTP/1.1. It can also send invalid HTTP.
pub(super) struct Connection {
    reader: BufReader<TcpStream>,
    stream: TcpStream,
}

/// What happens to a connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persistence {
    KeepAlive,
    Close,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream.try_clone()?), stream })
    }

    /// Reads the next request; `None` if the client has closed the connection.
    fn read_request(&mut self) -> io::Result<Option<ReceivedRequest>> {
        let line = self.read_line()?;
        if line.is_empty() {
            return Ok(None);
        }
        let mut parts = line.split(' ');
        let mut next_part = || parts.next().map(str::to_owned).ok_or_else(malformed);
        let (method, target) = (next_part()?, next_part()?);
        let headers = self.read_headers()?;
        let client = self.stream.peer_addr()?;
        let mut received = ReceivedRequest { method, target, headers, body: Vec::new(), client };
        if !received.header_values("expect").is_empty() {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        received.body = self.read_body(&received)?;
        Ok(Some(received))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Writes the status line and headers, including the empty line after them.
    pub(super) fn write_head(&mut self, status: u16, headers: &[(&str, &str)]) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {status} Status\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.write(head.as_bytes())
    }

    /// Writes a complete response with a `Content-Length`.
    pub(super) fn respond(
        &mut self,
        status: u16,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Persistence> {
        let length = body.len().to_string();
        let mut headers = headers.to_vec();
        headers.push(("Content-Length", &length));
        self.write_head(status, &headers)?;
        self.write(body)?;
        Ok(Persistence::KeepAlive)
    }

    /// Writes one chunk of a response with `Transfer-Encoding: chunked`; an empty one ends it.
    pub(super) fn write_chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.write(&chunk)
    }

    /// Keeps a client that neither reads nor closes the connection from blocking the server forever.
    pub(super) fn set_write_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.stream.set_write_timeout(Some(timeout))
    }

    /// Waits for `duration`, unless the client closes the connection; returns whether it has.
    pub(super) fn is_closed_within(&self, duration: Duration) -> bool {
        let peeked = self
            .stream
            .set_read_timeout(Some(duration))
            .and_then(|()| self.stream.peek(&mut [0]))
            .map_err(|error| error.kind());
        let _ = self.stream.set_read_timeout(None);
        match peeked {
            Ok(0) => true,
            Ok(_) => {
                // Another request has arrived, so peeking does not wait.
                std::thread::sleep(duration);
                false
            }
            Err(kind) => !matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        }
    }

    fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn read_headers(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut headers = Vec::new();
        loop {
            let line = self.read_line()?;
            if line.is_empty() {
                return Ok(headers);
            }
            let (name, value) = line.split_once(':').ok_or_else(malformed)?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    fn read_body(&mut self, received: &ReceivedRequest) -> io::Result<Vec<u8>> {
        let chunked =
            received.header_values("transfer-encoding").iter().any(|value| value.contains("chunked"));
        if !chunked {
            let length = received.header_values("content-length").first().map_or(Ok(0), |text| text.parse());
            return self.read_exactly(length.map_err(|_| malformed())?);
        }
        let mut body = Vec::new();
        loop {
            let size = self.read_line()?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| malformed())?;
            if size == 0 {
                self.read_headers()?;
                return Ok(body);
            }
            body.extend(self.read_exactly(size)?);
            self.read_line()?;
        }
    }

    fn read_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not an HTTP request")
}
