//! `kaltura inspect`: what a KS says, without asking any server.

use clap::Args;
use kaltura_auth::Fingerprint;
use kaltura_ks::{ClaimsSummary, OpenError, OpenedKs, open, unverified_claims};
use kaltura_types::{Ks, KsHeader, PartnerId, UnixTime};
use serde::Serialize;

use crate::args::{AdminSecretOptions, KsOptions, ks_header};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::output::style::{HEADING, fields};
use crate::time;

const EXAMPLES: &str = "\
Examples:
  What anyone can see of the KS in KALTURA_KS: version, account, fingerprint:
    kaltura inspect

  All of it, with the account's admin secret:
    pass show kaltura/admin | kaltura inspect --ks-file ks.txt --admin-secret-stdin

  Whether a KS has expired (true or false), in a script:
    kaltura inspect --ks-stdin --jq .claims.expired < ks.txt

With --json the answer has version, partnerId, fingerprint, length, proven and claims. claims
is null where the KS is encrypted and no secret was given; otherwise it has userId,
sessionType, admin, widgetSession, expiry (Unix time), expiresIn (seconds, by this machine's
clock), expired, privileges, restrictions, group, groupHash, masterPartnerId and
additionalData; what the KS does not say is null. `kaltura --help` lists the exit codes.";

/// Show what a KS says
///
/// Nothing is sent. Without the account's admin secret, a version 2 KS shows only its version and account; a version 1
/// KS shows everything, but not who wrote it. With the admin secret the signature is verified and everything is shown.
/// A KS that is shown as valid may have been ended: only the server knows. KS and secret are read from a file, standard
/// input or the environment (KALTURA_KS, KALTURA_ADMIN_SECRET), never from an argument; only one of them can be
/// standard input.
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
        self.ks.source().shares_stdin_with(self.secret.source())?;
        let secret = self.secret.given(ui, settings)?;
        let ks = self.ks.ks(ui, settings)?;
        let header = header_of(&ks)?;
        let opened = match secret {
            Some(secret) => Some(open(&ks, &[secret]).map_err(|error| unopened(header, error))?),
            None => None,
        };
        let answer = Answer::new(&ks, header, opened.as_ref(), time::now());
        if ui.wants_json() {
            return ui.print_json(&answer);
        }
        answer.notes().into_iter().for_each(|note| ui.note(note));
        ui.print(&answer.as_text())
    }
}

/// Version and account, or why the text is not a KS.
fn header_of(ks: &Ks) -> Result<KsHeader, Failure> {
    ks_header(ks).map_err(|(why, advice)| {
        let length = ks.expose().chars().count();
        let plural = if length == 1 { "" } else { "s" };
        Failure::usage(format!("not a KS: {why}"))
            .with_hint(format!("{advice} The text has {length} character{plural}."))
    })
}

/// The secret does not open the KS.
fn unopened(header: KsHeader, error: OpenError) -> Failure {
    match error {
        OpenError::NoSecretMatches => {
            Failure::new(ExitCode::Authentication, error.to_string()).with_hint(format!(
                "Check that it is the admin secret (not the user secret) of account {}, which the KS names.",
                header.partner_id()
            ))
        }
        _ => Failure::usage(error.to_string()),
    }
}

/// All that is known of a KS, without the KS itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    version: u8,
    partner_id: PartnerId,
    fingerprint: String,
    /// In characters.
    length: usize,
    /// Whether the signature was verified.
    proven: bool,
    /// Nothing if the KS is encrypted and was not opened.
    claims: Option<ClaimsSummary>,
}

impl Answer {
    fn new(ks: &Ks, header: KsHeader, opened: Option<&OpenedKs>, now: UnixTime) -> Self {
        let unverified = unverified_claims(ks).ok().flatten();
        let claims = opened.map(OpenedKs::claims).or(unverified.as_ref());
        Self {
            version: header.version().number(),
            partner_id: header.partner_id(),
            fingerprint: Fingerprint::from_ks(ks).to_string(),
            length: ks.expose().chars().count(),
            proven: opened.is_some(),
            claims: claims.map(|claims| ClaimsSummary::new(claims, now)),
        }
    }

    /// What must be known to understand what is shown.
    fn notes(&self) -> Vec<&'static str> {
        let mut notes = Vec::new();
        match (self.proven, &self.claims) {
            (true, _) => {}
            (false, Some(_)) => notes.push(
                "the signature was not verified, so anyone may have written this: pass the account's admin secret by \
                 KALTURA_ADMIN_SECRET, --admin-secret-file or --admin-secret-stdin",
            ),
            (false, None) => notes.push(
                "the rest is encrypted: pass the account's admin secret by KALTURA_ADMIN_SECRET, --admin-secret-file \
                 or --admin-secret-stdin",
            ),
        }
        if self.claims.as_ref().is_some_and(|claims| claims.has_shifted_fields) {
            notes.push(
                "a field of this version 1 KS contains a `;`, most likely the user: all fields after it are shifted, \
                 and the server reads another user and other privileges than were signed",
            );
        }
        notes
    }

    fn as_text(&self) -> String {
        let Self { version, fingerprint, length, .. } = self;
        let signature = if self.proven { "valid, by the given admin secret" } else { "not verified" };
        let mut lines = vec![("partner", self.partner_id.to_string()), ("signature", signature.to_owned())];
        lines.extend(self.claims.iter().flat_map(lines_of));
        format!("{HEADING}KS version {version}{HEADING:#}, fingerprint {fingerprint}, {length} characters\n")
            + &fields(11, lines)
    }
}

fn lines_of(claims: &ClaimsSummary) -> Vec<(&'static str, String)> {
    let user = claims.user_id.clone().unwrap_or_else(|| "(none, anonymous session)".to_owned());
    let session_type = claims.session_type.clone().unwrap_or_else(|| "none".to_owned());
    let kind = if claims.widget_session { " (widget session)" } else { "" };
    let privileges = if claims.privileges.is_empty() { "none" } else { &claims.privileges };
    let mut lines = vec![
        ("user", user),
        ("type", session_type + kind),
        ("expires", expires(claims)),
        ("privileges", privileges.to_owned()),
    ];
    lines.extend(claims.restrictions.lines().into_iter().map(|line| ("restricted", line)));
    if let Some(group) = &claims.group {
        lines.push(("group", format!("{group} (session.end ends all its sessions)")));
    }
    if let Some(master) = claims.master_partner_id {
        lines.push(("master", format!("partner {master}, which impersonates this one")));
    }
    lines.extend(claims.additional_data.clone().map(|data| ("data", data)));
    lines
}

fn expires(claims: &ClaimsSummary) -> String {
    let when = match claims.expiry {
        Some(expiry) => time::show_time(expiry),
        None => format!("{:?}, which is not a time", claims.expiry_text),
    };
    match claims.expires_in {
        _ if claims.expired => format!("{when} (expired)"),
        Some(seconds) => format!("{when}, in {}", time::show_duration(seconds)),
        None => when,
    }
}
