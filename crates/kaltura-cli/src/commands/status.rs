//! `kaltura status`: what is set, and which sessions there are, without asking anybody unless that is wanted.

mod answer;
mod token_value;
mod verification;

use clap::Args;
use kaltura_auth::ServiceUrl;
use kaltura_types::PartnerId;

use self::answer::{Answer, InUse, Settled, ShownSession};
use self::verification::Verification;
use crate::args::{AppTokenOptions, ServerOptions, SessionRequestOptions};
use crate::config::{SecretVariable, Settings};
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::session_cache::{Record, SessionFile, TokenFolder, Trouble};
use crate::time;

const EXAMPLES: &str = "\
Examples:
  What is set, by whom, and until when there is a session:
    kaltura status

  In a script, log in if there is no good session:
    kaltura status >/dev/null || kaltura login

  The same, if the server does not accept it any more:
    kaltura status --verify >/dev/null || kaltura login

The sessions are those of the app token that are kept on this machine, whatever was wished of
them. The one that `kaltura ks` takes with the same options is marked. Nothing is asked of the
server: it may have ended a session, which only --verify or a call shows. And no secret is
read: neither is the command of a profile run, nor the keyring asked. A file or a variable of
the token's value that is not there is told.

--verify shows the one that `kaltura ks` takes to the server (session.startWidgetSession, which
changes nothing). It costs one action of a session with an actionslimit. Nobody logs in for it.
One for certain paths only (urirestrict) can not be tried, which is noted.

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
    server: ServerOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,
}

impl StatusCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.token.value_source().refuse_an_argument()?;
        let account = self.account(settings);
        let settled = self.settled(settings);
        let mut answer = Answer {
            good: false,
            verified: false,
            profile: settings.profile().map(|profile| InUse {
                name: profile.name().to_string(),
                origin: settings.profile_origin().clone(),
            }),
            wrong: settled.wrong(),
            settings: settled,
            app_token: token_value::look(&self.token.value_source(), settings, account.as_ref().ok()),
            sessions: Vec::new(),
            missing: account.as_ref().err().map(Failure::story),
            warnings: Vec::new(),
        };
        let mut verification = if self.verify { Verification::NoSession } else { Verification::NotWanted };
        if let Ok((service_url, partner, token_id)) = account {
            let folder = TokenFolder::of(settings.environment(), &service_url, partner, &token_id);
            match folder.and_then(|folder| self.look(&folder, settings, &mut answer)) {
                Ok(Some(current)) if self.verify => {
                    verification = Verification::of(ui, &current, &service_url, &self.server);
                }
                Ok(_) => {}
                Err(trouble) => answer.warnings.push(trouble.to_string()),
            }
        }
        if settings.environment().is_set(SecretVariable::KS) {
            answer.warnings.push(
                "KALTURA_KS is set: `kaltura call` and `kaltura batch` take it, and not these sessions"
                    .to_owned(),
            );
        }
        if let Verification::OtherPathsOnly(paths) = &verification {
            answer.warnings.push(format!(
                "the session is for certain paths only, so that it can not be verified: {paths}"
            ));
        }
        answer.verified = matches!(verification, Verification::Accepted);
        answer.good = !verification.has_failed() && answer.sessions.iter().any(ShownSession::is_taken);
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
        let service_url = self.server.service_url(settings)?;
        let (partner, token_id) = self.token.account(settings)?;
        Ok((service_url, partner, token_id))
    }

    /// All settings, in the order of [`Settled::NAMES`].
    fn settled(&self, settings: &Settings) -> Settled {
        let server = [self.server.found(settings)];
        Settled(
            server
                .into_iter()
                .chain(self.token.found(settings))
                .chain(self.request.found(settings))
                .collect(),
        )
    }

    /// Looks at the sessions of the token, and gives the one that is wished, if it has not ended.
    fn look(
        &self,
        folder: &TokenFolder,
        settings: &Settings,
        answer: &mut Answer,
    ) -> Result<Option<Record>, Trouble> {
        let now = time::now();
        let mut current = None;
        // If anything is wrong, no session is the one that is wished.
        let wishes = self.request.wishes(settings).ok().filter(|_| answer.wrong.is_empty());
        let wished: Option<SessionFile> = wishes.and_then(|wishes| folder.session(&wishes).ok());
        for file in folder.sessions()? {
            match file.read() {
                Ok(Some(record)) => {
                    let is_wished = Some(&file) == wished.as_ref();
                    answer.sessions.push(ShownSession::of(&record, is_wished, now));
                    current = current
                        .or(Some(record).filter(|record| is_wished && !record.life_left(now).is_zero()));
                }
                // A login is under way, or was.
                Ok(None) => {}
                Err(trouble) => answer.warnings.push(trouble.to_string()),
            }
        }
        answer.sessions.sort_by_key(ShownSession::rank);
        Ok(current)
    }
}
