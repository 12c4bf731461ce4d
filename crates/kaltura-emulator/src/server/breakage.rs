//! Breaking connections on purpose, at the byte that was asked for.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The connection ends here.
#[derive(Debug, thiserror::Error)]
#[error("the connection is broken")]
pub(super) struct Broken;

/// What the answers of a connection ask of its stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker(Arc<Mutex<Wishes>>);

#[derive(Debug, Default)]
struct Wishes {
    reset: bool,
    /// Who waits until all bytes so far are out.
    waits_for_flush: Option<Waker>,
    flushed: bool,
}

impl Breaker {
    /// Has the connection reset when it ends, which the answer must bring about.
    pub(super) fn reset(&self) -> Broken {
        self.wishes().reset = true;
        Broken
    }

    fn poll_flushed(&self, context: &Context<'_>) -> Poll<()> {
        let mut wishes = self.wishes();
        if std::mem::take(&mut wishes.flushed) {
            return Poll::Ready(());
        }
        wishes.waits_for_flush = Some(context.waker().clone());
        Poll::Pending
    }

    fn note_flush(&self) {
        let mut wishes = self.wishes();
        if let Some(waiting) = wishes.waits_for_flush.take() {
            wishes.flushed = true;
            waiting.wake();
        }
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of an answer, whole or cut.
pub(super) struct AnswerBody {
    rest: Bytes,
    /// How many bytes the headers promise, and by whom the promise is broken.
    broken_promise: Option<(u64, Breaker)>,
}

impl AnswerBody {
    pub(super) const fn whole(body: Bytes) -> Self {
        Self { rest: body, broken_promise: None }
    }

    /// Ends after so many bytes, at the latest before the last.
    pub(super) fn cut(mut body: Bytes, length: usize, breaker: &Breaker) -> Self {
        let promised = body.len() as u64;
        body.truncate(length.min(body.len().saturating_sub(1)));
        Self { rest: body, broken_promise: Some((promised, breaker.clone())) }
    }
}

impl Body for AnswerBody {
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
        match &self.broken_promise {
            None => Poll::Ready(None),
            // An error ends the connection with all that still waits to be written.
            Some((_, breaker)) => {
                ready!(breaker.poll_flushed(context));
                Poll::Ready(Some(Err(Broken)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.broken_promise.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.broken_promise.as_ref().map_or(self.rest.len() as u64, |(promised, _)| *promised);
        SizeHint::with_exact(length)
    }
}

/// A connection that tells when its bytes are out, and that can be reset.
pub(super) struct BreakableStream {
    stream: TokioIo<TcpStream>,
    breaker: Breaker,
}

impl BreakableStream {
    pub(super) fn new(stream: TcpStream, breaker: Breaker) -> Self {
        // Answers are written at once; without it, it is slower and still works.
        let _ = stream.set_nodelay(true);
        Self { stream: TokioIo::new(stream), breaker }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TokioIo<TcpStream>> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for BreakableStream {
    fn drop(&mut self) {
        if self.breaker.wishes().reset {
            // If this can not be had, the connection ends in the usual way, which is as good a break.
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
