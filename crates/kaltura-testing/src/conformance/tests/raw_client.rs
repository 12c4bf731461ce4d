//! A transport on a plain socket, correct or with one fault.

use std::error::Error;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use kaltura_auth::{
    TransportError, TransportErrorKind, WireRequest, WireResponse, blocking::Transport as BlockingTransport,
};

/// One fault of a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    SendsGet,
    SendsBodyAsText,
    TrimsBody,
    AddsCharset,
    IgnoresContentType,
    SendsNoHeaders,
    SendsHeadersTwice,
    RetriesAfterIoError,
    ReturnsErrorForStatus,
    DropsHeaders,
    DecodesBodyAsText,
    DoesNotAcceptGzip,
    DoesNotDecompress,
    CountsCompressedBytes,
    FollowsRedirects,
    LimitsToOneByteLess,
    IgnoresSizeLimit,
    ChecksDeclaredSizeOnly,
    ReadsAllBeforeSizeCheck,
    UsesShortTimeout,
    IgnoresTimeout,
    AppliesTimeoutToEachRead,
    ReportsRefusedAsIo,
    ReportsRefusedAsSent,
    AcceptsEmptyResponse,
    AcceptsTruncatedResponse,
    AcceptsInvalidHttp,
    ReportsIoAsTimeout,
    ReportsNothingSent,
    RevealsRequestBody,
    RevealsUrl,
    RevealsResponseBytes,
    SendsOneRequestAtATime,
    FailsAfterRefused,
}

#[derive(Default)]
pub(super) struct RawClient {
    fault: Option<Fault>,
    one_at_a_time: Mutex<()>,
    has_failed: AtomicBool,
}

/// Reads a response: what has arrived so far, and what may still arrive.
struct Reader<'a> {
    client: &'a RawClient,
    stream: TcpStream,
    deadline: Option<Instant>,
    each_read: Option<Duration>,
    bytes: Vec<u8>,
    limit: usize,
}

type Failure = (TransportErrorKind, String);

/// An error with a source that reveals the URL.
#[derive(thiserror::Error)]
#[error("{0}")]
struct Cause(String, #[source] Box<Url>);

/// An error that reveals the URL in its `Display` only.
#[derive(thiserror::Error)]
#[error("for {0}")]
struct Url(String);

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cause")
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url")
    }
}

