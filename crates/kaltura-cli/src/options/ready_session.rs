//! A session that is ready to be used: from the cache, else by a login.

use std::time::Duration;

use clap::Args;
use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl, Session};

use super::{AppTokenOptions, ServerOptions, SessionRequestOptions, Wishes};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::session_cache::{Record, SessionCache};
use crate::settings::Settings;
use crate::signals::Signals;
use crate::{duration, moment, runtime};

/// Which session, and how long it must be good for.
#[derive(Debug, Args)]
pub(crate) struct ReadySessionOptions {
    /// How long the session must live at least
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "5m")]
    min_validity: Duration,

    /// Log in even if there is a session in the cache
    #[arg(long)]
    fresh: bool,

    #[command(flatten)]
    server: ServerOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,
}

/// A session that is ready to be used.
pub(crate) struct ReadySession {
    pub(crate) record: Record,
    pub(crate) service_url: ServiceUrl,
    pub(crate) from_cache: bool,
    /// What is wrong with the cache, the first first.
    pub(crate) warnings: Vec<String>,
}

impl ReadySessionOptions {
    /// A session that lives long enough.
    pub(crate) fn session(&self, settings: &Settings) -> Result<ReadySession, Failure> {
        self.token.value_source().refuse_an_argument()?;
        let service_url = self.server.service_url(settings)?;
        let wishes = self.request.wishes(settings)?;
        let key = self.key(&service_url, &wishes, settings)?;
        // Who pipes the value in waits until it is read. Otherwise it is taken only if it is needed.
        let piped = self.token.value_source().takes_stdin();
        let credentials = if piped { Some(self.token.credentials(settings, None)?) } else { None };
        let mut ready =
            Attempt { options: self, settings, service_url, wishes, credentials, warnings: Vec::new() };

        let cache = match SessionCache::of(settings.environment(), &key) {
            Ok(cache) => cache,
            Err(trouble) => {
                ready.warnings.push(trouble.to_string());
                return ready.log_in(None);
            }
        };
        if let Some(record) = ready.look(&cache) {
            return Ok(ready.found(record));
        }
        match cache.lock() {
            Ok(lock) => {
                // Another process may have logged in meanwhile.
                if let Some(record) = ready.look(&cache) {
                    return Ok(ready.found(record));
                }
                ready.log_in(Some(&lock))
            }
            Err(trouble) => {
                ready.warnings.push(trouble.to_string());
                ready.log_in(None)
            }
        }
    }

    /// What makes a session another one. The token's value is not in it.
    fn key(&self, service_url: &ServiceUrl, wishes: &Wishes, settings: &Settings) -> Result<String, Failure> {
        let (partner, token) = self.token.account(settings)?;
        let parts = (service_url.as_str(), partner, token, wishes);
        serde_json::to_string(&parts)
            .map_err(|error| Failure::new(ExitCode::Local, "the session can not be named").caused_by(&error))
    }
}

/// The way to a session.
struct Attempt<'a> {
    options: &'a ReadySessionOptions,
    settings: &'a Settings,
    service_url: ServiceUrl,
    wishes: Wishes,
    credentials: Option<AppTokenCredentials>,
    warnings: Vec<String>,
}

impl Attempt<'_> {
    /// The session in the cache, if it will do.
    fn look(&mut self, cache: &SessionCache) -> Option<Record> {
        if self.options.fresh {
            return None;
        }
        match cache.read() {
            Ok(record) => {
                let least = self.options.min_validity.max(Duration::from_secs(1));
                record.filter(|record| record.life_left(moment::now()) >= least)
            }
            Err(trouble) => {
                let warning = trouble.to_string();
                if !self.warnings.contains(&warning) {
                    self.warnings.push(warning);
                }
                None
            }
        }
    }

    fn found(self, record: Record) -> ReadySession {
        let Self { service_url, warnings, .. } = self;
        ReadySession { record, service_url, from_cache: true, warnings }
    }

    fn log_in(mut self, lock: Option<&crate::session_cache::Lock<'_>>) -> Result<ReadySession, Failure> {
        let asked_at = moment::now();
        let session = self.start_session()?;
        let kept = Record::of(&session, asked_at);
        if let (Some(record), Some(lock)) = (&kept, lock)
            && let Err(trouble) = lock.write(record)
        {
            self.warnings.push(trouble.to_string());
        }
        // The server did not say when it ends: then it can only be taken at its word.
        let record = kept.ok_or_else(|| {
            Failure::new(ExitCode::Server, "the server did not say when the session ends")
                .with_hint("Use `kaltura login --ks-only`, which does not need to know.")
        })?;
        let life = record.life_left(asked_at);
        if life < self.options.min_validity {
            let (life, least) = (life.as_secs(), self.options.min_validity.as_secs());
            let message = format!(
                "the session lives {}, and {} are wanted",
                duration::show(life),
                duration::show(least)
            );
            return Err(Failure::new(ExitCode::Authentication, message)
                .with_hint(
                    "Ask for a longer --lifetime or a shorter --min-validity, or take another app token.",
                )
                .at(&self.service_url));
        }
        let Self { service_url, warnings, .. } = self;
        Ok(ReadySession { record, service_url, from_cache: false, warnings })
    }

    fn start_session(&mut self) -> Result<Session, Failure> {
        let options = self.options;
        let credentials = match self.credentials.take() {
            Some(credentials) => credentials,
            None => options.token.credentials(self.settings, None)?,
        };
        let transport = options.server.transport()?;
        let login = AppTokenLogin::new(self.service_url.clone(), credentials)
            .request(self.wishes.request())
            .time_limit(options.server.time_limit());
        runtime::run(async {
            let mut signals = Signals::listen()?;
            let outcome = signals.unless_stopped(login.run(&transport)).await?;
            outcome.map_err(|error| Failure::from(error).at(login.service_url()))
        })
    }
}
