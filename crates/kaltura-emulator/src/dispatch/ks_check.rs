//! The server's checks of a KS: first that it opens, later that it can be used (wire contract, section 7).

use std::borrow::Cow;
use std::net::IpAddr;

use kaltura_ks::{OpenError, OpenedKs};
use kaltura_types::{Ks, KsEnvelope, PartnerId, Privilege, UnixTime};

use crate::backend::seed::{RoleSeed, UserStatus};
use crate::backend::state::{ADMIN_CONSOLE, ANONYMOUS, State};
use crate::request::{Parameter, equals_number, int, is_empty, numeric, text};
use crate::response::value::Failure;
use crate::services::SentKs;
use kaltura_types::api_error::ApiException;

/// A text cannot be opened.
pub(crate) enum OpenFailure {
    /// It is not a KS of a known partner.
    Invalid,
    /// PHP fails to read it.
    Fatal,
}

/// Opens a KS with the secrets of its partner.
pub(crate) fn open(state: &State, ks: &Ks) -> Result<OpenedKs, OpenFailure> {
    let envelope = KsEnvelope::decode(ks).map_err(|_| OpenFailure::Invalid)?;
    let partner = state.partners.get(&envelope.header().partner_id()).ok_or(OpenFailure::Invalid)?;
    kaltura_ks::open_envelope(&envelope, &partner.admin_secrets).map_err(|error| match error {
        OpenError::BracketedPrivilege => OpenFailure::Fatal,
        _ => OpenFailure::Invalid,
    })
}

/// Opens the KS of a request. What PHP takes for empty is none. The error for an invalid one contains its text.
pub(crate) fn read(state: &State, parameter: Option<&Parameter>) -> Result<Option<SentKs>, Failure> {
    let Some(parameter) = parameter.filter(|parameter| !is_empty(Some(parameter))) else { return Ok(None) };
    let sent = Ks::new(text(parameter));
    match open(state, &sent) {
        Ok(opened) => Ok(Some(SentKs { text: sent, opened })),
        Err(OpenFailure::Invalid) => Err(ApiException::invalid_ks(sent.expose()).into()),
        Err(OpenFailure::Fatal) => Err(Failure::Fatal),
    }
}

/// Checks that a KS can be used by this client now. Uses one action of an `actionslimit`.
pub(crate) fn check_use(
    state: &mut State,
    ks: &OpenedKs,
    now: UnixTime,
    client: IpAddr,
    uri: &str,
) -> Result<(), ApiException> {
    state.note_session(ks);
    check_restrictions(ks, now, client, uri)?;
    let claims = ks.claims();
    let group_is_ended = claims.session_id_hash().is_some_and(|marker| state.is_ended(&marker));
    if group_is_ended || state.is_ended(ks.digest_hex()) {
        return Err(ApiException::invalid_ks("LOGOUT"));
    }
    if let Some(limit) = claims.privileges().get("actionslimit") {
        let limit = actions_limit(&value_of(limit)).ok_or_else(ApiException::invalid_actions_limit)?;
        let expiry = claims.expiry().unwrap_or(UnixTime::from_seconds(i64::MAX));
        if !state.use_action(ks.digest_hex(), limit, expiry, now) {
            return Err(ApiException::invalid_ks("EXCEEDED_ACTIONS_LIMIT"));
        }
    }
    Ok(())
}

/// The number of actions that a privilege allows: any number of PHP above 0, cut to a whole one but not below 1.
fn actions_limit(value: &str) -> Option<u64> {
    let number = numeric(value).filter(|number| *number > 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast cuts and saturates"
    )]
    Some((number as u64).max(1))
}

