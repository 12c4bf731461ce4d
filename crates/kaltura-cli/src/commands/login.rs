//! `kaltura login`: logs in with an app token, and prints the session.

mod answer;
mod kept_login;

use std::sync::Arc;

use clap::Args;
use kaltura_auth::AppTokenLogin;
use kaltura_types::HashType;

use self::answer::Answer;
use self::kept_login::{KeptLogin, LoginManner};
use crate::args::{AppTokenOptions, ServerOptions, SessionRequestOptions};
use crate::config::Settings;
use crate::error::Failure;
use crate::output::Ui;
use crate::session_cache::TokenFolder;

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
of one before it; `kaltura logout` forgets it. If it can not be kept, that is noted on
standard error.

A login proves that the app token is good, not that its sessions are: those of a token that
was ended, or of a user who is blocked, are granted and then refused. --verify shows the new
session to the server (session.startWidgetSession, which changes nothing). It costs one action
of a session with an actionslimit. A session that is refused is not kept, and the exit code is
3 for most reasons. One for certain paths only (urirestrict) can not be tried, which is noted.

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
    server: ServerOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,

    /// If the hash type is refused, try the others, once each
    #[arg(long, help_heading = "App token")]
    detect_hash_type: bool,
}

impl LoginCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        let service_url = self.server.service_url(settings)?;
        let guess = self.detect_hash_type.then_some(HashType::Sha256);
        let credentials = self.token.credentials(ui, settings, &service_url, guess)?;
        let wishes = self.request.wishes(settings)?;
        let transport = Arc::new(self.server.transport(ui)?);
        let (partner, token_id) = (credentials.partner_id(), credentials.id().as_str());
        let place = TokenFolder::of(settings.environment(), &service_url, partner, token_id)
            .and_then(|folder| folder.session(&wishes));
        let timeout = self.server.timeout();
        let login = AppTokenLogin::new(service_url, credentials).request(wishes.request()).timeout(timeout);

        let manner = LoginManner { detect_hash_type: self.detect_hash_type, verify: self.verify, timeout };
        let way = self.token.login_way(settings, timeout).with_known_value();
        let made = KeptLogin::make(ui, &login, manner, &transport, place, &way)?;

        let answer = Answer::new(&made, login.service_url(), self.show_ks);
        if ui.wants_json() {
            if !self.show_ks && ui.filter().is_some_and(|filter| filter.takes("ks")) {
                ui.note("the answer has no ks without --show-ks; --ks-only prints it alone");
            }
            return ui.print_json(&answer);
        }
        Self::tell(ui, &login, &made);
        ui.print(&if self.ks_only { format!("{}\n", made.session.ks().expose()) } else { answer.as_text() })
    }

    /// Writes what is not the answer, but good to know.
    fn tell(ui: &Ui, login: &AppTokenLogin, made: &KeptLogin) {
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
    }
}
