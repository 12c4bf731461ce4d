//! Privileges: what a session may do, as comma-separated text (wire contract, section 5).

mod builder;
mod by_name;
mod warnings;

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::builder::{InvalidPrivilege, PrivilegesBuilder};
pub use self::warnings::PrivilegeWarning;

use self::by_name::{ByName, join};
use crate::AppTokenId;

/// A privilege: a name, and the parts of its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Privilege {
    name: String,
    values: Vec<String>,
}

impl Privilege {
    /// A privilege as a KS may contain it, without checks. [`Privileges::builder`] checks.
    #[must_use]
    pub fn new(name: impl Into<String>, values: Vec<String>) -> Self {
        Self { name: name.into(), values }
    }

    /// The name, which is case-sensitive.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parts of the value, which are separated by `/` on the wire; empty if there is no value.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether `*` is one of the parts. On an app token, a login may then narrow this privilege (wire contract,
    /// section 5.3).
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.values.iter().any(|value| value == "*")
    }

    /// Reads `name[:part/part…]`. The first colon separates, and nothing is trimmed.
    fn parse(item: &str) -> Self {
        let (name, value) = item.split_once(':').unwrap_or((item, ""));
        let values =
            if value.is_empty() { Vec::new() } else { value.split('/').map(str::to_owned).collect() };
        Self { name: name.to_owned(), values }
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (index, value) in self.values.iter().enumerate() {
            f.write_str(if index == 0 { ":" } else { "/" })?;
            f.write_str(value)?;
        }
        Ok(())
    }
}

/// An ordered list of privileges with distinct names (wire contract, section 5.1).
///
/// [`Privileges::parse`] never fails: what the server sends is kept, known or not. For new privileges use
/// [`Privileges::builder`], or `parse::<Privileges>()` for a text of a configuration; both refuse what the server would
/// misread. So does `Deserialize`. The objects of this crate read the privileges in a response as `Privileges::parse`
/// does, up to [`MAX_RESPONSE_BYTES`](Self::MAX_RESPONSE_BYTES).
///
/// Parsing, merging and comparing take time in proportion to the size of the text.
///
/// ```
/// # use kaltura_types::Privileges;
/// let granted = Privileges::parse("sview:0_a,sview:0_b,disableentitlement");
/// assert_eq!(granted.get("sview").unwrap().values(), ["0_a", "0_b"]);
/// assert_eq!(granted.to_string(), "sview:0_a/0_b,disableentitlement");
///
/// let requested = Privileges::builder().add("appid", "importer").add("edit", "*").build()?;
/// assert_eq!(requested.to_string(), "appid:importer,edit:*");
///
/// let configured: Privileges = "appid:importer,edit:*".parse()?;
/// assert_eq!(configured, requested);
/// assert!("a[b],,".parse::<Privileges>().is_err());
/// # Ok::<(), kaltura_types::InvalidPrivilege>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Privileges(Vec<Privilege>);

impl Privileges {
    /// The maximum size of the privileges of one session or app token in a response: 64 KiB of text. A response with
    /// more is an error, since privileges that are only partly known could be copied to another token.
    pub const MAX_RESPONSE_BYTES: usize = 64 * 1024;

    /// No privileges.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// A builder for a list that is checked.
    pub fn builder() -> PrivilegesBuilder {
        PrivilegesBuilder::default()
    }

