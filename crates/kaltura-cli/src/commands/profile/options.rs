//! The options of `kaltura profile add`. They have no environment variables: only what is passed is saved.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};
use kaltura_auth::{InvalidServiceUrl, Region, ServiceUrl};
use kaltura_types::{AppTokenId, HashType, Lifetime, PartnerId, SessionType};

use crate::args::{AdminSecretOptions, AppTokenValueOptions, TypeWish, parse_privileges, values};
use crate::config::Setting;
use crate::error::Failure;
use crate::profile::SecretStore;
use crate::redaction::{
    has_password, holds_a_ks, is_formed_like_a_secret, looks_like_a_secret, not_a_secret,
};

/// What a login needs, except for secrets.
#[derive(Debug, Args)]
#[command(next_help_heading = "Login settings")]
pub(super) struct EntryOptions {
    /// The server, if not one of Kaltura's regions
    #[arg(long, value_name = "https://HOST", conflicts_with = "region")]
    pub(super) service_url: Option<String>,

    /// The region: us, de, eu, sg, ca or ap
    #[arg(long, value_name = "REGION", add = values::regions())]
    pub(super) region: Option<Region>,

    /// The partner id (account number), such as 1234567
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(super) partner_id: Option<PartnerId>,

    /// The app token's id, such as 0_7jh3eu10
    #[arg(long, value_name = "ID", value_parser = token_id)]
    pub(super) app_token_id: Option<String>,

    /// The app token's hash type: MD5, SHA1, SHA256 or SHA512
    #[arg(long, value_name = "TYPE", add = values::hash_types())]
    pub(super) hash_type: Option<HashType>,

    /// The user of sessions
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new().try_map(|id| not_a_secret(&id)))]
    pub(super) user: Option<String>,

    /// The session type
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    pub(super) session_type: Option<TypeWish>,

    /// Maximum session lifetime, such as 90s, 15m, 1h or 90d
    #[arg(long, value_name = "DURATION", value_parser = as_written(str::parse::<Lifetime>))]
    pub(super) lifetime: Option<String>,

    /// Privileges to request, such as sview:*
    #[arg(long, value_name = "PRIVILEGES", value_parser = as_written(parse_privileges))]
    pub(super) privileges: Option<String>,

    /// The widget that logins begin with, if not the account's default
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(super) widget_id: Option<String>,

    /// Share sessions through this folder, or this Redis or Valkey (a URL without a password)
    #[arg(long, value_name = "FOLDER|URL", value_parser = without_password, conflicts_with = "session_store_file")]
    pub(super) session_store: Option<String>,

    /// Take the URL of the session store from this file, which may contain a password
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(super) session_store_file: Option<String>,

    /// Also trust the certificates in this PEM file
    #[arg(long, value_name = "FILE", value_parser = file_name)]
    pub(super) ca_file: Option<String>,

    /// Remove an entry, such as user or lifetime (repeatable)
    #[arg(long, value_name = "ENTRY", value_parser = dispensable)]
    pub(super) unset: Vec<&'static Setting>,
}

impl EntryOptions {
    /// The settings with their texts, in the order in which they are written.
    pub(super) fn settings(self) -> Result<Vec<(&'static Setting, String)>, Failure> {
        let url = self.service_url.as_deref().map(service_url).transpose()?;
        let given = [
            (&Setting::SERVICE_URL, url),
            (&Setting::REGION, self.region.map(|region| region.to_string())),
            (&Setting::PARTNER_ID, self.partner_id.map(|partner| partner.to_string())),
            (&Setting::APP_TOKEN_ID, self.app_token_id),
            (&Setting::HASH_TYPE, self.hash_type.map(|hash_type| hash_type.to_string())),
            (&Setting::USER, self.user),
            (&Setting::SESSION_TYPE, self.session_type.map(|wish| SessionType::from(wish).to_string())),
            (&Setting::LIFETIME, self.lifetime),
            (&Setting::PRIVILEGES, self.privileges),
            (&Setting::WIDGET_ID, self.widget_id),
            (&Setting::STORE, self.session_store),
            (&Setting::STORE_FILE, self.session_store_file),
            (&Setting::CA_FILE, self.ca_file),
        ];
        Ok(given.into_iter().filter_map(|(setting, text)| Some((setting, text?))).collect())
    }
}

/// Where the value of the app token is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where to read the app token value")]
pub(super) struct TokenPlaceOptions {
    /// A command that prints it, such as 'pass show kaltura'; it runs at each login
    #[arg(
        long, value_name = "COMMAND", value_parser = command_line,
        conflicts_with_all = ["token_variable", "token_path", "app-token-file", "app-token-stdin"]
    )]
    pub(super) token_command: Option<String>,

    /// An environment variable
    #[arg(
        long, value_name = "NAME", value_parser = variable_name,
        conflicts_with_all = ["token_path", "app-token-file", "app-token-stdin"]
    )]
    pub(super) token_variable: Option<String>,

    /// A file, which stays where it is
    #[arg(
        long, value_name = "FILE", value_parser = file_name,
        conflicts_with_all = ["app-token-file", "app-token-stdin"]
    )]
    pub(super) token_path: Option<String>,
}

