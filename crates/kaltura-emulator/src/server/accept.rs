//! Taking connections until it is enough.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::breakage::{BreakableStream, Breaker};
use super::exchange::Exchanges;

/// How long a client may take for the head of a request; also how long an idle connection is kept.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// How long to wait when no connection can be taken, as when there are too many.
const PAUSE: Duration = Duration::from_millis(50);

/// Whether the server goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    NotYet,
    Gracefully,
    AtOnce,
}

/// Serves until it is stopped.
///
/// When it is asked to stop, answers may still take as long as `grace`.
pub(super) async fn run(
    listener: TcpListener,
    exchanges: Arc<Exchanges>,
    stop: watch::Receiver<Stop>,
    grace: Duration,
) {
    let mut connections = JoinSet::new();
    while let Some(accepted) = unless(stopped(stop.clone(), Stop::Gracefully), listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(serve(stream, peer.ip(), Arc::clone(&exchanges), stop.clone()));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);

    // When the set is dropped, whatever is left of the connections goes with it.
    let all_ended = async { while connections.join_next().await.is_some() {} };
    let _ = unless(stopped(stop, Stop::AtOnce), tokio::time::timeout(grace, all_ended)).await;
}

/// One connection, from its first request to its last.
async fn serve(stream: TcpStream, client: IpAddr, exchanges: Arc<Exchanges>, stop: watch::Receiver<Stop>) {
    let breaker = Breaker::default();
    let stream = BreakableStream::new(stream, breaker.clone());
    let service = service_fn(|request| exchanges.answer(request, client, &breaker));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            // The only clock is the emulator's.
            .auto_date_header(false)
            .serve_connection(stream, service)
    );
    // A client that breaks off or speaks nonsense is no matter of the server's.
    if unless(stopped(stop, Stop::Gracefully), connection.as_mut()).await.is_none() {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// Waits until the server is to stop so decidedly, or is gone.
async fn stopped(mut stop: watch::Receiver<Stop>, decidedly: Stop) {
    let _ = stop.wait_for(|stop| *stop >= decidedly).await;
}

/// What comes of the one, unless the other is first.
async fn unless<T>(first: impl Future<Output = ()>, then: impl Future<Output = T>) -> Option<T> {
    let (mut first, mut then) = (pin!(first), pin!(then));
    poll_fn(|context| {
        if first.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        then.as_mut().poll(context).map(Some)
    })
    .await
}
