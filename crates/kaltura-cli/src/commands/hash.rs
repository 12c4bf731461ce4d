//! `kaltura hash`: the token hash, for a login request that is made by hand.

use clap::Args;
use kaltura_auth::{Fingerprint, TokenHash};
use serde_json::json;

use crate::args::{AppTokenValueOptions, HashTypeOption, KsOptions};
use crate::config::Settings;
use crate::error::Failure;
use crate::output::Ui;
use crate::profile::SecretOwner;

const EXAMPLES: &str = "\
Examples:
  The KS is in KALTURA_KS, the token's value in a file:
    kaltura hash --hash-type SHA256 --app-token-file token.txt

  The KS of session.startWidgetSession is piped in; the value is in KALTURA_APP_TOKEN:
    kaltura hash --hash-type SHA256 --ks-stdin < ks.txt

The hash is valid for this one KS: send both, byte for byte, to appToken.startSession as ks
and tokenHash. Together they start a session, so the hash is a secret too.

With --json the answer has tokenHash, hashType, fingerprint (of the KS) and warnings.
`kaltura --help` lists the exit codes.";

/// Print the token hash of a KS and an app token
///
/// This is the parameter tokenHash of appToken.startSession: lower-case hex of the hash of the KS followed by the
/// token's value, with nothing between them. Nothing is sent. `kaltura login` does all of this itself. KS and
/// value are read from a file, standard input or the environment (KALTURA_KS, KALTURA_APP_TOKEN), never from an
/// argument; only one of them can be standard input.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct HashCommand {
    #[command(flatten)]
    ks: KsOptions,

    #[command(flatten)]
    value: AppTokenValueOptions,

    #[command(flatten)]
    hash_type: HashTypeOption,
}

impl HashCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.ks.source().shares_stdin_with(self.value.source())?;
        let hash_type = self.hash_type.hash_type(settings)?;
        let ks = self.ks.ks(ui, settings)?;
        let value = self.value.value(ui, settings, &SecretOwner::default())?;

        let hash = TokenHash::new(hash_type, &ks, &value);
        let warnings: Vec<String> = TokenHash::check(&ks, &value).iter().map(ToString::to_string).collect();
        if ui.wants_json() {
            return ui.print_json(&json!({
                "tokenHash": hash.expose(),
                "hashType": hash_type,
                "fingerprint": Fingerprint::from_ks(&ks).to_string(),
                "warnings": warnings,
            }));
        }
        for warning in warnings {
            ui.note(&warning);
        }
        ui.print(&format!("{}\n", hash.expose()))
    }
}
