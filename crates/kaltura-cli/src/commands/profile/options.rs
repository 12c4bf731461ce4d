//! The options of `kaltura profile add`. Environment variables stand behind none of them: what is kept is what was
//! said.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kaltura_auth::{InvalidServiceUrl, Region, ServiceUrl};
use kaltura_types::{AppTokenId, HashType, Lifetime, PartnerId};

use crate::args::{AdminSecretOptions, AppTokenValueOptions, TypeWish, parse_privileges};
use crate::completion::values;
use crate::config::Setting;
use crate::error::Failure;
use crate::profile::SecretStore;
use crate::redaction::{holds_a_ks, is_formed_like_a_secret, looks_like_a_secret};

/// What a login needs, except for secrets.
#[derive(Debug, Args)]
#[command(next_help_heading = "What a login needs")]
pub(super) struct EntryOptions {
    /// Where the API is, if not in one of Kaltura's own regions
    #[arg(long, value_name = "https://HOST", conflicts_with = "region")]
    pub(super) service_url: Option<String>,

    /// One of Kaltura's own regions: us, de, eu, sg, ca or ap
    #[arg(long, value_name = "REGION", add = values::regions())]
    pub(super) region: Option<Region>,

    /// The account's number, such as 1234567
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(super) partner_id: Option<PartnerId>,

    /// The token's id, such as 0_7jh3eu10
    #[arg(long, value_name = "ID", value_parser = token_id)]
    pub(super) app_token_id: Option<String>,

    /// MD5, SHA1, SHA256 or SHA512, as the token was made
    #[arg(long, value_name = "TYPE", add = values::hash_types())]
    pub(super) hash_type: Option<HashType>,

    /// Whose session it is
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(super) user: Option<String>,

    /// What kind of session it is
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    pub(super) session_type: Option<TypeWish>,

    /// How long a session may live, such as 90s, 15m, 1h or 90d
    #[arg(long, value_name = "DURATION", value_parser = as_written(str::parse::<Lifetime>))]
    pub(super) lifetime: Option<String>,

    /// What a session may do besides what the token allows
    #[arg(long, value_name = "PRIVILEGES", value_parser = as_written(parse_privileges))]
    pub(super) privileges: Option<String>,

    /// The widget that the login goes through, if not the account's own
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(super) widget_id: Option<String>,

    /// Take an entry out again, such as user or lifetime; may be given several times
    #[arg(long, value_name = "ENTRY", value_parser = dispensable)]
    pub(super) unset: Vec<&'static Setting>,
}

/// Where the value of the app token is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where the value of the app token is")]
pub(super) struct TokenPlaceOptions {
    /// A command prints it, such as 'pass show kaltura'; it runs when a login needs it
    #[arg(
        long, value_name = "COMMAND", value_parser = command_line,
        conflicts_with_all = ["token_variable", "token_path", "app_token_file", "app_token_stdin"]
    )]
    pub(super) token_command: Option<String>,

    /// It will be in this environment variable
    #[arg(
        long, value_name = "NAME", value_parser = variable_name,
        conflicts_with_all = ["token_path", "app_token_file", "app_token_stdin"]
    )]
    pub(super) token_variable: Option<String>,

    /// It will be in this file, which stays where it is
    #[arg(
        long, value_name = "FILE", value_parser = file_name,
        conflicts_with_all = ["app_token_file", "app_token_stdin"]
    )]
    pub(super) token_path: Option<String>,
}

