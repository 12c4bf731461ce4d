//! The emulator's HTTP server under load: many logins over 64 connections, none of which may fail.
//!
//! By default there are a thousand logins. To run more, and to see the latencies beside those of a plain exchange of
//! the same bytes over the same transport:
//!
//! ```sh
//! KALTURA_LOAD_LOGINS=10000 cargo test --release -p kaltura-tests --test load -- --nocapture
//! ```
#![cfg(test)]

mod measurement;
mod plain_server;

use std::collections::HashSet;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kaltura_auth::{AppTokenFlow, AppTokenLogin, FlowStep, Transport, WireRequest, WireResponse};
use kaltura_emulator::Emulator;
use kaltura_http::ReqwestTransport;

use measurement::Measurement;
use plain_server::{PlainServer, RecordedResponse};

/// The number of concurrent logins, and so of connections.
const CONNECTIONS: usize = 64;
/// The default number of logins, if `KALTURA_LOAD_LOGINS` is not set.
const LOGINS: usize = 1000;
/// The most that `KALTURA_LOAD_LOGINS` may be.
const MAX_LOGINS: usize = 1_000_000;
/// A load that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_from_64_connections_all_succeed() {
    let logins = env::var("KALTURA_LOAD_LOGINS").map_or(LOGINS, |text| text.parse().unwrap());
    assert!((1..=MAX_LOGINS).contains(&logins), "from 1 to {MAX_LOGINS} logins");
    let transport = ReqwestTransport::builder().build().unwrap();

    // On a separate thread, as the server of `kaltura emulate` is in a separate process.
    let server = Emulator::new().serve_blocking().unwrap();
    let login = AppTokenLogin::new(server.url().clone(), server.emulator().app_token().credentials());
    let load = load(logins, {
        let (login, transport) = (login.clone(), transport.clone());
        move || {
            let (login, transport) = (login.clone(), transport.clone());
            async move { login.run(&transport).await.map(|session| session.ks().expose().to_owned()) }
        }
    });
    let (sessions, measured) = tokio::time::timeout(TIMEOUT, load).await.expect("the load ends in time");

    let sessions: HashSet<_> = sessions.into_iter().collect();
    assert_eq!(sessions.len(), logins, "every login has its own session");
    let calls = server.emulator().calls();
    for action in ["session.startWidgetSession", "appToken.startSession"] {
        assert_eq!(calls.count(action), logins, "{action}");
    }

    let plain = tokio::time::timeout(TIMEOUT, exchanges(logins, &login, server.emulator(), transport));
    let (connections, plain) = plain.await.expect("the plain exchanges end in time");
    // A finished exchange may pass its connection to a worker that has none yet.
    assert!(connections >= CONNECTIONS / 2, "only {connections} connections");
    println!("{logins} logins over {CONNECTIONS} connections: {measured}");
    println!("{logins} plain exchanges of the same bytes over {connections} connections: {plain}");
    println!("logins relative to plain exchanges: {}", measured.relative_to(&plain));
}

/// Does some work `times` times, with one worker per connection. Returns the results and the measurement.
async fn load<W, F, T, E>(times: usize, work: W) -> (Vec<T>, Measurement)
where
    W: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = Result<T, E>> + Send,
    T: Send + 'static,
    E: std::fmt::Display,
{
    let started = Arc::new(AtomicUsize::new(0));
    let start = now();
    let worker = || {
        let (work, started) = (work.clone(), Arc::clone(&started));
        async move {
            let mut results = Vec::new();
            while started.fetch_add(1, Ordering::Relaxed) < times {
                let start = now();
                let result = work().await.unwrap_or_else(|error| panic!("{error}"));
                results.push((result, start.elapsed()));
            }
            results
        }
    };
    let workers: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(worker())).collect();
    let (mut results, mut times) = (Vec::new(), Vec::new());
    for worker in workers {
        for (result, time) in worker.await.expect("no worker fails") {
            results.push(result);
            times.push(time);
        }
    }
    (results, Measurement::new(times, start.elapsed()))
}

/// Exchanges the same bytes with a server that does no work. Returns the number of connections too.
async fn exchanges(
    logins: usize,
    login: &AppTokenLogin,
    emulator: &Emulator,
    transport: ReqwestTransport,
) -> (usize, Measurement) {
    let server = PlainServer::bind().unwrap();
    let login = AppTokenLogin::new(server.url().clone(), login.credentials().clone());
    let (requests, responses) = recorded(&login, emulator);
    let server = server.serve(responses);
    let (_, measured) = load(logins, move || {
        let (transport, requests) = (transport.clone(), requests.clone());
        async move {
            for request in requests {
                let response = transport.send(request).await?;
                assert_eq!(response.status(), 200);
            }
            Ok::<_, kaltura_auth::TransportError>(())
        }
    })
    .await;
    (server.connections(), measured)
}

/// The requests of a login, and the responses to them.
fn recorded(login: &AppTokenLogin, emulator: &Emulator) -> (Vec<WireRequest>, Vec<RecordedResponse>) {
    let (mut requests, mut responses) = (Vec::new(), Vec::new());
    let mut step = AppTokenFlow::start(login);
    while let FlowStep::Send(request, flow) = step {
        let received = http::Request::post(request.url())
            .header("content-type", request.content_type())
            .body(Bytes::copy_from_slice(request.body()))
            .unwrap();
        let response = emulator.handle(&received, [127, 0, 0, 1].into());
        step = flow
            .receive(Ok(WireResponse::new(response.status().as_u16(), response.body().to_vec())))
            .unwrap();
        responses.push(RecordedResponse::new(request.action(), &response));
        requests.push(request);
    }
    (requests, responses)
}

#[expect(clippy::disallowed_methods, reason = "a load test measures real time")]
fn now() -> Instant {
    Instant::now()
}
