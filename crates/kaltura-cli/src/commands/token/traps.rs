//! What of the wishes for an app token is a mistake, and what the server makes of it that people do not expect.

use std::net::IpAddr;

use kaltura_types::{HashType, Lifetime, Privilege, Privileges, SessionType, is_server_privilege};

use super::settings::{Asked, Expiry};
use crate::error::Failure;
use crate::time;

/// The longest session that passes without a word, in seconds. The server has no limit of its own here.
const LONG_SESSION: u32 = 86_400;
/// A session that is shorter may be over before it is used, in seconds.
const SHORT_SESSION: u32 = 60;

/// Privileges that open more than their name says, and what they open.
const WIDE: [(&str, &str); 7] = [
    ("*", "lets its sessions do everything in the account"),
    ("all", "lets its sessions do everything in the account"),
    ("edit", "with * lets its sessions change every entry of the account"),
    ("disableentitlement", "lets its sessions see, and change, what entitlements would hide"),
    ("enablechangeaccount", "lets its sessions move to other accounts of their user"),
    ("disablesessiontypecheck", "lets USER sessions do what otherwise takes ADMIN"),
    (
        "setrole",
        "names a role that the server looks for only when a session is used: if there is none, every session is refused",
    ),
];

/// Refuses what can not be meant.
pub(super) fn refuse_mistakes(privileges: Option<&Privileges>) -> Result<(), Failure> {
    for privilege in privileges.into_iter().flat_map(Privileges::iter) {
        let name = privilege.name();
        if matches!(name, "sessionid" | "apptoken") {
            return Err(Failure::usage(format!("the privilege {name} is the server's own"))
                .with_hint("It adds it to each session of an app token by itself. Leave it out."));
        }
        let is_number = |value: &String| value.parse::<u32>().is_ok();
        if name == "actionslimit"
            && !(privilege.values().len() == 1 && privilege.values().iter().all(is_number))
        {
            return Err(Failure::usage("the privilege actionslimit takes one number of calls")
                .with_hint("The server refuses each session at its first use otherwise."));
        }
    }
    Ok(())
}

/// What a new token has to be warned about beside [`of_wishes`], for what was not said.
pub(super) fn of_a_new_token(asked: &Asked) -> Vec<String> {
    let mut warnings = Vec::new();
    match asked.session_type {
        None => warnings
            .push("whoever logs in with the token chooses the type of the session, ADMIN too".to_owned()),
        Some(SessionType::Admin) if asked.user.is_none() => warnings.push(
            "whoever logs in with the token gets ADMIN sessions, and says whose they are: --user would fix that"
                .to_owned(),
        ),
        Some(_) if asked.user.is_none() => warnings.push(
            "whoever logs in with the token says whose session it is: --user would fix that".to_owned(),
        ),
        Some(_) => {}
    }
    if asked.expiry == Expiry::Unsaid {
        warnings.push("the token never expires: --expires-in 90d would give it an end".to_owned());
    }
    warnings.extend(of_wishes(asked));
    warnings
}

/// What is to be warned about, of what was said.
pub(super) fn of_wishes(asked: &Asked) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(weak @ (HashType::Md5 | HashType::Sha1)) = asked.hash_type {
        warnings.push(format!("{weak} is a weak hash: take SHA256, unless a program can do no other"));
    }
    warnings.extend(asked.session_duration.and_then(of_duration));
    warnings.extend(asked.privileges.iter().flat_map(Privileges::iter).flat_map(of_privilege));
    warnings
}

fn of_duration(duration: Lifetime) -> Option<String> {
    let seconds = duration.as_seconds();
    let shown = time::show_duration(seconds.into());
    if seconds > LONG_SESSION {
        Some(format!(
            "its sessions live {shown}: the account's own limit does not hold for app tokens, and a session that \
             leaks can not be taken back alone"
        ))
    } else if seconds < SHORT_SESSION {
        Some(format!("its sessions live {shown} only: they may be over before they are used"))
    } else {
        None
    }
}

