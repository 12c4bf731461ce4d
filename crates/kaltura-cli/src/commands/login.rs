//! `kaltura login`: logs in with an app token, and prints the session.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use kaltura_auth::manager::{IssuedSession, Moment};
use kaltura_auth::store::{StoreKey, StoreTime};
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, Fingerprint, ServiceUrl, Session, SessionId, SessionRequest,
};
use kaltura_http::SystemClock;
use kaltura_types::{HashType, UserId};
use serde_json::{Value, json};

use crate::args::LoginOptions;
use crate::config::Settings;
use crate::error::Failure;
use crate::http::{LoggedTransport, client_with_ks, with_retries};
use crate::output::style::{GOOD, fields};
use crate::output::{Difference, Ui, ks_name};
use crate::session::{Place, SessionCache, TokenSessions, Verified, store_trouble};
use crate::signals::run_until_stopped;
use crate::time;

const EXAMPLES: &str = "\
Examples:
  The token's value from a file:
    kaltura login --region eu --partner-id 1234567 --app-token-id 0_7jh3eu10 \\
        --hash-type SHA256 --app-token-file token.txt

  From a password manager, for a user, for an hour:
    pass show kaltura/token | kaltura login --partner-id 1234567 \\
        --app-token-id 0_7jh3eu10 --hash-type SHA256 --app-token-stdin \\
        --user nightly-import --lifetime 1h

  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set, the KS alone, for another program:
    KALTURA_KS=\"$(kaltura login --ks-only)\" my-import

The session is kept for `kaltura ks` and the others, as `kaltura ks --help` tells, in the place
of one before it; `kaltura logout` removes it. If it cannot be kept, that is noted on
standard error.

A login proves that the app token is good, not that its sessions are: those of a token that
was ended, or of a user who is blocked, are granted and then refused. --verify shows the new
session to the server (session.startWidgetSession, which changes nothing). It costs one action
of a session with an actionslimit. A session that is refused is not kept, and the exit code is
3 for most reasons. One for certain paths only (urirestrict) cannot be tried, which is noted.

The KS is shown only if that is asked for, so that the log of a CI system does not keep it:
--ks-only prints it alone, --show-ks within the answer. `kaltura ks` hands it on.

With --json the answer has ks (with --show-ks only), fingerprint (which names the KS),
partnerId, userId, sessionType (USER or ADMIN), expiry (Unix time), expiresIn (seconds),
privileges, adjustments, hashType, serviceUrl, verified and warnings; what the server did not
say is null. `kaltura --help` lists the exit codes.";

/// Log in with an app token, keep the session, and print it
///
/// The token's value never leaves this machine: it is hashed together with an unprivileged session, and the
/// hash is sent. It is taken from a file, standard input or KALTURA_APP_TOKEN, never from an argument. What
/// the server granted differently from what was asked is noted on standard error.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct LoginCommand {
    /// Print the KS and nothing else
    #[arg(long, conflicts_with_all = ["json", "jq"])]
    ks_only: bool,

    /// Show the KS in the answer
    #[arg(long, conflicts_with = "ks_only")]
    show_ks: bool,

    /// Prove that the server accepts the session; costs one action of an actionslimit
    #[arg(long)]
    verify: bool,

    #[command(flatten)]
    login: LoginOptions,

    /// If the hash type is refused, try the others, once each
    #[arg(long, help_heading = "App token")]
    detect_hash_type: bool,
}

struct Login {
    session: Session,
    hash_type: HashType,
    /// Whether the server was shown the session, and accepted it.
    verified: bool,
    /// Why the session is not kept, or could not be tried.
    warnings: Vec<String>,
}