/// Where the admin secret is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where the admin secret is, if the profile is to manage app tokens")]
pub(super) struct AdminSecretPlaceOptions {
    /// A command prints it
    #[arg(
        long, value_name = "COMMAND", value_parser = command_line,
        conflicts_with_all =
            ["admin_secret_variable", "admin_secret_path", "admin_secret_file", "admin_secret_stdin"]
    )]
    pub(super) admin_secret_command: Option<String>,

    /// It will be in this environment variable
    #[arg(
        long, value_name = "NAME", value_parser = variable_name,
        conflicts_with_all = ["admin_secret_path", "admin_secret_file", "admin_secret_stdin"]
    )]
    pub(super) admin_secret_variable: Option<String>,

    /// It will be in this file, which stays where it is
    #[arg(
        long, value_name = "FILE", value_parser = file_name,
        conflicts_with_all = ["admin_secret_file", "admin_secret_stdin"]
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

    /// Where to keep what is given now; else the keyring, and where there is none, a file
    #[arg(long, value_name = "STORE", help_heading = "Keeping")]
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
    is_id.then(|| text.to_owned()).ok_or("the id of an app token looks like 0_7jh3eu10")
}

/// An entry without which a profile is still one.
fn dispensable(text: &str) -> Result<&'static Setting, String> {
    const NEEDED: [&str; 3] =
        [Setting::PARTNER_ID.entry, Setting::APP_TOKEN_ID.entry, Setting::HASH_TYPE.entry];
    let all = || Setting::ALL.into_iter().filter(|setting| !NEEDED.contains(&setting.entry));
    all().find(|setting| setting.entry == text).ok_or_else(|| {
        let names: Vec<&str> = all().map(|setting| setting.entry).collect();
        format!("what can be taken out is {}", names.join(", "))
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
            "a command is kept in clear text, and in this one stands what looks like a secret: put that into a \
             file, or the command into a script, and name it",
        );
    }
    Ok(text.to_owned())
}

/// A secret in the place of the name would get into the file.
fn variable_name(text: &str) -> Result<String, &'static str> {
    if looks_like_a_secret(text) {
        return Err("this looks like a secret, and not like the name of a variable that will hold it");
    }
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_name =
        text.chars().all(is_letter) && !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit());
    is_name.then(|| text.to_owned()).ok_or("a variable is named by letters, digits and _, such as MY_TOKEN")
}

/// The place of a file from the root: the profile is used in any folder.
fn file_name(text: &str) -> Result<String, String> {
    let path = Path::new(text);
    let last = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    if (holds_a_ks(text) || is_formed_like_a_secret(last)) && !path.exists() {
        return Err(
            "this looks like a secret, and there is no file of this name: put the secret into a file, and \
                    name that"
                .to_owned(),
        );
    }
    let path = std::path::absolute(text).map_err(|error| error.to_string())?;
    path.into_os_string().into_string().map_err(|_| "its folder has a name that is not UTF-8".to_owned())
}

/// The URL as it is used. A wrong one is not quoted: there may be a password in it.
pub(super) fn service_url(text: &str) -> Result<String, Failure> {
    text.parse().map(|url: ServiceUrl| url.to_string()).map_err(|error| {
        let failure = Failure::usage(format!("--service-url can not be used: {error}"));
        match error {
            InvalidServiceUrl::PlainHttp => failure.with_hint(
                "A profile keeps no such URL: give it with each command, by --service-url and \
                 --allow-plain-http.",
            ),
            _ => failure,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_is_taken_as_it_was_written() {
        assert_eq!(as_written(str::parse::<Lifetime>)("1h30m").as_deref(), Ok("1h30m"));
        assert!(as_written(str::parse::<Lifetime>)("soon").is_err());
        assert_eq!(as_written(parse_privileges)("sview:*").as_deref(), Ok("sview:*"));
        assert!(as_written(parse_privileges)("a.b").is_err());
    }

    #[test]
    fn a_value_is_no_id() {
        assert!(token_id("0_7jh3eu10").is_ok());
        assert!(token_id("0123456789abcdef0123456789abcdef").is_err());
    }

    #[test]
    fn names_and_commands_are_looked_at() {
        assert!(variable_name("MY_TOKEN_2").is_ok());
        for text in ["", "2X", "A B", "$X", "A=b"] {
            assert!(variable_name(text).is_err(), "{text}");
        }
        assert!(command_line(" \n").is_err());
        assert!(Path::new(&file_name("token").unwrap()).is_absolute());
        assert!(file_name("").is_err());
    }

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
