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
use crate::session::{Forgotten, Trouble};

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
/// requested of them. The token is selected as for `kaltura ks`; its value is not needed, and not read.
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
        let environment = &settings.environment;
        let (token, forgotten) = if self.all {
            (None, Forgotten::all(ui, environment, None, PATIENCE))
        } else {
            let service_url = self.server.service_url(settings)?;
            let (partner_id, id) = self.token.account(settings)?;
            let forgotten = Forgotten::all(ui, environment, Some((&service_url, partner_id, &id)), PATIENCE);
            let app_token_id = AppTokenId::new(id).to_string();
            (Some(Token { service_url: service_url.to_string(), partner_id, app_token_id }), forgotten)
        };
        if let Some(trouble) = forgotten.trouble {
            let hint = if matches!(trouble, Trouble::LoginInProgress(_)) {
                "See what it waits for, end it, and log out again. The others are removed."
            } else {
                "Check its owner and permissions. The others are removed."
            };
            return Err(Failure::new(ExitCode::Local, "not all cached sessions could be removed")
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
            0 => return format!("No cached session of {whose}.\n"),
            1 => "1 cached session".to_owned(),
            count => format!("{count} cached sessions"),
        };
        let whose = if self.all { "all app tokens" } else { &whose };
        let explanation =
            output::wrapped("", "", &format!("On the server they stay valid until they expire: {WHY}."));
        format!("{}Removed{:#} {sessions} of {whose}.\n{explanation}", style::GOOD, style::GOOD)
    }
}
