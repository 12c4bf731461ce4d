//! A session that is ready to be used: from the cache, else by a login.

use std::time::Duration;

use clap::Args;
use kaltura_auth::{Adjustment, AppTokenCredentials, AppTokenLogin, ServiceUrl, Session};
use kaltura_types::{Ks, UnixTime};

use super::{AppTokenOptions, ServerOptions, SessionRequestOptions, Wishes};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::session_cache::{Lock, LoginWay, Record, SessionFile, TokenFolder};
use crate::signals::Signals;
use crate::{runtime, time};

/// Which session, and how long it must be good for.
#[derive(Debug, Args)]
pub(crate) struct ReadySessionOptions {
    /// How long the session must live at least
    #[arg(long, value_name = "DURATION", value_parser = time::parse_duration, default_value = "5m")]
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
    /// Where the server granted something else than was asked.
    pub(crate) adjustments: Vec<Adjustment>,
}

impl ReadySession {
    /// Notes what is wrong with the cache, and what the server granted otherwise.
    pub(crate) fn tell(&self, ui: &Ui) {
        for warning in &self.warnings {
            ui.note(warning);
        }
        for adjustment in &self.adjustments {
            ui.note(&adjustment.to_string());
        }
    }
}

impl ReadySessionOptions {
    /// A session that lives long enough.
    pub(crate) fn session(&self, ui: &Ui, settings: &Settings) -> Result<ReadySession, Failure> {
        let wanted = WantedSession {
            server: &self.server,
            token: &self.token,
            request: &self.request,
            min_validity: Some(self.min_validity),
            fresh: self.fresh,
        };
        SessionSupply::new(ui, wanted, settings)?.session(ui)
    }
}

/// Which session is wanted, by options of any command.
#[derive(Clone, Copy)]
pub(crate) struct WantedSession<'a> {
    pub(crate) server: &'a ServerOptions,
    pub(crate) token: &'a AppTokenOptions,
    pub(crate) request: &'a SessionRequestOptions,
    /// How long it must live at least; nothing if any will do that the server accepts.
    pub(crate) min_validity: Option<Duration>,
    /// Whether the one in the cache will not do.
    pub(crate) fresh: bool,
}

/// Where sessions come from: the cache, else a login.
pub(crate) struct SessionSupply<'a> {
    wanted: WantedSession<'a>,
    settings: &'a Settings,
    service_url: ServiceUrl,
    wishes: Wishes,
    /// Where the cache keeps it; nothing if there is no cache.
    place: Option<SessionFile>,
    credentials: Option<AppTokenCredentials>,
    refused: Option<Ks>,
    warnings: Vec<String>,
}

impl<'a> SessionSupply<'a> {
    pub(crate) fn new(ui: &Ui, wanted: WantedSession<'a>, settings: &'a Settings) -> Result<Self, Failure> {
        wanted.token.value_source().refuse_an_argument()?;
        let service_url = wanted.server.service_url(settings)?;
        let wishes = wanted.request.wishes(settings)?;
        let (partner, token) = wanted.token.account(settings)?;
        // What is wrong is told, also where no login needs it.
        wanted.token.check_hash_type(settings)?;
        let place = TokenFolder::of(settings.environment(), &service_url, partner, &token)
            .and_then(|folder| folder.session(&wishes));
        // Who pipes the value in waits until it is read. Otherwise it is taken only if it is needed.
        let piped = wanted.token.value_source().takes_stdin();
        let credentials =
            if piped { Some(wanted.token.credentials(ui, settings, &service_url, None)?) } else { None };
        let (place, warnings) = match place {
            Ok(place) => (Some(place), Vec::new()),
            Err(trouble) => (None, vec![trouble.to_string()]),
        };
        Ok(Self { wanted, settings, service_url, wishes, place, credentials, refused: None, warnings })
    }

    /// A session.
    pub(crate) fn session(&mut self, ui: &Ui) -> Result<ReadySession, Failure> {
        let Some(cache) = self.place.clone() else { return self.log_in(ui, None) };
        if let Some(record) = self.look(&cache) {
            return Ok(self.found(record));
        }
        // Others do not wait until a person has answered.
        if self.credentials.is_none() && self.wanted.token.value_must_be_asked(ui, self.settings) {
            let credentials = self.wanted.token.credentials(ui, self.settings, &self.service_url, None)?;
            self.credentials = Some(credentials);
        }
        match cache.lock(ui) {
            Ok(lock) => {
                // Another process may have logged in meanwhile.
                if let Some(record) = self.look(&cache) {
                    return Ok(self.found(record));
                }
                if let Some(failure) = lock.failed_meanwhile(&self.way()) {
                    return Err(failure);
                }
                self.log_in(ui, Some(&lock))
            }
            Err(trouble) => {
                self.warnings.push(trouble.to_string());
                self.log_in(ui, None)
            }
        }
    }

