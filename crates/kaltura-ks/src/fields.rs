//! The fields of a KS to sign: what they are, whether the server would read them unchanged, and how it issues them.

use std::fmt;

use kaltura_types::{AdminSecret, ApiEnum as _, Ks, Open, PartnerId, SessionType, UnixTime, UserId};

use crate::php::{self, MAX_VARIABLES};
use crate::{v1, v2};

/// The fields of a KS to sign.
///
/// Signing needs the partner's **admin** secret, for USER sessions too (wire contract, section 6.1). The version of
/// the sessions that the server starts is a setting of the partner; the server accepts both.
///
/// ```
/// # use kaltura_ks::{KsFields, open};
/// # use kaltura_types::{AdminSecret, PartnerId, SessionType, UnixTime};
/// # let random = [7; 16];
/// let secret = AdminSecret::new("a0b1c2d3e4f5061728394a5b6c7d8e9f");
/// let fields = KsFields::new(PartnerId::new(1234567), SessionType::User, UnixTime::from_seconds(2_000_000_000))
///     .user("alice")
///     .privileges("sview:*");
/// let ks = fields.sign_v2(&secret, random)?; // random: kaltura_ks::random_bytes()?
///
/// let opened = open(&ks, &[secret])?;
/// assert_eq!(opened.claims().privileges_text(), Some("sview:*"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct KsFields {
    pub(crate) partner_id: PartnerId,
    pub(crate) session_type: Open<SessionType>,
    pub(crate) expiry: UnixTime,
    pub(crate) user: Option<UserId>,
    pub(crate) privileges: Option<String>,
    pub(crate) master_partner_id: Option<PartnerId>,
    pub(crate) additional_data: Option<String>,
}

/// With the privilege `downloadasset`, the expiry is rounded up to a multiple of this, in seconds.
const DOWNLOAD_EXPIRY_STEP: i64 = 300;

impl KsFields {
    /// The fields of a session without user, privileges and optional fields. `expiry` is the time at which it ends.
    #[must_use]
    pub fn new(partner: PartnerId, session_type: impl Into<Open<SessionType>>, expiry: UnixTime) -> Self {
        Self {
            partner_id: partner,
            session_type: session_type.into(),
            expiry,
            user: None,
            privileges: None,
            master_partner_id: None,
            additional_data: None,
        }
    }

