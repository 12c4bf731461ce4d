//! The transport for programs without an async runtime.

use std::fmt;
use std::sync::{Arc, mpsc};
use std::thread;

use kaltura_auth::{
    BlockingTransport, Transport, TransportError, TransportErrorKind, WireRequest, WireResponse,
};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::builder::BuildError;
use crate::classify::AnswerFault;
use crate::transport::ReqwestTransport;

/// A [`BlockingTransport`] over reqwest.
///
/// It sends from a thread of its own, which ends when the last clone is gone. So, unlike `reqwest::blocking`,
/// it can be made, used and dropped anywhere, also within an async runtime: there it holds up the thread that
/// calls it, as any blocking call does, but does not panic. What runs on that very thread waits meanwhile, so
/// a server that shares it can not answer.
///
/// ```no_run
/// use kaltura_auth::types::{HashType, PartnerId};
/// use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
/// use kaltura_http::ReqwestTransport;
///
/// let transport = ReqwestTransport::builder().build_blocking()?;
/// let token = AppTokenCredentials::new(PartnerId::new(1234567), "0_abcdefgh", "token", HashType::Sha256);
///
/// let session = AppTokenLogin::new(ServiceUrl::US, token).run_blocking(&transport)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct BlockingReqwestTransport {
    transport: ReqwestTransport,
    thread: Arc<RuntimeThread>,
}

impl BlockingReqwestTransport {
    /// Sends through an async transport, on a thread of its own.
    ///
    /// Do not send through `transport` elsewhere too: its idle connections belong to the runtime that opened
    /// them, and break with it.
    ///
    /// # Errors
    ///
    /// [`BuildError::Thread`] if the thread can not be had.
    pub fn over(transport: ReqwestTransport) -> Result<Self, BuildError> {
        let thread = RuntimeThread::start().map_err(BuildError::Thread)?;
        Ok(Self { transport, thread: Arc::new(thread) })
    }
}

impl BlockingTransport for BlockingReqwestTransport {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let (give, take) = mpsc::sync_channel(1);
        let transport = self.transport.clone();
        self.thread.runtime.spawn(async move {
            let outcome = transport.send(request).await;
            // The caller waits below, so somebody takes it.
            let _ = give.send(outcome);
        });
        take.recv()
            .unwrap_or_else(|_| Err(TransportError::new(TransportErrorKind::Other, AnswerFault::ThreadGone)))
    }
}

impl fmt::Debug for BlockingReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingReqwestTransport").field(&self.transport).finish()
    }
}

/// A thread that runs tasks until this is dropped.
struct RuntimeThread {
    runtime: Handle,
    /// The thread ends when this is gone.
    _stays: oneshot::Sender<()>,
}

impl RuntimeThread {
    fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stays, gone) = oneshot::channel::<()>();
        thread::Builder::new().name("kaltura-http".to_owned()).spawn(move || {
            // Nothing is ever sent: this waits for the other side to be dropped.
            let _ = runtime.block_on(gone);
        })?;
        Ok(Self { runtime: handle, _stays: stays })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_thread_ends_with_its_last_user() {
        let thread = Arc::new(RuntimeThread::start().unwrap());
        let held_by_a_task = Arc::new(());
        let holder = Arc::clone(&held_by_a_task);
        thread.runtime.spawn(async move {
            let _holder = holder;
            std::future::pending::<()>().await;
        });
        drop(Arc::clone(&thread));
        thread::sleep(Duration::from_millis(50));
        assert_eq!(Arc::strong_count(&held_by_a_task), 2);

        drop(thread);
        let ended = (0..2000).any(|_| {
            thread::sleep(Duration::from_millis(10));
            Arc::strong_count(&held_by_a_task) == 1
        });
        assert!(ended, "the thread is still there");
    }
}
