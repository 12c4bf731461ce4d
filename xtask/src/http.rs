//! A request to a server of this machine that a task has started.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::Failure;

/// How long a response may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A request of HTTP/1.0: the response is not chunked, and ends with the connection.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    method: &'static str,
    /// JSON.
    body: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl<'a> Request<'a> {
    pub(crate) const fn get() -> Self {
        Self { method: "GET", body: "" }
    }

    pub(crate) const fn post(body: &'a str) -> Self {
        Self { method: "POST", body }
    }

    /// Sends it to a server such as `http://127.0.0.1:8080`.
    pub(crate) fn send(&self, server: &str, path: &str) -> Result<Response, Failure> {
        let host = server.strip_prefix("http://").ok_or_else(|| format!("{server} is not http"))?;
        let host = host.trim_end_matches('/');
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let Self { method, body } = self;
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        parse(&String::from_utf8_lossy(&response)).ok_or_else(|| format!("{server} sent no response").into())
    }
}

fn parse(response: &str) -> Option<Response> {
    let (head, body) = response.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some(Response { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;
    use std::io::BufReader;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_response_is_parsed() {
        let response = Response { status: 503, body: "a\r\n\r\nb".to_owned() };
        assert_eq!(parse("HTTP/1.1 503 Unavailable\r\nA: b\r\n\r\na\r\n\r\nb"), Some(response));
        for incomplete in ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 x\r\n\r\n"] {
            assert_eq!(parse(incomplete), None, "{incomplete:?}");
        }
    }

    #[test]
    fn the_body_is_sent_with_its_length() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") {
                reader.read_line(&mut request).unwrap();
            }
            let mut body = [0; 7];
            reader.read_exact(&mut body).unwrap();
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\ndone").unwrap();
            request + &String::from_utf8_lossy(&body)
        });
        let response = Request::post("{\"a\":1}").send(&server, "/x").unwrap();
        assert_eq!(response, Response { status: 200, body: "done".to_owned() });
        let request = thread.join().unwrap();
        assert!(request.starts_with("POST /x HTTP/1.0\r\n"), "{request}");
        assert!(
            request.contains("\r\nContent-Length: 7\r\n") && request.ends_with("\r\n{\"a\":1}"),
            "{request}"
        );
    }
}
