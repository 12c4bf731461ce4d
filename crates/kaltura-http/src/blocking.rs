//! For programs without an async runtime: a transport that blocks the calling thread, and a client on it.

use std::fmt;
use std::sync::{Arc, mpsc};
use std::thread;

use kaltura_auth::{
    Transport, TransportError, TransportErrorKind, WireRequest, WireResponse,
    blocking::Transport as BlockingTransport,
};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::builder::BuildError;
use crate::classify::ResponseError;

/// Creates a client that logs in with an app token, on reqwest, with default settings.
///
/// For another transport, policy or observer see
/// [`kaltura_client::blocking::Client::builder`](kaltura_client::blocking::Client::builder).
///
/// # Errors
///
/// As [`kaltura_http::client`](crate::client()), and [`BuildError::Thread`] if the transport's thread cannot be
/// started.
#[cfg(feature = "client")]
pub fn client(login: kaltura_auth::AppTokenLogin) -> Result<kaltura_client::blocking::Client, BuildError> {
    Ok(client_builder(login)?.build())
}

/// Starts to configure a client that logs in with an app token, on reqwest.
///
/// # Errors
///
/// As [`client`].
#[cfg(feature = "client")]
pub fn client_builder(
    login: kaltura_auth::AppTokenLogin,
) -> Result<kaltura_client::blocking::ClientBuilder, BuildError> {
    let transport = crate::ReqwestTransport::builder().build_blocking()?;
    Ok(kaltura_client::blocking::Client::builder(login, transport, crate::SystemClock::new()))
}

/// A [`BlockingTransport`] on reqwest.
///
/// Requests are sent by a thread that ends when the last clone is dropped. So, unlike `reqwest::blocking`, this
/// transport can be created, used and dropped anywhere, also within an async runtime: there it blocks the
/// calling thread, as any blocking call does, but does not panic. A server that runs on the same thread cannot
/// respond meanwhile.
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
pub struct ReqwestTransport {
    transport: crate::ReqwestTransport,
    thread: Arc<RuntimeThread>,
}

impl ReqwestTransport {
    /// Sends through an async transport, on a new thread.
    ///
    /// Do not use `transport` elsewhere too: its idle connections belong to the runtime that opened them, and
    /// close with it.
    ///
    /// # Errors
    ///
    /// [`BuildError::Thread`] if the thread cannot be started.
    pub fn from_async(transport: crate::ReqwestTransport) -> Result<Self, BuildError> {
        let thread = RuntimeThread::start().map_err(BuildError::Thread)?;
        Ok(Self { transport, thread: Arc::new(thread) })
    }
}

impl BlockingTransport for ReqwestTransport {
    fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let transport = self.transport.clone();
        self.thread.runtime.spawn(async move {
            let result = transport.send(request).await;
            // The receiver exists: it waits below.
            let _ = sender.send(result);
        });
        receiver.recv().unwrap_or_else(|_| {
            Err(TransportError::new(TransportErrorKind::Other, ResponseError::ThreadEnded))
        })
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("blocking::ReqwestTransport").field(&self.transport).finish()
    }
}

/// A thread that runs async tasks until this value is dropped.
struct RuntimeThread {
    runtime: Handle,
    /// Dropping the sender ends the thread.
    _running: oneshot::Sender<()>,
}

impl RuntimeThread {
    fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (running, stopped) = oneshot::channel::<()>();
        thread::Builder::new().name("kaltura-http".to_owned()).spawn(move || {
            // Nothing is ever sent: this waits until the sender is dropped.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Self { runtime: handle, _running: running })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn thread_ends_when_the_last_reference_is_dropped() {
        let thread = Arc::new(RuntimeThread::start().unwrap());
        let counter = Arc::new(());
        let held_by_task = Arc::clone(&counter);
        thread.runtime.spawn(async move {
            let _held = held_by_task;
            std::future::pending::<()>().await;
        });
        drop(Arc::clone(&thread));
        thread::sleep(Duration::from_millis(50));
        assert_eq!(Arc::strong_count(&counter), 2);

        drop(thread);
        let ended = (0..2000).any(|_| {
            thread::sleep(Duration::from_millis(10));
            Arc::strong_count(&counter) == 1
        });
        assert!(ended, "the thread still runs");
    }
}
