//! `kaltura status`: what is set, and which sessions there are, without asking anybody unless that is wanted.

mod answer;

use std::time::Duration;

use clap::Args;
use kaltura_auth::store::{Ask, SessionStore, StoreKey, Taken};
use kaltura_auth::{AppTokenLogin, ServiceUrl, Session, SessionId};
use kaltura_http::SystemClock;
use kaltura_types::PartnerId;

use self::answer::{Answer, InUse, ShownSession, Verification, token_value};
use crate::args::LoginOptions;
use crate::config::{Found, SecretVariable, Settings};
use crate::error::{ExitCode, Failure};
use crate::http::verify_ks;
use crate::output::Ui;
use crate::session::{SessionCache, TokenSessions, Trouble, Verified, store_trouble};
use crate::signals::run_until_stopped;

const EXAMPLES: &str = "\
Examples:
  What is set, by whom, and until when there is a session:
    kaltura status

  In a script, log in if there is no good session:
    kaltura status >/dev/null || kaltura login

  The same, if the server does not accept it any more:
    kaltura status --verify >/dev/null || kaltura login

The sessions are those of the app token that are kept on this machine, whatever was requested of
them. The one that `kaltura ks` takes with the same options is marked. Nothing is asked of the
server: it may have ended a session, which only --verify or a call shows. And no secret is
read: neither is the command of a profile run, nor the keyring asked. A file or a variable of
the token's value that does not exist is reported. With --store it is the session in that store
instead, which only the token's value finds: it is read as by `kaltura ks`.

--verify shows the one that `kaltura ks` takes to the server (session.startWidgetSession, which
changes nothing). It costs one action of a session with an actionslimit. No login is made for it.
One for certain paths only (urirestrict) cannot be tried, which is noted.

The exit code is 0 if there is a good session that `kaltura ks` takes with these options, else
3, whatever other sessions there are, and also if something is missing. It is 2 if a setting is
wrong, for nothing works with it. With --verify it is 0 if the server accepts the session, and
3 if it does not, or if there is none; 4 if the user is blocked, 6 or 7 if there is no answer.

With --json the answer has good, verified (by --verify), profile (name and origin, or null),
settings and appToken (each with value, origin and, if it is wrong, problem), wrong (the names
of the settings that are), sessions (userId, sessionType, privileges, expiry, expiresIn,
fingerprint, and current for that of `kaltura ks`), missing (why none could be looked for) and
warnings. `kaltura --help` lists the exit codes.";

/// Show the settings in use, where each comes from, and the sessions that are kept
///
/// Takes the options of `kaltura ks`, and shows what would come of them. No request is made without --verify.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct StatusCommand {
    /// Ask the server whether it accepts the session; costs one action of an actionslimit
    #[arg(long)]
    verify: bool,

    #[command(flatten)]
    login: LoginOptions,
}

