//! `kaltura status`: what is set, and which sessions there are, without asking anybody.

mod answer;
mod token_value;

use clap::Args;
use kaltura_auth::ServiceUrl;
use kaltura_types::PartnerId;

use self::answer::{Answer, InUse, Settled, ShownSession};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::options::{AppTokenOptions, ServerOptions, SessionRequestOptions};
use crate::session_cache::{SessionFile, TokenFolder, Trouble};
use crate::settings::Settings;
use crate::{moment, output};

const EXAMPLES: &str = "\
Examples:
  What is set, by whom, and until when there is a session:
    kaltura status

  In a script, log in if there is no good session:
    kaltura status >/dev/null || kaltura login

The sessions are those of the app token that are kept on this machine, whatever was wished of
them. The one that `kaltura ks` takes with the same options is marked. Nothing is asked of the
server: it may have ended a session, which only `kaltura login --verify` or a call shows. And
no secret is read: neither is the command of a profile run, nor the keyring asked.

What is missing is shown, and is no failure. The exit code is 0 if there is a good session,
else 3. With --json the answer has good, profile (name and origin, or null), settings and
appToken (each with value, origin and, if it is wrong, problem), sessions (userId,
sessionType, privileges, expiry, expiresIn, fingerprint, and current for that of `kaltura ks`),
missing (why none could be looked for) and warnings. `kaltura --help` lists the exit codes.";

/// Show the settings in use, where each comes from, and the sessions that are kept
///
/// Takes the options of `kaltura ks`, and shows what would come of them. No request is made.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct StatusCommand {
    #[command(flatten)]
    server: ServerOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,
}

impl StatusCommand {
    pub(crate) fn run(self, json: bool, settings: &Settings) -> Result<(), Failure> {
        self.token.value_source().refuse_an_argument()?;
        let account = self.account(settings);
        let mut answer = Answer {
            good: false,
            profile: settings.profile().map(|profile| InUse {
                name: profile.name().to_string(),
                origin: settings.profile_origin().clone(),
            }),
            settings: self.settled(settings),
            app_token: token_value::look(&self.token.value_source(), settings, account.as_ref().ok()),
            sessions: Vec::new(),
            missing: account.as_ref().err().map(Failure::story),
            warnings: Vec::new(),
        };
        if let Ok((service_url, partner, token_id)) = account {
            let folder = TokenFolder::of(settings.environment(), &service_url, partner, &token_id);
            let looked = folder.and_then(|folder| self.look(&folder, settings, &mut answer));
            answer.warnings.extend(looked.err().map(|trouble| trouble.to_string()));
        }
        if settings.environment().length("KALTURA_KS").is_some_and(|length| length > 0) {
            answer.warnings.push(
                "KALTURA_KS is set: `kaltura call` and `kaltura batch` take it, and not these sessions"
                    .to_owned(),
            );
        }
        answer.good = answer.sessions.iter().any(ShownSession::is_good);
        if json {
            output::json_to_stdout(&answer)?;
        } else {
            answer.warnings.iter().for_each(|warning| output::note(warning));
            output::to_stdout(&answer.as_text())?;
        }
        if answer.good { Ok(()) } else { Err(Failure::told_already(ExitCode::Authentication)) }
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

    /// Looks at the sessions of the token.
    fn look(&self, folder: &TokenFolder, settings: &Settings, answer: &mut Answer) -> Result<(), Trouble> {
        let now = moment::now();
        // If the wishes are wrong, no session is the one that is wished.
        let wished: Option<SessionFile> =
            self.request.wishes(settings).ok().and_then(|wishes| folder.session(&wishes).ok());
        for file in folder.sessions()? {
            match file.read() {
                Ok(Some(record)) => {
                    let is_wished = Some(&file) == wished.as_ref();
                    answer.sessions.push(ShownSession::of(&record, is_wished, now));
                }
                // A login is under way, or was.
                Ok(None) => {}
                Err(trouble) => answer.warnings.push(trouble.to_string()),
            }
        }
        answer.sessions.sort_by_key(ShownSession::rank);
        Ok(())
    }
}
