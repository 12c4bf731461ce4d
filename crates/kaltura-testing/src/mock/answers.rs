//! Ready answers: what Kaltura says when all is well, when it refuses, and what else may come instead.
//!
//! | room | what it gives |
//! |---|---|
//! | here | results: sessions, app tokens, any JSON |
//! | [`errors`] | each error of the API with its exact code, message and arguments |
//! | [`noise`] | what is no answer of the API: pages, cut bodies, redirects, … |
//!
//! An [`Answer`] becomes a [`WireResponse`](kaltura_auth::WireResponse) by `into`, also without the mock:
//!
//! ```
//! use kaltura_auth::WireResponse;
//! use kaltura_testing::mock::answers;
//! use kaltura_types::{PartnerId, WidgetSession, payload};
//!
//! let response: WireResponse = answers::widget_session(PartnerId::new(1234567)).into();
//! assert_eq!(response.header("Content-Type"), Some("application/json"));
//! let session: WidgetSession = payload::decode(response.body())?;
//! assert_eq!(session.partner_id, PartnerId::new(1234567));
//! # Ok::<(), kaltura_types::PayloadError>(())
//! ```

mod answer;
mod app_token;
pub mod errors;
pub mod noise;
mod session;

use std::sync::atomic::{AtomicU64, Ordering};

use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, Ks, PartnerId, SessionType, UnixTime};
use serde_json::Value;

pub use self::answer::{Answer, AnyResult};
pub use self::app_token::{AppTokenResult, app_token, app_token_list};
pub use self::session::{
    SessionResult, WidgetSessionResult, session, session_info, started_session, widget_session,
};

/// What the server's clock shows in an answer that does not say otherwise: 2026-11-24 04:09:15 UTC.
///
/// See [`Answer::at`].
pub const SERVER_TIME: UnixTime = UnixTime::from_seconds(1_795_493_355);

/// The admin secret that signs each KS of [`made_up_ks`].
pub const ADMIN_SECRET: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9f";

/// A KS of version 2 that no other has been equal to, signed with [`ADMIN_SECRET`].
///
/// It is well formed; but what it says inside, an hour of a USER session, is not what the answer around it
/// says, since no client can look inside.
#[must_use]
pub fn made_up_ks(partner: PartnerId) -> Ks {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let mut random = [0; 16];
    random[..8].copy_from_slice(&number.to_be_bytes());
    KsFields::new(partner, SessionType::User, SERVER_TIME.plus_seconds(3600))
        .sign_v2_unchecked(&AdminSecret::new(ADMIN_SECRET), random)
}

/// Any JSON as the result of a call.
pub fn json(result: impl Into<Value>) -> Answer {
    Answer::of_json(AnyResult(()), result.into())
}

/// The result of a call that gives nothing, such as `session.end` and `appToken.delete`.
pub fn null() -> Answer {
    json(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_types::KsHeader;

    #[test]
    fn a_made_up_ks_is_well_formed_and_the_only_one_of_its_kind() {
        let partner = PartnerId::new(1_234_567);
        let (one, two) = (made_up_ks(partner), made_up_ks(partner));
        assert_ne!(one, two);
        assert!(Ks::looks_like_ks(one.expose()));
        assert_eq!(KsHeader::parse(&one).unwrap().partner_id(), partner);
        assert!(kaltura_ks::open(&one, &[AdminSecret::new(ADMIN_SECRET)]).is_ok());
    }
}
