//! Breaking connections on purpose, at the requested byte.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

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
    /// Waits until all bytes so far are written.
    flush_waker: Option<Waker>,
    flushed: bool,
}

impl Breaker {
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

/// The body of a response, whole or cut.
pub(super) struct ResponseBody {
    rest: Bytes,
    /// For a cut body: its length in the headers, and the breaker of the connection.
    cut: Option<(u64, Breaker)>,
}

impl ResponseBody {
    pub(super) const fn whole(body: Bytes) -> Self {
        Self { rest: body, cut: None }
    }

    /// Ends after this many bytes, at the latest before the last.
    pub(super) fn cut(mut body: Bytes, length: usize, breaker: &Breaker) -> Self {
        let declared = body.len() as u64;
        body.truncate(length.min(body.len().saturating_sub(1)));
        Self { rest: body, cut: Some((declared, breaker.clone())) }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
        match &self.cut {
            None => Poll::Ready(None),
            // An error ends the connection and discards bytes that are not yet written.
            Some((_, breaker)) => {
                ready!(breaker.poll_flushed(context));
                Poll::Ready(Some(Err(Broken)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.cut.as_ref().map_or(self.rest.len() as u64, |(declared, _)| *declared);
        SizeHint::with_exact(length)
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
