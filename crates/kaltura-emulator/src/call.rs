//! One call of an action, after all checks: who calls, for which partner, and what the server knows.

use kaltura_ks::{KsFields, OpenedKs};
use kaltura_types::{AdminSecret, Ks, PartnerId, UnixTime};

use super::state::State;

/// What an action works with.
pub(super) struct Call<'a> {
    pub(super) state: &'a mut State,
    pub(super) time: Time,
    pub(super) ks: Option<SentKs>,
    /// The partner whose objects the call is about.
    pub(super) partner: PartnerId,
    /// Whether the parameter `partnerId` came as a number of JSON, which an answer then keeps.
    pub(super) partner_is_number: bool,
}

/// The server's time.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) now: UnixTime,
    pub(super) milliseconds: i64,
}

/// The KS of a request: as it was sent, and opened.
#[derive(Clone)]
pub(super) struct SentKs {
    pub(super) text: Ks,
    pub(super) opened: OpenedKs,
}

impl Call<'_> {
    pub(super) const fn now(&self) -> UnixTime {
        self.time.now
    }

    /// Signs a KS for a partner.
    pub(super) fn sign(&mut self, fields: KsFields, partner: PartnerId, secret: Option<&AdminSecret>) -> Ks {
        sign(self.state, self.time, fields, partner, secret)
    }
}

/// Signs a KS in the version that the partner has. `secret` is that of an ADMIN session's login; a USER session
/// is signed with the first admin secret (wire contract, section 6.1).
pub(super) fn sign(
    state: &mut State,
    time: Time,
    fields: KsFields,
    partner: PartnerId,
    secret: Option<&AdminSecret>,
) -> Ks {
    let random = state.random.bytes();
    let fraction = state.random.below(10);
    let (fields, random) = fields.as_issued_with(random);
    let Some(partner) = state.partners.get(&partner) else { return Ks::new(String::new()) };
    let secret = secret.unwrap_or(&partner.admin_secrets[0]);
    if partner.ks_version == 1 {
        let thousandths = time.milliseconds.rem_euclid(1000);
        fields.sign_v1_unchecked(secret, &format!("{}.{thousandths:03}{fraction}", time.now))
    } else {
        fields.sign_v2_unchecked(secret, random)
    }
}
