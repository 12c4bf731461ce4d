//! A builder of privileges that the server reads unchanged, and the same checks for a text.

use std::str::FromStr;

use super::{Privilege, Privileges};

/// The fields of a version 2 KS, which overwrite privileges of the same name (wire contract, section 5.2).
const KS_FIELDS: [&str; 5] = ["_e", "_t", "_u", "_m", "_d"];

/// A builder of [`Privileges`]. [`build`](Self::build) refuses what the server would misread.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PrivilegesBuilder {
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Item {
    name: String,
    values: Vec<String>,
    may_have_slashes: bool,
}

impl PrivilegesBuilder {
    /// Adds a privilege without a value, such as `disableentitlement`.
    pub fn flag(self, name: impl Into<String>) -> Self {
        self.item(name.into(), Vec::new(), false)
    }

    /// Adds a privilege with one value, such as `sview:0_abc`; the values of a repeated name are joined.
    pub fn add(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.item(name.into(), vec![value.into()], false)
    }

    /// Adds a privilege with several values, such as `sview:0_a/0_b`.
    pub fn add_all<V: Into<String>>(
        self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.item(name.into(), values.into_iter().map(Into::into).collect(), false)
    }

    /// Adds `actionslimit`: the server refuses the session after `calls` calls (wire contract, section 5.4).
    pub fn actions_limit(self, calls: u32) -> Self {
        self.add("actionslimit", calls.to_string())
    }

    /// Adds `setrole`: the session gets the permissions of a role, given by id or system name.
    pub fn role(self, role: impl Into<String>) -> Self {
        self.add("setrole", role)
    }

    /// Adds `iprestrict`: the session is valid from these IP addresses only. Ranges are not supported.
    pub fn ip_restrict<V: Into<String>>(self, addresses: impl IntoIterator<Item = V>) -> Self {
        self.add_all("iprestrict", addresses)
    }

    /// Adds `urirestrict`: the session is valid for these request paths only, such as `/api_v3/service/media/*`
    /// (wire contract, section 5.4).
    pub fn uri_restrict<V: Into<String>>(self, paths: impl IntoIterator<Item = V>) -> Self {
        let paths: Vec<String> = paths.into_iter().map(Into::into).collect();
        self.item("urirestrict".to_owned(), vec![paths.join("|")], true)
    }

    /// Checks all names and values.
    ///
    /// # Errors
    ///
    /// [`InvalidPrivilege`] for the first one that the server would split, alter or drop.
    pub fn build(self) -> Result<Privileges, InvalidPrivilege> {
        self.items.into_iter().map(Item::check).collect()
    }

    fn item(mut self, name: String, values: Vec<String>, may_have_slashes: bool) -> Self {
        self.items.push(Item { name, values, may_have_slashes });
        self
    }
}

impl FromStr for Privileges {
    type Err = InvalidPrivilege;

    /// Reads a text such as `sview:0_a/0_b,appid:importer`, with the checks of [`PrivilegesBuilder`]. The empty text has
    /// no privileges.
    ///
    /// # Errors
    ///
    /// [`InvalidPrivilege`] for the first privilege that the server would split, alter or drop.
    fn from_str(text: &str) -> Result<Self, InvalidPrivilege> {
        if text.is_empty() {
            return Ok(Self::none());
        }
        let mut builder = Self::builder();
        for item in text.split(',') {
            builder = match item.split_once(':') {
                None => builder.flag(item),
                Some(("urirestrict", paths)) => builder.uri_restrict([paths]),
                Some((name, values)) => builder.add_all(name, values.split('/')),
            };
        }
        builder.build()
    }
}

impl Item {
    fn check(self) -> Result<Privilege, InvalidPrivilege> {
        check_name(&self.name)?;
        if self.name == "0" && self.values.is_empty() {
            return Err(InvalidPrivilege::Dropped);
        }
        if self.name == "actionslimit" && self.values.iter().any(|calls| calls == "0") {
            return Err(InvalidPrivilege::ZeroActionsLimit);
        }
        for value in &self.values {
            check_value(value, self.may_have_slashes).map_err(|problem| problem(self.name.clone()))?;
        }
        if !self.may_have_slashes {
            return Ok(Privilege { name: self.name, values: self.values });
        }
        // The slashes of a path separate parts, as they do on the server.
        let values = self.values.iter().flat_map(|text| text.split('/')).map(str::to_owned).collect();
        Ok(Privilege { name: self.name, values })
    }
}

fn check_name(name: &str) -> Result<(), InvalidPrivilege> {
    let is_altered = |c: char| matches!(c, ',' | ':' | '[' | '.') || c.is_whitespace() || c.is_control();
    if name.is_empty() {
        Err(InvalidPrivilege::EmptyName)
    } else if name.contains(is_altered) {
        Err(InvalidPrivilege::Name(name.to_owned()))
    } else if KS_FIELDS.contains(&name) {
        Err(InvalidPrivilege::Reserved(name.to_owned()))
    } else {
        Ok(())
    }
}

