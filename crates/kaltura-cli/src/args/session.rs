//! Options for the requested session.

use clap::{Args, ValueEnum};
use kaltura_auth::SessionRequest;
use kaltura_types::{InvalidPrivilege, Lifetime, Privileges, SessionType};

use crate::config::{Found, Setting, Settings};
use crate::error::Failure;
use crate::redaction::not_a_secret;

/// The session that is requested.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Session settings, as far as the app token allows")]
pub(crate) struct SessionRequestOptions {
    /// The user of the session [env: KALTURA_USER]
    #[arg(long, value_name = "ID", value_parser = not_a_secret)]
    user: Option<String>,

    /// The session type [env: KALTURA_SESSION_TYPE]
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    session_type: Option<TypeWish>,

    /// Maximum session lifetime, such as 90s, 15m, 1h or 90d [env: KALTURA_LIFETIME]
    #[arg(long, value_name = "DURATION")]
    lifetime: Option<Lifetime>,

    /// Privileges to request in addition to the token's, such as sview:0_a/0_b,appid:importer
    /// [env: KALTURA_PRIVILEGES]
    #[arg(long, value_name = "PRIVILEGES", value_parser = parse_privileges)]
    privileges: Option<Privileges>,

    /// The widget that the login begins with, if not the account's default [env: KALTURA_WIDGET_ID]
    #[arg(long, value_name = "ID")]
    widget_id: Option<String>,
}

/// A type of session, as it is written on a command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TypeWish {
    User,
    Admin,
}

impl From<TypeWish> for SessionType {
    fn from(wish: TypeWish) -> Self {
        match wish {
            TypeWish::User => Self::User,
            TypeWish::Admin => Self::Admin,
        }
    }
}

impl SessionRequestOptions {
    pub(crate) const fn is_given(&self) -> bool {
        self.user.is_some()
            || self.session_type.is_some()
            || self.lifetime.is_some()
            || self.privileges.is_some()
            || self.widget_id.is_some()
    }

    /// The request of a login. What is not set is not requested.
    pub(crate) fn request(&self, settings: &Settings) -> Result<SessionRequest, Failure> {
        let mut request = SessionRequest::new();
        if let Some(user) = settings.value_by(&Setting::USER, self.user.clone(), not_a_secret)? {
            request = request.user_id(user);
        }
        if let Some(session_type) =
            settings.value_by(&Setting::SESSION_TYPE, self.session_type, unquoted_session_type)?
        {
            request = request.session_type(session_type.into());
        }
        if let Some(lifetime) = settings.value(&Setting::LIFETIME, self.lifetime)? {
            request = request.lifetime(lifetime);
        }
        let privileges = self.privileges.clone();
        if let Some(privileges) = settings.value_by(&Setting::PRIVILEGES, privileges, unquoted_privileges)? {
            request = request.privileges(privileges);
        }
        if let Some(widget) = settings.value(&Setting::WIDGET_ID, self.widget_id.clone())? {
            request = request.widget_id(widget);
        }
        Ok(request)
    }

    /// User, type, lifetime, privileges and widget, each with who has set it.
    pub(crate) fn found(&self, settings: &Settings) -> [Found; 5] {
        let text = |setting, given: &Option<String>| {
            settings.found(setting, given.clone(), not_a_secret, String::clone)
        };
        let show_type = |wish: &TypeWish| SessionType::from(*wish).to_string();
        let privileges = self.privileges.clone();
        [
            text(&Setting::USER, &self.user),
            settings.found(&Setting::SESSION_TYPE, self.session_type, unquoted_session_type, show_type),
            settings.found(&Setting::LIFETIME, self.lifetime, str::parse, Lifetime::to_string),
            settings.found(&Setting::PRIVILEGES, privileges, unquoted_privileges, Privileges::to_string),
            text(&Setting::WIDGET_ID, &self.widget_id),
        ]
    }
}

