//! `kaltura sign`: makes a KS on this machine, with the account's admin secret.

use clap::{Args, ValueEnum};
use kaltura_auth::Fingerprint;
use kaltura_ks::{InvalidKsFields, KsFields, random_bytes};
use kaltura_types::{AdminSecret, Ks, KsVersion, Lifetime, PartnerId, Privileges, SessionType, UnixTime};
use serde::Serialize;

use crate::args::{AdminSecretOptions, PartnerIdOption, TypeWish, parse_privileges};
use crate::config::Settings;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::time;
use crate::time::InvalidTime;

const EXAMPLES: &str = "\
Examples:
  A session of a user for an hour, with the admin secret in KALTURA_ADMIN_SECRET:
    kaltura sign --partner-id 1234567 --user alice --lifetime 1h

  The same until a day:
    kaltura sign --partner-id 1234567 --user alice --expires-at 2027-06-30

  One that shows a single video to one address, for another program:
    KALTURA_KS=\"$(pass show kaltura/admin | kaltura sign --partner-id 1234567 \\
        --admin-secret-stdin --privileges sview:0_a1b2c3d4,iprestrict:203.0.113.7)\" my-player

Who can, logs in with an app token instead (`kaltura login`): an app token can be taken back
and can do only what it was made for, the admin secret can do everything for ever.

With --json the answer has ks, version, fingerprint, partnerId, userId, sessionType, expiry
(Unix time), expiresIn (seconds) and privileges; userId is null if it was not given.
`kaltura --help` lists the exit codes.";

/// Sign a KS on this machine, and print it
///
/// Nothing is sent: the account's admin secret signs sessions of both types. It is taken from a file, standard
/// input or KALTURA_ADMIN_SECRET, never from an argument. Whether it is the right one, the server says at the
/// first call. Fields that the server would read otherwise than they are given are refused.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct SignCommand {
    #[command(flatten)]
    partner: PartnerIdOption,

    /// Whose session it is
    #[arg(long, value_name = "ID")]
    user: Option<String>,

    /// What kind of session it is
    #[arg(long = "type", value_name = "TYPE", ignore_case = true, default_value = "user")]
    session_type: TypeWish,

    /// How long it lives, such as 90s, 15m, 1h or 90d, by this machine's clock
    #[arg(long, value_name = "DURATION", default_value = "1d")]
    lifetime: Lifetime,

    /// When it ends, such as 2027-06-30, 2027-06-30T12:00:00Z or a Unix time
    #[arg(long, value_name = "TIME", conflicts_with = "lifetime", value_parser = parse_end)]
    expires_at: Option<UnixTime>,

    /// What it may do, such as sview:0_a/0_b,appid:importer
    #[arg(long, value_name = "PRIVILEGES", value_parser = parse_privileges)]
    privileges: Option<Privileges>,

    /// 2, which is encrypted, or 1, which anyone can read; the server takes both
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

/// What is printed for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    ks: &'a str,
    version: u8,
    fingerprint: String,
    partner_id: PartnerId,
    user_id: Option<&'a str>,
    session_type: String,
    expiry: UnixTime,
    /// In seconds, by the clock of this machine; 0 if it is over.
    expires_in: u64,
    privileges: String,
}

impl SignCommand {
    pub(crate) fn run(self, ui: &Ui, settings: &Settings) -> Result<(), Failure> {
        self.secret.source().refuse_an_argument()?;
        let partner_id = self.partner.partner_id(settings)?;
        let secret = self.secret.admin_secret(ui, settings, partner_id, None)?;
        let now = time::now();
        let expiry = self.expiry(now);
        let (ks, version) = self.sign(&self.fields(partner_id, expiry), &secret)?;

        let expires_in = u64::try_from(expiry.seconds_since(now)).unwrap_or(0);
        if ui.wants_json() {
            return ui.print_json(&Answer {
                ks: ks.expose(),
                version: version.number(),
                fingerprint: Fingerprint::from_ks(&ks).to_string(),
                partner_id,
                user_id: self.user.as_deref(),
                session_type: SessionType::from(self.session_type).to_string(),
                expiry,
                expires_in,
                privileges: self.privileges.as_ref().map(ToString::to_string).unwrap_or_default(),
            });
        }
        if expires_in == 0 {
            ui.note("the session is over already");
        }
        ui.print(&format!("{}\n", ks.expose()))
    }

    fn expiry(&self, now: UnixTime) -> UnixTime {
        match self.expires_at {
            Some(end) => end,
            None => now.plus_seconds(i64::from(self.lifetime.as_seconds())),
        }
    }

    fn fields(&self, partner_id: PartnerId, expiry: UnixTime) -> KsFields {
        let mut fields = KsFields::new(partner_id, SessionType::from(self.session_type), expiry);
        if let Some(user) = &self.user {
            fields = fields.user(user.as_str());
        }
        if let Some(privileges) = &self.privileges {
            fields = fields.privileges(privileges.to_string());
        }
        fields
    }

    fn sign(&self, fields: &KsFields, secret: &AdminSecret) -> Result<(Ks, KsVersion), Failure> {
        let random = random_bytes()
            .map_err(|error| Failure::new(ExitCode::Local, "can not make a KS").caused_by(&error))?;
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

/// Reads the end of a session. The server takes 0 for none that is given, and a number that no calendar has is a
/// mistake, such as milliseconds.
fn parse_end(text: &str) -> Result<UnixTime, InvalidEnd> {
    let end = time::parse_time(text)?;
    if (1..=LATEST).contains(&end.as_seconds()) { Ok(end) } else { Err(InvalidEnd::OutOfCalendar) }
}

/// The last second of the year 9999.
const LATEST: i64 = 253_402_300_799;

/// A session can not end then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum InvalidEnd {
    #[error(transparent)]
    NoTime(#[from] InvalidTime),
    #[error("it must be after the year 1970 has begun, and before the year 10000")]
    OutOfCalendar,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        sign: SignCommand,
    }

    fn expiry(arguments: &[&str]) -> i64 {
        let line = Line::try_parse_from([&["x"], arguments].concat()).unwrap();
        line.sign.expiry(UnixTime::from_seconds(1_000_000)).as_seconds()
    }

    #[test]
    fn the_end_is_a_lifetime_from_now_or_a_time() {
        assert_eq!(expiry(&[]), 1_086_400);
        assert_eq!(expiry(&["--lifetime", "1h"]), 1_003_600);
        assert_eq!(expiry(&["--expires-at", "77"]), 77);
        assert_eq!(expiry(&["--expires-at", "2027-06-30T12:00:00Z"]), 1_814_356_800);
    }

    #[test]
    fn an_end_must_be_one_that_the_server_reads() {
        for text in ["0", "1969-12-31T23:59:59Z", "253402300800", "4000000000000"] {
            assert_eq!(parse_end(text), Err(InvalidEnd::OutOfCalendar), "{text}");
        }
        assert_eq!(parse_end("soon"), Err(InvalidEnd::NoTime(InvalidTime)));
        assert_eq!(parse_end("253402300799"), Ok(UnixTime::from_seconds(LATEST)));
    }
}
