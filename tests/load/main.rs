//! The emulator's HTTP server under load: very many logins from 64 connections, and not one of them fails.
//!
//! In every run of the tests it is a thousand. With more, and with the figures, which are told beside those of
//! a bare exchange of the same bytes over the same transport:
//!
//! ```sh
//! KALTURA_LOAD_LOGINS=10000 cargo test --release -p kaltura-tests --test load -- --nocapture
//! ```
#![cfg(test)]

mod bare_server;
mod figures;

use std::collections::HashSet;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use kaltura_auth::{AppTokenFlow, AppTokenLogin, FlowStep, Transport, WireRequest, WireResponse};
use kaltura_emulator::Emulator;
use kaltura_http::ReqwestTransport;

use bare_server::{Answer, BareServer};
use figures::Figures;

/// How many logins are under way at once, and so how many connections there are.
const CONNECTIONS: usize = 64;
/// How many there are in all, unless `KALTURA_LOAD_LOGINS` says otherwise.
const LOGINS: usize = 1000;
/// However many may be asked for.
const MOST_LOGINS: usize = 1_000_000;
/// A load that does not end is as bad as one that fails.
const TIME_LIMIT: Duration = Duration::from_secs(600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_from_64_connections_all_succeed() {
    let logins = env::var("KALTURA_LOAD_LOGINS").map_or(LOGINS, |text| text.parse().unwrap());
    assert!((1..=MOST_LOGINS).contains(&logins), "from 1 to {MOST_LOGINS} logins");
    let transport = ReqwestTransport::builder().build().unwrap();

    // On a thread of its own, as the server of `kaltura emulate` is in a process of its own.
    let server = Emulator::new().serve_blocking().unwrap();
    let login = AppTokenLogin::new(server.url().clone(), server.emulator().app_token().credentials());
    let load = load(logins, {
        let (login, transport) = (login.clone(), transport.clone());
        move || {
            let (login, transport) = (login.clone(), transport.clone());
            async move { login.run(&transport).await.map(|session| session.ks().expose().to_owned()) }
        }
    });
    let (sessions, figures) = tokio::time::timeout(TIME_LIMIT, load).await.expect("the load ends");

    let sessions: HashSet<_> = sessions.into_iter().collect();
    assert_eq!(sessions.len(), logins, "every login has a session of its own");
    let calls = server.emulator().calls();
    for action in ["session.startWidgetSession", "appToken.startSession"] {
        assert_eq!(calls.count(action), logins, "{action}");
    }

    let bare = tokio::time::timeout(TIME_LIMIT, bare(logins, &login, server.emulator(), transport));
    let (connections, bare) = bare.await.expect("the bare exchanges end");
    // Whoever is done first may leave his connection to another who had none yet.
    assert!(connections >= CONNECTIONS / 2, "{connections} connections are no load");
    println!("{logins} logins from {CONNECTIONS} connections: {figures}");
    println!("{logins} times the same bytes, bare ({connections} connections): {bare}");
    println!("the former in terms of the latter: {}", figures.in_terms_of(&bare));
}

/// Does some work so often, as much at once as there are connections. Gives what came of it.
async fn load<W, F, T, E>(times: usize, work: W) -> (Vec<T>, Figures)
where
    W: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = Result<T, E>> + Send,
    T: Send + 'static,
    E: std::fmt::Display,
{
    let taken = Arc::new(AtomicUsize::new(0));
    let begun = now();
    let worker = || {
        let (work, taken) = (work.clone(), Arc::clone(&taken));
        async move {
            let mut results = Vec::new();
            while taken.fetch_add(1, Ordering::Relaxed) < times {
                let begun = now();
                let result = work().await.unwrap_or_else(|error| panic!("{error}"));
                results.push((result, begun.elapsed()));
            }
            results
        }
    };
    let workers: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(worker())).collect();
    let (mut results, mut times) = (Vec::new(), Vec::new());
    for worker in workers {
        for (result, time) in worker.await.expect("no login fails") {
            results.push(result);
            times.push(time);
        }
    }
    (results, Figures::new(times, begun.elapsed()))
}

/// The same with a server that answers without looking. Gives how many connections were made to it, too.
async fn bare(
    logins: usize,
    login: &AppTokenLogin,
    emulator: &Emulator,
    transport: ReqwestTransport,
) -> (usize, Figures) {
    let server = BareServer::bind().unwrap();
    let login = AppTokenLogin::new(server.url().clone(), login.credentials().clone());
    let (requests, answers) = recorded(&login, emulator);
    let server = server.serve(answers);
    let (_, figures) = load(logins, move || {
        let (transport, requests) = (transport.clone(), requests.clone());
        async move {
            for request in requests {
                let answer = transport.send(request).await?;
                assert_eq!(answer.status(), 200);
            }
            Ok::<_, kaltura_auth::TransportError>(())
        }
    })
    .await;
    (server.connections(), figures)
}

/// The requests of a login, and the answers to them.
fn recorded(login: &AppTokenLogin, emulator: &Emulator) -> (Vec<WireRequest>, Vec<Answer>) {
    let (mut requests, mut answers) = (Vec::new(), Vec::new());
    let mut step = AppTokenFlow::start(login);
    while let FlowStep::Send(request, flow) = step {
        let received = http::Request::post(request.url())
            .header("content-type", request.content_type())
            .body(Bytes::copy_from_slice(request.body()))
            .unwrap();
        let answer = emulator.handle(&received, [127, 0, 0, 1].into());
        step = flow.receive(Ok(WireResponse::new(answer.status().as_u16(), answer.body().to_vec()))).unwrap();
        answers.push(Answer::new(request.action(), &answer));
        requests.push(request);
    }
    (requests, answers)
}

#[expect(clippy::disallowed_methods, reason = "how long a login takes is a matter of this machine's clock")]
fn now() -> Instant {
    Instant::now()
}