    /// Reads a text as the server does: the parts of a repeated name are joined, and an empty item is a
    /// privilege with an empty name (wire contract, section 5.1).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.split(',').map(Privilege::parse).collect()
    }

    /// The privilege with exactly this name. Compares each name; to look up many names, iterate once.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Privilege> {
        self.0.iter().find(|privilege| privilege.name == name)
    }

    /// Those of these privileges that `granted` does not have, or has with other values.
    ///
    /// ```
    /// # use kaltura_types::Privileges;
    /// let requested = Privileges::parse("sview:0_a,edit:*,appid:x");
    /// let missing = requested.missing_from(&Privileges::parse("sview:0_b,appid:x"));
    /// assert_eq!(missing.iter().map(|privilege| privilege.name()).collect::<Vec<_>>(), ["sview", "edit"]);
    /// ```
    #[must_use]
    pub fn missing_from(&self, granted: &Self) -> Vec<&Privilege> {
        let by_name = ByName::new(granted.0.iter().map(Privilege::name));
        let is_granted = |privilege: &&Privilege| {
            by_name.get(&privilege.name).is_some_and(|place| granted.0[place] == **privilege)
        };
        self.0.iter().filter(|privilege| !is_granted(privilege)).collect()
    }

    /// All privileges in order, including one with an empty name if the text had an empty item.
    pub fn iter(&self) -> impl Iterator<Item = &Privilege> {
        self.0.iter()
    }

    /// Whether there is no privilege. One with an empty name does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|privilege| privilege.name.is_empty())
    }

    /// Adds the privileges of `other`; the parts of a name that is in both are joined.
    ///
    /// ```
    /// # use kaltura_types::Privileges;
    /// let mut privileges = Privileges::parse("sview:0_a,list:*");
    /// privileges.merge(&Privileges::parse("sview:0_b,edit:*"));
    /// assert_eq!(privileges.to_string(), "sview:0_a/0_b,list:*,edit:*");
    /// ```
    pub fn merge(&mut self, other: &Self) {
        let mut all = std::mem::take(&mut self.0);
        all.extend_from_slice(&other.0);
        self.0 = join(all);
    }

    /// The privileges of a session that `appToken.startSession` starts: the session group of the token, the
    /// privileges of the token, and those of the requested ones that the server accepts (wire contract, section
    /// 5.3).
    ///
    /// The server accepts a requested privilege if its name is neither a server privilege nor on the token, or if
    /// the token has it with `*`; then the requested value replaces the token's. It silently drops all others.
    ///
    /// ```
    /// # use kaltura_types::{AppTokenId, Privileges};
    /// let token = AppTokenId::new("0_abcdefgh");
    /// let granted = Privileges::for_app_token_session(
    ///     &token,
    ///     &Privileges::parse("sview:*"),
    ///     &Privileges::parse("sview:0_a,edit:*,appid:importer"),
    /// );
    /// assert_eq!(granted.to_string(), "sessionid:0_abcdefgh,apptoken:0_abcdefgh,sview:0_a,appid:importer");
    /// ```
    #[must_use]
    pub fn for_app_token_session(token: &AppTokenId, on_token: &Self, requested: &Self) -> Self {
        let id = token.as_str();
        let mut granted = Self::parse(&format!("sessionid:{id},apptoken:{id}"));
        granted.merge(on_token);
        if requested.0.is_empty() {
            return granted;
        }
        let fixed = granted.clone();
        let by_name = ByName::new(fixed.0.iter().map(Privilege::name));
        let by_trimmed_name = ByName::new(fixed.0.iter().map(|privilege| trim(&privilege.name)));
        for privilege in &requested.0 {
            let name = trim(&privilege.name);
            let on_token = by_name.get(&privilege.name);
            if let Some(place) = on_token.filter(|place| fixed.0[*place].is_wildcard()) {
                granted.0[place].values.clone_from(&privilege.values);
            } else if !is_server_privilege(name) && by_trimmed_name.get(name).is_none() {
                granted.0.push(privilege.clone());
            }
        }
        granted
    }
}

/// Removes what PHP's `trim` removes: fewer characters than Unicode white space.
fn trim(name: &str) -> &str {
    name.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0B'])
}

/// The text on the wire.
impl fmt::Display for Privileges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, privilege) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            privilege.fmt(f)?;
        }
        Ok(())
    }
}

impl FromIterator<Privilege> for Privileges {
    /// Joins the parts of repeated names.
    fn from_iter<I: IntoIterator<Item = Privilege>>(items: I) -> Self {
        Self(join(items.into_iter().collect()))
    }
}

impl Serialize for Privileges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Strict, as `parse::<Privileges>()`. The message does not contain the text.
impl<'de> Deserialize<'de> for Privileges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: InvalidPrivilege| D::Error::custom(error.reason()))
    }
}

