//! Why a server does not start.

use std::io;
use std::net::SocketAddr;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The address can be reached from other machines, which was not asked for.
    #[error(
        "{0} is no address of loopback: whoever reaches it can use the emulator; say allow_remote if that is \
         meant"
    )]
    NotLoopback(SocketAddr),
    /// The address can not be had.
    #[error("can not listen at {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// There is no runtime to run in.
    #[error("no tokio runtime is running here: await this within one, or use spawn or serve_blocking")]
    NoRuntime,
    /// The server's own thread, or its runtime, can not be had.
    #[error("the thread of the server can not be started")]
    Thread(#[source] io::Error),
}
