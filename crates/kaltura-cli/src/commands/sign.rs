//! `kaltura sign`: signs a KS on this machine, with the account's admin secret.

use clap::{Args, ValueEnum};
use kaltura_auth::Fingerprint;
use kaltura_ks::{InvalidKsFields, KsFields, random_bytes};
use kaltura_types::{
    AdminSecret, Ks, KsVersion, Lifetime, PrivilegeWarning, Privileges, SessionType, UnixTime,
};
use serde_json::json;

use crate::args::{AdminSecretOptions, PartnerIdOption, TypeWish, parse_privileges};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::time;

const EXAMPLES: &str = "\
Examples:
  A session of a user for an hour, with the admin secret in KALTURA_ADMIN_SECRET:
    kaltura sign --partner-id 1234567 --user alice --lifetime 1h

  The same with a date of expiry:
    kaltura sign --partner-id 1234567 --user alice --expires-at 2027-06-30

  One that shows a single video to one address, for another program:
    KALTURA_KS=\"$(pass show kaltura/admin | kaltura sign --partner-id 1234567 \\
        --admin-secret-stdin --privileges sview:0_a1b2c3d4,iprestrict:203.0.113.7)\" my-player

If you can, log in with an app token instead (`kaltura login`): an app token can be deleted and
can do only what it was created for; the admin secret can do everything, and does not expire.

With --json the answer has ks, version, fingerprint, partnerId, userId, sessionType, expiry
(Unix time), expiresIn (seconds) and privileges; userId is null if it was not given.
`kaltura --help` lists the exit codes.";

/// Sign a KS on this machine, and print it
///
/// Nothing is sent: the account's admin secret signs sessions of both types. It is read from a file, standard input or
/// KALTURA_ADMIN_SECRET, never from an argument. If it is wrong, the server refuses the KS at the first call. Fields
/// that the server would misread are rejected; surprising effects are reported on standard error.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct SignCommand {
    #[command(flatten)]
    partner: PartnerIdOption,

    /// The user of the session
    #[arg(long, value_name = "ID")]
    user: Option<String>,

    /// The type of the session
    #[arg(long = "type", value_name = "TYPE", ignore_case = true, default_value = "user")]
    session_type: TypeWish,

    /// The session lifetime, e.g. 90s, 15m, 1h or 90d, by this machine's clock
    #[arg(long, value_name = "DURATION", default_value = "1d")]
    lifetime: Lifetime,

    /// When it expires, e.g. 2027-06-30, 2027-06-30T12:00:00Z or a Unix time
    #[arg(long, value_name = "TIME", conflicts_with = "lifetime", value_parser = parse_end)]
    expires_at: Option<UnixTime>,

    /// What it may do, e.g. sview:0_a/0_b,appid:importer
    #[arg(long, value_name = "PRIVILEGES", value_parser = parse_privileges)]
    privileges: Option<Privileges>,

    /// 2 is encrypted, 1 can be read by anyone; the server accepts both
    #[arg(long, value_name = "VERSION", default_value = "2")]
    ks_version: Version,

    #[command(flatten)]
    secret: AdminSecretOptions,
}

/// A version, as it is written on a command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Version {
    #[value(name = "1")]
    V1,
    #[value(name = "2")]
    V2,
}

impl SignCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.secret.source().refuse_an_argument()?;
        let partner_id = self.partner.partner_id(settings)?;
        let secret = self.secret.admin_secret(ui, settings, partner_id, None)?;
        let now = time::now();
        let after = |lifetime: Lifetime| now.plus_seconds(i64::from(lifetime.as_seconds()));
        let expiry = self.expires_at.unwrap_or_else(|| after(self.lifetime));
        let session_type = SessionType::from(self.session_type);
        let mut fields = KsFields::new(partner_id, session_type, expiry);
        if let Some(user) = &self.user {
            fields = fields.user(user.as_str());
        }
        if let Some(privileges) = &self.privileges {
            fields = fields.privileges(privileges.to_string());
        }
        let (ks, version) = self.sign(&fields, &secret)?;

        let expires_in = u64::try_from(expiry.seconds_since(now)).unwrap_or(0);
        let warnings = self.privileges.as_ref().map(Privileges::warnings).unwrap_or_default();
        // A session that is not of an app token has its group from its own privileges.
        let is_relevant =
            |warning: &&PrivilegeWarning| !matches!(warning, PrivilegeWarning::SetByServer { .. });
        warnings.iter().filter(is_relevant).for_each(|warning| ui.note(&warning.to_string()));
        if ui.wants_json() {
            return ui.print_json(&json!({
                "ks": ks.expose(),
                "version": version.number(),
                "fingerprint": Fingerprint::from_ks(&ks).to_string(),
                "partnerId": partner_id,
                "userId": self.user,
                "sessionType": session_type.to_string(),
                "expiry": expiry,
                // In seconds, by the clock of this machine; 0 if it has expired.
                "expiresIn": expires_in,
                "privileges": self.privileges.as_ref().map(ToString::to_string).unwrap_or_default(),
            }));
        }
        if expires_in == 0 {
            ui.note("the session has already expired");
        }
        ui.print(&format!("{}\n", ks.expose()))
    }

    fn sign(&self, fields: &KsFields, secret: &AdminSecret) -> Result<(Ks, KsVersion), Failure> {
        let random = random_bytes()
            .map_err(|error| Failure::new(ExitCode::Local, "cannot create a KS").caused_by(&error))?;
        let unfaithful = |error: InvalidKsFields| {
            Failure::usage("the server would read another session from this KS").caused_by(&error)
        };
        match self.ks_version {
            Version::V1 => {
                // The server puts the time here, and reads it never: any text without a `;` does.
                let rand = u128::from_be_bytes(random).to_string();
                Ok((fields.sign_v1(secret, &rand).map_err(unfaithful)?, KsVersion::V1))
            }
            Version::V2 => Ok((fields.sign_v2(secret, random).map_err(unfaithful)?, KsVersion::V2)),
        }
    }
}

/// Reads the expiry of a session. The server takes 0 for no expiry, and a number after the year 9999 is a mistake, such as
/// milliseconds.
fn parse_end(text: &str) -> Result<UnixTime, &'static str> {
    let end = time::parse_time(text)?;
    if (1..=time::LATEST).contains(&end.as_seconds()) { Ok(end) } else { Err(OUT_OF_CALENDAR) }
}

const OUT_OF_CALENDAR: &str = "it must be after 1970-01-01, and before the year 10000";
