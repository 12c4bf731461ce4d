//! Breaking connections on purpose, at the requested byte.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// The connection breaks here.
#[derive(Debug, thiserror::Error)]
#[error("the connection is broken")]
pub(super) struct Broken;

/// Shared by the responses and the stream of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker(Arc<Mutex<ConnectionState>>);

#[derive(Debug, Default)]
struct ConnectionState {
    reset: bool,
    /// What happens after the response is written.
    after: Option<AfterResponse>,
    /// Waits until all bytes so far are written.
    flush_waker: Option<Waker>,
    flushed: bool,
}

/// What happens to a connection after a whole response.
#[derive(Debug)]
enum AfterResponse {
    Reset,
    /// These bytes follow, which are not part of the response.
    Write(Bytes),
}

impl Breaker {
    /// Resets the connection once the response is written.
    pub(super) fn reset_after_response(&self) {
        self.state().after = Some(AfterResponse::Reset);
    }

    /// Writes these bytes once the response is written.
    fn write_after_response(&self, bytes: Bytes) {
        self.state().after = Some(AfterResponse::Write(bytes));
    }

    /// Resets the connection when it ends. The caller must return the error, which ends it.
    pub(super) fn reset(&self) -> Broken {
        self.state().reset = true;
        Broken
    }

    fn poll_flushed(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if std::mem::take(&mut state.flushed) {
            return Poll::Ready(());
        }
        state.flush_waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn note_flush(&self) {
        let mut state = self.state();
        if let Some(waker) = state.flush_waker.take() {
            state.flushed = true;
            waker.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, ConnectionState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a response, and what is wrong with it.
pub(super) struct ResponseBody {
    rest: Bytes,
    /// The length in the headers; `None` if there is none.
    declared: Option<u64>,
    ending: Ending,
}

/// What follows the bytes of a body.
enum Ending {
    Regular,
    /// The connection ends, or is reset.
    Broken {
        breaker: Breaker,
        reset: bool,
    },
    /// The bytes come in pieces, each after this pause.
    Slow {
        piece: usize,
        pause: Duration,
        sleep: Pin<Box<Sleep>>,
    },
    /// Spaces follow.
    Endless,
}

/// The number of pieces of a slow body.
const PIECES: u32 = 8;

/// What an endless body repeats.
static SPACES: [u8; 16 << 10] = [b' '; 16 << 10];

impl ResponseBody {
    pub(super) const fn whole(body: Bytes) -> Self {
        let declared = Some(body.len() as u64);
        Self { rest: body, declared, ending: Ending::Regular }
    }

    /// Ends after this many bytes, at the latest before the last.
    pub(super) fn cut(mut body: Bytes, length: usize, breaker: &Breaker, reset: bool) -> Self {
        let declared = Some(body.len() as u64);
        body.truncate(length.min(body.len().saturating_sub(1)));
        Self { rest: body, declared, ending: Ending::Broken { breaker: breaker.clone(), reset } }
    }

    /// Arrives in pieces, the last one after this time.
    pub(super) fn slow(body: Bytes, time: Duration) -> Self {
        let (declared, pause) = (Some(body.len() as u64), time / PIECES);
        let piece = body.len().div_ceil(PIECES as usize).max(1);
        let ending = Ending::Slow { piece, pause, sleep: Box::pin(tokio::time::sleep(pause)) };
        Self { rest: body, declared, ending }
    }

    /// Does not end.
    pub(super) const fn endless(body: Bytes) -> Self {
        Self { rest: body, declared: None, ending: Ending::Endless }
    }

    /// Has this length in the headers.
    pub(super) fn with_wrong_length(mut body: Bytes, declared: u64, breaker: &Breaker) -> Self {
        let length = usize::try_from(declared).unwrap_or(usize::MAX);
        if length > body.len() {
            let ending = Ending::Broken { breaker: breaker.clone(), reset: false };
            return Self { rest: body, declared: Some(declared), ending };
        }
        breaker.write_after_response(body.split_off(length));
        Self::whole(body)
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let Self { rest, ending, .. } = &mut *self;
        if let Ending::Slow { piece, pause, sleep } = ending {
            if rest.is_empty() {
                return Poll::Ready(None);
            }
            ready!(sleep.as_mut().poll(context));
            sleep.as_mut().reset(tokio::time::Instant::now() + *pause);
            return Poll::Ready(Some(Ok(Frame::data(rest.split_to((*piece).min(rest.len()))))));
        }
        if !rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(rest)))));
        }
        match ending {
            Ending::Regular | Ending::Slow { .. } => Poll::Ready(None),
            Ending::Endless => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&SPACES))))),
            // An error ends the connection and discards bytes that are not yet written.
            Ending::Broken { breaker, reset } => {
                ready!(breaker.poll_flushed(context));
                Poll::Ready(Some(Err(if *reset { breaker.reset() } else { Broken })))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && matches!(self.ending, Ending::Regular | Ending::Slow { .. })
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// A connection that reports when its bytes are written, and that can be reset.
pub(super) struct BreakableStream {
    stream: TokioIo<TcpStream>,
    breaker: Breaker,
}

impl BreakableStream {
    pub(super) fn new(stream: TcpStream, breaker: Breaker) -> Self {
        // Responses are written at once. Without the option, the server is only slower.
        let _ = stream.set_nodelay(true);
        Self { stream: TokioIo::new(stream), breaker }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TokioIo<TcpStream>> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for BreakableStream {
    fn drop(&mut self) {
        if self.breaker.state().reset {
            // If this fails, the connection ends in the usual way, which breaks the response too.
            let _ = self.stream.inner().set_zero_linger();
        }
    }
}

impl Read for BreakableStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl Write for BreakableStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // All of the response has been written when it is flushed.
        loop {
            let after = self.breaker.state().after.take();
            match after {
                None => break,
                Some(AfterResponse::Reset) => {
                    ready!(self.as_mut().stream().poll_flush(context))?;
                    self.breaker.reset();
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
                Some(AfterResponse::Write(mut bytes)) => {
                    let written = self.as_mut().stream().poll_write(context, &bytes);
                    if let Poll::Ready(Ok(count)) = written {
                        bytes.advance(count);
                    }
                    if !bytes.is_empty() && !matches!(written, Poll::Ready(Err(_) | Ok(0))) {
                        self.breaker.write_after_response(bytes);
                    }
                    ready!(written)?;
                }
            }
        }
        ready!(self.as_mut().stream().poll_flush(context))?;
        self.breaker.note_flush();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, bytes)
    }
}
