//! A transport on a bare socket: a good one, or one with a fault.

use std::error::Error;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use kaltura_auth::{BlockingTransport, TransportError, TransportErrorKind, WireRequest, WireResponse};

/// One thing that a transport does wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    SendsGet,
    SendsTheBodyAsText,
    TrimsTheBody,
    AddsACharset,
    KnowsOneContentType,
    SendsNoHeaders,
    SendsHeadersTwice,
    RepeatsWhatBroke,
    TakesAStatusForAnError,
    KeepsNoHeaders,
    ReadsTheAnswerAsText,
    DoesNotAskForGzip,
    DoesNotDecompress,
    CountsCompressedBytes,
    FollowsRedirects,
    AllowsOneByteLess,
    AllowsAnySize,
    BelievesTheDeclaredSize,
    ReadsAllBeforeItCounts,
    IsHasty,
    HasAllTime,
    LimitsEachRead,
    TakesARefusalForABreak,
    TakesARefusalForSent,
    TakesNothingForAnAnswer,
    TakesHalfForAnAnswer,
    TakesAnythingForHttp,
    TakesABreakForATimeout,
    PromisesThatNothingWasSent,
    ShowsTheRequest,
    ShowsTheUrl,
    ShowsTheAnswerAsBytes,
    SendsOneAtATime,
    IsDeadAfterARefusal,
}

#[derive(Default)]
pub(super) struct RawClient {
    fault: Option<Fault>,
    one_at_a_time: Mutex<()>,
    dead: AtomicBool,
}

/// What has arrived so far, and what may still come.
struct Answer<'a> {
    client: &'a RawClient,
    stream: TcpStream,
    deadline: Option<Instant>,
    each_read: Option<Duration>,
    bytes: Vec<u8>,
    limit: usize,
}

type Failure = (TransportErrorKind, String);

/// An error with a further cause.
#[derive(thiserror::Error)]
#[error("{0}")]
struct Cause(String, #[source] Box<Url>);

/// An error that shows what it should not in its `Display` alone.
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
        let deadline = limit.map(after);
        (&stream).write_all(&self.head(request, method, target)).map_err(of_io)?;
        (&stream).write_all(&self.body(request)).map_err(of_io)?;
        let each_read = limit.filter(|_| self.has(Fault::LimitsEachRead));
        let limit = usize::try_from(request.max_response_bytes()).unwrap();
        Answer { client: self, stream, deadline, each_read, bytes: Vec::new(), limit }.read()
    }

    fn timeout(&self, request: &WireRequest) -> Option<Duration> {
        match self.fault {
            // Less than the slowest answer takes, and as far above the others as can be.
            Some(Fault::IsHasty) => Some(Duration::from_millis(700)),
            Some(Fault::HasAllTime) => None,
            _ => request.timeout(),
        }
    }

    fn head(&self, request: &WireRequest, method: &str, target: &str) -> Vec<u8> {
        let method = if self.has(Fault::SendsGet) { "GET" } else { method };
        let mut content_type = request.content_type().to_owned();
        if self.has(Fault::AddsACharset) && content_type == "application/json" {
            content_type.push_str("; charset=utf-8");
        }
        if self.has(Fault::KnowsOneContentType) {
            content_type = "application/json".to_owned();
        }
        let length = self.body(request).len();
        let mut head = format!(
            "{method} /{target} HTTP/1.1\r\nHost: h\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n"
        );
        if !self.has(Fault::DoesNotAskForGzip) {
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

    fn body(&self, request: &WireRequest) -> Vec<u8> {
        match self.fault {
            Some(Fault::SendsTheBodyAsText) => {
                String::from_utf8_lossy(request.body()).into_owned().into_bytes()
            }
            Some(Fault::TrimsTheBody) => request.body().trim_ascii().to_vec(),
            _ => request.body().to_vec(),
        }
    }

    fn error(&self, request: &WireRequest, (kind, text): Failure) -> TransportError {
        let cause: Box<dyn Error + Send + Sync> = match self.fault {
            Some(Fault::ShowsTheRequest) => String::from_utf8_lossy(request.body()).into(),
            Some(Fault::ShowsTheUrl) => Box::new(Cause(text, Box::new(Url(request.url().to_owned())))),
            _ => text.into(),
        };
        let error = TransportError::new(self.kind(kind), cause);
        match self.fault {
            Some(Fault::TakesARefusalForSent) if kind == TransportErrorKind::Connect => {
                error.with_maybe_sent(true)
            }
            Some(Fault::PromisesThatNothingWasSent) => error.with_maybe_sent(false),
            _ => error,
        }
    }

    fn kind(&self, kind: TransportErrorKind) -> TransportErrorKind {
        match (self.fault, kind) {
            (Some(Fault::TakesARefusalForABreak), TransportErrorKind::Connect) => TransportErrorKind::Io,
            (Some(Fault::TakesABreakForATimeout), TransportErrorKind::Io) => TransportErrorKind::Timeout,
            _ => kind,
        }
    }
}

impl BlockingTransport for RawClient {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let _one = self.has(Fault::SendsOneAtATime).then(|| self.one_at_a_time.lock());
        if self.dead.load(Ordering::SeqCst) {
            return Err(TransportError::new(TransportErrorKind::Io, "dead"));
        }
        let mut outcome = self.exchange(&request, request.url(), "POST");
        match &outcome {
            Ok(answer) if self.has(Fault::FollowsRedirects) && answer.status() / 100 == 3 => {
                if let Some(location) = answer.header("location") {
                    outcome = self.exchange(&request, location, "GET");
                }
            }
            Ok(answer) if self.has(Fault::TakesAStatusForAnError) && answer.status() >= 400 => {
                outcome = Err((TransportErrorKind::Other, answer.status().to_string()));
            }
            Err((TransportErrorKind::Io, _)) if self.has(Fault::RepeatsWhatBroke) => {
                outcome = self.exchange(&request, request.url(), "POST");
            }
            Err((TransportErrorKind::Connect, _)) if self.has(Fault::IsDeadAfterARefusal) => {
                self.dead.store(true, Ordering::SeqCst);
            }
            _ => {}
        }
        outcome.map_err(|failure| self.error(&request, failure))
    }
}

