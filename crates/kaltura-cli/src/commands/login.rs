//! `kaltura login`: logs in with an app token, and prints the session.

mod answer;

use clap::Args;
use kaltura_auth::{AppTokenLogin, DetectedHashType, Error, Session, Transport};
use kaltura_types::HashType;

use self::answer::Answer;
use crate::failure::Failure;
use crate::options::{AppTokenOptions, ServerOptions, SessionRequestOptions};
use crate::settings::Settings;
use crate::signals::Signals;
use crate::{output, runtime};

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

With --json the answer has ks, partnerId, userId, sessionType (USER or ADMIN), expiry
(Unix time), expiresIn (seconds), privileges, adjustments, hashType and serviceUrl; what
the server did not say is null. `kaltura --help` lists the exit codes.";

/// Log in with an app token, and print the session
///
/// The token's value never leaves this machine: it is hashed together with an unprivileged session, and the
/// hash is sent. It is taken from a file, standard input or KALTURA_APP_TOKEN, never from an argument. What
/// the server granted differently from what was asked is noted on standard error.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct LoginCommand {
    /// Print the KS and nothing else
    #[arg(long, conflicts_with = "json")]
    ks_only: bool,

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
    pub(crate) fn run(self, json: bool, settings: &Settings) -> Result<(), Failure> {
        let service_url = self.server.service_url(settings)?;
        let guess = self.detect_hash_type.then_some(HashType::Sha256);
        let credentials = self.token.credentials(settings, guess)?;
        let transport = self.server.transport()?;
        let login = AppTokenLogin::new(service_url, credentials)
            .request(self.request.request(settings)?)
            .time_limit(self.server.time_limit());

        let (session, hash_type) = runtime::run(async {
            let mut signals = Signals::listen()?;
            let outcome = signals.unless_stopped(self.log_in(&login, &transport)).await?;
            outcome.map_err(|error| Failure::from(error).at(login.service_url()))
        })?;

        let answer = Answer::new(&session, hash_type, login.service_url());
        if json {
            return output::json_to_stdout(&answer);
        }
        if hash_type != login.credentials().hash_type() {
            output::note(&format!("the hash type is {hash_type}: give it with --hash-type {hash_type}"));
        }
        for adjustment in session.adjustments() {
            output::note(&adjustment.to_string());
        }
        output::to_stdout(&if self.ks_only {
            format!("{}\n", session.ks().expose())
        } else {
            answer.as_text()
        })
    }

    async fn log_in(
        &self,
        login: &AppTokenLogin,
        transport: &impl Transport,
    ) -> Result<(Session, HashType), Error> {
        if self.detect_hash_type {
            let DetectedHashType { session, hash_type, .. } = login.detect_hash_type(transport).await?;
            Ok((session, hash_type))
        } else {
            Ok((login.run(transport).await?, login.credentials().hash_type()))
        }
    }
}