/// Checks what the KS itself says: its expiry, and who may use it. The database is not needed for it.
pub(crate) fn check_restrictions(
    ks: &OpenedKs,
    now: UnixTime,
    client: IpAddr,
    uri: &str,
) -> Result<(), ApiException> {
    let claims = ks.claims();
    if claims.is_expired_at(now) {
        return Err(ApiException::invalid_ks("EXPIRED"));
    }
    if let Some(addresses) = claims.privileges().get("iprestrict")
        && !addresses.values().contains(&client.to_string())
    {
        return Err(ApiException::invalid_ks("EXCEEDED_RESTRICTED_IP"));
    }
    if let Some(paths) = claims.privileges().get("urirestrict")
        && !value_of(paths).split('|').any(|pattern| matches_uri(pattern, uri))
    {
        return Err(ApiException::invalid_ks("EXCEEDED_RESTRICTED_URI"));
    }
    Ok(())
}

/// The text after a privilege's colon.
fn value_of(privilege: &Privilege) -> String {
    privilege.values().join("/")
}

/// A pattern is a path with query, or the beginning of one followed by `*`.
fn matches_uri(pattern: &str, uri: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => uri.starts_with(beginning),
        None => uri == pattern,
    }
}

/// Checks that the user of a KS is not blocked.
pub(crate) fn check_user(state: &State, ks: &OpenedKs) -> Result<(), ApiException> {
    let claims = ks.claims();
    let user = claims.user().and_then(|user| state.user(claims.partner_id(), user.as_str()));
    match user {
        Some(user) if user.status == UserStatus::Blocked => Err(ApiException::user_blocked()),
        _ => Ok(()),
    }
}

/// The role of the KS, if it has one.
pub(crate) fn role<'a>(state: &'a State, ks: &OpenedKs) -> Result<Option<&'a RoleSeed>, ApiException> {
    let Some(name) = ks.claims().privileges().get("setrole").map(value_of) else { return Ok(None) };
    if name.is_empty() {
        return Ok(None);
    }
    if name.parse::<i64>().is_ok_and(i64::is_negative) {
        return Err(ApiException::invalid_set_role());
    }
    state.role(&name).map(Some).ok_or_else(ApiException::invalid_object_id)
}

/// The partner of a call, and whether its KS may act for that partner.
pub(crate) struct Operation {
    pub(crate) partner: PartnerId,
    pub(crate) is_allowed: bool,
    /// The parameter beside a KS, if it is written in another way than the number.
    pub(crate) text: Option<String>,
}

