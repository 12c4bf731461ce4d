//! An async and a blocking client with the same operations.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::io::Cursor;
use kaltura_auth::manager::Status;
use kaltura_auth::runtime::{BoxFuture, Clock, NotSpawned, Runtime};
use kaltura_client::{Client, Multirequest, MultirequestResults, blocking};
use kaltura_http::TokioRuntime;
use kaltura_testing::runtime::TestRuntime;
use kaltura_types::{
    AppToken, AppTokenDraft, AppTokenId, GetAppToken, Ks, ListAppTokens, Pager, UpdateAppToken, UploadToken,
};

use crate::outcome::Failure;

/// The file that is uploaded, in four chunks.
pub(crate) const FILE: &[u8] = b"0123456789abcd";
const CHUNK: usize = 4;

/// The timeout of a chunk: that of the client, if that is longer.
const CHUNK_TIMEOUT: Duration = Duration::from_millis(1);

/// The longest time that a renewal in the background takes.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

/// What runs an async client.
#[derive(Clone)]
pub(crate) enum Executor {
    Test(TestRuntime),
    Tokio(Arc<tokio::runtime::Runtime>),
}

pub(crate) enum Subject {
    Async(Client, Executor),
    Blocking(blocking::Client),
}

impl Executor {
    fn run<F: Future>(&self, future: F) -> F::Output {
        match self {
            Self::Test(runtime) => runtime.block_on(future),
            Self::Tokio(runtime) => runtime.block_on(future),
        }
    }
}

impl Subject {
    /// Logs in, and returns the KS.
    pub(crate) fn session(&self) -> Result<Ks, Failure> {
        let session = match self {
            Self::Async(client, executor) => executor.run(client.session())?,
            Self::Blocking(client) => client.session()?,
        };
        Ok(session.ks().clone())
    }

    pub(crate) fn get(&self, id: &AppTokenId) -> Result<(), Failure> {
        let action = GetAppToken::new(id.clone());
        let token = match self {
            Self::Async(client, executor) => executor.run(client.call(&action))?,
            Self::Blocking(client) => client.call(&action)?,
        };
        expect(token.id == *id)
    }

    pub(crate) fn change(&self, id: &AppTokenId) -> Result<(), Failure> {
        let action = UpdateAppToken::new(id.clone(), AppTokenDraft::new().description("changed"));
        let token = match self {
            Self::Async(client, executor) => executor.run(client.call(&action))?,
            Self::Blocking(client) => client.call(&action)?,
        };
        expect(token.id == *id && token.description.as_deref() == Some("changed"))
    }

    /// Lists all app tokens, one a page.
    pub(crate) fn list(&self, ids: &[AppTokenId]) -> Result<(), Failure> {
        let action = ListAppTokens::new().pager(Pager::page(1).with_size(1));
        let tokens: Vec<AppToken> = match self {
            Self::Async(client, executor) => executor.run(client.pages(action).objects().try_collect())?,
            Self::Blocking(client) => client.pages(action).objects().collect::<Result<_, _>>()?,
        };
        let mut found: Vec<AppTokenId> = tokens.into_iter().map(|token| token.id).collect();
        found.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        expect(found == ids)
    }

    pub(crate) fn multirequest(&self, id: &AppTokenId) -> Result<(), Failure> {
        let mut batch = Multirequest::new();
        let handles =
            [GetAppToken::new(id.clone()), GetAppToken::new(id.clone())].map(|call| batch.add(call));
        let mut results: MultirequestResults = match self {
            Self::Async(client, executor) => executor.run(client.multirequest(batch))?,
            Self::Blocking(client) => client.multirequest(batch)?,
        };
        for handle in handles {
            expect(results.take(handle)?.id == *id)?;
        }
        Ok(())
    }

    pub(crate) fn upload(&self) -> Result<UploadToken, Failure> {
        let length = FILE.len() as u64;
        let token = match self {
            Self::Async(client, executor) => {
                let upload = client.upload(Cursor::new(FILE), length).chunk_size(CHUNK);
                executor.run(upload.chunk_timeout(CHUNK_TIMEOUT).send())?
            }
            Self::Blocking(client) => {
                let upload = client.upload(FILE, length).chunk_size(CHUNK);
                upload.chunk_timeout(CHUNK_TIMEOUT).send()?
            }
        };
        expect(token.uploaded_file_size == Some(length))?;
        Ok(token)
    }

    /// Waits until nothing is done in the background.
    pub(crate) fn settle(&self) {
        match self {
            Self::Async(_, Executor::Test(runtime)) => runtime.run_until_idle(),
            Self::Async(client, Executor::Tokio(runtime)) => runtime.block_on(async {
                let settled = async {
                    while client.status().logging_in {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                };
                tokio::time::timeout(SETTLE_LIMIT, settled).await.expect("the renewal ends");
            }),
            Self::Blocking(_) => {}
        }
    }

    /// Every text that the client shows.
    pub(crate) fn texts(&self) -> String {
        let mut texts = String::new();
        let status: Status = match self {
            Self::Async(client, _) => {
                let _ = write!(texts, "{client:?}{client:#?}");
                client.status()
            }
            Self::Blocking(client) => {
                let _ = write!(texts, "{client:?}{client:#?}");
                client.status()
            }
        };
        let _ = write!(texts, "{status:?}{status:#?}");
        if let Some(error) = status.last_error {
            texts += &Failure::from(kaltura_client::Error::from(error)).texts;
        }
        texts
    }
}

fn expect(is_right: bool) -> Result<(), Failure> {
    if is_right { Ok(()) } else { Err(Failure::wrong_result("")) }
}

/// The clocks and tasks of tokio, where a test can advance the clocks, and with random numbers from a seed.
#[derive(Clone)]
pub(crate) struct AdvancedRuntime {
    tokio: TokioRuntime,
    random: TestRuntime,
    /// In seconds.
    ahead: Arc<AtomicU64>,
}

impl AdvancedRuntime {
    pub(crate) fn new(random: TestRuntime) -> Self {
        Self { tokio: TokioRuntime::new(), random, ahead: Arc::default() }
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.ahead.fetch_add(duration.as_secs(), Ordering::Relaxed);
    }

    fn ahead(&self) -> Duration {
        Duration::from_secs(self.ahead.load(Ordering::Relaxed))
    }
}

impl Clock for AdvancedRuntime {
    fn unix_time(&self) -> Duration {
        self.tokio.unix_time() + self.ahead()
    }

    fn monotonic(&self) -> Duration {
        self.tokio.monotonic() + self.ahead()
    }

    fn random(&self) -> u64 {
        self.random.random()
    }
}

impl Runtime for AdvancedRuntime {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.tokio.sleep(duration)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), NotSpawned> {
        self.tokio.spawn(task)
    }
}