impl StatusCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.login.token.value_source().refuse_an_argument()?;
        let account = self.account(settings);
        let found = self.found(settings);
        let wrong = found.iter().filter(|found| found.problem.is_some());
        let mut answer = Answer {
            good: false,
            verified: false,
            profile: settings.profile().map(|profile| InUse {
                name: profile.name.to_string(),
                origin: settings.profile_origin.clone(),
            }),
            wrong: wrong.map(|found| found.setting.member).collect(),
            settings: found,
            app_token: token_value(self.login.token.value_source(), settings, account.as_ref().ok()),
            sessions: Vec::new(),
            missing: account.as_ref().err().map(Failure::text),
            unreadable: false,
            warnings: Vec::new(),
        };
        let mut verification = if self.verify { Verification::NoSession } else { Verification::NotWanted };
        if let Ok((service_url, partner, token_id)) = account {
            let cache = || {
                let cache = SessionCache::of(&settings.environment);
                cache.map(|cache| cache.token(&service_url, partner, &token_id))
            };
            let found = match self.login.store.open(settings)? {
                Some(store) => self.look_into(&*store, ui, settings, &service_url, &mut answer)?,
                None => cache()
                    .and_then(|sessions| self.look(&sessions, settings, &mut answer))
                    .map_err(|trouble| trouble.to_string()),
            };
            match found {
                Ok(Some(current)) if self.verify => {
                    verification = match self.verify(ui, &current, &service_url) {
                        Ok(Verified::Accepted) => Verification::Accepted,
                        Ok(Verified::OtherPathsOnly(why)) => {
                            answer.warnings.push(why);
                            Verification::NotWanted
                        }
                        Err(failure) => Verification::Failed(failure),
                    };
                }
                Ok(_) => {}
                Err(trouble) => {
                    answer.unreadable = true;
                    answer.warnings.push(trouble);
                }
            }
        }
        if settings.environment.is_set(SecretVariable::KS) {
            answer.warnings.push(
                "KALTURA_KS is set: `kaltura call` and `kaltura batch` take it, and not these sessions"
                    .to_owned(),
            );
        }
        answer.verified = matches!(verification, Verification::Accepted);
        answer.good = !verification.has_failed() && answer.sessions.iter().any(|session| session.current);
        if ui.wants_json() {
            ui.print_json(&answer)?;
        } else {
            answer.warnings.iter().for_each(|warning| ui.note(warning));
            ui.print(&answer.as_text(&verification))?;
        }
        match verification {
            Verification::Failed(failure) => Err(failure),
            _ if answer.good => Ok(()),
            _ if !answer.wrong.is_empty() => Err(Failure::told_already(ExitCode::Usage)),
            _ => Err(Failure::told_already(ExitCode::Authentication)),
        }
    }

    /// Which token of which account, and where.
    fn account(&self, settings: &Settings) -> Result<(ServiceUrl, PartnerId, String), Failure> {
        let service_url = self.login.server.service_url(settings)?;
        let (partner, token_id) = self.login.token.account(settings)?;
        Ok((service_url, partner, token_id))
    }

    fn found(&self, settings: &Settings) -> Vec<Found> {
        let LoginOptions { server, token, request, .. } = &self.login;
        let found = std::iter::once(server.found(settings)).chain(token.found(settings));
        found.chain(request.found(settings)).collect()
    }

    /// Looks for the session that is requested in a store that is shared with others, and returns it.
    fn look_into(
        &self,
        store: &dyn SessionStore,
        ui: &Ui,
        settings: &Settings,
        service_url: &ServiceUrl,
        answer: &mut Answer,
    ) -> Result<Result<Option<Session>, String>, Failure> {
        if !answer.wrong.is_empty() {
            return Ok(Ok(None));
        }
        if self.login.token.value_must_be_asked(ui, settings) {
            let why = "session store: only with the value of the app token is its session found";
            return Ok(Err(why.to_owned()));
        }
        let credentials = self.login.token.credentials(ui, settings, service_url, None);
        let login = credentials.and_then(|credentials| {
            let login = AppTokenLogin::new(service_url.clone(), credentials);
            Ok(login.request(self.login.request.request(settings)?))
        });
        let key = match login {
            Ok(login) => StoreKey::of_app_token(&login),
            Err(failure) => return Ok(Err(failure.text())),
        };
        let found = run_until_stopped(ui, async {
            let ask = Ask::new(SessionId::generate(&SystemClock::new()).to_bits());
            Ok(match store.take(&key, &ask).await {
                Ok(Taken::Session { record, left }) => {
                    Ok(Some((Session::from_stored(record.into_session()), left)))
                }
                Ok(Taken::Lease(lease)) => store.release(&key, &lease).await.map(|()| None),
                Ok(Taken::Backoff { .. } | Taken::Held { .. }) => Ok(None),
                Err(error) => Err(error),
            })
        })?;
        Ok(found.map_err(|error| store_trouble(&error)).map(|found| {
            let (session, left): (Session, Duration) = found?;
            answer.sessions.push(ShownSession::of(&session, left, true));
            Some(session)
        }))
    }

    /// Looks at the sessions of the token, and returns the one that is requested.
    fn look(
        &self,
        sessions: &TokenSessions,
        settings: &Settings,
        answer: &mut Answer,
    ) -> Result<Option<Session>, Trouble> {
        let mut current = None;
        // If anything is wrong, no session is the one that is requested.
        let request = self.login.request.request(settings).ok().filter(|_| answer.wrong.is_empty());
        let requested = request.map(|request| TokenSessions::key(&request));
        for (key, session) in sessions.valid()? {
            match session {
                Ok((record, left)) => {
                    let session = Session::from_stored(record.into_session());
                    let is_current = Some(&key) == requested.as_ref();
                    answer.sessions.push(ShownSession::of(&session, left, is_current));
                    current = current.or(Some(session).filter(|_| is_current));
                }
                Err(trouble) => answer.warnings.push(trouble.to_string()),
            }
        }
        answer.sessions.sort_by_key(ShownSession::rank);
        Ok(current)
    }

    /// Shows the session to the server.
    fn verify(&self, ui: &Ui, session: &Session, service_url: &ServiceUrl) -> Result<Verified, Failure> {
        let (partner, server) = (session.partner_id(), &self.login.server);
        let shown = verify_ks(service_url, partner, session.ks(), server.transport(ui)?, server.timeout);
        let answer = run_until_stopped(ui, async { Ok(shown.await) })?;
        Verified::of(answer, session).map_err(|error| {
            let failure = Failure::from(error).at(service_url);
            if failure.exit_code() != ExitCode::Authentication {
                return failure;
            }
            // The session may be dead alone, or the app token with all that come of it.
            let hint = failure.hint().map(|hint| format!("{hint} ")).unwrap_or_default();
            failure.with_hint(hint + "`kaltura login --verify` shows whether a new session works.")
        })
    }
}
