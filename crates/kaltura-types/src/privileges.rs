//! Privileges: what a session may do, as comma-separated text (wire contract, section 5).

mod builder;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::builder::{InvalidPrivilege, PrivilegesBuilder};

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
            write!(f, "{}{value}", if index == 0 { ':' } else { '/' })?;
        }
        Ok(())
    }
}

/// An ordered list of privileges with distinct names (wire contract, section 5.1).
///
/// Parsing never fails: what the server sends is kept, known or not. For new privileges use
/// [`Privileges::builder`], which refuses what the server would misread.
///
/// ```
/// # use kaltura_types::Privileges;
/// let granted = Privileges::parse("sview:0_a,sview:0_b,disableentitlement");
/// assert_eq!(granted.get("sview").unwrap().values(), ["0_a", "0_b"]);
/// assert_eq!(granted.to_string(), "sview:0_a/0_b,disableentitlement");
///
/// let requested = Privileges::builder().add("appid", "importer").add("edit", "*").build()?;
/// assert_eq!(requested.to_string(), "appid:importer,edit:*");
/// # Ok::<(), kaltura_types::InvalidPrivilege>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Privileges(Vec<Privilege>);

impl Privileges {
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
        let mut privileges = Self::none();
        for item in text.split(',') {
            privileges.merge_one(Privilege::parse(item));
        }
        privileges
    }

    /// The privilege with exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Privilege> {
        self.0.iter().find(|privilege| privilege.name == name)
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
        for privilege in &other.0 {
            self.merge_one(privilege.clone());
        }
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
        let fixed = granted.clone();
        for privilege in &requested.0 {
            let name = trim(&privilege.name);
            if fixed.get(&privilege.name).is_some_and(Privilege::is_wildcard) {
                granted.replace(privilege);
            } else if !is_server_privilege(name) && !fixed.has_trimmed(name) {
                granted.0.push(privilege.clone());
            }
        }
        granted
    }

    fn merge_one(&mut self, privilege: Privilege) {
        match self.0.iter_mut().find(|present| present.name == privilege.name) {
            Some(present) => present.values.extend(privilege.values),
            None => self.0.push(privilege),
        }
    }

    fn replace(&mut self, privilege: &Privilege) {
        for present in self.0.iter_mut().filter(|present| present.name == privilege.name) {
            present.values.clone_from(&privilege.values);
        }
    }

    fn has_trimmed(&self, name: &str) -> bool {
        self.0.iter().any(|privilege| trim(&privilege.name) == name)
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
        let mut privileges = Self::none();
        for privilege in items {
            privileges.merge_one(privilege);
        }
        privileges
    }
}

impl Serialize for Privileges {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Privileges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(if text.is_empty() { Self::none() } else { Self::parse(&text) })
    }
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
