//! Privileges whose effect surprises: wider than their name says, without effect, or fatal for the session.

use std::fmt;
use std::net::IpAddr;

use super::{Privilege, Privileges, is_server_privilege};

/// A privilege whose effect is not what its text suggests (wire contract, section 5).
///
/// The server accepts all of them without a word. `Display` says what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrivilegeWarning {
    /// It gives more rights than its name says.
    Broad {
        /// Its name.
        name: String,
    },
    /// `setrole`: the server looks the role up when the session is used, not before.
    UncheckedRole,
    /// The server knows the name in lower case only, so that this spelling has no effect.
    WrongCase {
        /// The name as it is written.
        name: String,
        /// The name that the server knows.
        known: String,
    },
    /// `iprestrict` has a value that is not an address, such as the length of a network. It matches no caller.
    NotAnAddress {
        /// The value.
        value: String,
    },
    /// `actionslimit` has no value, several values, or one that is not a whole number: the server refuses each call.
    InvalidActionsLimit,
    /// `sessionid` or `apptoken`: the server sets it in each session of an app token itself.
    SetByServer {
        /// Its name.
        name: String,
    },
}

impl PrivilegeWarning {
    /// Whether an app token with this privilege can only be a mistake.
    #[must_use]
    pub const fn is_mistake(&self) -> bool {
        matches!(self, Self::InvalidActionsLimit | Self::SetByServer { .. })
    }

    fn of(privilege: &Privilege) -> Option<Self> {
        let name = privilege.name();
        let own_name = || name.to_owned();
        match name {
            "sessionid" | "apptoken" => return Some(Self::SetByServer { name: own_name() }),
            "actionslimit" => {
                let is_number = |value: &String| value.parse::<u32>().is_ok();
                let is_valid = matches!(privilege.values(), [limit] if is_number(limit));
                return (!is_valid).then_some(Self::InvalidActionsLimit);
            }
            "iprestrict" => {
                let other = privilege.values().iter().find(|value| value.parse::<IpAddr>().is_err())?;
                return Some(Self::NotAnAddress { value: other.clone() });
            }
            "setrole" => return Some(Self::UncheckedRole),
            "edit" if !privilege.is_wildcard() => return None,
            _ => {}
        }
        if effect_of(name).is_some() {
            return Some(Self::Broad { name: own_name() });
        }
        let known = name.to_ascii_lowercase();
        let is_other_case = known != name && is_server_privilege(&known);
        is_other_case.then(|| Self::WrongCase { name: own_name(), known })
    }
}

/// What a privilege allows, if that is more than its name says.
fn effect_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "*" | "all" => "allows everything in the account",
        "edit" => "with * allows changing every entry of the account",
        "disableentitlement" => "gives access to content that entitlements would hide",
        "enablechangeaccount" => "allows switching to other accounts of the user",
        "disablesessiontypecheck" => "lets USER sessions do what otherwise requires ADMIN",
        _ => return None,
    })
}

impl fmt::Display for PrivilegeWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broad { name } => {
                write!(f, "the privilege {name} {}", effect_of(name).unwrap_or("allows more than it says"))
            }
            Self::UncheckedRole => f.write_str(
                "the role of setrole is looked up only when a session is used: if it does not exist, every call is \
                 refused",
            ),
            Self::WrongCase { name, known } => {
                write!(f, "the privilege {name} has no effect: privileges are case-sensitive, use {known}")
            }
            Self::NotAnAddress { value } => write!(
                f,
                "iprestrict takes single addresses, separated by a slash, and no networks: {value} is not an address"
            ),
            Self::InvalidActionsLimit => f.write_str(
                "the privilege actionslimit takes one number of calls; otherwise the server refuses each call",
            ),
            Self::SetByServer { name } => {
                write!(f, "the privilege {name} is set by the server in each session of an app token")
            }
        }
    }
}

impl Privileges {
    /// The privileges whose effect is not what their text suggests; at most one warning for each.
    ///
    /// ```
    /// # use kaltura_types::Privileges;
    /// let privileges = Privileges::parse("sview:*,iprestrict:10.0.0.0/8");
    /// let warnings = privileges.warnings();
    /// assert!(warnings[0].to_string().ends_with("8 is not an address"));
    /// ```
    #[must_use]
    pub fn warnings(&self) -> Vec<PrivilegeWarning> {
        self.iter().filter_map(PrivilegeWarning::of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_surprise_has_its_warning() {
        for (privileges, text, is_mistake) in [
            ("*", "allows everything", false),
            ("all:*", "allows everything", false),
            ("edit:*", "every entry", false),
            ("setrole:7", "only when a session is used", false),
            ("disableentitlement", "entitlements", false),
            ("enablechangeaccount", "other accounts", false),
            ("disablesessiontypecheck", "requires ADMIN", false),
            ("Sview:*", "use sview", false),
            ("iprestrict:192.0.2.0/24", "24 is not an address", false),
            ("actionslimit:many", "one number", true),
            ("actionslimit:1/2", "one number", true),
            ("actionslimit", "one number", true),
            ("sessionid:x", "set by the server", true),
            ("list:*,apptoken:0_a", "set by the server", true),
        ] {
            let warnings = Privileges::parse(privileges).warnings();
            assert!(
                warnings.len() == 1 && warnings[0].to_string().contains(text),
                "{privileges} {warnings:?}"
            );
            assert_eq!(warnings[0].is_mistake(), is_mistake, "{privileges}");
        }
    }

    #[test]
    fn privileges_that_mean_what_they_say_have_none() {
        let harmless =
            "edit:0_a,sview:*,list:*,iprestrict:192.0.2.1/2001:db8::1,appid:Importer,actionslimit:5";
        assert_eq!(Privileges::parse(harmless).warnings(), []);
        assert_eq!(Privileges::none().warnings(), []);
    }
}
