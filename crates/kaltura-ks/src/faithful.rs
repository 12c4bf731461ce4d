//! Whether a KS will be read as it is meant.

use std::collections::HashSet;

use kaltura_types::UserId;

use crate::fields::KsFields;
use crate::php::query::{MAX_VARIABLES, Name, read_name};
use crate::v2;

/// Fields that all signers accept, though the server reads another session from them than they say.
///
/// `sign_v1` and `sign_v2` refuse them (wire contract, sections 5.2 and 6.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfaithfulKs {
    /// A privilege's name that the server alters, drops, or fails at.
    #[error("the server would read the privilege name {0:?} otherwise: leave out dots, blanks and brackets")]
    PrivilegeName(String),
    /// A privilege's name that is one of the fields `_e`, `_t`, `_u`, `_m`, `_d`.
    #[error("the privilege name {0:?} is that of a field of the KS, which overwrites it")]
    ReservedPrivilege(String),
    /// A privilege that stands twice; of two, version 2 keeps the last.
    #[error("the privilege {0:?} stands twice, and the server would keep the last: join the values with `/`")]
    RepeatedPrivilege(String),
    /// The privilege `0` without a value.
    #[error("the server drops a privilege named \"0\" that has no value")]
    DroppedPrivilege,
    /// More fields than the server reads.
    #[error("the server reads no more than {MAX_VARIABLES} fields; join the values of privileges with `/`")]
    TooManyPrivileges,
    /// A `;` in a field of version 1, which has no way to escape it.
    #[error("a `;` in the {0} shifts the fields of a version 1 KS: leave it out, or sign version 2")]
    Semicolon(&'static str),
}

pub(crate) fn check_v2(fields: &KsFields) -> Result<(), UnfaithfulKs> {
    let text = fields.privileges.as_deref().unwrap_or_default();
    if text.split(',').any(|item| v2::trim(item) == "0") {
        return Err(UnfaithfulKs::DroppedPrivilege);
    }
    let mut seen = HashSet::new();
    for (name, _) in v2::privilege_items(text) {
        if v2::RESERVED.contains(&name) {
            return Err(UnfaithfulKs::ReservedPrivilege(name.to_owned()));
        }
        if read_name(name.as_bytes()) != Some(Name::Plain(name.as_bytes().to_vec())) {
            return Err(UnfaithfulKs::PrivilegeName(name.to_owned()));
        }
        if !seen.insert(name) {
            return Err(UnfaithfulKs::RepeatedPrivilege(name.to_owned()));
        }
    }
    if seen.len() + v2::RESERVED.len() > MAX_VARIABLES {
        return Err(UnfaithfulKs::TooManyPrivileges);
    }
    Ok(())
}

pub(crate) fn check_v1(fields: &KsFields, rand: &str) -> Result<(), UnfaithfulKs> {
    let texts = [
        ("type", fields.session_type_text().contains(';')),
        ("random part", rand.contains(';')),
        ("user", fields.user.as_ref().map(UserId::as_str).is_some_and(|user| user.contains(';'))),
        ("privileges", fields.privileges.as_deref().is_some_and(|text| text.contains(';'))),
        ("additional data", fields.additional_data.as_deref().is_some_and(|text| text.contains(';'))),
    ];
    match texts.into_iter().find(|(_, has_semicolon)| *has_semicolon) {
        Some((field, _)) => Err(UnfaithfulKs::Semicolon(field)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;
    use kaltura_types::{AdminSecret, PartnerId, Privileges, SessionType, UnixTime};

    fn secret() -> AdminSecret {
        AdminSecret::new("secret")
    }

    fn fields() -> KsFields {
        KsFields::new(PartnerId::new(1), SessionType::User, UnixTime::from_seconds(2_000_000_000))
    }

    // What is refused must be read otherwise by the server, else the refusal is a nuisance.
    #[test]
    fn version_2_refuses_what_would_be_misread() {
        use UnfaithfulKs::{
            DroppedPrivilege, PrivilegeName, RepeatedPrivilege, ReservedPrivilege, TooManyPrivileges,
        };
        let many: Vec<String> = (0..996).map(|number| format!("p{number}")).collect();
        for (privileges, problem) in [
            ("my.priv:1", PrivilegeName("my.priv".into())),
            ("list : x", PrivilegeName("list ".into())),
            ("a[b]:1", PrivilegeName("a[b]".into())),
            ("a[b:1", PrivilegeName("a[b".into())),
            (":1", PrivilegeName(String::new())),
            ("a\0b:1", PrivilegeName("a\0b".into())),
            ("_u:x", ReservedPrivilege("_u".into())),
            ("_m:7", ReservedPrivilege("_m".into())),
            ("sview:a,sview:b", RepeatedPrivilege("sview".into())),
            ("*,all:x", RepeatedPrivilege("all".into())),
            ("sview:*,0", DroppedPrivilege),
            (&many.join(","), TooManyPrivileges),
        ] {
            let fields = fields()
                .privileges(privileges)
                .user("u")
                .master_partner(PartnerId::new(5))
                .additional_data("d");
            assert_eq!(fields.sign_v2(&secret(), [7; 16]), Err(problem), "{privileges}");
            let read = open(&fields.sign_v2_unchecked(&secret(), [7; 16]), &[secret()]);
            let same = read.is_ok_and(|ks| {
                let claims = ks.claims();
                *claims.privileges() == Privileges::parse(privileges) && claims.additional_data() == Some("d")
            });
            assert!(!same, "{privileges}");
        }
    }

    #[test]
    fn version_2_takes_what_is_read_as_it_is_meant() {
        for privileges in
            ["", ",,", "*", " sview:a/b , list:*", "urirestrict:/a b.c[d]|/e;f", "0:1", "a]", "Ä:ß&=+%"]
        {
            assert!(fields().privileges(privileges).sign_v2(&secret(), [7; 16]).is_ok(), "{privileges}");
        }
        let many: Vec<String> = (0..995).map(|number| format!("p{number}")).collect();
        let ks = fields()
            .privileges(many.join(","))
            .user("u")
            .master_partner(PartnerId::new(5))
            .additional_data("d");
        let opened = open(&ks.sign_v2(&secret(), [7; 16]).unwrap(), &[secret()]).unwrap();
        assert_eq!(opened.claims().additional_data(), Some("d"));
    }

    #[test]
    fn version_1_refuses_a_semicolon_anywhere() {
        let refused = |fields: KsFields, rand| fields.sign_v1(&secret(), rand).err();
        assert_eq!(refused(fields().user("a;b"), "1.5"), Some(UnfaithfulKs::Semicolon("user")));
        assert_eq!(refused(fields().privileges("a;b"), "1.5"), Some(UnfaithfulKs::Semicolon("privileges")));
        assert_eq!(
            refused(fields().additional_data("a;b"), "1.5"),
            Some(UnfaithfulKs::Semicolon("additional data"))
        );
        assert_eq!(refused(fields(), "1;5"), Some(UnfaithfulKs::Semicolon("random part")));
        assert_eq!(refused(fields().user("a|b"), "1.5"), None);
    }
}
