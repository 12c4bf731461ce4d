//! A login from environment variables: the names are those of the command `kaltura`.

use std::ffi::OsString;
use std::fmt;

use kaltura_types::{
    AppTokenId, AppTokenValue, HashType, InvalidPrivilege, Lifetime, PartnerId, Privileges, SessionRequest,
    SessionType,
};

use super::AppTokenLogin;
use crate::credentials::AppTokenCredentials;
use crate::service_url::{Region, ServiceUrl};

const SERVICE_URL: &str = "KALTURA_SERVICE_URL";
const REGION: &str = "KALTURA_REGION";
const PARTNER_ID: &str = "KALTURA_PARTNER_ID";
const APP_TOKEN_ID: &str = "KALTURA_APP_TOKEN_ID";
const APP_TOKEN: &str = "KALTURA_APP_TOKEN";
const HASH_TYPE: &str = "KALTURA_APP_TOKEN_HASH_TYPE";
const USER: &str = "KALTURA_USER";
const SESSION_TYPE: &str = "KALTURA_SESSION_TYPE";
const LIFETIME: &str = "KALTURA_LIFETIME";
const PRIVILEGES: &str = "KALTURA_PRIVILEGES";
const WIDGET_ID: &str = "KALTURA_WIDGET_ID";

impl AppTokenLogin {
    /// A login from variables, such as those of the environment; `get` returns the value of a variable.
    ///
    /// | variable | value |
    /// |---|---|
    /// | `KALTURA_PARTNER_ID` | required: the partner, such as `1234567` |
    /// | `KALTURA_APP_TOKEN_ID` | required: the id of the app token |
    /// | `KALTURA_APP_TOKEN` | required: its secret value, which is used byte for byte |
    /// | `KALTURA_APP_TOKEN_HASH_TYPE` | required: `SHA256`, `SHA1`, `SHA512` or `MD5` |
    /// | `KALTURA_SERVICE_URL` | the server |
    /// | `KALTURA_REGION` | the region, if there is no service URL; the default is `us` |
    /// | `KALTURA_USER` | the user of the session |
    /// | `KALTURA_SESSION_TYPE` | `user` or `admin` |
    /// | `KALTURA_LIFETIME` | such as `3600`, `90m`, `1h30m` or `7d` |
    /// | `KALTURA_PRIVILEGES` | such as `sview:0_a/0_b,appid:importer` |
    /// | `KALTURA_WIDGET_ID` | the widget of the widget session |
    ///
    /// An empty variable counts as not set: CI systems set one for each secret that they do not have.
    ///
    /// ```
    /// # use kaltura_auth::AppTokenLogin;
    /// let login = AppTokenLogin::from_vars(|name| match name {
    ///     "KALTURA_PARTNER_ID" => Some("1234567".to_owned()),
    ///     "KALTURA_APP_TOKEN_ID" => Some("0_7jh3eu10".to_owned()),
    ///     "KALTURA_APP_TOKEN" => Some("3f786850e387550fdab836ed7e6dc881".to_owned()),
    ///     "KALTURA_APP_TOKEN_HASH_TYPE" => Some("SHA256".to_owned()),
    ///     _ => None,
    /// })?;
    ///
    /// let error = AppTokenLogin::from_vars(|_| None).unwrap_err();
    /// assert_eq!(error.missing().len(), 4);
    /// # Ok::<(), kaltura_auth::InvalidVariables>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidVariables`] with all variables that are missing or not valid.
    pub fn from_vars(mut get: impl FnMut(&str) -> Option<String>) -> Result<Self, InvalidVariables> {
        Self::from_os_vars(|name| get(name).map(OsString::from))
    }

    /// Like [`from_vars`](Self::from_vars), for values that may not be Unicode, which is an error:
    /// `AppTokenLogin::from_os_vars(|name| std::env::var_os(name))`.
    ///
    /// # Errors
    ///
    /// As [`from_vars`](Self::from_vars).
    pub fn from_os_vars(get: impl FnMut(&str) -> Option<OsString>) -> Result<Self, InvalidVariables> {
        let mut variables = Variables { get, errors: InvalidVariables::default() };
        let partner = variables.required(PARTNER_ID, str::parse::<PartnerId>);
        let id = variables.required(APP_TOKEN_ID, |text| Ok::<_, &str>(AppTokenId::new(text)));
        let value = variables.required(APP_TOKEN, |text| Ok::<_, &str>(AppTokenValue::new(text)));
        let hash_type = variables.required(HASH_TYPE, str::parse::<HashType>);

        let service_url = variables.optional(SERVICE_URL, str::parse::<ServiceUrl>);
        let region = variables.optional(REGION, str::parse::<Region>);
        let mut request = SessionRequest::new();
        if let Some(user) = variables.optional(USER, |text| Ok::<_, &str>(text.to_owned())) {
            request = request.user_id(user);
        }
        if let Some(session_type) = variables.optional(SESSION_TYPE, str::parse::<SessionType>) {
            request = request.session_type(session_type);
        }
        if let Some(lifetime) = variables.optional(LIFETIME, str::parse::<Lifetime>) {
            request = request.lifetime(lifetime);
        }
        let privileges =
            |text: &str| text.parse::<Privileges>().map_err(|error: InvalidPrivilege| error.reason());
        if let Some(privileges) = variables.optional(PRIVILEGES, privileges) {
            request = request.privileges(privileges);
        }
        if let Some(widget) = variables.optional(WIDGET_ID, |text| Ok::<_, &str>(text.to_owned())) {
            request = request.widget_id(widget);
        }
        match (partner, id, value, hash_type) {
            (Some(partner), Some(id), Some(value), Some(hash_type)) if variables.errors.is_empty() => {
                let credentials = AppTokenCredentials::new(partner, id, value, hash_type);
                let service_url =
                    service_url.unwrap_or_else(|| region.map_or(ServiceUrl::US, ServiceUrl::from));
                Ok(Self::new(service_url, credentials).request(request))
            }
            _ => Err(variables.errors),
        }
    }
}

