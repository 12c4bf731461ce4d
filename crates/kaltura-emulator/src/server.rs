//! The emulator as an HTTP server on loopback.
//!
//! For clients with their own HTTP library, in any language. In an async program:
//!
//! ```
//! # use kaltura_emulator::{Emulator, server::ServerError};
//! # #[cfg(feature = "server")]
//! # async fn example() -> Result<(), ServerError> {
//! let server = Emulator::new().serve().await?;
//! println!("point the client to {}", server.url());
//! // …
//! assert_eq!(server.emulator().calls().count("appToken.startSession"), 0);
//! server.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! Without an async runtime, as in a plain unit test, it runs on its own thread:
//!
//! ```
//! # use kaltura_emulator::Emulator;
//! let server = Emulator::new().serve_blocking()?;
//! assert!(server.url().as_str().starts_with("http://127.0.0.1:"));
//! # Ok::<(), kaltura_emulator::server::ServerError>(())
//! ```
//!
//! In both cases it stops when it is dropped. It supports HTTP/1.1 without TLS, keeps connections alive, and applies
//! the emulator's delays, cut bodies and resets.

mod access;
mod breakage;
mod builder;
mod connection;
mod control;
mod guard;
mod ready_file;
#[cfg(test)]
mod tests;
mod ui;

use std::net::{Ipv4Addr, SocketAddr};
use std::{fmt, io, thread};

use kaltura_auth::ServiceUrl;
use kaltura_ks::RandomUnavailable;
use tokio::sync::{oneshot, watch};

pub use self::access::Access;
pub use self::builder::ServerBuilder;
pub use self::ready_file::ReadyFile;

use self::connection::Stop;
use self::guard::ControlToken;
use crate::Emulator;

/// A running server. Dropping it stops it at once and closes its connections.
#[must_use = "dropping a server stops it"]
pub struct Server {
    emulator: Emulator,
    address: SocketAddr,
    url: ServiceUrl,
    control_token: Option<ControlToken>,
    ui_url: Option<String>,
    stop: watch::Sender<Stop>,
    /// Resolves when the server has ended.
    ended: oneshot::Receiver<()>,
    /// The server's own thread, if it has one.
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Serves at this address, within the current tokio runtime. Its I/O and timer must be enabled. Port 0 is any free
    /// port.
    ///
    /// # Errors
    ///
    /// [`ServerError`], also if the address is not one of loopback: see [`ServerBuilder::allow_remote`].
    pub async fn bind(emulator: Emulator, address: SocketAddr) -> Result<Self, ServerError> {
        Self::builder(emulator).address(address).bind().await
    }

    /// Serves at this address on its own thread, with or without a runtime.
    ///
    /// # Errors
    ///
    /// [`ServerError`], also if the address is not one of loopback: see [`ServerBuilder::allow_remote`].
    pub fn spawn(emulator: Emulator, address: SocketAddr) -> Result<Self, ServerError> {
        Self::builder(emulator).address(address).spawn()
    }

    /// Starts building a server with other settings than the defaults.
    pub fn builder(emulator: Emulator) -> ServerBuilder {
        ServerBuilder::new(emulator)
    }

    /// The service URL for clients.
    ///
    /// For a server that listens on all addresses, it contains the loopback address.
    #[must_use]
    pub const fn url(&self) -> &ServiceUrl {
        &self.url
    }

    /// The address and port on which the server listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// What a client must know of the server, with secrets.
    #[must_use]
    pub fn access(&self) -> Access<'_> {
        Access::to(self)
    }

    /// The control token, if the server has one: see [`ServerBuilder::control_token`].
    #[must_use]
    pub fn control_token(&self) -> Option<&str> {
        self.control_token.as_ref().map(|token| token.0.as_str())
    }

    /// The address of the page for people, with the token that opens it, if the server has the page: see
    /// [`ServerBuilder::ui`]. The token is in the fragment, which a browser does not send.
    #[must_use]
    pub fn ui_url(&self) -> Option<&str> {
        self.ui_url.as_deref()
    }

    /// The emulator that responds to the requests.
    #[must_use]
    pub const fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Stops the server: accepts no new connections, finishes the running requests, and frees the port. A request that
    /// takes longer than [`ServerBuilder::shutdown_grace`] is aborted. Dropping the future stops the server at once.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(Stop::Gracefully);
        // An error means that it has already ended, for example with its runtime.
        let _ = (&mut self.ended).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(Stop::AtOnce);
        if let Some(thread) = self.thread.take() {
            // It ends without waiting for clients, and the port is free afterwards.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Serving over HTTP. The server uses a clone, so this emulator still sees all calls.
impl Emulator {
    /// Serves on any free port of `127.0.0.1`, within the current tokio runtime.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if there is no runtime or no free port.
    pub async fn serve(&self) -> Result<Server, ServerError> {
        Server::bind(self.clone(), ANY_PORT).await
    }

    /// Serves on any free port of `127.0.0.1` on its own thread.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if a thread or a port is not available.
    pub fn serve_blocking(&self) -> Result<Server, ServerError> {
        Server::spawn(self.clone(), ANY_PORT)
    }
}

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Other machines can reach the address, which was not allowed.
    #[error(
        "{0} is not a loopback address: every machine that reaches it can use the emulator; call allow_remote to allow it"
    )]
    NotLoopback(SocketAddr),
    /// A text given to [`ServerBuilder::control_origin`] is not an origin.
    #[error("{0:?} is not an origin: write scheme, host and port, like http://localhost:5173")]
    InvalidOrigin(String),
    /// The server cannot listen at the address.
    #[error("cannot listen at {address}")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The operating system returned no random bytes for a token.
    #[error("no random bytes for the token")]
    Random(#[source] RandomUnavailable),
    /// There is no current tokio runtime.
    #[error("no tokio runtime: await this within one, or use spawn or serve_blocking")]
    NoRuntime,
    /// The server's own thread or its runtime cannot be started.
    #[error("the server's thread cannot be started")]
    Thread(#[source] io::Error),
}
