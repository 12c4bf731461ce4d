//! A server that returns recorded responses without any work: the baseline for the load on the emulator.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bytes::Bytes;
use kaltura_auth::ServiceUrl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// The bytes of the response to an action.
pub(crate) struct RecordedResponse {
    action: String,
    bytes: Vec<u8>,
}

impl RecordedResponse {
    pub(crate) fn new(action: &str, response: &http::Response<Bytes>) -> Self {
        let mut bytes = format!("HTTP/1.1 {}\r\n", response.status()).into_bytes();
        for (name, value) in response.headers() {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(format!("content-length: {}\r\n\r\n", response.body().len()).into_bytes());
        bytes.extend(response.body());
        Self { action: action.to_owned(), bytes }
    }
}

/// A server that is bound to a port but does not accept connections yet.
pub(crate) struct PlainServer {
    listener: std::net::TcpListener,
    url: ServiceUrl,
}

impl PlainServer {
    pub(crate) fn bind() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, url: url.parse().map_err(io::Error::other)? })
    }

    pub(crate) const fn url(&self) -> &ServiceUrl {
        &self.url
    }

    /// Serves from a separate thread, as the emulator's server does.
    pub(crate) fn serve(self, responses: Vec<RecordedResponse>) -> RunningServer {
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let accepting =
                    accept_all(TcpListener::from_std(self.listener).unwrap(), responses.into(), &counter);
                tokio::select! {
                    () = accepting => {}
                    _ = stopped => {}
                }
            });
        });
        RunningServer { connections, stop: Some(stop), thread: Some(thread) }
    }
}

/// Stops the server when it is dropped.
pub(crate) struct RunningServer {
    connections: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl RunningServer {
    /// The number of connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // After a panic in the thread, the exchange has failed too.
            let _ = thread.join();
        }
    }
}

async fn accept_all(listener: TcpListener, responses: Arc<[RecordedResponse]>, connections: &AtomicUsize) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(respond_all(stream, Arc::clone(&responses)));
    }
}

/// Responds to the requests of one connection. Closes the connection on an invalid request.
async fn respond_all(mut stream: TcpStream, responses: Arc<[RecordedResponse]>) -> Option<()> {
    let mut received = Vec::new();
    loop {
        let end = loop {
            match request_length(&received) {
                Some(end) if received.len() >= end => break end,
                _ => {}
            }
            if stream.read_buf(&mut received).await.ok()? == 0 {
                return None;
            }
        };
        let line = received.split(|byte| *byte == b'\r').next()?;
        let line = String::from_utf8_lossy(line);
        let matches = |response: &&RecordedResponse| line.contains(&format!("/action/{}?", response.action));
        stream.write_all(&responses.iter().find(matches)?.bytes).await.ok()?;
        received.drain(..end);
    }
}

/// The length of the first request; `None` until its head has arrived.
fn request_length(received: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    let head = received.windows(END.len()).position(|bytes| bytes == END)? + END.len();
    let text = String::from_utf8_lossy(&received[..head]).to_ascii_lowercase();
    let length = text.split("\r\n").find_map(|line| line.strip_prefix("content-length:"))?;
    Some(head + length.trim().parse::<usize>().ok()?)
}