impl LoginCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let service_url = self.login.server.service_url(settings)?;
        let guess = self.detect_hash_type.then_some(HashType::Sha256);
        let credentials = self.login.token.credentials(ui, settings, &service_url, guess)?;
        let request = self.login.request.request(settings)?;
        let place = self.place(settings, &service_url, &request, &credentials)?;
        let transport = Arc::new(self.login.server.transport(ui)?);
        let login = AppTokenLogin::new(service_url, credentials)
            .request(request.clone())
            .timeout(self.login.server.timeout);
        let made = run_until_stopped(ui, async {
            // Before the login: the session must not be kept for longer than it lives.
            let started = match place {
                Ok(place) => {
                    place.time().await.map(|time| (place, time)).map_err(|error| store_trouble(&error))
                }
                Err(trouble) => Err(trouble),
            };
            let sent_at = Moment::read(&SystemClock::new());
            let made = self.log_in(&login, &transport).await;
            let mut made = made.map_err(|failure| failure.at(login.service_url()))?;
            let kept = match started {
                Ok((place, started)) => made.keep(&place, started, sent_at, &login, &request).await,
                Err(trouble) => Err(trouble),
            };
            made.warnings.extend(kept.err());
            Ok(made)
        })?;

        if ui.wants_json() {
            if !self.show_ks && ui.filter.as_ref().is_some_and(|filter| filter.takes("ks")) {
                ui.note("the answer has no ks without --show-ks; --ks-only prints it alone");
            }
            return ui.print_json(&made.document(login.service_url(), self.show_ks));
        }
        for warning in &made.warnings {
            ui.note(warning);
        }
        let hash_type = made.hash_type;
        if hash_type != login.credentials().hash_type() {
            ui.note(&format!("the hash type is {hash_type}: give it with --hash-type {hash_type}"));
        }
        for adjustment in made.session.adjustments() {
            ui.note(&adjustment.to_string());
        }
        ui.print(&if self.ks_only {
            format!("{}\n", made.session.ks().expose())
        } else {
            made.as_text(login.service_url(), self.show_ks)
        })
    }

    /// Where the session is kept, or why it is not.
    fn place(
        &self,
        settings: &Settings,
        service_url: &ServiceUrl,
        request: &SessionRequest,
        credentials: &AppTokenCredentials,
    ) -> Result<Result<Place, String>, Failure> {
        if let Some(store) = self.login.store.open(settings)? {
            return Ok(Ok(Place::Shared(store)));
        }
        let place = SessionCache::of(&settings.environment).map(|cache| {
            let sessions = cache.token(service_url, credentials.partner_id(), credentials.id().as_str());
            let way = self.login.token.login_way(settings, &TokenSessions::key(request), Some(credentials));
            Place::Own { sessions, way }
        });
        Ok(place.map_err(|trouble| trouble.to_string()))
    }

    async fn log_in(
        &self,
        login: &AppTokenLogin,
        transport: &Arc<LoggedTransport>,
    ) -> Result<Login, Failure> {
        let timeout = self.login.server.timeout;
        let (session, hash_type) = if self.detect_hash_type {
            let detected = with_retries(timeout, || login.detect_hash_type(transport)).await;
            let detected = detected.map_err(Failure::after_detection)?;
            (detected.session, detected.hash_type)
        } else {
            let session = with_retries(timeout, || login.run(transport)).await?;
            (session, login.credentials().hash_type())
        };
        let mut made = Login { session, hash_type, verified: false, warnings: Vec::new() };
        if self.verify {
            made.verify(login.service_url(), transport, timeout).await?;
        }
        Ok(made)
    }
}

impl Login {
    /// Shows the session to the server. It is kept only if the server does not refuse it.
    async fn verify(
        &mut self,
        service_url: &ServiceUrl,
        transport: &Arc<LoggedTransport>,
        timeout: Duration,
    ) -> Result<(), Failure> {
        let (partner, ks) = (self.session.partner_id(), self.session.ks().clone());
        let client = client_with_ks(service_url, partner, ks, Arc::clone(transport), timeout);
        match Verified::of(client.verify_session().await, &self.session) {
            Ok(Verified::Accepted) => self.verified = true,
            Ok(Verified::OtherPathsOnly(why)) => self.warnings.push(why),
            Err(error) => {
                let failure = Failure::from(error);
                let hint = failure.hint().map(|hint| format!("{hint} ")).unwrap_or_default();
                return Err(failure.with_hint(hint + "The session is not kept."));
            }
        }
        Ok(())
    }

