//! The emulated server. It counts logins, and calls with a session that has ended.

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kaltura_emulator::{Clock, Emulator, Fault, FaultRule, RecordedCall};
use serde_json::json;

use super::{SENT_AT, commands, say, uptime};

/// How long each request of a login takes.
const LATENCY: Duration = Duration::from_millis(300);

struct Counts {
    clock: Clock,
    logins: AtomicU64,
    widget_sessions: AtomicU64,
    calls: AtomicU64,
    dead: AtomicU64,
    last_login: Mutex<Option<Instant>>,
    /// When each session was first refused, by its fingerprint.
    refused: Mutex<HashMap<String, u64>>,
}

impl Counts {
    fn new(clock: Clock) -> Self {
        Self {
            clock,
            logins: AtomicU64::default(),
            widget_sessions: AtomicU64::default(),
            calls: AtomicU64::default(),
            dead: AtomicU64::default(),
            last_login: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    fn count(&self, call: &RecordedCall) {
        let counter = match call.action() {
            "appToken.startSession" => &self.logins,
            "session.startWidgetSession" => &self.widget_sessions,
            _ => &self.calls,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if call.action() == "appToken.startSession" {
            *self.last_login.lock().unwrap_or_else(PoisonError::into_inner) = Some(now());
            // The server counts in whole seconds, so a session ends up to a second before its lifetime is over. That is a
            // large part of the lives here: let a second begin with each session.
            self.clock.set(self.clock.now());
        }
        if call.action() == "media.list" && !call.succeeded() && self.was_sent_after_the_end(call) {
            self.dead.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether a refused call was sent when the server had refused its session already. A call can also be on its way when
    /// its session ends: that cannot be avoided.
    fn was_sent_after_the_end(&self, call: &RecordedCall) -> bool {
        let sent_at = call.parameter(SENT_AT).and_then(|sent_at| sent_at.parse().ok());
        let (Some(ks), Some(sent_at), Ok(now)) = (call.ks_fingerprint(), sent_at, uptime()) else {
            return true;
        };
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(ks.to_string()).or_insert(now) < sent_at
    }

    /// The age of the last session in milliseconds; -1 if there was no login.
    fn age(&self) -> i64 {
        let last = *self.last_login.lock().unwrap_or_else(PoisonError::into_inner);
        last.map_or(-1, |last| i64::try_from(last.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// The numbers since the last time.
    fn take(&self) -> String {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        json!({
            "logins": take(&self.logins),
            "widgetSessions": take(&self.widget_sessions),
            "calls": take(&self.calls),
            "dead": take(&self.dead),
        })
        .to_string()
    }
}

/// Serves until standard input ends. `counts` writes the numbers since the last time, `age` the milliseconds since the last
/// login, `end` ends all sessions.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let clock = Clock::new();
    let counts = Arc::new(Counts::new(clock.clone()));
    let counter = Arc::clone(&counts);
    let emulator = Emulator::builder().clock(clock).on_call(move |call| counter.count(call)).build()?;
    for action in ["appToken.startSession", "session.startWidgetSession"] {
        emulator.inject(FaultRule::new(Fault::Slow(LATENCY)).on(action));
    }
    let server = emulator.serve_blocking()?;
    let variables: serde_json::Map<_, _> = server
        .access()
        .variables()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    say(&serde_json::to_string(&variables)?);
    for command in commands() {
        match command.as_str() {
            "counts" => say(&counts.take()),
            "age" => say(&counts.age().to_string()),
            "end" => {
                emulator.end_sessions(emulator.partner_id())?;
                say("ended");
            }
            other => return Err(format!("unknown command: {other}").into()),
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "ages are measured with the clock of the system")]
fn now() -> Instant {
    Instant::now()
}
