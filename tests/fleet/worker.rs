//! One process of the fleet: makes a call, again and again. A call that must wait for a session takes that much longer.

use std::env;
use std::error::Error;
use std::io::Write as _;
use std::sync::mpsc::TryRecvError;
use std::time::{Duration, Instant};

use kaltura_auth::manager::{Event, observer_fn};
use kaltura_auth::types::Lifetime;
use kaltura_auth::{AppTokenLogin, SessionRequest};
use kaltura_client::{Client, RawAction};
use kaltura_http::{ReqwestTransport, TokioRuntime};
use kaltura_store::redis::RedisStore;
use serde_json::json;

use super::{SENT_AT, commands, say, uptime};

/// Between two calls.
const PAUSE: Duration = Duration::from_millis(200);

/// What happened since the last report.
#[derive(Default)]
struct Report {
    calls: u64,
    failed: u64,
    longest_wait: Duration,
}

/// Waits for `go`, then works until standard input ends. `report` writes what happened since the last time. A line `login`
/// is written when a login starts.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work())
}

async fn work() -> Result<(), Box<dyn Error>> {
    let client = client()?;
    let commands = commands();
    say("ready");
    match commands.recv().as_deref() {
        Ok("go") => {}
        _ => return Ok(()),
    }
    let refresh = tokio::spawn(client.run_refresh_loop());
    let mut report = Report::default();
    loop {
        match commands.try_recv().as_deref() {
            Ok("report") => {
                let Report { calls, failed, longest_wait } = std::mem::take(&mut report);
                let longest_wait = longest_wait.as_millis();
                say(&json!({ "calls": calls, "failed": failed, "longestWait": longest_wait }).to_string());
            }
            Ok(other) => return Err(format!("unknown command: {other}").into()),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => break,
        }
        call(&client, &mut report).await?;
        tokio::time::sleep(PAUSE).await;
    }
    refresh.abort();
    Ok(())
}

fn client() -> Result<Client, Box<dyn Error>> {
    let lifetime: u32 = env::var("FLEET_LIFETIME")?.parse()?;
    let request = SessionRequest::new().lifetime(Lifetime::seconds(lifetime));
    let login = AppTokenLogin::from_vars(|name| env::var(name).ok())?.request(request);
    let store = RedisStore::new(env::var("FLEET_STORE")?.parse()?)?;
    let logins = observer_fn(|event, _| {
        if matches!(event, Event::LoginStarted { .. }) {
            say("login");
        }
    });
    let transport = ReqwestTransport::builder().build()?;
    Ok(Client::builder(login, transport, TokioRuntime::new()).store(store).observer(logins).build())
}

async fn call(client: &Client, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.calls += 1;
    let start = now();
    let result = client.call(&RawAction::new("media", "list").param(SENT_AT, uptime()?)).await;
    report.longest_wait = report.longest_wait.max(start.elapsed());
    if let Err(error) = result {
        report.failed += 1;
        let _ = writeln!(std::io::stderr(), "a call failed: {error}");
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "waits are measured with the clock of the system")]
fn now() -> Instant {
    Instant::now()
}