/// Where the admin secret is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where to read the admin secret, to manage app tokens")]
pub(super) struct AdminSecretPlaceOptions {
    /// A command that prints it
    #[arg(
        long, value_name = "COMMAND", value_parser = command_line,
        conflicts_with_all =
            ["admin_secret_variable", "admin_secret_path", "admin-secret-file", "admin-secret-stdin"]
    )]
    pub(super) admin_secret_command: Option<String>,

    /// An environment variable
    #[arg(
        long, value_name = "NAME", value_parser = variable_name,
        conflicts_with_all = ["admin_secret_path", "admin-secret-file", "admin-secret-stdin"]
    )]
    pub(super) admin_secret_variable: Option<String>,

    /// A file, which stays where it is
    #[arg(
        long, value_name = "FILE", value_parser = file_name,
        conflicts_with_all = ["admin-secret-file", "admin-secret-stdin"]
    )]
    pub(super) admin_secret_path: Option<String>,
}

/// Secrets that are given now, to be kept.
#[derive(Debug, Args)]
pub(super) struct KeptSecretOptions {
    #[command(flatten)]
    pub(super) token: AppTokenValueOptions,

    #[command(flatten)]
    pub(super) admin_secret: AdminSecretOptions,

    /// Where to store the secret [default: the system keyring, or a file where there is none]
    #[arg(long, value_name = "STORE", help_heading = "Secrets")]
    pub(super) store: Option<SecretStore>,
}

/// Takes what can be read, and leaves it as it was written.
fn as_written<T, E: fmt::Display>(
    parse: impl Fn(&str) -> Result<T, E> + Clone,
) -> impl Fn(&str) -> Result<String, String> + Clone {
    move |text| parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// What has not the form of an id may be the token's value, which must not get into the file.
pub(super) fn token_id(text: &str) -> Result<String, &'static str> {
    let is_id = AppTokenId::new(text).is_well_formed();
    is_id.then(|| text.to_owned()).ok_or("an app token id looks like 0_7jh3eu10")
}

/// Others can read arguments, and the profile is shown.
fn without_password(text: &str) -> Result<String, &'static str> {
    if has_password(text) {
        return Err("a URL with a password belongs into a file: --session-store-file");
    }
    if text.is_empty() { Err("it is empty") } else { Ok(text.to_owned()) }
}

/// An entry without which a profile is still one.
fn dispensable(text: &str) -> Result<&'static Setting, String> {
    const NEEDED: [&str; 3] =
        [Setting::PARTNER_ID.entry, Setting::APP_TOKEN_ID.entry, Setting::HASH_TYPE.entry];
    let all = || Setting::ALL.into_iter().filter(|setting| !NEEDED.contains(&setting.entry));
    all().find(|setting| setting.entry == text).ok_or_else(|| {
        let names: Vec<&str> = all().map(|setting| setting.entry).collect();
        format!("these can be removed: {}", names.join(", "))
    })
}

fn command_line(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("it is empty");
    }
    // A longer number in hex digits is the name of something, such as of an image.
    let is_end = |c: char| c.is_whitespace() || "'\"`=;|&()<>".contains(c);
    if holds_a_ks(text) || text.split(is_end).any(is_formed_like_a_secret) {
        return Err(
            "this command contains what looks like a secret, and would be stored in clear text: put the secret into \
             a file, or the command into a script",
        );
    }
    Ok(text.to_owned())
}

/// A secret in the place of the name would get into the file.
fn variable_name(text: &str) -> Result<String, &'static str> {
    if looks_like_a_secret(text) {
        return Err("this looks like a secret, not like the name of a variable");
    }
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name =
        text.chars().all(is_letter) && !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit());
    is_name.then(|| text.to_owned()).ok_or("use letters, digits and _, such as MY_TOKEN")
}

/// The place of a file from the root: the profile is used in any folder.
fn file_name(text: &str) -> Result<String, String> {
    let path = Path::new(text);
    let last = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    if (holds_a_ks(text) || is_formed_like_a_secret(last)) && !path.exists() {
        return Err(
            "this looks like a secret, and there is no file of this name: put the secret into a file, and pass its \
             name"
                .to_owned(),
        );
    }
    let path = std::path::absolute(text).map_err(|error| error.to_string())?;
    path.into_os_string().into_string().map_err(|_| "the name of its directory is not UTF-8".to_owned())
}

/// The URL as it is used. A wrong one is not quoted: there may be a password in it.
pub(super) fn service_url(text: &str) -> Result<String, Failure> {
    text.parse().map(|url: ServiceUrl| url.to_string()).map_err(|error| {
        let failure = Failure::usage(format!("--service-url is invalid: {error}"));
        match error {
            InvalidServiceUrl::PlainHttp => failure.with_hint(
                "A profile cannot store this URL: pass --service-url and --allow-plain-http with each command.",
            ),
            _ => failure,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_names_something_in_hex_is_no_secret() {
        const VALUE: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";
        const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8";
        for command in [
            format!("docker run --rm repo/x@sha256:{VALUE}{VALUE} show"),
            format!("cat /run/{VALUE}/token"),
            format!("git show {VALUE}c0ffee00:token"),
        ] {
            assert_eq!(command_line(&command).as_deref(), Ok(&*command));
        }
        for secret in [VALUE, KS] {
            for command in [secret, &format!("echo '{secret}'"), &format!("show --token={secret}")] {
                assert!(command_line(command).unwrap_err().contains("into a script"), "{command}");
            }
            for path in [secret, &format!("folder/{secret}")] {
                assert!(file_name(path).unwrap_err().contains("put the secret into a file"), "{path}");
            }
        }
        for path in [format!("/volumes/{VALUE}{VALUE}/_data/token"), format!("/volumes/{VALUE}/token")] {
            assert!(file_name(&path).is_ok(), "{path}");
        }
    }
}
