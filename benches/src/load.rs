//! Many callers of one client over loopback: all at once without a session, and steadily while it is renewed.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kaltura_auth::{AppTokenLogin, SessionRequest};
use kaltura_client::{Client, RawAction};
use kaltura_emulator::server::Server;
use kaltura_emulator::{Emulator, Fault, FaultRule};
use kaltura_http::{ReqwestTransport, TokioRuntime};
use kaltura_types::Lifetime;
use tokio::runtime::Builder;
use tokio::sync::Barrier;

/// The time that the server takes for a login.
const LOGIN_TIME: Duration = Duration::from_millis(100);

/// The life of a session while it is renewed.
const LIFETIME: u32 = 30;

/// The calls in a second while the session is renewed.
const RATE: u32 = 60;

/// A server whose logins take their time, and a client of it. The server passes the name of each call to `observer`.
async fn set_up(
    request: SessionRequest,
    observer: impl Fn(&str) + Send + Sync + 'static,
) -> (Server, Client) {
    let emulator = Emulator::builder().on_call(move |call| observer(call.action())).build().unwrap();
    let server = emulator.serve().await.unwrap();
    server.emulator().inject(FaultRule::new(Fault::Slow(LOGIN_TIME)).on("appToken.startSession"));
    let login = AppTokenLogin::new(server.url().clone(), server.emulator().app_token().credentials());
    let transport = ReqwestTransport::builder().build().unwrap();
    let client = Client::builder(login.request(request), transport, TokioRuntime::new()).build();
    (server, client)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// `kaltura-benches herd <callers>`: so many tasks ask for a session at once, and there is none. Prints the number of
/// requests that reached the server, then the microseconds that each caller waited.
pub(crate) fn herd(callers: usize) {
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    let (requests, waits) = runtime.block_on(async {
        let (server, client) = set_up(SessionRequest::new(), |_| ()).await;
        let barrier = Arc::new(Barrier::new(callers));
        let callers: Vec<_> = (0..callers)
            .map(|_| {
                let (client, barrier) = (client.clone(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    let start = now();
                    client.session().await.unwrap();
                    start.elapsed()
                })
            })
            .collect();
        let mut waits = Vec::new();
        for caller in callers {
            waits.push(caller.await.unwrap());
        }
        (server.emulator().calls().len(), waits)
    });
    println!("{requests}");
    waits.iter().for_each(|wait| println!("{}", wait.as_micros()));
}

/// `kaltura-benches renewal <seconds>`: calls at a constant rate, while the session is renewed several times. Prints for
/// each call the milliseconds since the start and its microseconds, and for each login `login` and its time.
pub(crate) fn renewal(seconds: u32) {
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let request = SessionRequest::new().lifetime(Lifetime::seconds(LIFETIME));
        let start = now();
        let log_login = move |action: &str| {
            if action == "appToken.startSession" {
                println!("login {}", start.elapsed().as_millis());
            }
        };
        let (_server, client) = set_up(request, log_login).await;
        client.prefetch().await.unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
        let mut tasks = Vec::new();
        for _ in 0..seconds * RATE {
            ticks.tick().await;
            let (client, calls) = (client.clone(), Arc::clone(&calls));
            tasks.push(tokio::spawn(async move {
                let began = now();
                client.call(&RawAction::new("media", "list")).await.unwrap();
                calls.lock().unwrap().push((began.duration_since(start), began.elapsed()));
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        for (at, took) in &*calls.lock().unwrap() {
            println!("{} {}", at.as_millis(), took.as_micros());
        }
    });
}
