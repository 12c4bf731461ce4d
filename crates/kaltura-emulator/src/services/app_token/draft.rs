//! The object of `appToken.add` and `appToken.update`: the requested properties of an app token.

use kaltura_types::{ApiEnum as _, HashType, Scalar, SessionType};

use crate::backend::seed::UserStatus;
use crate::backend::state::AppToken;
use crate::request::{Arguments, Choice, Given};
use crate::services::Call;
use kaltura_types::api_error::ApiException;

/// The fields in the order in which the server reads and checks them.
pub(crate) struct Draft {
    id: Given<String>,
    value: Given<String>,
    partner: Given<i64>,
    created_at: Given<i64>,
    updated_at: Given<i64>,
    status: Given<i64>,
    expiry: Given<i64>,
    session_type: Given<SessionType>,
    session_user: Given<String>,
    session_duration: Given<i64>,
    session_privileges: Given<String>,
    hash_type: Given<HashType>,
    description: Given<String>,
}

impl Draft {
    pub(crate) fn read(fields: Arguments<'_>) -> Result<Self, ApiException> {
        Ok(Self {
            id: fields.text("id")?,
            value: fields.text("token")?,
            partner: fields.int("partnerId"),
            created_at: fields.time("createdAt"),
            updated_at: fields.time("updatedAt"),
            status: fields.choice("status", Choice::APP_TOKEN_STATUS)?,
            expiry: fields.time("expiry"),
            session_type: session_type(fields)?,
            session_user: fields.text("sessionUserId")?,
            session_duration: fields.int("sessionDuration"),
            session_privileges: fields.text("sessionPrivileges")?,
            hash_type: hash_type(fields)?,
            description: fields.text("description")?,
        })
    }

    /// Checks a new token: the server determines id, value and the like.
    pub(crate) fn check_new(&self) -> Result<(), ApiException> {
        let given = [
            ("id", is_value(&self.id)),
            ("token", is_value(&self.value)),
            ("partnerId", is_value(&self.partner)),
            ("createdAt", is_value(&self.created_at)),
            ("updatedAt", is_value(&self.updated_at)),
            ("status", is_value(&self.status)),
        ];
        first_refused(&given)
    }

    /// Checks an update: those properties cannot change, but can be sent back unchanged.
    pub(crate) fn check_unchanged(&self, token: &AppToken) -> Result<(), ApiException> {
        let changed = [
            ("id", differs(&self.id, &token.id)),
            ("token", differs(&self.value, token.value.expose())),
            ("partnerId", differs(&self.partner, &token.partner.get())),
            ("createdAt", differs(&self.created_at, &token.created_at.as_seconds())),
            ("updatedAt", differs(&self.updated_at, &token.updated_at.as_seconds())),
            ("status", differs(&self.status, &token.status.number())),
        ];
        first_refused(&changed)
    }

    /// Creates the user of the token if it does not exist and its id is valid. Without a user, a new token needs the
    /// partner's anonymous user.
    pub(crate) fn check_user(&self, call: &mut Call<'_>, is_new: bool) -> Result<(), ApiException> {
        match &self.session_user {
            Given::Value(id) => {
                let known = call.state.user(call.partner, id);
                if known.is_some_and(|user| user.status != UserStatus::Deleted) {
                    return Ok(());
                }
                if !is_user_id(id) {
                    return Err(ApiException::invalid_field_value("sessionUserId"));
                }
                let now = call.now();
                call.state.add_user(call.partner, id, UserStatus::Active, now);
                Ok(())
            }
            Given::Absent if is_new => {
                let partner = call.state.partners.get(&call.partner);
                if partner.is_some_and(|partner| partner.has_anonymous_user) {
                    Ok(())
                } else {
                    Err(ApiException::invalid_field_value("sessionUserId"))
                }
            }
            Given::Absent | Given::Null => Ok(()),
        }
    }

    /// Changes a token. Returns whether a property has another value than before.
    pub(crate) fn apply(&self, token: &mut AppToken) -> bool {
        let before = token.clone();
        self.expiry.clone().apply(&mut token.expiry);
        self.session_type.clone().apply(&mut token.session_type);
        self.session_user.clone().apply(&mut token.session_user);
        self.session_duration.clone().apply(&mut token.session_duration);
        self.session_privileges.clone().apply(&mut token.session_privileges);
        self.hash_type.clone().apply(&mut token.hash_type);
        self.description.clone().apply(&mut token.description);
        before.expiry != token.expiry
            || before.session_type != token.session_type
            || before.session_user != token.session_user
            || before.session_duration != token.session_duration
            || before.session_privileges != token.session_privileges
            || before.hash_type != token.hash_type
            || before.description != token.description
    }
}

fn session_type(fields: Arguments<'_>) -> Result<Given<SessionType>, ApiException> {
    let number = fields.choice("sessionType", Choice::SESSION_TYPE)?;
    Ok(number.map(|number| if number == 2 { SessionType::Admin } else { SessionType::User }))
}

/// The names of the hash types are compared exactly.
fn hash_type(fields: Arguments<'_>) -> Result<Given<HashType>, ApiException> {
    Ok(match fields.text("hashType")? {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(name) => match HashType::from_wire(&Scalar::Text(name.clone())) {
            Some(known) => Given::Value(known),
            None => {
                return Err(ApiException::invalid_enum_value(&name, "hashType", "KalturaAppTokenHashType"));
            }
        },
    })
}

const fn is_value<T>(given: &Given<T>) -> bool {
    matches!(given, Given::Value(_))
}

fn differs<T: PartialEq<U>, U: ?Sized>(given: &Given<T>, present: &U) -> bool {
    matches!(given, Given::Value(value) if value != present)
}

fn first_refused(properties: &[(&str, bool)]) -> Result<(), ApiException> {
    match properties.iter().find(|(_, is_refused)| *is_refused) {
        Some((name, _)) => Err(ApiException::property_not_updatable(&format!("KalturaAppToken::{name}"))),
        None => Ok(()),
    }
}

/// Whether the server accepts the id for a user that it creates (wire contract, section 3).
fn is_user_id(id: &str) -> bool {
    (1..=320).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b",!#$%&'*+?^_`{|}~.@-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_are_limited_in_alphabet_and_length() {
        for id in ["a", "brand.new@example.com", "{|}~,!#$%&'*+?^_`.@-", &"x".repeat(320)] {
            assert!(is_user_id(id), "{id}");
        }
        for id in ["", "two words", "a/b", "é", "a;b", "a=b", &"x".repeat(321)] {
            assert!(!is_user_id(id), "{id}");
        }
    }
}
