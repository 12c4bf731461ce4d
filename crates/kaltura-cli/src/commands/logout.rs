//! `kaltura logout`: forgets sessions on this machine.

use std::time::Duration;

use clap::Args;
use kaltura_types::AppTokenId;
use serde_json::json;

use crate::args::{AppTokenNameOptions, ServerAddressOptions};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::style::GOOD;
use crate::output::{Ui, wrapped};
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

impl LogoutCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let token = if self.all {
            None
        } else {
            let service_url = self.server.service_url(settings)?;
            let (partner, id) = self.token.account(settings)?;
            Some((service_url, partner, id))
        };
        let of = token.as_ref().map(|(service_url, partner, id)| (service_url, *partner, id.as_str()));
        let forgotten = Forgotten::of(ui, &settings.environment, of, PATIENCE);
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
        // As far as it looks like an id: it may be the value, put in the wrong place.
        let token =
            of.map(|(service_url, partner, id)| (service_url, partner, AppTokenId::new(id).to_string()));
        if ui.wants_json() {
            let mut document = json!({ "forgottenSessions": forgotten.count, "all": self.all });
            if let Some((service_url, partner, id)) = token {
                document["serviceUrl"] = service_url.as_str().into();
                document["partnerId"] = partner.get().into();
                document["appTokenId"] = id.into();
            }
            document["endedOnServer"] = false.into();
            document["why"] = WHY.into();
            return ui.print_json(&document);
        }
        let whose = |all: &str| match &token {
            Some((service_url, partner, id)) => {
                format!("app token {id} of partner {partner} at {service_url}")
            }
            None => all.to_owned(),
        };
        let plural = match forgotten.count {
            0 => return ui.print(&format!("No cached session of {}.\n", whose("any app token"))),
            1 => "",
            _ => "s",
        };
        let (count, whose) = (forgotten.count, whose("all app tokens"));
        let explanation = format!("On the server they stay valid until they expire: {WHY}.");
        let explanation = wrapped("", "", &explanation);
        ui.print(&format!("{GOOD}Removed{GOOD:#} {count} cached session{plural} of {whose}.\n{explanation}"))
    }
}
