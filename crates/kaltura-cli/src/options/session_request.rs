//! What is wished of the session.

use clap::{Args, ValueEnum};
use kaltura_auth::SessionRequest;
use kaltura_types::{InvalidPrivilege, Lifetime, Privileges, SessionType};

use serde::Serialize;

use crate::duration::parse_lifetime;

/// What is wished of the session.
#[derive(Debug, Args)]
#[command(next_help_heading = "Session, as far as the token lets you choose")]
pub(crate) struct SessionRequestOptions {
    /// Whose session it is
    #[arg(long, value_name = "ID")]
    user: Option<String>,

    /// What kind of session it is
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    session_type: Option<TypeWish>,

    /// How long it may live, such as 90s, 15m, 1h or 90d
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    lifetime: Option<Lifetime>,

    /// What it may do besides what the token allows, such as sview:0_a/0_b,appid:importer
    #[arg(long, value_name = "PRIVILEGES", value_parser = parse_privileges)]
    privileges: Option<Privileges>,

    /// The widget that the login goes through, if not the account's own
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
    /// The wishes as values by which two requests can be told apart.
    pub(crate) fn as_key(&self) -> impl Serialize + use<> {
        (
            self.user.clone(),
            self.session_type.map(|wish| SessionType::from(wish).to_string()),
            self.lifetime,
            self.privileges.as_ref().map(ToString::to_string),
            self.widget_id.clone(),
        )
    }

    /// The request of the login.
    pub(crate) fn request(&self) -> SessionRequest {
        let mut request = SessionRequest::new();
        if let Some(user) = &self.user {
            request = request.user_id(user.as_str());
        }
        if let Some(wish) = self.session_type {
            request = request.session_type(wish.into());
        }
        if let Some(lifetime) = self.lifetime {
            request = request.lifetime(lifetime);
        }
        if let Some(privileges) = &self.privileges {
            request = request.privileges(privileges.clone());
        }
        if let Some(widget) = &self.widget_id {
            request = request.widget_id(widget.as_str());
        }
        request
    }
}

/// Reads privileges as the API writes them, and refuses what the server would read differently (wire
/// contract, section 5.1).
pub(crate) fn parse_privileges(text: &str) -> Result<Privileges, InvalidPrivilege> {
    let mut builder = Privileges::builder();
    for item in text.split(',') {
        builder = match item.split_once(':') {
            None => builder.flag(item),
            Some(("urirestrict", paths)) => builder.uri_restrict([paths]),
            Some((name, values)) => builder.add_all(name, values.split('/')),
        };
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        session: SessionRequestOptions,
    }

    fn request(arguments: &[&str]) -> SessionRequest {
        Line::try_parse_from([&["x"], arguments].concat()).unwrap().session.request()
    }

    #[test]
    fn what_is_not_given_is_not_asked() {
        assert_eq!(request(&[]), SessionRequest::new());
    }

    #[test]
    fn all_that_is_given_is_asked() {
        let asked = request(&[
            "--user=me",
            "--type=Admin",
            "--lifetime=1h",
            "--privileges=appid:x,sview:0_a/0_b",
            "--widget-id=_2",
        ]);
        let expected = SessionRequest::new()
            .user_id("me")
            .session_type(SessionType::Admin)
            .lifetime(Lifetime::hours(1))
            .privileges(Privileges::parse("appid:x,sview:0_a/0_b"))
            .widget_id("_2");
        assert_eq!(asked, expected);
    }

    #[test]
    fn privileges_mean_what_they_say() {
        let restricted = "disableentitlement,urirestrict:/api_v3/service/media/*,sview:0_a";
        assert_eq!(parse_privileges(restricted).unwrap(), Privileges::parse(restricted));
        for text in ["", "sview:0_a,,list:*", "my.name:1", "sview:", "_u:me", "a b", "actionslimit:0"] {
            assert!(parse_privileges(text).is_err(), "{text}");
        }
    }
}