/// Reads privileges in a response: whatever their form, up to the maximum size.
pub(crate) fn from_server<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Privileges>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    if text.len() > Privileges::MAX_RESPONSE_BYTES {
        return Err(D::Error::custom(format_args!(
            "privileges of {} bytes; at most {} are read",
            text.len(),
            Privileges::MAX_RESPONSE_BYTES
        )));
    }
    Ok(Some(if text.is_empty() { Privileges::none() } else { Privileges::parse(&text) }))
}

/// Whether the server itself interprets this privilege, so that a login with an app token cannot add it (wire
/// contract, section 5.3).
///
/// The name is case-sensitive: `Sview` is not a server privilege.
///
/// ```
/// # use kaltura_types::is_server_privilege;
/// assert!(is_server_privilege("disableentitlement"));
/// assert!(!is_server_privilege("appid"));
/// ```
#[must_use]
pub fn is_server_privilege(name: &str) -> bool {
    SERVER_PRIVILEGES.contains(&name)
}

const SERVER_PRIVILEGES: [&str; 33] = [
    "edit",
    "sview",
    "list",
    "download",
    "downloadasset",
    "editplaylist",
    "sviewplaylist",
    "actionslimit",
    "setrole",
    "restrictingrole",
    "limitentry",
    "iprestrict",
    "urirestrict",
    "enableentitlement",
    "disableentitlement",
    "disableentitlementforentry",
    "disableentitlementforplaylist",
    "privacycontext",
    "enablecategorymoderation",
    "reftime",
    "sessionkey",
    "preview",
    "sessionid",
    "jobtype",
    "apptoken",
    "enablechangeaccount",
    "edituser",
    "enablecaptionmoderation",
    "editadmintags",
    "restrictexplicitliveview",
    "virtualeventid",
    "searchcontext",
    "disablesessiontypecheck",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_colon_separates() {
        let privileges = Privileges::parse("custom:a:b:c");
        assert_eq!(privileges.get("custom").unwrap().values(), ["a:b:c"]);
    }

    #[test]
    fn an_empty_text_has_no_privileges_but_one_empty_item() {
        assert!(Privileges::parse("").is_empty());
        assert_eq!(Privileges::parse("").iter().count(), 1);
        assert_eq!(Privileges::none().iter().count(), 0);
        assert_eq!(serde_json::from_str::<Privileges>("\"\"").unwrap(), Privileges::none());
    }

    #[test]
    fn a_configuration_is_read_strictly_and_a_response_is_not() {
        for text in ["a[b],,", "sview:0_a,,list:*", "hush hush", "_u:hush", "hush:", "actionslimit:0", ","] {
            let json = serde_json::to_string(text).unwrap();
            let error = serde_json::from_str::<Privileges>(&json).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
            let response = format!(r#"{{"privileges":{json}}}"#);
            let info: crate::SessionInfo = serde_json::from_str(&response).unwrap();
            assert_eq!(info.privileges, Some(Privileges::parse(text)));
        }
        let text = "disableentitlement,urirestrict:/api_v3/service/media/*,sview:0_a/0_b";
        let privileges: Privileges = serde_json::from_value(text.into()).unwrap();
        assert_eq!(privileges, Privileges::parse(text));
        assert_eq!(serde_json::to_value(&privileges).unwrap(), text);
        let absent: crate::SessionInfo = serde_json::from_str(r#"{"privileges":null}"#).unwrap();
        assert_eq!(absent.privileges, None);
    }

    #[test]
    fn a_response_with_too_many_privileges_is_an_error() {
        let response = |bytes: usize| format!(r#"{{"privileges":"{}"}}"#, "p".repeat(bytes));
        let read = |bytes| serde_json::from_str::<crate::SessionInfo>(&response(bytes));
        assert!(read(Privileges::MAX_RESPONSE_BYTES).is_ok());
        let error = read(Privileges::MAX_RESPONSE_BYTES + 1).unwrap_err().to_string();
        assert!(error.contains("65537 bytes"), "{error}");
    }

    #[test]
    fn a_space_does_not_hide_a_server_privilege() {
        let token = AppTokenId::new("0_abcdefgh");
        let granted = Privileges::for_app_token_session(
            &token,
            &Privileges::none(),
            &Privileges::parse(" sview:*, custom :1"),
        );
        assert_eq!(granted.to_string(), "sessionid:0_abcdefgh,apptoken:0_abcdefgh, custom :1");
    }
}
