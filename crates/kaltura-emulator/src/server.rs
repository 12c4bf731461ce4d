//! The emulator as an HTTP server on loopback.
//!
//! For clients that speak HTTP themselves, in Rust or not. In an async program:
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
//! Without an async runtime, as in a plain unit test, it runs on a thread of its own:
//!
//! ```
//! # use kaltura_emulator::Emulator;
//! let server = Emulator::new().serve_blocking()?;
//! assert!(server.url().as_str().starts_with("http://127.0.0.1:"));
//! # Ok::<(), kaltura_emulator::server::ServerError>(())
//! ```
//!
//! In both cases it stops when it is dropped. It speaks HTTP/1.1 without TLS, keeps connections alive, and
//! delays, cuts and resets answers where the emulator says so.

mod accept;
mod breakage;
mod builder;
mod control;
mod error;
mod exchange;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use kaltura_auth::ServiceUrl;
use tokio::sync::{oneshot, watch};

pub use self::builder::ServerBuilder;
pub use self::error::ServerError;

use self::accept::Stop;
use crate::Emulator;

/// A running server. Dropping it stops it at once, and cuts what is under way.
#[must_use = "dropping a server stops it"]
pub struct Server {
    emulator: Emulator,
    address: SocketAddr,
    url: ServiceUrl,
    stop: watch::Sender<Stop>,
    /// Resolves when nothing is left of the server.
    ended: oneshot::Receiver<()>,
    /// If the server has one of its own.
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Serves at this address, within the tokio runtime that is running here. Its I/O and its timer must be
    /// switched on. Port 0 takes any that is free.
    ///
    /// # Errors
    ///
    /// [`ServerError`], also if the address is not one of loopback: see [`ServerBuilder::allow_remote`].
    pub async fn bind(emulator: Emulator, address: SocketAddr) -> Result<Self, ServerError> {
        Self::builder(emulator).address(address).bind().await
    }

    /// Serves at this address, from a thread of its own. Works anywhere, with or without a runtime.
    ///
    /// # Errors
    ///
    /// [`ServerError`], also if the address is not one of loopback: see [`ServerBuilder::allow_remote`].
    pub fn spawn(emulator: Emulator, address: SocketAddr) -> Result<Self, ServerError> {
        Self::builder(emulator).address(address).spawn()
    }

    /// Sets up a server with other than the usual limits.
    pub fn builder(emulator: Emulator) -> ServerBuilder {
        ServerBuilder::new(emulator)
    }

    /// The base of every request: what a client calls its service URL.
    ///
    /// Of a server that listens on all addresses, it is the one on this machine.
    #[must_use]
    pub const fn url(&self) -> &ServiceUrl {
        &self.url
    }

    /// Where the server listens, with the port that it was given.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The emulator behind the server.
    #[must_use]
    pub const fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Stops the server: takes no new connections, answers what has been asked, and frees the port. What
    /// takes longer than [`ServerBuilder::shutdown_grace`] is cut. Dropping the future stops it at once.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(Stop::Gracefully);
        // An error means that it has ended already, such as with its runtime.
        let _ = (&mut self.ended).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(Stop::AtOnce);
        if let Some(thread) = self.thread.take() {
            // It ends without waiting for anybody, and the port is free afterwards.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Serving. A clone of the emulator goes with the server, so this one still sees all calls.
impl Emulator {
    /// Serves on any free port of `127.0.0.1`, within the tokio runtime that is running here.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if there is no runtime, or no port can be had.
    pub async fn serve(&self) -> Result<Server, ServerError> {
        Server::bind(self.clone(), ANY_PORT).await
    }

    /// Serves on any free port of `127.0.0.1`, from a thread of its own.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if no thread or no port can be had.
    pub fn serve_blocking(&self) -> Result<Server, ServerError> {
        Server::spawn(self.clone(), ANY_PORT)
    }
}

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
