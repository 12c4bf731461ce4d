//! `kaltura logout`: forgets sessions on this machine.

use std::time::Duration;

use clap::Args;
use kaltura_types::{AppTokenId, PartnerId};
use serde::Serialize;

use crate::args::{AppTokenNameOptions, ServerAddressOptions};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output;
use crate::output::{Ui, style};
use crate::session_cache::{Forgotten, TokenFolder, Trouble};

const EXAMPLES: &str = "\
Examples:
  Forget the sessions of the app token that the environment or the profile names:
    kaltura logout

  Those of another profile, or of all app tokens:
    kaltura logout --profile work
    kaltura logout --all

Only this machine forgets them. On the server they stay good until they end, and so does a KS
that a program has already taken. That is on purpose: session.end, which would end one, ends
all sessions of the app token at once, everywhere, and those that are still to be started
too. So nothing here calls it. To shut an app token for good: `kaltura token delete`.

A login under way is waited for, up to 30 seconds, and its session is forgotten too; if it takes
longer, the others are forgotten, and it is a failure. Nothing is asked of the server, and no
secret is read. To have nothing to forget is no failure. With --json the answer
has forgottenSessions (how many), all, serviceUrl, partnerId, appTokenId, endedOnServer (false) and
why. `kaltura --help` lists the exit codes.";

/// How long logins under way are waited for, all together. One may hang, or wait for an answer that never comes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Why the server is not asked to end the sessions (wire contract, section 4.4).
const WHY: &str = "session.end would end all sessions of the app token, those still to be started included";

/// Forget the sessions of an app token on this machine
///
/// Removes the sessions that `kaltura login`, `kaltura ks` and the others have kept for the app token, whatever was
/// wished of them. Which token, is told as for `kaltura ks`; its value is not needed, and not taken.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct LogoutCommand {
    /// Forget the sessions of all app tokens
    #[arg(long, conflicts_with_all = ["service_url", "region", "partner_id", "app_token_id"])]
    all: bool,

    #[command(flatten)]
    server: ServerAddressOptions,

    #[command(flatten)]
    token: AppTokenNameOptions,
}

/// What was forgotten.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    forgotten_sessions: usize,
    all: bool,
    #[serde(flatten)]
    token: Option<Token>,
    ended_on_server: bool,
    why: &'static str,
}

/// Whose sessions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    service_url: String,
    partner_id: PartnerId,
    /// As far as it looks like an id: it may be the value, put in the wrong place.
    app_token_id: String,
}

impl LogoutCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let (token, folders) = if self.all {
            (None, TokenFolder::all(settings.environment()))
        } else {
            let service_url = self.server.service_url(settings)?;
            let (partner_id, id) = self.token.account(settings)?;
            let folder = TokenFolder::of(settings.environment(), &service_url, partner_id, &id);
            let app_token_id = AppTokenId::new(id).to_string();
            let token = Token { service_url: service_url.to_string(), partner_id, app_token_id };
            (Some(token), folder.map(|folder| vec![folder]))
        };
        let mut forgotten = Forgotten::default();
        match folders {
            Ok(folders) => forgotten.forget(ui, &folders, PATIENCE),
            // Then nothing was ever kept.
            Err(Trouble::NoFolder) => {}
            Err(trouble) => forgotten.trouble = Some(trouble),
        }
        if let Some(trouble) = forgotten.trouble {
            let hint = if trouble.is_held() {
                "See what it waits for, end it, and log out again. The others are forgotten."
            } else {
                "See whose it is and what rights it has. The others are forgotten."
            };
            return Err(Failure::new(ExitCode::Local, "not all sessions could be forgotten")
                .caused_by(&trouble)
                .with_hint(hint));
        }
        let answer = Answer {
            forgotten_sessions: forgotten.count,
            all: self.all,
            token,
            ended_on_server: false,
            why: WHY,
        };
        if ui.wants_json() { ui.print_json(&answer) } else { ui.print(&answer.as_text()) }
    }
}

impl Answer {
    fn as_text(&self) -> String {
        let whose = match &self.token {
            Some(Token { service_url, partner_id, app_token_id }) => {
                format!("app token {app_token_id} of partner {partner_id} at {service_url}")
            }
            None => "any app token".to_owned(),
        };
        let sessions = match self.forgotten_sessions {
            0 => return format!("There was no session of {whose} to forget.\n"),
            1 => "1 session".to_owned(),
            count => format!("{count} sessions"),
        };
        let whose = if self.all { "all app tokens" } else { &whose };
        let explanation =
            output::wrapped("", "", &format!("On the server they stay good until they end: {WHY}."));
        format!("{}Forgot{:#} {sessions} of {whose}.\n{explanation}", style::GOOD, style::GOOD)
    }
}