    /// In which way a login would be tried.
    fn way(&self) -> LoginWay {
        let WantedSession { server, token, .. } = self.wanted;
        let way = token.login_way(self.settings, server.timeout());
        if self.credentials.is_some() { way.with_known_value() } else { way }
    }

    /// Another session than this one, which the server has refused.
    pub(crate) fn instead_of(&mut self, ui: &Ui, refused: &Ks) -> Result<ReadySession, Failure> {
        self.refused = Some(refused.clone());
        self.session(ui)
    }

    /// The session in the cache, if it will do.
    fn look(&mut self, cache: &SessionFile) -> Option<Record> {
        if self.wanted.fresh {
            return None;
        }
        match cache.read() {
            Ok(record) => {
                let least = self.wanted.min_validity.unwrap_or_default().max(Duration::from_secs(1));
                let refused = self.refused.as_ref().map(Ks::expose);
                record.filter(|record| {
                    record.life_left(time::now()) >= least && refused != Some(record.ks.expose())
                })
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

    fn found(&mut self, record: Record) -> ReadySession {
        let (service_url, warnings) = (self.service_url.clone(), std::mem::take(&mut self.warnings));
        let adjustments = record.adjustments(&self.wishes.request());
        ReadySession { record, service_url, from_cache: true, warnings, adjustments }
    }

    fn log_in(&mut self, ui: &Ui, lock: Option<&Lock<'_>>) -> Result<ReadySession, Failure> {
        let (asked_at, way) = (time::now(), self.way());
        let session = self.start_session(ui).inspect_err(|failure| {
            if let Some(lock) = lock {
                lock.tell(failure, &way);
            }
        })?;
        let kept = Record::of(&session, asked_at);
        if let (Some(record), Some(lock)) = (&kept, lock)
            && let Err(trouble) = lock.write(ui, record)
        {
            self.warnings.push(trouble.to_string());
        }
        let record = match self.wanted.min_validity {
            None => kept.unwrap_or_else(|| Record::of_unknown_end(&session, asked_at)),
            // The server did not say when it ends: then it can only be taken at its word.
            Some(least) => self.long_enough(kept, least, asked_at)?,
        };
        // The record can not tell one whose end is not known from one that has none left.
        let adjustments = session.adjustments().to_vec();
        Ok(ReadySession { from_cache: false, adjustments, ..self.found(record) })
    }

    /// Sees to it that a session lives as long as it must.
    fn long_enough(
        &self,
        kept: Option<Record>,
        least: Duration,
        asked_at: UnixTime,
    ) -> Result<Record, Failure> {
        let record = kept.ok_or_else(|| {
            Failure::new(ExitCode::Server, "the server did not say when the session ends")
                .with_hint("Use `kaltura login --ks-only`, which does not need to know.")
        })?;
        let life = record.life_left(asked_at);
        if life >= least {
            return Ok(record);
        }
        let (life, least) = (life.as_secs(), least.as_secs());
        let message = format!(
            "the session lives {}, and {} are wanted",
            time::show_duration(life),
            time::show_duration(least)
        );
        // The token was accepted: another login would help nobody.
        Err(Failure::usage(message)
            .with_hint("Ask for a longer --lifetime or a shorter --min-validity, or take another app token.")
            .at(&self.service_url))
    }

    fn start_session(&mut self, ui: &Ui) -> Result<Session, Failure> {
        let WantedSession { server, token, .. } = self.wanted;
        let credentials = match &self.credentials {
            Some(credentials) => credentials.clone(),
            None => token.credentials(ui, self.settings, &self.service_url, None)?,
        };
        let transport = server.transport(ui)?;
        let login = AppTokenLogin::new(self.service_url.clone(), credentials)
            .request(self.wishes.request())
            .timeout(server.timeout());
        runtime::run(ui, async {
            let mut signals = Signals::listen(ui)?;
            let outcome = signals.unless_stopped(login.run(&transport)).await?;
            outcome.map_err(|error| Failure::from(error).at(login.service_url()))
        })
    }
}
