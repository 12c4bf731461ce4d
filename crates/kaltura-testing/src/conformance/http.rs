//! The server's half of HTTP/1.1, made by hand so that it can also be done wrongly.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Received {
    /// The values of all headers of this name.
    pub(super) fn header_values(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub(super) fn asks_for_gzip(&self) -> bool {
        self.header_values("accept-encoding").iter().any(|value| value.to_ascii_lowercase().contains("gzip"))
    }
}

/// One connection.
pub(super) struct Connection {
    reader: BufReader<TcpStream>,
    stream: TcpStream,
}

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    KeepAlive,
    Close,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream.try_clone()?), stream })
    }

    /// The next request; none if the other side has hung up.
    pub(super) fn receive(&mut self) -> io::Result<Option<Received>> {
        let line = self.line()?;
        if line.is_empty() {
            return Ok(None);
        }
        let mut words = line.split(' ');
        let mut word = || words.next().map(str::to_owned).ok_or_else(malformed);
        let (method, target) = (word()?, word()?);
        let headers = self.headers()?;
        let mut received = Received { method, target, headers, body: Vec::new() };
        if !received.header_values("expect").is_empty() {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        received.body = self.body(&received)?;
        Ok(Some(received))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Status line and headers, with the empty line that ends them.
    pub(super) fn head(&mut self, status: u16, headers: &[(&str, &str)]) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {status} Status\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.write(head.as_bytes())
    }

    /// A whole answer of known length.
    pub(super) fn answer(&mut self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Then> {
        let length = body.len().to_string();
        let mut headers = headers.to_vec();
        headers.push(("Content-Length", &length));
        self.head(status, &headers)?;
        self.write(body)?;
        Ok(Then::KeepAlive)
    }

    /// One piece of an answer with `Transfer-Encoding: chunked`; an empty one ends it.
    pub(super) fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.write(&chunk)
    }

    /// So that a client that neither reads nor hangs up does not hold the server for ever.
    pub(super) fn limit_writing(&self, limit: Duration) -> io::Result<()> {
        self.stream.set_write_timeout(Some(limit))
    }

    /// Whether the other side has hung up; looks for as long as `moment`.
    pub(super) fn has_hung_up(&self, moment: Duration) -> bool {
        let looked = self
            .stream
            .set_read_timeout(Some(moment))
            .and_then(|()| self.stream.peek(&mut [0]))
            .map_err(|error| error.kind());
        let _ = self.stream.set_read_timeout(None);
        match looked {
            Ok(0) => true,
            Ok(_) => {
                // A further request waits; then there is nothing to wait for but time.
                std::thread::sleep(moment);
                false
            }
            Err(kind) => !matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn headers(&mut self) -> io::Result<Vec<(String, String)>> {
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(headers);
            }
            let (name, value) = line.split_once(':').ok_or_else(malformed)?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }

    fn body(&mut self, received: &Received) -> io::Result<Vec<u8>> {
        let chunked =
            received.header_values("transfer-encoding").iter().any(|value| value.contains("chunked"));
        if !chunked {
            let length = received.header_values("content-length").first().map_or(Ok(0), |text| text.parse());
            return self.exactly(length.map_err(|_| malformed())?);
        }
        let mut body = Vec::new();
        loop {
            let size = self.line()?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| malformed())?;
            if size == 0 {
                self.headers()?;
                return Ok(body);
            }
            body.extend(self.exactly(size)?);
            self.line()?;
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is no HTTP request")
}
