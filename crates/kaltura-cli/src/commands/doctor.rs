//! `kaltura doctor`: finds out why a login or a call does not work.

mod action;
mod api;
mod check;
mod clock;
mod connection;
mod dns;
mod files;
mod grant;
mod journal;
mod login;
mod marks;
mod reading_action;
mod round;
mod service_url_check;
mod session;
mod session_cache_check;
mod settings_check;
mod token_state;
mod way;
mod widget_session;

use std::future::ready;
use std::sync::Arc;

use clap::Args;
use kaltura_auth::{ServiceUrl, Transport};
use kaltura_types::{AdminSecret, AppTokenId, PartnerId};

use self::check::{Finding, Have, Outcome, Subject, both, need};
use self::connection::FirstAnswer;
use self::journal::Journal;
use self::reading_action::ReadingAction;
use self::round::Round;
use self::settings_check::Known;
use crate::args::{AdminSecretOptions, AppTokenOptions, ServerOptions, SessionRequestOptions};
use crate::completion::values;
use crate::config::{Environment, Settings};
use crate::error::Failure;
use crate::http::admin_client;
use crate::output::Ui;
use crate::profile::{ProfileSecret, SecretPlace};
use crate::runtime;
use crate::session_proof::client_of;

const EXAMPLES: &str = "\
What is looked at, one line each:
  settings, service URL    what is set, what is missing, what looks odd
  DNS, connection, API     the way to the server, its certificate, and that it is Kaltura
  clock                    this machine's against the server's
  widget session           that the account is known in this region
  login                    that the app token is accepted; --detect finds the hash type
  token state              its end, its limits; needs an admin secret
  grant, session           what was granted against what was asked, and that it works
  action                   whether the session may call --action
  session cache, files     that they can be written, and are closed to others

What is sent: session.startWidgetSession, appToken.startSession (with --detect up to three
times more, and only if the hash is refused), session.startWidgetSession with the new
session, to see that it works; with an admin secret appToken.get; with --action that
action. The session is used for no more than one action, or two with --action, which
counts where it has an actionslimit. The server changes nothing for it, and the session is
not kept.

The server tells whether an action is allowed by carrying it out. So --action takes list,
get and count alone. A list is asked for one object; what wants an id gets one that no
object has: 0_00000000.

An admin secret is taken from its options, KALTURA_ADMIN_SECRET, or the profile, if it says a
file or a variable; the profile's command is not run for it, since it may ask questions.

Examples:
  With the settings that `kaltura login` uses:
    kaltura doctor

  Which hash type has the token, and may its sessions list videos?
    kaltura doctor --detect --action media.list

  For a program, or a ticket:
    kaltura doctor --json

The exit code is 0 if nothing failed, warnings or not; else that of the first line that
failed, as `kaltura --help` lists them. With --json the answer has verdict (ok, warning or
failed), exitCode, and checks: a list of name, verdict (those, or skipped), message, and
where there is something to do remedy, code (of the API's error) and class. No line shows
a secret.";

/// The account with its admin secret, if one is at hand.
type Admin = (PartnerId, Result<Option<AdminSecret>, Failure>);

const NO_ADMIN_SECRET: &str = "only an admin secret shows it, and none is at hand: --admin-secret-file FILE";

/// Find out why a login or a call does not work
///
/// Takes the settings of `kaltura login` and goes the way of a login step by step. Each line is a verdict, with a
/// remedy where something is wrong. What depends on a line that failed is skipped.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DoctorCommand {
    /// If the hash type is refused, try the others, once each
    #[arg(long)]
    detect: bool,

    /// See whether the session may call this action: a list, get or count, such as media.list
    #[arg(long, value_name = "SERVICE.ACTION", add = values::actions(|name| name.parse::<ReadingAction>().is_ok()))]
    action: Option<ReadingAction>,

    #[command(flatten)]
    server: ServerOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,

    #[command(flatten)]
    admin_secret: AdminSecretOptions,
}

impl DoctorCommand {
    /// `settings` may have failed to load, which is what this command is to tell of.
    pub(crate) fn run(
        self,
        ui: &Ui,
        environment: &Environment,
        settings: Result<Settings, Failure>,
    ) -> Result<(), Failure> {
        self.token.value_source().refuse_an_argument()?;
        self.admin_secret.source().refuse_an_argument()?;
        self.token.value_source().shares_stdin_with(&self.admin_secret.source())?;
        let mut journal = Journal::new(ui, environment);
        let settings = match settings {
            Ok(settings) => settings,
            Err(failure) => {
                journal.tell(ui, Subject::Settings, Finding::of(&failure))?;
                for subject in Subject::NEED_SETTINGS {
                    journal.tell(ui, subject, Finding::skipped_because_of(Subject::Settings))?;
                }
                journal.tell(
                    ui,
                    Subject::SessionCache,
                    session_cache_check::look(ui, environment).finding,
                )?;
                journal.tell(ui, Subject::Files, files::look(environment, None).finding)?;
                return journal.finish(ui);
            }
        };
        // The commands of the profile run before anybody listens to signals: Ctrl-C ends them all.
        let (finding, known) = settings_check::look(ui, &self, &settings);
        settings_check::secrets(&known).into_iter().for_each(|secret| journal.hide(secret));
        journal.tell(ui, Subject::Settings, finding)?;
        let url = self.server.service_url(&settings).ok();
        let admin =
            known.partner.map(|partner| (partner, self.admin_secret(ui, &settings, partner, url.as_ref())));
        runtime::run(ui, async {
            let mut round = Round::new(ui, journal)?;
            self.examine(ui, &mut round, &settings, &known, admin).await?;
            round.end(ui)
        })
    }

