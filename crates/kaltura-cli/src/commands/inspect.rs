//! `kaltura inspect`: what a KS says, without asking any server.

mod answer;

use clap::Args;
use kaltura_ks::{OpenError, open};
use kaltura_types::{Ks, KsHeader, MalformedKs};

use self::answer::Answer;
use crate::args::{AdminSecretOptions, KsOptions};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::time;

const EXAMPLES: &str = "\
Examples:
  What anyone can see of the KS in KALTURA_KS: version, account, fingerprint:
    kaltura inspect

  All of it, with the account's admin secret:
    pass show kaltura/admin | kaltura inspect --ks-file ks.txt --admin-secret-stdin

  Whether a KS is over (true or false), in a script:
    kaltura inspect --ks-stdin --jq .claims.expired < ks.txt

With --json the answer has version, partnerId, fingerprint, length, proven and claims. claims
is null where the KS is encrypted and no secret was given; else it has userId, sessionType,
admin, widgetSession, expiry (Unix time), expiresIn (seconds, by this machine's clock),
expired, privileges, restrictions, group, groupHash, masterPartnerId and additionalData; what
the KS does not say is null. `kaltura --help` lists the exit codes.";

/// Show what a KS says
///
/// Nothing is sent. Without the account's admin secret, a version 2 KS shows its version and account only; a
/// version 1 KS shows everything, but nobody can tell who wrote it. With the admin secret the signature is
/// checked and all is shown. A KS that is shown as good may still have been ended: only the server knows. KS and
/// secret are taken from a file, standard input or the environment (KALTURA_KS, KALTURA_ADMIN_SECRET), never from
/// an argument; only one of them can be standard input.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct InspectCommand {
    #[command(flatten)]
    ks: KsOptions,

    #[command(flatten)]
    secret: AdminSecretOptions,
}

impl InspectCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.ks.source().shares_stdin_with(&self.secret.source())?;
        let secret = self.secret.given(ui, settings)?;
        let ks = self.ks.ks(ui, settings)?;

        let header = KsHeader::parse(&ks).map_err(|error| malformed(&ks, error))?;
        let opened = match secret {
            Some(secret) => Some(open(&ks, &[secret]).map_err(|error| unopened(&header, error))?),
            None => None,
        };
        let answer = Answer::new(&ks, &header, opened.as_ref(), time::now());
        if ui.wants_json() {
            return ui.print_json(&answer);
        }
        if let Some(note) = answer.note() {
            ui.note(note);
        }
        ui.print(&answer.as_text())
    }
}

/// The text is no KS. Its fingerprint may show that it is another text than the one that was meant.
fn malformed(ks: &Ks, error: MalformedKs) -> Failure {
    let length = ks.expose().chars().count();
    Failure::usage(error.to_string()).with_hint(format!(
        "The text has {length} characters; look whether it is cut, or whether there is something around the KS."
    ))
}

/// The secret does not open the KS.
fn unopened(header: &KsHeader, error: OpenError) -> Failure {
    let class = match error {
        OpenError::NoSecretMatches => ExitCode::Authentication,
        _ => ExitCode::Usage,
    };
    let failure = Failure::new(class, error.to_string());
    match error {
        OpenError::NoSecretMatches => failure.with_hint(format!(
            "Look whether it is the admin secret (not the user secret) of account {}, which the KS names.",
            header.partner_id()
        )),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_class() {
        let ks = Ks::new(
            "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c",
        );
        let header = KsHeader::parse(&ks).unwrap();
        let class = |error| unopened(&header, error).exit_code();
        assert_eq!(class(OpenError::NoSecretMatches), ExitCode::Authentication);
        assert_eq!(class(OpenError::BracketedPrivilege), ExitCode::Usage);
        let cut = Ks::new("hush!");
        let failure = malformed(&cut, KsHeader::parse(&cut).unwrap_err());
        assert_eq!(failure.exit_code(), ExitCode::Usage);
        assert!(!format!("{failure:?}").contains("hush"));
    }
}