    /// Sets the user. In version 2, an empty user is not the same as none.
    #[must_use]
    pub fn user(mut self, user: impl Into<UserId>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the privileges as text, such as that of [`Privileges::to_string`](kaltura_types::Privileges).
    #[must_use]
    pub fn privileges(mut self, privileges: impl Into<String>) -> Self {
        self.privileges = Some(privileges.into());
        self
    }

    /// Sets the partner that impersonates this one (wire contract, section 4.5).
    #[must_use]
    pub const fn master_partner(mut self, partner: PartnerId) -> Self {
        self.master_partner_id = Some(partner);
        self
    }

    /// Sets additional data: any text, which the server does not interpret.
    #[must_use]
    pub fn additional_data(mut self, data: impl Into<String>) -> Self {
        self.additional_data = Some(data.into());
        self
    }

    /// The time at which the session ends.
    #[must_use]
    pub const fn expiry(&self) -> UnixTime {
        self.expiry
    }

    /// Signs a version 2 KS. `random` must come from a cryptographic source, such as `random_bytes`.
    ///
    /// # Errors
    ///
    /// [`InvalidKsFields`] if the server would read other values than these fields have.
    pub fn sign_v2(&self, secret: &AdminSecret, random: [u8; 16]) -> Result<Ks, InvalidKsFields> {
        let privileges = check_v2(self)?;
        Ok(v2::sign_checked(self, privileges, random, secret))
    }

    /// Signs a version 2 KS exactly as the server does, without a check: the server may misread it.
    #[must_use]
    pub fn sign_v2_unchecked(&self, secret: &AdminSecret, random: [u8; 16]) -> Ks {
        v2::sign(self, random, secret)
    }

    /// Signs a version 1 KS. `rand` makes the KS unique; the server writes the time with a fraction of a second, such
    /// as `1795492797.0552`.
    ///
    /// # Errors
    ///
    /// [`InvalidKsFields`] if the server would read other values than these fields have.
    pub fn sign_v1(&self, secret: &AdminSecret, rand: &str) -> Result<Ks, InvalidKsFields> {
        check_v1(self, rand)?;
        Ok(self.sign_v1_unchecked(secret, rand))
    }

    /// Signs a version 1 KS exactly as the server does, without a check: the server may misread it.
    #[must_use]
    pub fn sign_v1_unchecked(&self, secret: &AdminSecret, rand: &str) -> Ks {
        v1::seal(&v1::write(self, rand), secret)
    }

    /// Applies the server's rule for downloads: returns the fields and the random bytes with which it would issue
    /// the KS.
    ///
    /// If the text `downloadasset` is anywhere in the privileges, the expiry is rounded up to a multiple of 300
    /// seconds, and the random bytes are derived from the expiry. So the same request gets the same KS, and download
    /// URLs can be cached. Otherwise nothing changes (wire contract, section 6.5).
    ///
    /// ```
    /// # use kaltura_ks::{KsFields, php_random_bytes};
    /// # use kaltura_types::{PartnerId, SessionType, UnixTime};
    /// let fields = KsFields::new(PartnerId::new(1), SessionType::User, UnixTime::from_seconds(1_795_496_955));
    /// assert_eq!(fields.clone().apply_download_asset_rule([7; 16]), (fields.clone(), [7; 16]));
    ///
    /// let (issued, random) = fields.privileges("downloadasset:1").apply_download_asset_rule([7; 16]);
    /// assert_eq!(issued.expiry(), UnixTime::from_seconds(1_795_497_000));
    /// assert_eq!(random, php_random_bytes(1_795_497_000));
    /// ```
    #[must_use]
    pub fn apply_download_asset_rule(mut self, random: [u8; 16]) -> (Self, [u8; 16]) {
        if !self.privileges.as_deref().is_some_and(|text| text.contains("downloadasset")) {
            return (self, random);
        }
        let expiry = self.expiry.as_seconds();
        let remainder = expiry.rem_euclid(DOWNLOAD_EXPIRY_STEP);
        if remainder != 0 {
            self.expiry = UnixTime::from_seconds(expiry.saturating_add(DOWNLOAD_EXPIRY_STEP - remainder));
        }
        let random = php::php_random_bytes(self.expiry.as_seconds());
        (self, random)
    }

    /// The text of the type.
    pub(crate) fn session_type_text(&self) -> String {
        match &self.session_type {
            Open::Known(known) => known.to_wire().into_string(),
            Open::Other(code) => code.clone().into_string(),
        }
    }
}

/// Additional data may contain secrets and is left out.
impl fmt::Debug for KsFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KsFields")
            .field("partner_id", &self.partner_id)
            .field("session_type", &self.session_type)
            .field("expiry", &self.expiry)
            .field("user", &self.user)
            .field("privileges", &self.privileges)
            .field("master_partner_id", &self.master_partner_id)
            .finish_non_exhaustive()
    }
}

/// Fields that could be signed, but that the server would read as other values (wire contract, sections 5.2 and 6.3).
///
/// [`KsFields::sign_v1`] and [`KsFields::sign_v2`] refuse them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKsFields {
    /// The name of a privilege that the server alters, drops, or fails on.
    #[error("the server would alter the privilege name {0:?}: leave out dots, spaces and brackets")]
    PrivilegeName(String),
    /// The name of a privilege that is one of the fields `_e`, `_t`, `_u`, `_m`, `_d`.
    #[error("the privilege name {0:?} is that of a field of the KS, which overwrites it")]
    ReservedPrivilege(String),
    /// A privilege that occurs twice; version 2 keeps the last one.
    #[error("the privilege {0:?} occurs twice, and the server would keep the last: join the values with `/`")]
    RepeatedPrivilege(String),
    /// The privilege `0` without a value, which the server drops.
    #[error("the server drops a privilege named \"0\" that has no value")]
    DroppedPrivilege,
    /// More fields than the server reads.
    #[error("the server reads at most {MAX_VARIABLES} fields; join the values of privileges with `/`")]
    TooManyPrivileges,
    /// A `;` in a field of version 1, where it cannot be escaped.
    #[error("a `;` in the {0} shifts the fields of a version 1 KS: leave it out, or sign version 2")]
    Semicolon(&'static str),
}

