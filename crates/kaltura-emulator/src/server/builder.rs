//! Building and starting a server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use kaltura_auth::ServiceUrl;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};

use super::connection::{Exchanges, Respond, Stop, run};
use super::control;
use super::guard::{ControlToken, Guard, is_origin};
use super::ui::{self, Ui};
use super::{ANY_PORT, Server, ServerError};
use crate::Emulator;

/// Builds a [`Server`].
///
/// ```
/// # use kaltura_emulator::{Emulator, server::Server};
/// let server = Server::builder(Emulator::new()).max_request_bytes(1 << 20).spawn()?;
/// # Ok::<(), kaltura_emulator::server::ServerError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct ServerBuilder {
    emulator: Emulator,
    address: SocketAddr,
    remote_allowed: bool,
    takes_commands: bool,
    has_control_token: bool,
    control_origins: Vec<String>,
    has_ui: bool,
    max_request_bytes: usize,
    shutdown_grace: Duration,
}

impl ServerBuilder {
    /// The default maximum size of a request body: 16 MiB.
    pub const DEFAULT_MAX_REQUEST_BYTES: usize = 16 << 20;

    /// The default time that [`Server::shutdown`] waits for running requests: 5 seconds.
    pub const DEFAULT_SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

    pub(super) const fn new(emulator: Emulator) -> Self {
        Self {
            emulator,
            address: ANY_PORT,
            remote_allowed: false,
            takes_commands: false,
            has_control_token: false,
            control_origins: Vec::new(),
            has_ui: false,
            max_request_bytes: Self::DEFAULT_MAX_REQUEST_BYTES,
            shutdown_grace: Self::DEFAULT_SHUTDOWN_GRACE,
        }
    }

    /// Sets the address to listen at. The default is any free port of `127.0.0.1`. Port 0 is any free port.
    pub const fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Allows an address that other machines can reach. They can then use the whole emulator: there is no TLS and no
    /// authentication of the client.
    pub const fn allow_remote(mut self) -> Self {
        self.remote_allowed = true;
        self
    }

    /// Accepts commands over HTTP, for tests in other languages: `POST /_emulator` with a [`Command`](crate::Command) or an
    /// array of them as JSON. `GET /_emulator` returns the server's time and the calls so far.
    ///
    /// Every program of this machine can then change the server. Pages in a browser cannot, unless their origin is
    /// [allowed](Self::control_origin). Other machines need the [control token](Self::control_token).
    pub const fn take_commands(mut self) -> Self {
        self.takes_commands = true;
        self
    }

    /// Accepts commands only with the header `Authorization: Bearer TOKEN`. [`Server::control_token`] returns the random
    /// token.
    pub const fn control_token(mut self) -> Self {
        self.takes_commands = true;
        self.has_control_token = true;
        self
    }

    /// Accepts commands of pages in a browser whose origin is this one, such as `http://localhost:5173`, and requires the
    /// [control token](Self::control_token) of every client. Can be called several times.
    pub fn control_origin(mut self, origin: impl Into<String>) -> Self {
        self.control_origins.push(origin.into());
        self.control_token()
    }

    /// Serves a page for people at `/_emulator/ui`: the calls with their answers, the objects, the clock, faults, and tools
    /// for KSs and token hashes. [`Server::ui_url`] returns its address.
    ///
    /// The address gives access to the secrets of this emulator and to all commands. Other pages, other machines and
    /// programs without the address have no access, also with [`allow_remote`](Self::allow_remote). The last 10 000 calls
    /// with up to 32 MiB of text are kept. Responses of the API get the header `Content-Security-Policy: sandbox`.
    pub const fn ui(mut self) -> Self {
        self.has_ui = true;
        self
    }

    /// Sets the maximum size of a request body in bytes. A larger one gets the status 413.
    pub const fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// Sets how long [`Server::shutdown`] waits for running requests before it aborts them.
    pub const fn shutdown_grace(mut self, time: Duration) -> Self {
        self.shutdown_grace = time;
        self
    }