fn of_privilege(privilege: &Privilege) -> Vec<String> {
    let name = privilege.name();
    let mut warnings = Vec::new();
    let is_wide = name != "edit" || privilege.is_wildcard();
    if let Some((_, what)) = WIDE.iter().find(|(wide, _)| *wide == name && is_wide) {
        warnings.push(format!("the privilege {name} {what}"));
    }
    if !is_server_privilege(name) {
        let known = name.to_ascii_lowercase();
        if known != name && is_server_privilege(&known) {
            warnings.push(format!("the privilege {name} is not the server's {known}: case matters"));
        }
    }
    if name == "iprestrict" {
        let odd = privilege.values().iter().find(|value| value.parse::<IpAddr>().is_err());
        if let Some(odd) = odd {
            warnings.push(format!(
                "iprestrict takes whole addresses, separated by a slash, and no ranges: {odd} is none"
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(privileges: &str) -> Asked {
        Asked { privileges: Some(Privileges::parse(privileges)), ..Asked::default() }
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for privileges in
            ["sessionid:x", "list:*,apptoken:0_a", "actionslimit:many", "actionslimit:1/2", "actionslimit"]
        {
            assert!(refuse_mistakes(Some(&Privileges::parse(privileges))).is_err(), "{privileges}");
        }
        for privileges in ["sview:*,list:*", "actionslimit:5", "appid:x"] {
            assert!(refuse_mistakes(Some(&Privileges::parse(privileges))).is_ok(), "{privileges}");
        }
        assert!(refuse_mistakes(None).is_ok());
    }

    #[test]
    fn wide_and_misread_privileges_are_told() {
        for (privileges, word) in [
            ("*", "everything"),
            ("all:*", "everything"),
            ("edit:*", "every entry"),
            ("setrole:7", "only when a session is used"),
            ("disableentitlement", "entitlements"),
            ("Sview:*", "not the server's sview"),
            ("iprestrict:192.0.2.0/24", "24 is none"),
        ] {
            let warnings = of_wishes(&asked(privileges));
            assert!(warnings.len() == 1 && warnings[0].contains(word), "{privileges} {warnings:?}");
        }
        for privileges in ["edit:0_a", "sview:*,list:*", "iprestrict:192.0.2.1/2001:db8::1", "appid:Importer"]
        {
            assert_eq!(of_wishes(&asked(privileges)), Vec::<String>::new(), "{privileges}");
        }
    }

    #[test]
    fn odd_durations_and_weak_hashes_are_told() {
        let lasting =
            |seconds| Asked { session_duration: Some(Lifetime::seconds(seconds)), ..Asked::default() };
        assert!(of_wishes(&lasting(86_401))[0].contains("1 day"));
        assert!(of_wishes(&lasting(59))[0].contains("59 s only"));
        assert!(of_wishes(&lasting(86_400)).is_empty() && of_wishes(&lasting(60)).is_empty());
        for (hash_type, count) in
            [(HashType::Md5, 1), (HashType::Sha1, 1), (HashType::Sha256, 0), (HashType::Sha512, 0)]
        {
            assert_eq!(of_wishes(&Asked { hash_type: Some(hash_type), ..Asked::default() }).len(), count);
        }
    }

    #[test]
    fn a_new_token_is_warned_about_what_it_leaves_open() {
        let tight = Asked {
            user: Some("importer".to_owned()),
            session_type: Some(SessionType::User),
            expiry: Expiry::At(kaltura_types::UnixTime::from_seconds(1)),
            ..Asked::default()
        };
        assert_eq!(of_a_new_token(&tight), Vec::<String>::new());
        let first = |asked: Asked| of_a_new_token(&asked).remove(0);
        assert!(first(Asked { session_type: None, ..tight.clone() }).contains("chooses the type"));
        let admin = Asked { session_type: Some(SessionType::Admin), user: None, ..tight.clone() };
        assert!(first(admin).contains("ADMIN sessions, and says whose"));
        assert!(first(Asked { user: None, ..tight.clone() }).contains("says whose session"));
        assert!(first(Asked { expiry: Expiry::Unsaid, ..tight }).contains("never expires"));
    }
}