impl RawClient {
    pub(super) fn with(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn exchange(&self, request: &WireRequest, url: &str, method: &str) -> Result<WireResponse, Failure> {
        let limit = self.timeout(request);
        let (address, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let stream =
            TcpStream::connect(address).map_err(|error| (TransportErrorKind::Connect, error.to_string()))?;
        let deadline = limit.map(deadline_after);
        (&stream).write_all(&self.request_head(request, method, target)).map_err(io_failure)?;
        (&stream).write_all(&self.request_body(request)).map_err(io_failure)?;
        let each_read = limit.filter(|_| self.has(Fault::AppliesTimeoutToEachRead));
        let limit = usize::try_from(request.max_response_bytes()).unwrap();
        Reader { client: self, stream, deadline, each_read, bytes: Vec::new(), limit }.read()
    }

    fn timeout(&self, request: &WireRequest) -> Option<Duration> {
        match self.fault {
            // Less than the slow response takes, but well above all others.
            Some(Fault::UsesShortTimeout) => Some(Duration::from_millis(700)),
            Some(Fault::IgnoresTimeout) => None,
            _ => request.timeout(),
        }
    }

    fn request_head(&self, request: &WireRequest, method: &str, target: &str) -> Vec<u8> {
        let method = if self.has(Fault::SendsGet) { "GET" } else { method };
        let mut content_type = request.content_type().to_owned();
        if self.has(Fault::AddsCharset) && content_type == "application/json" {
            content_type.push_str("; charset=utf-8");
        }
        if self.has(Fault::IgnoresContentType) {
            content_type = "application/json".to_owned();
        }
        let length = self.request_body(request).len();
        let mut head = format!(
            "{method} /{target} HTTP/1.1\r\nHost: h\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n"
        );
        if !self.has(Fault::DoesNotAcceptGzip) {
            head.push_str("Accept-Encoding: gzip\r\n");
        }
        let times = match self.fault {
            Some(Fault::SendsNoHeaders) => 0,
            Some(Fault::SendsHeadersTwice) => 2,
            _ => 1,
        };
        for (name, value) in request.headers() {
            (0..times).for_each(|_| head.push_str(&format!("{name}: {value}\r\n")));
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn request_body(&self, request: &WireRequest) -> Vec<u8> {
        match self.fault {
            Some(Fault::SendsBodyAsText) => String::from_utf8_lossy(request.body()).into_owned().into_bytes(),
            Some(Fault::TrimsBody) => request.body().trim_ascii().to_vec(),
            _ => request.body().to_vec(),
        }
    }

    fn error(&self, request: &WireRequest, (kind, message): Failure) -> TransportError {
        let cause: Box<dyn Error + Send + Sync> = match self.fault {
            Some(Fault::RevealsRequestBody) => String::from_utf8_lossy(request.body()).into(),
            Some(Fault::RevealsUrl) => Box::new(Cause(message, Box::new(Url(request.url().to_owned())))),
            _ => message.into(),
        };
        let error = TransportError::new(self.kind(kind), cause);
        match self.fault {
            Some(Fault::ReportsRefusedAsSent) if kind == TransportErrorKind::Connect => {
                error.with_maybe_sent(true)
            }
            Some(Fault::ReportsNothingSent) => error.with_maybe_sent(false),
            _ => error,
        }
    }

    fn kind(&self, kind: TransportErrorKind) -> TransportErrorKind {
        match (self.fault, kind) {
            (Some(Fault::ReportsRefusedAsIo), TransportErrorKind::Connect) => TransportErrorKind::Io,
            (Some(Fault::ReportsIoAsTimeout), TransportErrorKind::Io) => TransportErrorKind::Timeout,
            _ => kind,
        }
    }
}

impl BlockingTransport for RawClient {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let _one = self.has(Fault::SendsOneRequestAtATime).then(|| self.one_at_a_time.lock());
        if self.has_failed.load(Ordering::SeqCst) {
            return Err(TransportError::new(TransportErrorKind::Io, "failed before"));
        }
        let mut result = self.exchange(&request, request.url(), "POST");
        match &result {
            Ok(response) if self.has(Fault::FollowsRedirects) && response.status() / 100 == 3 => {
                if let Some(location) = response.header("location") {
                    result = self.exchange(&request, location, "GET");
                }
            }
            Ok(response) if self.has(Fault::ReturnsErrorForStatus) && response.status() >= 400 => {
                result = Err((TransportErrorKind::Other, response.status().to_string()));
            }
            Err((TransportErrorKind::Io, _)) if self.has(Fault::RetriesAfterIoError) => {
                result = self.exchange(&request, request.url(), "POST");
            }
            Err((TransportErrorKind::Connect, _)) if self.has(Fault::FailsAfterRefused) => {
                self.has_failed.store(true, Ordering::SeqCst);
            }
            _ => {}
        }
        result.map_err(|failure| self.error(&request, failure))
    }
}

impl Reader<'_> {
    fn read(mut self) -> Result<WireResponse, Failure> {
        let end_of_head = loop {
            if let Some(end) = find(&self.bytes, b"\r\n\r\n") {
                break end;
            }
            if !self.read_more()? {
                if self.bytes.is_empty() && self.client.has(Fault::AcceptsEmptyResponse) {
                    return Ok(WireResponse::new(200, ""));
                }
                return Err((TransportErrorKind::Io, "truncated head".to_owned()));
            }
        };
        let head = String::from_utf8(self.bytes.drain(..end_of_head + 4).collect()).unwrap();
        let mut lines = head.lines();
        let status = match lines.next().unwrap().strip_prefix("HTTP/1.1 ") {
            Some(status) => status[..3].parse().unwrap(),
            None if self.client.has(Fault::AcceptsInvalidHttp) => 200,
            None => return Err((TransportErrorKind::Io, "not HTTP".to_owned())),
        };
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
        let body = self.body(&headers)?;
        let body = self.decompressed(body, &headers)?;
        let body = if self.client.has(Fault::DecodesBodyAsText) {
            String::from_utf8_lossy(&body).into_owned().into_bytes()
        } else {
            body
        };
        let kept = headers.into_iter().filter(|(name, _)| {
            // Needed to follow redirects.
            !self.client.has(Fault::DropsHeaders) || name.eq_ignore_ascii_case("location")
        });
        Ok(kept.fold(WireResponse::new(status, body), |response, (name, value)| {
            response.with_header(name, value)
        }))
    }

    fn body(&mut self, headers: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let header = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v);
        if header("transfer-encoding") == Some("chunked") {
            return self.chunks();
        }
        match header("content-length").map(|length| length.parse::<usize>().unwrap()) {
            Some(length) => {
                let reads_all =
                    [Fault::IgnoresSizeLimit, Fault::ReadsAllBeforeSizeCheck].map(|f| self.client.has(f));
                if !reads_all.contains(&true) {
                    self.check_size(length)?;
                }
                while self.bytes.len() < length {
                    if !self.read_more()? {
                        return self.truncated();
                    }
                }
                self.check_size(length)?;
            }
            None => {
                while self.read_more()? {
                    self.check_size_so_far(self.bytes.len())?;
                }
                self.check_undeclared_size(self.bytes.len())?;
            }
        }
        Ok(std::mem::take(&mut self.bytes))
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = find(&self.bytes, b"\r\n") {
                    break end;
                }
                if !self.read_more()? {
                    self.bytes = body;
                    return self.truncated();
                }
            };
            let line: Vec<u8> = self.bytes.drain(..end + 2).collect();
            let size = usize::from_str_radix(std::str::from_utf8(&line[..end]).unwrap(), 16).unwrap();
            while self.bytes.len() < size + 2 {
                if !self.read_more()? {
                    return self.truncated();
                }
            }
            body.extend(self.bytes.drain(..size));
            self.bytes.drain(..2);
            self.check_size_so_far(body.len())?;
            if size == 0 {
                self.check_undeclared_size(body.len())?;
                return Ok(body);
            }
        }
    }

    fn truncated(&mut self) -> Result<Vec<u8>, Failure> {
        if self.client.has(Fault::AcceptsTruncatedResponse) {
            return Ok(std::mem::take(&mut self.bytes));
        }
        let message = match self.client.fault {
            Some(Fault::RevealsResponseBytes) => format!("truncated after {:?}", self.bytes),
            _ => "truncated".to_owned(),
        };
        Err((TransportErrorKind::Io, message))
    }

    fn decompressed(&self, body: Vec<u8>, headers: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let compressed = headers.contains(&("Content-Encoding", "gzip"));
        if !compressed || self.client.has(Fault::DoesNotDecompress) {
            return Ok(body);
        }
        let mut plain = Vec::new();
        GzDecoder::new(body.as_slice()).read_to_end(&mut plain).map_err(io_failure)?;
        if !self.client.has(Fault::CountsCompressedBytes) {
            self.check_size(plain.len())?;
        }
        Ok(plain)
    }

    fn check_size(&self, length: usize) -> Result<(), Failure> {
        let limit = self.limit - usize::from(self.client.has(Fault::LimitsToOneByteLess));
        if length > limit && !self.client.has(Fault::IgnoresSizeLimit) {
            return Err((TransportErrorKind::TooLarge, "too large".to_owned()));
        }
        Ok(())
    }

    fn check_size_so_far(&self, length: usize) -> Result<(), Failure> {
        if self.client.has(Fault::ReadsAllBeforeSizeCheck) {
            Ok(())
        } else {
            self.check_undeclared_size(length)
        }
    }

    fn check_undeclared_size(&self, length: usize) -> Result<(), Failure> {
        if self.client.has(Fault::ChecksDeclaredSizeOnly) { Ok(()) } else { self.check_size(length) }
    }

    /// Reads more bytes; returns `false` if the server has closed the connection.
    fn read_more(&mut self) -> Result<bool, Failure> {
        let timeout = match (self.each_read, self.deadline) {
            (Some(each), _) => Some(each),
            (None, Some(deadline)) => Some(remaining(deadline).max(Duration::from_millis(1))),
            (None, None) => None,
        };
        if self.each_read.is_none() && self.deadline.is_some_and(|deadline| remaining(deadline).is_zero()) {
            return Err((TransportErrorKind::Timeout, "timeout".to_owned()));
        }
        self.stream.set_read_timeout(timeout).map_err(io_failure)?;
        let mut block = vec![0; 1 << 16];
        let length = self.stream.read(&mut block).map_err(io_failure)?;
        self.bytes.extend(&block[..length]);
        Ok(length > 0)
    }
}

fn io_failure(error: io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => TransportErrorKind::Timeout,
        _ => TransportErrorKind::Io,
    };
    (kind, error.to_string())
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[expect(clippy::disallowed_methods, reason = "a transport enforces the timeout itself")]
fn deadline_after(timeout: Duration) -> Instant {
    Instant::now() + timeout
}

#[expect(clippy::disallowed_methods, reason = "a transport enforces the timeout itself")]
fn remaining(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
