//! Making privileges that mean on the server what they meant here.

use super::reserved::KS_FIELDS;
use super::{Privilege, Privileges};

/// Collects privileges; [`build`](Self::build) refuses what the server would read differently.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct PrivilegesBuilder {
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Item {
    name: String,
    values: Vec<String>,
    raw: bool,
}

impl PrivilegesBuilder {
    /// Adds a privilege without a value, such as `disableentitlement`.
    pub fn flag(self, name: impl Into<String>) -> Self {
        self.item(name.into(), Vec::new(), false)
    }

    /// Adds a privilege with one value, such as `sview:0_abc`; repeated names join their values.
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

    /// Lets the session make `calls` calls, then refuses it (wire contract, section 5.4).
    pub fn actions_limit(self, calls: u32) -> Self {
        self.add("actionslimit", calls.to_string())
    }

    /// Gives the session the permissions of a role: its id or its system name.
    pub fn role(self, role: impl Into<String>) -> Self {
        self.add("setrole", role)
    }

    /// Lets the session be used from these addresses only. No ranges: the server compares exactly.
    pub fn ip_restrict<V: Into<String>>(self, addresses: impl IntoIterator<Item = V>) -> Self {
        self.add_all("iprestrict", addresses)
    }

    /// Lets the session call these request paths only, such as `/api_v3/service/media/*`. The text goes in
    /// raw, as its slashes are the path's; `|` separates the paths (wire contract, section 5.4).
    pub fn uri_restrict<V: Into<String>>(self, paths: impl IntoIterator<Item = V>) -> Self {
        let paths: Vec<String> = paths.into_iter().map(Into::into).collect();
        self.item("urirestrict".to_owned(), vec![paths.join("|")], true)
    }

    /// Checks all names and values.
    ///
    /// # Errors
    ///
    /// [`InvalidPrivilege`] for the first one that the server would take apart, mangle or drop.
    pub fn build(self) -> Result<Privileges, InvalidPrivilege> {
        self.items.into_iter().map(Item::check).collect()
    }

    fn item(mut self, name: String, values: Vec<String>, raw: bool) -> Self {
        self.items.push(Item { name, values, raw });
        self
    }
}

impl Item {
    fn check(self) -> Result<Privilege, InvalidPrivilege> {
        check_name(&self.name)?;
        if self.name == "0" && self.values.is_empty() {
            return Err(InvalidPrivilege::Dropped);
        }
        if self.name == "actionslimit" && self.values.iter().any(|calls| calls == "0") {
            return Err(InvalidPrivilege::NoActions);
        }
        for value in &self.values {
            check_value(value, self.raw).map_err(|problem| problem(self.name.clone()))?;
        }
        if !self.raw {
            return Ok(Privilege { name: self.name, values: self.values });
        }
        // A raw text is taken apart as the server will do it, so that both see the same parts.
        let values = self.values.iter().flat_map(|text| text.split('/')).map(str::to_owned).collect();
        Ok(Privilege { name: self.name, values })
    }
}

fn check_name(name: &str) -> Result<(), InvalidPrivilege> {
    let mangled = |c: char| matches!(c, ',' | ':' | '[' | '.') || c.is_whitespace() || c.is_control();
    if name.is_empty() {
        Err(InvalidPrivilege::EmptyName)
    } else if name.contains(mangled) {
        Err(InvalidPrivilege::Name(name.to_owned()))
    } else if KS_FIELDS.contains(&name) {
        Err(InvalidPrivilege::Reserved(name.to_owned()))
    } else {
        Ok(())
    }
}

fn check_value(value: &str, raw: bool) -> Result<(), fn(String) -> InvalidPrivilege> {
    if value.is_empty() {
        Err(InvalidPrivilege::EmptyValue)
    } else if value.contains(|c: char| c == ',' || c.is_control()) || (!raw && value.contains('/')) {
        Err(InvalidPrivilege::Value)
    } else if value.trim_end() != value {
        Err(InvalidPrivilege::TrimmedValue)
    } else {
        Ok(())
    }
}

/// Why a privilege is not what its maker meant, once the server has read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPrivilege {
    /// The name is empty.
    #[error("a privilege needs a name")]
    EmptyName,
    /// The name has a character that splits it or that the server replaces.
    #[error("the privilege name {0:?} may not hold a comma, colon, dot, '[', blank or control character")]
    Name(String),
    /// The name is that of a field of the KS, which overwrites it.
    #[error("the privilege name {0:?} is that of a field of the KS, which overwrites it")]
    Reserved(String),
    /// The privilege `0` without a value, which the server drops.
    #[error("the server drops a privilege named \"0\" that has no value")]
    Dropped,
    /// `actionslimit:0`, which the server refuses at each use.
    #[error(
        "a session limited to 0 actions is refused at its first use; leave actionslimit out for no limit"
    )]
    NoActions,
    /// A value is empty; a privilege without a value is a flag.
    #[error("the privilege {0:?} has an empty value; use a flag for a privilege without one")]
    EmptyValue(String),
    /// A value has a comma, a slash or a control character, and there is no way to escape it.
    #[error("a value of the privilege {0:?} may not hold a comma, slash or control character")]
    Value(String),
    /// A value ends with blanks, which the server trims.
    #[error("a value of the privilege {0:?} ends with blanks, which the server drops")]
    TrimmedValue(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(builder: PrivilegesBuilder) -> Result<String, InvalidPrivilege> {
        builder.build().map(|privileges| privileges.to_string())
    }

    #[test]
    fn what_the_server_would_take_apart_or_mangle_is_refused() {
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
        assert_eq!(built(Privileges::builder().actions_limit(0)), Err(InvalidPrivilege::NoActions));
        for value in ["a,b", "a/b", "a\nb"] {
            assert_eq!(
                built(Privileges::builder().add("x", value)),
                Err(InvalidPrivilege::Value("x".into()))
            );
        }
        assert_eq!(
            built(Privileges::builder().add("x", "a ")),
            Err(InvalidPrivilege::TrimmedValue("x".into()))
        );
        assert_eq!(built(Privileges::builder().add("x", "")), Err(InvalidPrivilege::EmptyValue("x".into())));
    }

    #[test]
    fn what_is_unambiguous_passes() {
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
    fn paths_go_in_raw_and_mean_the_same_when_read_back() {
        let privileges = Privileges::builder()
            .uri_restrict(["/api_v3/service/media/*", "/api_v3/service/baseentry/*"])
            .build()
            .unwrap();
        let text = "urirestrict:/api_v3/service/media/*|/api_v3/service/baseentry/*";
        assert_eq!(privileges.to_string(), text);
        assert_eq!(Privileges::parse(text), privileges);
    }
}
