//! Privileges: what a session may do, as a comma-separated text with a grammar of its own.

mod builder;
mod reserved;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::builder::{InvalidPrivilege, PrivilegesBuilder};
pub use self::reserved::is_server_privilege;

use crate::AppTokenId;

/// One privilege: a name, and the parts of its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Privilege {
    name: String,
    values: Vec<String>,
}

impl Privilege {
    /// A privilege as a KS holds it, unchecked: what is made up goes through [`Privileges::builder`].
    #[must_use]
    pub fn new(name: impl Into<String>, values: Vec<String>) -> Self {
        Self { name: name.into(), values }
    }

    /// The name, in the case in which it was given: case matters.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parts of the value, which `/` separates; none if there is no value.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether `*` is among the parts, which lets a caller narrow this privilege (wire contract, section 5.3).
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.values.iter().any(|value| value == "*")
    }

    /// Reads `name[:part/part…]`. The first colon splits, and nothing is trimmed.
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

/// An ordered list of privileges, each name once (wire contract, section 5.1).
///
/// Reading never fails: whatever the server sends is kept, known or not. What a person or a program
/// makes up goes through [`Privileges::builder`], which refuses what would be ambiguous or mangled.
///
/// ```
/// # use kaltura_types::Privileges;
/// let granted = Privileges::parse("sview:0_a,sview:0_b,disableentitlement");
/// assert_eq!(granted.get("sview").unwrap().values(), ["0_a", "0_b"]);
/// assert_eq!(granted.to_string(), "sview:0_a/0_b,disableentitlement");
///
/// let wished = Privileges::builder().add("appid", "importer").add("edit", "*").build()?;
/// assert_eq!(wished.to_string(), "appid:importer,edit:*");
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

    /// Begins a list that is checked when it is built.
    pub fn builder() -> PrivilegesBuilder {
        PrivilegesBuilder::default()
    }

    /// Reads a text as the server does: a repeated name merges its parts, an empty item is a privilege
    /// with an empty name (wire contract, section 5.1).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut privileges = Self::none();
        for item in text.split(',') {
            privileges.merge_one(Privilege::parse(item));
        }
        privileges
    }

    /// The privilege of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Privilege> {
        self.0.iter().find(|privilege| privilege.name == name)
    }

    /// All of them, in order; also one with an empty name, if the text had an empty item.
    pub fn iter(&self) -> impl Iterator<Item = &Privilege> {
        self.0.iter()
    }

    /// Whether there is none. An empty item does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|privilege| privilege.name.is_empty())
    }

    /// Adds the privileges of `other`; where a name stands in both, its parts are joined.
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

    /// What `appToken.startSession` grants: the session group of the token, what the token has, and of
    /// what is `wished` as much as the server lets through (wire contract, section 5.3).
    ///
    /// A wish passes if its name is neither the server's nor on the token, or if the token has it with
    /// `*`, which the wish then narrows. Anything else is dropped without a word.
    ///
    /// ```
    /// # use kaltura_types::{AppTokenId, Privileges};
    /// let token = AppTokenId::new("0_abcdefgh");
    /// let granted = Privileges::of_app_token_session(
    ///     &token,
    ///     &Privileges::parse("sview:*"),
    ///     &Privileges::parse("sview:0_a,edit:*,appid:importer"),
    /// );
    /// assert_eq!(granted.to_string(), "sessionid:0_abcdefgh,apptoken:0_abcdefgh,sview:0_a,appid:importer");
    /// ```
    #[must_use]
    pub fn of_app_token_session(token: &AppTokenId, on_token: &Self, wished: &Self) -> Self {
        let id = token.as_str();
        let mut granted = Self::parse(&format!("sessionid:{id},apptoken:{id}"));
        granted.merge(on_token);
        let has = granted.clone();
        for wish in &wished.0 {
            if has.get(&wish.name).is_some_and(Privilege::is_wildcard) {
                granted.replace(wish);
            } else if !is_server_privilege(trimmed(&wish.name)) && !has.has_trimmed(trimmed(&wish.name)) {
                granted.0.push(wish.clone());
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
        self.0.iter().any(|privilege| trimmed(&privilege.name) == name)
    }
}

/// Without the blanks that the server takes for blanks: not all that Unicode knows.
fn trimmed(name: &str) -> &str {
    name.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0B'])
}

/// The text that the API takes.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_colon_splits() {
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
    fn a_blank_does_not_smuggle_a_server_privilege() {
        let token = AppTokenId::new("0_abcdefgh");
        let granted = Privileges::of_app_token_session(
            &token,
            &Privileges::none(),
            &Privileges::parse(" sview:*, custom :1"),
        );
        assert_eq!(granted.to_string(), "sessionid:0_abcdefgh,apptoken:0_abcdefgh, custom :1");
    }
}
