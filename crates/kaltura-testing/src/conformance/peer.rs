//! The server that the transport under test talks to: one thread for each connection, no runtime.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::http::{Connection, Received, Then};
use crate::mock::Gate;

/// What is done with a request that has been read.
type Script = dyn Fn(&Received, &mut Connection) -> io::Result<Then> + Send + Sync;

/// A server on loopback, until it is dropped.
pub(super) struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    routes: Mutex<Vec<Arc<Served>>>,
    connections: Mutex<Vec<TcpStream>>,
    closing: AtomicBool,
}

/// A path of the server with a behaviour of its own.
#[derive(Clone)]
pub(super) struct Route {
    address: SocketAddr,
    number: usize,
    served: Arc<Served>,
}

struct Served {
    script: Box<Script>,
    received: Mutex<Vec<Received>>,
    finished: Gate,
}

impl Peer {
    pub(super) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accepting.accept(&listener));
        Ok(Self { address, shared })
    }

    /// A new path where each request is answered by `script`. An error of the script closes the connection.
    pub(super) fn serve(
        &self,
        script: impl Fn(&Received, &mut Connection) -> io::Result<Then> + Send + Sync + 'static,
    ) -> Route {
        let served = Arc::new(Served {
            script: Box::new(script),
            received: Mutex::default(),
            finished: Gate::closed(),
        });
        let mut routes = lock(&self.shared.routes);
        routes.push(Arc::clone(&served));
        Route { address: self.address, number: routes.len() - 1, served }
    }

    /// A URL where nobody listens.
    pub(super) fn nowhere(&self) -> io::Result<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        Ok(format!("http://127.0.0.1:{port}/"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        for connection in lock(&self.shared.connections).drain(..) {
            // It may be closed already.
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the thread that accepts, so that it sees that this is the end.
        let _ = TcpStream::connect(self.address);
    }
}

impl Route {
    pub(super) fn url(&self) -> String {
        format!("http://{}/{}/service/conformance/action/check", self.address, self.number)
    }

    /// The requests that came here.
    pub(super) fn received(&self) -> Vec<Received> {
        lock(&self.served.received).clone()
    }

    /// Waits until a request has been dealt with to the end.
    pub(super) async fn finished(&self) {
        self.served.finished.pass().await;
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({})", self.address)
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.closing.load(Ordering::SeqCst) {
                return;
            }
            let Ok(stream) = stream else { continue };
            let Ok(handle) = stream.try_clone() else { continue };
            lock(&self.connections).push(handle);
            let shared = Arc::clone(&self);
            // How a connection ends is seen by the transport; here it is of no interest.
            thread::spawn(move || {
                let _ = shared.talk(&stream);
                let _ = stream.shutdown(Shutdown::Both);
            });
        }
    }

    fn talk(&self, stream: &TcpStream) -> io::Result<()> {
        let mut connection = Connection::new(stream.try_clone()?)?;
        while let Some(received) = connection.receive()? {
            let Some(served) = self.served(&received) else {
                connection.answer(404, &[], b"there is nothing here")?;
                continue;
            };
            lock(&served.received).push(received.clone());
            let outcome = (served.script)(&received, &mut connection);
            served.finished.open();
            if outcome? == Then::Close {
                break;
            }
        }
        Ok(())
    }

    /// The route whose number stands first in the path.
    fn served(&self, received: &Received) -> Option<Arc<Served>> {
        let number = received.target.trim_start_matches('/').split(['/', '?']).next()?;
        lock(&self.routes).get(number.parse::<usize>().ok()?).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