    /// Starts the server within the current tokio runtime.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if it cannot listen or run.
    pub async fn bind(self) -> Result<Server, ServerError> {
        let runtime = Handle::try_current().map_err(|_| ServerError::NoRuntime)?;
        let (respond, tokens) = self.respond()?;
        let (mut server, work) = self.prepare(respond)?;
        server.set_tokens(tokens);
        runtime.spawn(work);
        Ok(server)
    }

    /// Starts the server on its own thread.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if it cannot listen or run.
    pub fn spawn(self) -> Result<Server, ServerError> {
        let (respond, tokens) = self.respond()?;
        let mut server = self.spawn_with(respond)?;
        server.set_tokens(tokens);
        Ok(server)
    }

    /// The same with another function that responds.
    pub(super) fn spawn_with(self, respond: Arc<Respond>) -> Result<Server, ServerError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(ServerError::Thread)?;
        let (mut server, work) = {
            let _within = runtime.enter();
            self.prepare(respond)?
        };
        let thread = thread::Builder::new().name("kaltura-emulator".to_owned());
        let run = move || {
            runtime.block_on(work);
            // A request that is still being computed is not waited for.
            runtime.shutdown_background();
        };
        let thread = thread.spawn(run).map_err(ServerError::Thread)?;
        server.thread = Some(thread);
        Ok(server)
    }

    /// What responds to the requests, and the tokens: that of the control endpoint and that of the page.
    fn respond(&self) -> Result<(Arc<Respond>, Tokens), ServerError> {
        if let Some(invalid) = self.control_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ServerError::InvalidOrigin(invalid.clone()));
        }
        let emulator = self.emulator.clone();
        let takes_commands = self.takes_commands;
        let random = |is_wanted: bool| is_wanted.then(ControlToken::random).transpose();
        let token = random(self.has_control_token).map_err(ServerError::Random)?;
        let ui_token = random(self.has_ui).map_err(ServerError::Random)?;
        let ui = ui_token.clone().map(|token| Ui::new(emulator.clone(), token));
        let guard = Guard {
            origins: self.control_origins.clone(),
            token: token.clone(),
            is_remote: self.remote_allowed,
        };
        let respond = move |request: &Request<Bytes>, client| {
            if request.uri().path() == control::PATH {
                if takes_commands {
                    return control::respond(&emulator, &guard, request);
                }
                return control::refuse();
            }
            match &ui {
                Some(ui) if Ui::has(request.uri().path()) => ui.respond(request, client),
                Some(ui) => ui.record(request, client),
                None => emulator.respond(request, client),
            }
        };
        Ok((Arc::new(respond), (token, ui_token)))
    }

    /// Binds the port. The server runs while the future is polled.
    fn prepare(
        self,
        respond: Arc<Respond>,
    ) -> Result<(Server, impl Future<Output = ()> + Send + 'static), ServerError> {
        if !self.remote_allowed && !self.address.ip().to_canonical().is_loopback() {
            return Err(ServerError::NotLoopback(self.address));
        }
        let refuse = |source| ServerError::Listen { address: self.address, source };
        let listener = listen(self.address).map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        let url = url_of(address).map_err(refuse)?;

        let (stop, stopped) = watch::channel(Stop::NotYet);
        let (end, ended) = oneshot::channel();
        let exchanges = Exchanges::new(respond, self.max_request_bytes);
        let work = async move {
            run(listener, Arc::new(exchanges), stopped, self.shutdown_grace).await;
            // The receiver may be gone.
            let _ = end.send(());
        };
        Ok((
            Server {
                emulator: self.emulator,
                address,
                url,
                control_token: None,
                ui_url: None,
                stop,
                ended,
                thread: None,
            },
            work,
        ))
    }
}

impl Server {
    fn set_tokens(&mut self, (control, ui): Tokens) {
        self.control_token = control;
        self.ui_url = ui.map(|token| format!("{}{}#token={}", self.url.as_str(), ui::PATH, token.0));
    }
}

/// The token of the control endpoint, and that of the page.
type Tokens = (Option<ControlToken>, Option<ControlToken>);

/// Must be called within a tokio runtime.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn url_of(address: SocketAddr) -> io::Result<ServiceUrl> {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let text = format!("http://{}", SocketAddr::new(ip, address.port()));
    ServiceUrl::parse_allowing_http(&text).map_err(io::Error::other)
}
