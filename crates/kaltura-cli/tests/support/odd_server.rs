//! A server that answers anything with one text, or not at all.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

/// A server on loopback. Its threads end with the process of the test.
pub(crate) struct OddServer {
    pub(crate) url: String,
    /// The requests, head and body, as they come.
    pub(crate) requests: Receiver<String>,
}

impl OddServer {
    /// Answers with these bytes, and closes the connection.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::with(move |_, mut stream| {
            let _ = stream.write_all(&answer);
        })
    }

    /// Answers with what is made of the request, and closes the connection.
    pub(crate) fn echoing(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        Self::with(move |request, mut stream| {
            let _ = stream.write_all(&answer(request));
        })
    }

    /// Takes requests and never answers.
    pub(crate) fn silent() -> Self {
        let mut kept = Vec::new();
        Self::with(move |_, stream| kept.push(stream))
    }

    /// The JSON in the bodies of the requests so far.
    pub(crate) fn sent(&self) -> Vec<Value> {
        self.requests.try_iter().map(|request| body_of(&request)).collect()
    }

    fn with(mut answer: impl FnMut(&str, TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                let _ = sender.send(request.clone());
                answer(&request, stream);
            }
        });
        Self { url, requests }
    }
}

/// The URL of a port where nothing listens.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The JSON in the body of a request.
pub(crate) fn body_of(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// A whole HTTP answer with status 200 and this JSON.
pub(crate) fn json(body: &Value) -> Vec<u8> {
    ok("application/json", &body.to_string())
}

/// A whole HTTP answer with status 200.
pub(crate) fn ok(content_type: &str, body: &str) -> Vec<u8> {
    whole("200 OK", &format!("Content-Type: {content_type}\r\n"), body)
}

/// A whole HTTP answer.
pub(crate) fn whole(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into()
}

/// The head, and as much of a body as the head says.
fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
