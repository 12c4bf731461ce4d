//! The object of `appToken.add` and `appToken.update`: the requested properties of an app token.

use kaltura_types::{ApiEnum as _, HashType, Open, Scalar, SessionType};

use crate::backend::seed::UserStatus;
use crate::backend::state::AppToken;
use crate::request::{Arguments, Choice, Given, NOT_AVAILABLE};
use crate::services::Call;
use crate::services::session::session_type_of;
use kaltura_types::api_error::ApiException;

/// The given fields.
pub(crate) struct Draft {
    id: Given<String>,
    value: Given<String>,
    partner: Given<i64>,
    created_at: Given<i64>,
    updated_at: Given<i64>,
    status: Given<i64>,
    expiry: Given<i64>,
    session_type: Given<Open<SessionType>>,
    session_user: Given<String>,
    session_duration: Given<i64>,
    session_privileges: Given<String>,
    hash_type: Given<Open<HashType>>,
    description: Given<String>,
    has_related_objects: bool,
}

impl Draft {
    /// Reads the fields in the order in which they were sent, so that the first wrong one is the error.
    pub(crate) fn read(fields: Arguments<'_>) -> Result<Self, ApiException> {
        let mut draft = Self {
            id: Given::Absent,
            value: Given::Absent,
            partner: Given::Absent,
            created_at: Given::Absent,
            updated_at: Given::Absent,
            status: Given::Absent,
            expiry: Given::Absent,
            session_type: Given::Absent,
            session_user: Given::Absent,
            session_duration: Given::Absent,
            session_privileges: Given::Absent,
            hash_type: Given::Absent,
            description: Given::Absent,
            has_related_objects: fields.is_list("relatedObjects"),
        };
        for name in fields.names() {
            match name {
                "id" => draft.id = fields.text(name)?,
                "token" => draft.value = fields.text(name)?,
                "partnerId" => draft.partner = fields.int(name),
                "createdAt" => draft.created_at = fields.time(name)?,
                "updatedAt" => draft.updated_at = fields.time(name)?,
                "status" => draft.status = fields.choice(name, Choice::APP_TOKEN_STATUS)?,
                "expiry" => draft.expiry = fields.time(name)?,
                "sessionType" => {
                    draft.session_type = fields.choice(name, Choice::SESSION_TYPE)?.map(session_type_of);
                }
                "sessionUserId" => draft.session_user = fields.text(name)?,
                "sessionDuration" => draft.session_duration = fields.int(name),
                "sessionPrivileges" => draft.session_privileges = fields.text(name)?,
                "hashType" => draft.hash_type = hash_type(fields, name)?,
                "description" => draft.description = fields.text(name)?,
                _ => {}
            }
        }
        Ok(draft)
    }

    /// Checks a new token: the server determines id, value and the like.
    pub(crate) fn check_new(&self) -> Result<(), ApiException> {
        let given = [
            ("relatedObjects", self.has_related_objects),
            ("id", is_given(&self.id)),
            ("token", is_given(&self.value)),
            ("partnerId", is_given(&self.partner)),
            ("createdAt", is_given(&self.created_at)),
            ("updatedAt", is_given(&self.updated_at)),
            ("status", is_given(&self.status)),
        ];
        first_refused(&given)
    }

    /// Checks an update: those properties cannot change. The times cannot even be sent back unchanged.
    pub(crate) fn check_unchanged(&self, token: &AppToken) -> Result<(), ApiException> {
        let changed = [
            ("relatedObjects", self.has_related_objects),
            ("id", differs(&self.id, &token.id)),
            ("token", differs(&self.value, token.value.expose())),
            ("partnerId", differs(&self.partner, &token.partner.get())),
            ("createdAt", is_given(&self.created_at)),
            ("updatedAt", is_given(&self.updated_at)),
            ("status", differs(&self.status, &token.status.number())),
        ];
        first_refused(&changed)
    }

    /// Creates the user of the token if it does not exist and its id is valid. A token without a user needs the
    /// partner's anonymous user. `present` is the user of the token before an update.
    pub(crate) fn check_user(&self, call: &mut Call<'_>, present: Option<&str>) -> Result<(), ApiException> {
        let refused = || ApiException::invalid_field_value("sessionUserId");
        if call.has_no_partner() {
            return Err(refused());
        }
        match (&self.session_user, present) {
            (Given::Value(id), _) => {
                let known = call.state.user(call.partner, id);
                if known.is_some_and(|user| user.status != UserStatus::Deleted) {
                    return Ok(());
                }
                if !is_user_id(id) {
                    return Err(refused());
                }
                let now = call.now();
                call.state.add_user(call.partner, id, UserStatus::Active, now);
                Ok(())
            }
            (Given::Absent, Some(_)) => Ok(()),
            (Given::Absent, None) | (Given::Null, _) => {
                let partner = call.state.partners.get(&call.partner);
                if partner.is_some_and(|partner| partner.has_anonymous_user) {
                    Ok(())
                } else {
                    Err(refused())
                }
            }
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

/// The names of the hash types are compared exactly. A JSON `true` passes, and is stored as `1`.
fn hash_type(fields: Arguments<'_>, name: &str) -> Result<Given<Open<HashType>>, ApiException> {
    let refused = |value: &str| ApiException::invalid_enum_value(value, name, "KalturaAppTokenHashType");
    if fields.is_list(name) {
        return Err(ApiException::internal_server_error());
    }
    if fields.is_json_null(name) {
        return Err(refused(NOT_AVAILABLE));
    }
    let is_true = fields.is_true(name);
    Ok(match fields.text(name)? {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(text) => {
            let code = Scalar::Text(text);
            match (HashType::from_wire(&code), code) {
                (Some(known), _) => Given::Value(Open::Known(known)),
                (None, code) if is_true => Given::Value(Open::Other(code)),
                (None, code) => return Err(refused(&code.into_string())),
            }
        }
    })
}

const fn is_given<T>(given: &Given<T>) -> bool {
    !matches!(given, Given::Absent)
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

/// Whether the server accepts the id for a user that it creates (wire contract, section 3). One line end at the end
/// passes.
fn is_user_id(id: &str) -> bool {
    let id = id.strip_suffix('\n').unwrap_or(id);
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
