//! One process: tasks, or threads, that call the server again and again, each with a session from the shared store.
//!
//! A failed call is a line of JSON on standard output at once; the numbers of calls follow when standard input ends.

use std::env;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use kaltura_auth::manager::Policy;
use kaltura_auth::types::Lifetime;
use kaltura_auth::{AppTokenLogin, SessionRequest};
use kaltura_client::{Error, RawAction, RetryPolicy};
use kaltura_store::file::FileStore;
use kaltura_store::redis::RedisStore;
use serde_json::{Value, json};

use super::{CALL_ID, Failure, LIFETIME, MAX_BACKOFF_MS, REQUEST_TIMEOUT_MS, uptime};

/// Between two calls of a task.
const PAUSE: Duration = Duration::from_millis(700);
/// A process with threads instead of tasks has fewer of them.
const THREADS: usize = 8;
const TASKS: usize = 60;

/// What the calls of this process came to.
#[derive(Default)]
struct Counts {
    started: AtomicU64,
    succeeded: AtomicU64,
    stop: AtomicBool,
}

impl Counts {
    /// Notes the start of a call: its parameters, and when it starts.
    fn start(&self, task: usize) -> Result<(RawAction<Value>, String, u64), Failure> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let id = format!("{}-{task}-{number}", std::process::id());
        Ok((RawAction::new("media", "list").param(CALL_ID, id.clone()), id, uptime()?))
    }

    fn end(&self, id: &str, started: u64, result: Result<Value, Error>) -> Result<(), Failure> {
        match result {
            Ok(_) => {
                self.succeeded.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                let mut text = format!("{error} {error:?}");
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    text.push_str(&format!(" <- {cause}"));
                    source = cause.source();
                }
                let kind = format!("{:?}", error.kind());
                say(
                    &json!({ "id": id, "started": started, "failed": uptime()?, "kind": kind, "text": text }),
                );
            }
        }
        Ok(())
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

pub(crate) fn run() -> Result<(), Failure> {
    let counts = Arc::new(Counts::default());
    let stop = Arc::clone(&counts);
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stop.stop.store(true, Ordering::Relaxed);
    });
    if env::var_os("SOAK_THREADS").is_some() {
        run_threads(&counts)?;
    } else {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?
            .block_on(run_tasks(&counts))?;
    }
    let [started, succeeded] =
        [&counts.started, &counts.succeeded].map(|count| count.load(Ordering::Relaxed));
    say(&json!({ "started": started, "succeeded": succeeded }));
    Ok(())
}

async fn run_tasks(counts: &Arc<Counts>) -> Result<(), Failure> {
    let builder = kaltura_http::client_builder(login()?)?
        .session_policy(policy())
        .retry(retry())
        .request_timeout(Duration::from_millis(REQUEST_TIMEOUT_MS));
    let client = match store()? {
        Place::Folder(folder) => builder.store(FileStore::new(folder)).build(),
        Place::Redis(url) => builder.store(RedisStore::new(url.parse()?)?).build(),
    };
    let refresh = tokio::spawn(client.run_refresh_loop());
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (client, counts) = (client.clone(), Arc::clone(counts));
            tokio::spawn(async move {
                while !counts.stopped() {
                    let (action, id, started) = counts.start(task)?;
                    counts.end(&id, started, client.call(&action).await)?;
                    tokio::time::sleep(PAUSE).await;
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    refresh.abort();
    Ok(())
}

fn run_threads(counts: &Arc<Counts>) -> Result<(), Failure> {
    let builder = kaltura_http::blocking::client_builder(login()?)?
        .session_policy(policy())
        .retry(retry())
        .request_timeout(Duration::from_millis(REQUEST_TIMEOUT_MS));
    let client = match store()? {
        Place::Folder(folder) => builder.store(FileStore::new(folder)).build(),
        Place::Redis(url) => builder.store(RedisStore::new(url.parse()?)?).build(),
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|task| {
            let (client, counts) = (client.clone(), Arc::clone(counts));
            thread::spawn(move || {
                while !counts.stopped() {
                    let (action, id, started) = counts.start(task)?;
                    counts.end(&id, started, client.call(&action))?;
                    thread::sleep(PAUSE);
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(())
}

fn login() -> Result<AppTokenLogin, Failure> {
    let request = SessionRequest::new().lifetime(Lifetime::seconds(LIFETIME));
    Ok(AppTokenLogin::from_vars(|name| env::var(name).ok())?.request(request))
}

fn policy() -> Policy {
    let backoff = Duration::from_millis(MAX_BACKOFF_MS);
    Policy::default()
        .login_timeout(Duration::from_millis(REQUEST_TIMEOUT_MS))
        .transient_backoff(backoff / 5, backoff)
        .permanent_backoff(backoff / 5, backoff)
}

fn retry() -> RetryPolicy {
    let backoff = Duration::from_millis(MAX_BACKOFF_MS);
    RetryPolicy::default().max_attempts(3).backoff(backoff / 5, backoff)
}

/// Where sessions are shared.
enum Place {
    Folder(PathBuf),
    Redis(String),
}

fn store() -> Result<Place, Failure> {
    let store = env::var("SOAK_STORE")?;
    Ok(match store.strip_prefix("folder:") {
        Some(folder) => Place::Folder(folder.into()),
        None => Place::Redis(store),
    })
}

fn say(line: &Value) {
    // Without a reader, standard input ends too.
    let _ = writeln!(std::io::stdout(), "{line}");
}