/// Reads variables and collects what is wrong with them.
struct Variables<F> {
    get: F,
    errors: InvalidVariables,
}

impl<F: FnMut(&str) -> Option<OsString>> Variables<F> {
    /// `None` if the variable is not set or empty, or if it is not valid, which is recorded.
    fn optional<T, E: fmt::Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = (self.get)(name).filter(|value| !value.is_empty())?;
        let parsed = match value.to_str() {
            Some(text) => parse(text).map_err(|error| error.to_string()),
            None => Err("not Unicode".to_owned()),
        };
        parsed.map_err(|reason| self.errors.invalid.push((name, reason))).ok()
    }

    /// Like `optional`, and records a variable that is not set or empty.
    fn required<T, E: fmt::Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let invalid = self.errors.invalid.len();
        let value = self.optional(name, parse);
        if value.is_none() && self.errors.invalid.len() == invalid {
            self.errors.missing.push(name);
        }
        value
    }
}

/// The variables of a login that are missing or not valid, all of them. It does not contain their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvalidVariables {
    missing: Vec<&'static str>,
    invalid: Vec<(&'static str, String)>,
}

impl InvalidVariables {
    /// The names of the required variables that are not set, or empty.
    #[must_use]
    pub fn missing(&self) -> &[&'static str] {
        &self.missing
    }

    /// The names of the variables that are not valid, each with the reason.
    pub fn invalid(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.invalid.iter().map(|(name, reason)| (*name, reason.as_str()))
    }

    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.invalid.is_empty()
    }
}

impl fmt::Display for InvalidVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if !self.missing.is_empty() {
            write!(f, "these variables are not set: {}", self.missing.join(", "))?;
            separator = "; ";
        }
        for (name, reason) in &self.invalid {
            write!(f, "{separator}{name} is not valid: {reason}")?;
            separator = "; ";
        }
        Ok(())
    }
}

impl std::error::Error for InvalidVariables {}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: [(&str, &str); 4] =
        [(PARTNER_ID, "7"), (APP_TOKEN_ID, "0_a"), (APP_TOKEN, " hush\n"), (HASH_TYPE, "sha-256")];

    fn from(variables: &[(&str, &str)]) -> Result<AppTokenLogin, InvalidVariables> {
        AppTokenLogin::from_vars(|name| {
            let found = variables.iter().rev().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn with(more: &[(&str, &str)]) -> Result<AppTokenLogin, InvalidVariables> {
        from(&[&REQUIRED, more].concat())
    }

    #[test]
    fn every_variable_is_used() {
        let login = with(&[
            (SERVICE_URL, "https://video.example.com"),
            (REGION, "eu"),
            (USER, "me"),
            (SESSION_TYPE, "Admin"),
            (LIFETIME, "1h30m"),
            (PRIVILEGES, "sview:0_a/0_b"),
            (WIDGET_ID, "_8"),
        ])
        .unwrap();
        let token = AppTokenCredentials::new(PartnerId::new(7), "0_a", " hush\n", HashType::Sha256);
        let request = SessionRequest::new()
            .user_id("me")
            .session_type(SessionType::Admin)
            .lifetime(Lifetime::minutes(90))
            .privileges(Privileges::parse("sview:0_a/0_b"))
            .widget_id("_8");
        let expected = AppTokenLogin::new("https://video.example.com".parse().unwrap(), token);
        assert_eq!(login, expected.request(request));
    }

    #[test]
    fn the_server_is_the_url_or_the_region_or_the_default() {
        let server = |more: &[(&str, &str)]| with(more).unwrap().service_url().clone();
        assert_eq!(server(&[]), ServiceUrl::US);
        assert_eq!(server(&[(REGION, "EU"), (SERVICE_URL, ""), (USER, "")]), ServiceUrl::EU);
    }

    #[test]
    fn all_that_is_missing_or_invalid_is_named_and_no_value_is_shown() {
        assert_eq!(from(&[]).unwrap_err().missing(), [PARTNER_ID, APP_TOKEN_ID, APP_TOKEN, HASH_TYPE]);
        let wrong = with(&[
            (PARTNER_ID, "hush"),
            (APP_TOKEN, ""),
            (HASH_TYPE, "hush"),
            (SERVICE_URL, "http://hush.example.com"),
            (REGION, "hush"),
            (SESSION_TYPE, "hush"),
            (LIFETIME, "hush"),
            (PRIVILEGES, "hush hush"),
        ]);
        let error = wrong.unwrap_err();
        assert_eq!(error.missing(), [APP_TOKEN]);
        let names: Vec<&str> = error.invalid().map(|(name, _)| name).collect();
        assert_eq!(names, [PARTNER_ID, HASH_TYPE, SERVICE_URL, REGION, SESSION_TYPE, LIFETIME, PRIVILEGES]);
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains("not set: KALTURA_APP_TOKEN; KALTURA_PARTNER_ID is not valid: a partner id is")
        );
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_invalid() {
        use std::os::unix::ffi::OsStringExt as _;

        let error =
            AppTokenLogin::from_os_vars(|name| (name == APP_TOKEN).then(|| OsString::from_vec(vec![255])));
        let error = error.unwrap_err();
        assert_eq!(error.invalid().collect::<Vec<_>>(), [(APP_TOKEN, "not Unicode")]);
        assert_eq!(error.missing(), [PARTNER_ID, APP_TOKEN_ID, HASH_TYPE]);
    }
}