/// Finds the partner of a call from `partnerId` or `p` (wire contract, section 1.4).
pub(crate) fn operation(
    state: &State,
    ks: Option<&OpenedKs>,
    requested: Option<&Parameter>,
) -> Result<Operation, ApiException> {
    let own = ks.map(|ks| ks.claims().partner_id());
    if own.is_some_and(|own| state.active_partner(own).is_none()) {
        return Err(ApiException::partner_blocked());
    }
    let sent = requested.map(text);
    let partner = requested.map_or(ANONYMOUS, |value| PartnerId::new(int(value)));
    let is_number = |sent: &Cow<'_, str>| sent.is_empty() || equals_number(sent, partner.get());
    let is_number = sent.as_ref().is_none_or(is_number);
    if partner == ANONYMOUS && is_number {
        return match own {
            Some(own) => {
                let text = sent.filter(|sent| sent.is_empty()).map(Cow::into_owned);
                Ok(Operation { partner: own, is_allowed: true, text })
            }
            None if state.has_anonymous_partner => {
                Ok(Operation { partner: ANONYMOUS, is_allowed: true, text: None })
            }
            None => Err(ApiException::missing_ks()),
        };
    }
    // A text that is not a number is looked up by the number at its beginning, but never equals the KS's own partner.
    if partner != ANONYMOUS && state.active_partner(partner).is_none() {
        return Err(ApiException::partner_blocked());
    }
    let may_act = own.is_none_or(|own| own == partner || own == ADMIN_CONSOLE);
    let text = sent.filter(|sent| own.is_some() && *sent != partner.to_string()).map(Cow::into_owned);
    Ok(Operation { partner, is_allowed: may_act && is_number, text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::random::Random;
    use crate::backend::seed::{PartnerSeed, Seed};
    use kaltura_ks::KsFields;
    use kaltura_types::{AdminSecret, SessionType};

    const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);
    const PARTNER: PartnerId = PartnerId::new(1);

    fn state() -> State {
        let seed = Seed::new().partner(PartnerSeed::new(PARTNER).admin_secret("secret"));
        State::new(seed, Random::from_seed(1), NOW)
    }

    fn ks(privileges: &str) -> OpenedKs {
        let fields = KsFields::new(PARTNER, SessionType::User, NOW.plus_seconds(60)).privileges(privileges);
        let secret = AdminSecret::new("secret");
        kaltura_ks::open(&fields.sign_v2_unchecked(&secret, [7; 16]), &[secret]).unwrap()
    }

    fn refusal(privileges: &str, uri: &str) -> Option<String> {
        let client = IpAddr::from([192, 0, 2, 1]);
        let refused = check_use(&mut state(), &ks(privileges), NOW, client, uri).err()?;
        refused.args.first().map(|(_, value)| value.clone()).or_else(|| Some(refused.code.to_string()))
    }

    #[test]
    fn restrictions_are_exact() {
        for (privileges, uri, expected) in [
            ("iprestrict:192.0.2.1", "/", None),
            ("iprestrict:192.0.2.7/192.0.2.1", "/", None),
            ("iprestrict:192.0.2.0", "/", Some("EXCEEDED_RESTRICTED_IP")),
            ("urirestrict:/api_v3/a", "/api_v3/a", None),
            ("urirestrict:/api_v3/a", "/api_v3/ab", Some("EXCEEDED_RESTRICTED_URI")),
            ("urirestrict:/x|/api_v3/a*", "/api_v3/ab?c=1", None),
            ("urirestrict:/x|/api_v3/a*", "/api_v3/b", Some("EXCEEDED_RESTRICTED_URI")),
            ("actionslimit:0", "/", Some("INVALID_ACTIONS_LIMIT")),
            ("actionslimit:abc", "/", Some("INVALID_ACTIONS_LIMIT")),
            ("actionslimit", "/", Some("INVALID_ACTIONS_LIMIT")),
            ("actionslimit:1", "/", None),
            ("actionslimit:0.5", "/", None),
            ("actionslimit:1e1", "/", None),
            ("actionslimit:0.0", "/", Some("INVALID_ACTIONS_LIMIT")),
            ("actionslimit:-1", "/", Some("INVALID_ACTIONS_LIMIT")),
            ("actionslimit:5x", "/", Some("INVALID_ACTIONS_LIMIT")),
        ] {
            assert_eq!(refusal(privileges, uri).as_deref(), expected, "{privileges} {uri}");
        }
    }

    #[test]
    fn a_ks_is_expired_in_the_second_of_its_expiry() {
        let mut state = state();
        let client = IpAddr::from([127, 0, 0, 1]);
        let ks = ks("");
        assert!(check_use(&mut state, &ks, NOW.plus_seconds(59), client, "/").is_ok());
        assert!(check_use(&mut state, &ks, NOW.plus_seconds(60), client, "/").is_err());
    }

    #[test]
    fn a_role_is_found_by_name_or_number() {
        let state = state();
        assert_eq!(role(&state, &ks("setrole:PLAYBACK_BASE_ROLE")).unwrap().unwrap().id, 7);
        assert_eq!(role(&state, &ks("setrole:7")).unwrap().unwrap().id, 7);
        assert!(role(&state, &ks("sview:*")).unwrap().is_none());
        assert_eq!(role(&state, &ks("setrole:-1")).unwrap_err(), ApiException::invalid_set_role());
        assert_eq!(role(&state, &ks("setrole:99")).unwrap_err(), ApiException::invalid_object_id());
    }
}