/// Returns names and values of the privileges.
fn check_v2(fields: &KsFields) -> Result<Vec<v2::Pair<'_>>, InvalidKsFields> {
    // Room for the other fields, too.
    let mut privileges = Vec::with_capacity(16);
    for item in v2::items(fields) {
        let (name, value) = v2::name_and_value(item).ok_or(InvalidKsFields::DroppedPrivilege)?;
        if v2::FIELD_NAMES.contains(&name) {
            return Err(InvalidKsFields::ReservedPrivilege(name.to_owned()));
        }
        if !php::is_kept_as_name(name.as_bytes()) {
            return Err(InvalidKsFields::PrivilegeName(name.to_owned()));
        }
        privileges.push((name, Some(value)));
    }
    if let Some(name) = first_repeated(&privileges) {
        return Err(InvalidKsFields::RepeatedPrivilege(name.to_owned()));
    }
    if privileges.len() + v2::FIELD_NAMES.len() > MAX_VARIABLES {
        return Err(InvalidKsFields::TooManyPrivileges);
    }
    Ok(privileges)
}

fn first_repeated<'a>(privileges: &[v2::Pair<'a>]) -> Option<&'a str> {
    if v2::are_few_and_distinct(privileges) {
        return None;
    }
    // Most names differ in length, which is compared faster.
    let mut names: Vec<(usize, &str)> = privileges.iter().map(|(name, _)| (name.len(), *name)).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].1)
}

fn check_v1(fields: &KsFields, rand: &str) -> Result<(), InvalidKsFields> {
    let texts = [
        ("type", fields.session_type_text().contains(';')),
        ("random part", rand.contains(';')),
        ("user", fields.user.as_ref().map(UserId::as_str).is_some_and(|user| user.contains(';'))),
        ("privileges", fields.privileges.as_deref().is_some_and(|text| text.contains(';'))),
        ("additional data", fields.additional_data.as_deref().is_some_and(|text| text.contains(';'))),
    ];
    match texts.into_iter().find(|(_, has_semicolon)| *has_semicolon) {
        Some((field, _)) => Err(InvalidKsFields::Semicolon(field)),
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

    // Each refused value is also opened, to check that it really would be read as something else.
    #[test]
    fn version_2_refuses_what_would_be_misread() {
        use InvalidKsFields::{
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
    fn version_2_accepts_what_is_read_unchanged() {
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
    fn unchecked_a_repeated_name_keeps_its_place_and_gets_the_last_value() {
        let fields = fields().privileges("b:1,a:2,_u:x,b:3,a:4,b:5").user("u");
        let opened = open(&fields.sign_v2_unchecked(&secret(), [7; 16]), &[secret()]).unwrap();
        assert_eq!(opened.fields_text(), "b=5&a=4&_u=u&_e=2000000000&_t=0");
    }

    #[test]
    fn version_1_refuses_a_semicolon_anywhere() {
        let refused = |fields: KsFields, rand| fields.sign_v1(&secret(), rand).err();
        assert_eq!(refused(fields().user("a;b"), "1.5"), Some(InvalidKsFields::Semicolon("user")));
        assert_eq!(
            refused(fields().privileges("a;b"), "1.5"),
            Some(InvalidKsFields::Semicolon("privileges"))
        );
        assert_eq!(
            refused(fields().additional_data("a;b"), "1.5"),
            Some(InvalidKsFields::Semicolon("additional data"))
        );
        assert_eq!(refused(fields(), "1;5"), Some(InvalidKsFields::Semicolon("random part")));
        assert_eq!(refused(fields().user("a|b"), "1.5"), None);
    }

    fn issued(expiry: i64, privileges: &str) -> i64 {
        let expiry = UnixTime::from_seconds(expiry);
        let fields = KsFields::new(PartnerId::new(1), SessionType::User, expiry).privileges(privileges);
        fields.apply_download_asset_rule([0; 16]).0.expiry().as_seconds()
    }

    #[test]
    fn the_expiry_of_a_download_is_rounded_up() {
        for (expiry, rounded) in
            [(300, 300), (301, 600), (599, 600), (0, 0), (-1, 0), (-300, -300), (-301, -300)]
        {
            assert_eq!(issued(expiry, "downloadasset:1"), rounded, "{expiry}");
        }
        assert_eq!(issued(i64::MAX, "downloadasset"), i64::MAX);
    }

    #[test]
    fn the_download_rule_looks_for_its_text_anywhere() {
        assert_eq!(issued(1, "sview:*,xdownloadassets"), 300);
        assert_eq!(issued(1, "download:asset"), 1);
    }
}
