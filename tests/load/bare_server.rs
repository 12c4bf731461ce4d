//! A server that answers without looking: what HTTP itself costs, by which the emulator is measured.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bytes::Bytes;
use kaltura_auth::ServiceUrl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What an action is answered, to the byte.
pub(crate) struct Answer {
    action: String,
    bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(action: &str, answer: &http::Response<Bytes>) -> Self {
        let mut bytes = format!("HTTP/1.1 {}\r\n", answer.status()).into_bytes();
        for (name, value) in answer.headers() {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(format!("content-length: {}\r\n\r\n", answer.body().len()).into_bytes());
        bytes.extend(answer.body());
        Self { action: action.to_owned(), bytes }
    }
}

/// It has a port, but does not take connections yet.
pub(crate) struct BareServer {
    listener: std::net::TcpListener,
    url: ServiceUrl,
}

impl BareServer {
    pub(crate) fn bind() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, url: url.parse().map_err(io::Error::other)? })
    }

    pub(crate) const fn url(&self) -> &ServiceUrl {
        &self.url
    }

    /// Serves from a thread of its own, as the emulator's server does.
    pub(crate) fn serve(self, answers: Vec<Answer>) -> Serving {
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let taking =
                    take_all(TcpListener::from_std(self.listener).unwrap(), answers.into(), &counted);
                tokio::select! {
                    () = taking => {}
                    _ = stopped => {}
                }
            });
        });
        Serving { connections, stop: Some(stop), thread: Some(thread) }
    }
}

/// Dropping it stops the server.
pub(crate) struct Serving {
    connections: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Serving {
    /// How many were made so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If it panicked, the exchange has failed too.
            let _ = thread.join();
        }
    }
}

async fn take_all(listener: TcpListener, answers: Arc<[Answer]>, connections: &AtomicUsize) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(answer_all(stream, Arc::clone(&answers)));
    }
}

/// Whatever is wrong with a request, the client notices by the end of the connection.
async fn answer_all(mut stream: TcpStream, answers: Arc<[Answer]>) -> Option<()> {
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
        let asked = |answer: &&Answer| line.contains(&format!("/action/{}?", answer.action));
        stream.write_all(&answers.iter().find(asked)?.bytes).await.ok()?;
        received.drain(..end);
    }
}

/// How long the first request is, once its head is there.
fn request_length(received: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    let head = received.windows(END.len()).position(|bytes| bytes == END)? + END.len();
    let text = String::from_utf8_lossy(&received[..head]).to_ascii_lowercase();
    let length = text.split("\r\n").find_map(|line| line.strip_prefix("content-length:"))?;
    Some(head + length.trim().parse::<usize>().ok()?)
}