/// Reads privileges as the API writes them, and refuses what the server would read differently (wire
/// contract, section 5.1), and an empty text, which is an option or entry without a value.
pub(crate) fn parse_privileges(text: &str) -> Result<Privileges, String> {
    not_a_secret(text)?;
    read_privileges(text).map_err(|error| error.to_string())
}

fn read_privileges(text: &str) -> Result<Privileges, InvalidPrivilege> {
    if text.is_empty() { Err(InvalidPrivilege::EmptyName) } else { text.parse() }
}

fn unquoted_session_type(text: &str) -> Result<TypeWish, &'static str> {
    TypeWish::from_str(text, true).map_err(|_| "write user or admin")
}

fn unquoted_privileges(text: &str) -> Result<Privileges, &'static str> {
    not_a_secret(text)?;
    read_privileges(text).map_err(|error| error.reason())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    use crate::config::Environment;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        session: SessionRequestOptions,
    }

    const ENVIRONMENT: Environment = Environment::of_test(|name| match name {
        "KALTURA_USER" => Some("environment".into()),
        "KALTURA_SESSION_TYPE" => Some("ADMIN".into()),
        _ => None,
    });

    fn of(arguments: &[&str], settings: &Settings) -> SessionRequest {
        Line::try_parse_from([&["x"], arguments].concat()).unwrap().session.request(settings).unwrap()
    }

    #[test]
    fn each_wish_may_come_from_elsewhere() {
        let profile =
            "user = 'profile'\ntype = 'user'\nlifetime = '1h'\nprivileges = 'sview:*'\nwidget_id = '_2'";
        let asked = of(&["--lifetime=2h"], &Settings::of_test(&ENVIRONMENT, profile));
        let expected = SessionRequest::new()
            .user_id("environment")
            .session_type(SessionType::Admin)
            .lifetime(Lifetime::hours(2))
            .privileges(Privileges::parse("sview:*"))
            .widget_id("_2");
        assert_eq!(asked, expected);
    }

    #[test]
    fn what_is_wrong_in_a_profile_or_variable_is_not_quoted() {
        const WRONG: Environment =
            Environment::of_test(|name| (name == "KALTURA_SESSION_TYPE").then(|| "hush".into()));
        let none = Environment::of_test(|_| None);
        for (settings, place) in [
            (Settings::of_environment(&WRONG), "KALTURA_SESSION_TYPE"),
            (Settings::of_test(&none, "type = 'hush'"), "type of profile 'test'"),
            (Settings::of_test(&none, "privileges = 'hush hush'"), "privileges of profile 'test'"),
        ] {
            let options = Line::try_parse_from(["x"]).unwrap().session;
            let told = format!("{:?}", options.request(&settings).unwrap_err());
            assert!(told.contains(place) && !told.contains("hush"), "{told}");
            let told = format!("{:?}", options.found(&settings));
            assert!(told.contains(place) && !told.contains("hush"), "{told}");
        }
    }

    #[test]
    fn privileges_mean_what_they_say_and_wrong_ones_are_not_quoted() {
        let restricted = "disableentitlement,urirestrict:/api_v3/service/media/*,sview:0_a";
        assert_eq!(parse_privileges(restricted).unwrap(), Privileges::parse(restricted));
        for (text, why) in [
            ("", ""),
            ("sview:0_a,,list:*", ""),
            ("my.name:1", ""),
            (",", "needs a name"),
            ("hush hush", "control character"),
            ("_u:hush", "a field of the KS"),
            ("0", "named 0"),
            ("actionslimit:0", "0 actions"),
            ("hush:", "an empty value"),
            ("hush:a\u{1}b", "control character"),
            ("hush:a ", "ends with white space"),
            ("list:*,c0ffee00c0ffee00c0ffee00c0ffee00", "looks like a secret"),
        ] {
            let error = unquoted_privileges(text).unwrap_err();
            assert!(error.contains(why) && !error.contains("hush"), "{text}: {error}");
        }
        assert_eq!(unquoted_session_type("hush").unwrap_err(), "write user or admin");
    }
}