    /// The checks, in their order. Each names what it needs, and is skipped if that has failed.
    async fn examine(
        &self,
        ui: &Ui,
        round: &mut Round,
        settings: &Settings,
        known: &Known,
        admin: Have<Admin>,
    ) -> Result<(), Failure> {
        let limit = self.server.timeout();
        let environment = settings.environment();

        let url = self.server.service_url(settings);
        let url =
            round.check(ui, Subject::ServiceUrl, Ok(url), |url| ready(service_url_check::look(url))).await?;
        let way = round.check(ui, Subject::Dns, need(&url), |url| dns::look(ui, url, limit)).await?;

        let login = need(&url).map(|url| known.login(url).timeout(limit));
        let needs = both(need(&login), need(&way));
        let answer = round
            .check(ui, Subject::Connection, needs, |(login, way)| {
                connection::look(self.transport(ui), login, way, limit)
            })
            .await?;
        let api = round.check(ui, Subject::Api, need(&answer), |answer| ready(api::look(answer))).await?;
        let _ = round.check(ui, Subject::Clock, api, |api| ready(clock::look(api))).await?;

        let needs = both(api, known.partner);
        let widget = round
            .check(ui, Subject::WidgetSession, needs, |(answer, partner)| {
                ready(widget_session::look(answer, partner))
            })
            .await?;
        let needs = both(widget, both(need(&known.credentials), need(&login)));
        let session = round
            .check(ui, Subject::Login, needs, |(answer, (_, login))| {
                login::look(answer, login, known, self.detect)
            })
            .await?;

        let needs = both(both(need(&url), widget), both(need(&known.token_id), admin));
        let _ = round
            .check(ui, Subject::TokenState, needs, |((url, answer), (id, admin))| {
                self.token_state(url, answer, id, admin, known)
            })
            .await?;

        let _ =
            round.check(ui, Subject::Grant, need(&session), |session| ready(grant::look(session))).await?;
        let client = both(both(need(&url), widget), need(&session))
            .map(|((url, answer), session)| client_of(session, url, Arc::clone(&answer.transport), limit));
        let accepted = round
            .check(ui, Subject::Session, both(need(&client), need(&session)), |(client, session)| {
                session::look(client, session)
            })
            .await?;
        let needs = both(both(need(&client), need(&session)), accepted);
        let _ = round
            .check(ui, Subject::Action, needs, |((client, session), ())| {
                action::look(client, session, self.action.as_ref())
            })
            .await?;

        let cache = |()| ready(session_cache_check::look(ui, environment));
        let _ = round.check(ui, Subject::SessionCache, Ok(()), cache).await?;
        let files = |profile| ready(files::look(environment, profile));
        let _ = round.check(ui, Subject::Files, Ok(settings.profile()), files).await?;
        Ok(())
    }

    /// The state of the token, if there is an admin secret to see it with.
    async fn token_state(
        &self,
        url: &ServiceUrl,
        answer: &FirstAnswer,
        id: &AppTokenId,
        (partner, secret): Admin,
        known: &Known,
    ) -> Outcome {
        match secret {
            Ok(Some(secret)) => {
                let transport = Arc::clone(&answer.transport);
                let client = admin_client(url, partner, secret, transport, self.server.timeout());
                token_state::look(&client, id, known, answer.server_time()).await
            }
            Ok(None) => Outcome::nothing(Finding::skipped(NO_ADMIN_SECRET)),
            Err(failure) => Outcome::nothing(Finding::of(&failure)),
        }
    }

    fn transport(&self, ui: &Ui) -> Result<Arc<dyn Transport>, Failure> {
        Ok(Arc::new(self.server.transport(ui)?))
    }

    /// The admin secret, if one is at hand without a question.
    fn admin_secret(
        &self,
        ui: &Ui,
        settings: &Settings,
        partner: PartnerId,
        service_url: Option<&ServiceUrl>,
    ) -> Result<Option<AdminSecret>, Failure> {
        if let Some(given) = self.admin_secret.given(ui, settings)? {
            return Ok(Some(given));
        }
        match settings.profile().and_then(|profile| profile.place_of(ProfileSecret::AdminSecret)) {
            Some(SecretPlace::File(_) | SecretPlace::OwnFile(_) | SecretPlace::Variable(_)) => {
                self.admin_secret.admin_secret(ui, settings, partner, service_url).map(Some)
            }
            _ => Ok(None),
        }
    }
}