    async fn keep(
        &self,
        place: &Place,
        started: StoreTime,
        sent_at: Moment,
        login: &AppTokenLogin,
        request: &SessionRequest,
    ) -> Result<(), String> {
        let session = self.session.clone().with_id(SessionId::generate(&SystemClock::new()));
        let issued = IssuedSession::new(Arc::new(session), sent_at, request.get_lifetime());
        let key = match place {
            Place::Own { .. } => TokenSessions::key(request),
            Place::Shared(_) => {
                let (old, hash_type) = (login.credentials(), self.hash_type);
                let (id, value) = (old.id().clone(), old.value().clone());
                let token = AppTokenCredentials::new(old.partner_id(), id, value, hash_type);
                let login = AppTokenLogin::new(login.service_url().clone(), token);
                StoreKey::of_app_token(&login.request(request.clone()))
            }
        };
        match place.keep(&key, started, &issued).await {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err("the server did not report when the session expires, so it is not cached".to_owned())
            }
            Err(error) => Err(store_trouble(&error)),
        }
    }

    /// What programs get.
    fn document(&self, service_url: &ServiceUrl, show_ks: bool) -> Value {
        let Self { session, hash_type, verified, warnings } = self;
        let mut document = json!({
            "ks": show_ks.then(|| session.ks().expose()),
            "fingerprint": Fingerprint::from_ks(session.ks()).to_string(),
            "partnerId": session.partner_id(),
            "userId": session.user_id(),
            // `USER`, `ADMIN`, or what else the server said.
            "sessionType": session.session_type().map(ToString::to_string),
            "expiry": session.expires_at(),
            // In seconds, by the server's clock.
            "expiresIn": session.granted_lifetime().map(|life| life.as_secs()),
            "privileges": session.privileges().to_string(),
            "adjustments": Difference::all(session.adjustments()),
            "hashType": hash_type,
            "serviceUrl": service_url.as_str(),
            "verified": verified,
            "warnings": warnings,
        });
        if let Some(members) = document.as_object_mut().filter(|_| !show_ks) {
            members.shift_remove("ks");
        }
        document
    }

    /// Lines for people. The KS is named, unless it shall be shown.
    fn as_text(&self, service_url: &ServiceUrl, show_ks: bool) -> String {
        let session = &self.session;
        let until = match (session.expires_at(), session.granted_lifetime()) {
            (Some(expiry), Some(life)) => {
                format!("{}, in {}", time::show_time(expiry), time::show_duration(life.as_secs()))
            }
            (Some(expiry), None) => time::show_time(expiry),
            (None, _) => "not reported".to_owned(),
        };
        let ks = match session.ks() {
            ks if show_ks => ks.expose().to_owned(),
            ks => format!("{} (--ks-only prints it)", ks_name(ks)),
        };
        let (partner, privileges) = (session.partner_id().to_string(), session.privileges().to_string());
        let session_type = session.session_type().map(ToString::to_string);
        let lines = [
            ("partner", partner.as_str()),
            ("user", session.user_id().map_or("(none, anonymous session)", UserId::as_str)),
            ("type", session_type.as_deref().unwrap_or("not reported")),
            ("expires", &until),
            ("privileges", if privileges.is_empty() { "none" } else { &privileges }),
            ("KS", &ks),
        ];
        let verified = self.verified.then_some(("verified", "the server accepts the session"));
        format!("{GOOD}Logged in{GOOD:#} to {service_url}\n") + &fields(11, lines.into_iter().chain(verified))
    }
}