impl Answer<'_> {
    fn read(mut self) -> Result<WireResponse, Failure> {
        let end_of_head = loop {
            if let Some(end) = find(&self.bytes, b"\r\n\r\n") {
                break end;
            }
            if !self.read_more()? {
                if self.bytes.is_empty() && self.client.has(Fault::TakesNothingForAnAnswer) {
                    return Ok(WireResponse::new(200, ""));
                }
                return Err((TransportErrorKind::Io, "the head is cut".to_owned()));
            }
        };
        let head = String::from_utf8(self.bytes.drain(..end_of_head + 4).collect()).unwrap();
        let mut lines = head.lines();
        let status = match lines.next().unwrap().strip_prefix("HTTP/1.1 ") {
            Some(status) => status[..3].parse().unwrap(),
            None if self.client.has(Fault::TakesAnythingForHttp) => 200,
            None => return Err((TransportErrorKind::Io, "no HTTP".to_owned())),
        };
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
        let body = self.body(&headers)?;
        let body = self.decompressed(body, &headers)?;
        let body = if self.client.has(Fault::ReadsTheAnswerAsText) {
            String::from_utf8_lossy(&body).into_owned().into_bytes()
        } else {
            body
        };
        let kept = headers.into_iter().filter(|(name, _)| {
            // Without this one, nobody could follow a redirect or tell its status.
            !self.client.has(Fault::KeepsNoHeaders) || name.eq_ignore_ascii_case("location")
        });
        Ok(kept
            .fold(WireResponse::new(status, body), |answer, (name, value)| answer.with_header(name, value)))
    }

    fn body(&mut self, headers: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let header = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v);
        if header("transfer-encoding") == Some("chunked") {
            return self.chunks();
        }
        match header("content-length").map(|length| length.parse::<usize>().unwrap()) {
            Some(length) => {
                let reads_it =
                    [Fault::AllowsAnySize, Fault::ReadsAllBeforeItCounts].map(|f| self.client.has(f));
                if !reads_it.contains(&true) {
                    self.within_limit(length)?;
                }
                while self.bytes.len() < length {
                    if !self.read_more()? {
                        return self.cut();
                    }
                }
                self.within_limit(length)?;
            }
            None => {
                while self.read_more()? {
                    self.within_limit_so_far(self.bytes.len())?;
                }
                self.within_limit_at_the_end(self.bytes.len())?;
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
                    return self.cut();
                }
            };
            let line: Vec<u8> = self.bytes.drain(..end + 2).collect();
            let size = usize::from_str_radix(std::str::from_utf8(&line[..end]).unwrap(), 16).unwrap();
            while self.bytes.len() < size + 2 {
                if !self.read_more()? {
                    return self.cut();
                }
            }
            body.extend(self.bytes.drain(..size));
            self.bytes.drain(..2);
            self.within_limit_so_far(body.len())?;
            if size == 0 {
                self.within_limit_at_the_end(body.len())?;
                return Ok(body);
            }
        }
    }

    fn cut(&mut self) -> Result<Vec<u8>, Failure> {
        if self.client.has(Fault::TakesHalfForAnAnswer) {
            return Ok(std::mem::take(&mut self.bytes));
        }
        let shown = match self.client.fault {
            Some(Fault::ShowsTheAnswerAsBytes) => format!("cut after {:?}", self.bytes),
            _ => "cut".to_owned(),
        };
        Err((TransportErrorKind::Io, shown))
    }

    fn decompressed(&self, body: Vec<u8>, headers: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let compressed = headers.contains(&("Content-Encoding", "gzip"));
        if !compressed || self.client.has(Fault::DoesNotDecompress) {
            return Ok(body);
        }
        let mut plain = Vec::new();
        GzDecoder::new(body.as_slice()).read_to_end(&mut plain).map_err(of_io)?;
        if !self.client.has(Fault::CountsCompressedBytes) {
            self.within_limit(plain.len())?;
        }
        Ok(plain)
    }

    /// One byte short of the limit would be too little.
    fn within_limit(&self, length: usize) -> Result<(), Failure> {
        let limit = self.limit - usize::from(self.client.has(Fault::AllowsOneByteLess));
        if length > limit && !self.client.has(Fault::AllowsAnySize) {
            return Err((TransportErrorKind::TooLarge, "too large".to_owned()));
        }
        Ok(())
    }

    fn within_limit_so_far(&self, length: usize) -> Result<(), Failure> {
        if self.client.has(Fault::ReadsAllBeforeItCounts) {
            Ok(())
        } else {
            self.within_limit_at_the_end(length)
        }
    }

    fn within_limit_at_the_end(&self, length: usize) -> Result<(), Failure> {
        if self.client.has(Fault::BelievesTheDeclaredSize) { Ok(()) } else { self.within_limit(length) }
    }

    /// Whether more has come; not if the other side has closed the connection.
    fn read_more(&mut self) -> Result<bool, Failure> {
        let timeout = match (self.each_read, self.deadline) {
            (Some(each), _) => Some(each),
            (None, Some(deadline)) => Some(until(deadline).max(Duration::from_millis(1))),
            (None, None) => None,
        };
        if self.each_read.is_none() && self.deadline.is_some_and(|deadline| until(deadline).is_zero()) {
            return Err((TransportErrorKind::Timeout, "too late".to_owned()));
        }
        self.stream.set_read_timeout(timeout).map_err(of_io)?;
        let mut block = vec![0; 1 << 16];
        let length = self.stream.read(&mut block).map_err(of_io)?;
        self.bytes.extend(&block[..length]);
        Ok(length > 0)
    }
}

fn of_io(error: io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => TransportErrorKind::Timeout,
        _ => TransportErrorKind::Io,
    };
    (kind, error.to_string())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[expect(clippy::disallowed_methods, reason = "a transport keeps the time limit itself")]
fn after(limit: Duration) -> Instant {
    Instant::now() + limit
}

#[expect(clippy::disallowed_methods, reason = "a transport keeps the time limit itself")]
fn until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