fn check_value(value: &str, may_have_slashes: bool) -> Result<(), fn(String) -> InvalidPrivilege> {
    if value.is_empty() {
        Err(InvalidPrivilege::EmptyValue)
    } else if value.contains(|c: char| c == ',' || c.is_control())
        || (!may_have_slashes && value.contains('/'))
    {
        Err(InvalidPrivilege::Value)
    } else if value.trim_end() != value {
        Err(InvalidPrivilege::TrailingBlank)
    } else {
        Ok(())
    }
}

/// Why the server would not read a privilege as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPrivilege {
    /// The name is empty.
    #[error("a privilege needs a name")]
    EmptyName,
    /// The name has a character that separates, or that the server replaces.
    #[error(
        "the privilege name {0:?} must not contain a comma, colon, dot, '[', white space or control character"
    )]
    Name(String),
    /// The name is one of the fields of the KS, which overwrite privileges.
    #[error("the privilege name {0:?} is that of a field of the KS, which overwrites it")]
    Reserved(String),
    /// The privilege `0` without a value, which the server drops.
    #[error("the server drops a privilege named \"0\" that has no value")]
    Dropped,
    /// `actionslimit:0`: the server refuses each call of such a session.
    #[error(
        "a session limited to 0 actions is refused at its first use; leave actionslimit out for no limit"
    )]
    ZeroActionsLimit,
    /// A value is empty. A privilege without a value is a flag.
    #[error("the privilege {0:?} has an empty value; use a flag for a privilege without one")]
    EmptyValue(String),
    /// A value has a comma, a slash or a control character, which cannot be escaped.
    #[error("a value of the privilege {0:?} must not contain a comma, slash or control character")]
    Value(String),
    /// A value ends with white space, which the server trims.
    #[error("a value of the privilege {0:?} ends with white space, which the server drops")]
    TrailingBlank(String),
}

impl InvalidPrivilege {
    /// The reason without the text of the privilege, for a text that may be a secret in the wrong place.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::EmptyName => "a privilege needs a name",
            Self::Name(_) => {
                "the name of a privilege must not contain a comma, colon, dot, '[', white space or control character"
            }
            Self::Reserved(_) => "a privilege has the name of a field of the KS, which overwrites it",
            Self::Dropped => "the server drops a privilege named 0 that has no value",
            Self::ZeroActionsLimit => "a session limited to 0 actions is refused at its first use",
            Self::EmptyValue(_) => "a privilege has an empty value; without a value it has no colon",
            Self::Value(_) => "a value of a privilege must not contain a comma, slash or control character",
            Self::TrailingBlank(_) => "a value of a privilege ends with white space, which the server drops",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(builder: PrivilegesBuilder) -> Result<String, InvalidPrivilege> {
        builder.build().map(|privileges| privileges.to_string())
    }

    #[test]
    fn what_the_server_would_split_alter_or_drop_is_refused() {
        for name in ["a,b", "a:b", "a[b", "my.name", "two words", " lead", "tab\t", "line\n", "nul\0"] {
            assert_eq!(
                built(Privileges::builder().flag(name)),
                Err(InvalidPrivilege::Name(name.into())),
                "{name:?}"
            );
        }
        assert_eq!(built(Privileges::builder().flag("")), Err(InvalidPrivilege::EmptyName));
        for name in ["_e", "_t", "_u", "_m", "_d"] {
            assert_eq!(
                built(Privileges::builder().add(name, "1")),
                Err(InvalidPrivilege::Reserved(name.into()))
            );
        }
        assert_eq!(built(Privileges::builder().flag("0")), Err(InvalidPrivilege::Dropped));
        assert_eq!(built(Privileges::builder().actions_limit(0)), Err(InvalidPrivilege::ZeroActionsLimit));
        for value in ["a,b", "a/b", "a\nb"] {
            assert_eq!(
                built(Privileges::builder().add("x", value)),
                Err(InvalidPrivilege::Value("x".into()))
            );
        }
        assert_eq!(
            built(Privileges::builder().add("x", "a ")),
            Err(InvalidPrivilege::TrailingBlank("x".into()))
        );
        assert_eq!(built(Privileges::builder().add("x", "")), Err(InvalidPrivilege::EmptyValue("x".into())));
    }

    #[test]
    fn what_the_server_reads_unchanged_is_accepted() {
        let builder = Privileges::builder()
            .flag("disableentitlement")
            .add_all("sview", ["0_a", "0_b"])
            .add("0", "1")
            .add("custom", "a:b c")
            .actions_limit(5)
            .ip_restrict(["192.0.2.1", "192.0.2.2"])
            .role("PLAYBACK_BASE_ROLE");
        assert_eq!(
            built(builder).unwrap(),
            "disableentitlement,sview:0_a/0_b,0:1,custom:a:b c,actionslimit:5,iprestrict:192.0.2.1/192.0.2.2,setrole:PLAYBACK_BASE_ROLE"
        );
    }

    #[test]
    fn paths_keep_their_slashes_and_are_read_back() {
        let privileges = Privileges::builder()
            .uri_restrict(["/api_v3/service/media/*", "/api_v3/service/baseentry/*"])
            .build()
            .unwrap();
        let text = "urirestrict:/api_v3/service/media/*|/api_v3/service/baseentry/*";
        assert_eq!(privileges.to_string(), text);
        assert_eq!(Privileges::parse(text), privileges);
    }
}
