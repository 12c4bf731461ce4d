//! Commands in JSON, for tests in other languages: each does the same as a method of [`Emulator`].
//!
//! A command is an object with one member, or only its name if it has no value.
//!
//! ```
//! # use kaltura_emulator::{Command, Emulator};
//! let emulator = Emulator::new();
//! let commands: Vec<Command> = serde_json::from_str(
//!     r#"[{"advanceClock": 3600}, {"injectFault": "status:503@appToken.startSession#1"}]"#,
//! )?;
//! for command in commands {
//!     emulator.apply(command)?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use kaltura_types::{AppTokenId, HashType, Ks, PartnerId, UnixTime, UserId};
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::Emulator;
use crate::backend::seed::{AppTokenSeed, EntrySeed};
use crate::dispatch::rate_limit::RateLimit;
use crate::emulator::{EmulatedAppToken, UnknownObject};
use crate::faults::FaultRule;

/// A change of the server by a test.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Command {
    /// Moves the clock forward by this many seconds.
    AdvanceClock(u64),
    /// Sets the clock to a Unix time.
    SetClock(UnixTime),
    /// Stops the clock, or starts it again.
    FreezeClock(bool),
    /// Shifts the header `Date` by this many seconds.
    SkewDate(i64),
    /// Adds a fault rule, in the format of the command line.
    InjectFault(FaultRule),
    /// Removes the fault rules with this text.
    RemoveFault(String),
    /// Removes all fault rules.
    ClearFaults,
    /// Delays each response by a time from this range, in milliseconds; `null` for no delay.
    SetLatency(Option<(u64, u64)>),
    /// Replaces the rate limits, in the format of the command line.
    SetRateLimits(Vec<RateLimit>),
    /// Turns the response cache on or off.
    SetResponseCache(bool),
    /// Whether the database has partner 0, for which calls without a KS are made.
    KeepAnonymousPartner(bool),
    /// Disables an app token of the first partner.
    DisableToken(AppTokenId),
    /// Enables an app token of the first partner.
    EnableToken(AppTokenId),
    /// Deletes an app token of the first partner and ends its sessions.
    DeleteToken(AppTokenId),
    /// Ends a session and its group.
    EndSession(Ks),
    /// Blocks the first partner, or unblocks it.
    BlockPartner(bool),
    /// Blocks a user of the first partner.
    BlockUser(UserId),
    /// Unblocks a user of the first partner.
    UnblockUser(UserId),
    /// Forgets the calls so far.
    ForgetCalls,
    /// Makes everything as it was at the start.
    Reset,
    /// Adds an app token, in the format of the seed.
    AddToken(AppTokenSeed),
    /// Adds a video, in the format of the seed.
    AddEntry(EntrySeed),
    /// Ends the sessions of a partner.
    EndSessions(PartnerId),
}

/// What a command created.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Created {
    /// [`Command::AddToken`]: the app token. Written as JSON, it contains the token value.
    Token(EmulatedAppToken),
    /// [`Command::AddEntry`]: the id of the video.
    Entry(String),
}

/// The token in the format of the seed.
impl Serialize for EmulatedAppToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Token<'a> {
            id: &'a AppTokenId,
            partner_id: PartnerId,
            token: &'a str,
            hash_type: HashType,
        }
        let token = Token {
            id: self.id(),
            partner_id: self.partner_id(),
            token: self.value().expose(),
            hash_type: self.hash_type(),
        };
        token.serialize(serializer)
    }
}

/// Reads the text format of the command line.
impl<'de> Deserialize<'de> for FaultRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Reads the text format of the command line.
impl<'de> Deserialize<'de> for RateLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Emulator {
    /// Applies a command, and returns what it created, if anything.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if it names an object that the emulator does not have.
    pub fn apply(&self, command: Command) -> Result<Option<Created>, UnknownObject> {
        match command {
            Command::AdvanceClock(seconds) => self.clock().advance(Duration::from_secs(seconds)),
            Command::SetClock(time) => self.clock().set(time),
            Command::FreezeClock(true) => self.clock().freeze(),
            Command::FreezeClock(false) => self.clock().resume(),
            Command::SkewDate(seconds) => self.clock().skew_date(seconds),
            Command::InjectFault(rule) => self.inject(rule),
            // A rule that is not there is removed already.
            Command::RemoveFault(rule) => {
                self.remove_fault(&rule);
            }
            Command::ClearFaults => self.clear_faults(),
            Command::SetLatency(range) => {
                let range = range.map(|(least, most)| least.min(most)..=most);
                self.set_latency(range.map(|range| {
                    Duration::from_millis(*range.start())..=Duration::from_millis(*range.end())
                }));
            }
            Command::SetRateLimits(limits) => self.set_rate_limits(limits),
            Command::SetResponseCache(is_on) => self.set_response_cache(is_on),
            Command::KeepAnonymousPartner(exists) => self.keep_anonymous_partner(exists),
            Command::DisableToken(id) => self.disable_token(&id)?,
            Command::EnableToken(id) => self.enable_token(&id)?,
            Command::DeleteToken(id) => self.delete_token(&id)?,
            Command::EndSession(ks) => self.end_session(&ks)?,
            Command::BlockPartner(true) => self.block_partner(),
            Command::BlockPartner(false) => self.unblock_partner(),
            Command::BlockUser(user) => self.block_user(&user),
            Command::UnblockUser(user) => self.unblock_user(&user),
            Command::ForgetCalls => self.forget_calls(),
            Command::Reset => self.reset(),
            Command::AddToken(seed) => return Ok(Some(Created::Token(self.add_app_token(seed)?))),
            Command::AddEntry(seed) => return Ok(Some(Created::Entry(self.add_entry(seed)?))),
            Command::EndSessions(partner) => self.end_sessions(partner)?,
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use kaltura_auth::{AppTokenLogin, ErrorKind, ServiceUrl};
    use serde_json::{Value, json};

    use super::*;
    use crate::PartnerSeed;
    use crate::test_client::{ADMIN_SECRET, NOW, builder, emulator};

    fn apply(emulator: &Emulator, command: Value) -> Result<Option<Created>, UnknownObject> {
        emulator.apply(serde_json::from_value(command).expect("a command"))
    }

    #[test]
    fn commands_change_the_responses() {
        let emulator = emulator();
        let token = emulator.app_token().clone();
        let login = AppTokenLogin::new(ServiceUrl::US, token.credentials());
        let kind = || login.run_blocking(&emulator).err().map(|error| error.kind());

        apply(&emulator, json!({ "disableToken": token.id() })).unwrap();
        assert_eq!(kind(), Some(ErrorKind::TokenNotActive));
        apply(&emulator, json!({ "enableToken": token.id() })).unwrap();
        assert_eq!(kind(), None);
        apply(&emulator, json!({ "injectFault": "status:503@appToken.startSession#1" })).unwrap();
        assert_eq!(kind(), Some(ErrorKind::Unavailable));
        apply(&emulator, json!({ "injectFault": "status:503@appToken.startSession" })).unwrap();
        assert_eq!(kind(), Some(ErrorKind::Unavailable));
        apply(&emulator, json!({ "removeFault": "status:503@appToken.startSession" })).unwrap();
        assert_eq!(kind(), None);
        apply(&emulator, json!({ "injectFault": "status:503@appToken.startSession" })).unwrap();
        apply(&emulator, json!("clearFaults")).unwrap();
        apply(&emulator, json!({ "setRateLimits": ["appToken.startSession:1/60"] })).unwrap();
        assert_eq!(kind(), None);
        assert_eq!(kind(), Some(ErrorKind::RateLimited));
        apply(&emulator, json!({ "advanceClock": 61 })).unwrap();
        assert_eq!(kind(), None);
        apply(&emulator, json!({ "setRateLimits": [] })).unwrap();
        apply(&emulator, json!({ "deleteToken": token.id() })).unwrap();
        assert_eq!(kind(), Some(ErrorKind::TokenNotFound));
    }

    #[test]
    fn commands_move_the_clock() {
        let emulator = emulator();
        apply(&emulator, json!({ "freezeClock": true })).unwrap();
        apply(&emulator, json!({ "setClock": 1_795_493_350 })).unwrap();
        apply(&emulator, json!({ "advanceClock": 10 })).unwrap();
        assert_eq!(emulator.clock().now(), UnixTime::from_seconds(1_795_493_360));
    }

    #[test]
    fn objects_can_be_added() {
        let emulator = emulator();
        let created =
            apply(&emulator, json!({ "addToken": { "id": "0_added", "hashType": "SHA1" } })).unwrap();
        let created = serde_json::to_value(created).unwrap();
        assert_eq!(created["token"]["id"], "0_added");
        assert_eq!(created["token"]["token"].as_str().map(str::len), Some(32));
        apply(&emulator, json!({ "addEntry": { "id": "0_added", "name": "Added" } })).unwrap();
        let entry = emulator.call("media.get", json!({ "ks": emulator.admin_ks(), "entryId": "0_added" }));
        assert_eq!(entry["name"], "Added");
        let other = json!({ "addToken": { "partnerId": 99 } });
        assert_eq!(apply(&emulator, other).err(), Some(UnknownObject::Partner(PartnerId::new(99))));
    }

    #[test]
    fn the_sessions_of_a_partner_end_and_later_ones_do_not() {
        let second = PartnerSeed::new(PartnerId::new(2)).admin_secret("second");
        let emulator = builder().partner(second).build().unwrap();
        let start = |partner: i64, secret: &str| {
            let parameters = json!({ "partnerId": partner, "secret": secret, "type": 2 });
            emulator.call("session.start", parameters)
        };
        let error = |ks: &Value| emulator.error("appToken.list", json!({ "ks": ks }));
        let (first, second, signed) =
            (start(1_234_567, ADMIN_SECRET), start(2, "second"), emulator.admin_ks());
        assert_eq!(error(&json!(signed)), Value::Null);
        apply(&emulator, json!({ "endSessions": 2 })).unwrap();
        assert_eq!([error(&first), error(&second)], [Value::Null, json!("LOGOUT")]);
        apply(&emulator, json!({ "endSessions": 1_234_567 })).unwrap();
        assert_eq!([error(&first), error(&json!(signed))], [json!("LOGOUT"), json!("LOGOUT")]);
        assert_eq!(error(&start(2, "second")), Value::Null);
        assert!(apply(&emulator, json!({ "endSessions": 99 })).is_err());
    }

    #[test]
    fn a_reset_makes_everything_as_it_was() {
        let emulator = builder().fault("status:503@system.ping".parse().unwrap()).build().unwrap();
        let token = emulator.app_token().clone();
        let ks = emulator.admin_ks();
        let get = || emulator.error("appToken.get", json!({ "ks": ks, "id": token.id() }));
        for command in [
            json!({ "deleteToken": token.id() }),
            json!("clearFaults"),
            json!({ "freezeClock": true }),
            json!({ "setClock": 5 }),
            json!({ "addEntry": { "id": "0_added", "name": "Added" } }),
        ] {
            apply(&emulator, command).unwrap();
        }
        assert_eq!(get(), "APP_TOKEN_ID_NOT_FOUND");
        apply(&emulator, json!("reset")).unwrap();
        assert!(emulator.calls().is_empty());
        assert_eq!(emulator.clock().now(), UnixTime::from_seconds(NOW));
        assert_eq!(emulator.response("system.ping", &json!({})).status(), 503);
        let entry = json!({ "ks": ks, "entryId": "0_added" });
        assert_eq!(emulator.error("media.get", entry), "ENTRY_ID_NOT_FOUND");
        assert_eq!(get(), Value::Null);
        let login = AppTokenLogin::new(ServiceUrl::US, token.credentials());
        assert!(login.run_blocking(&emulator).is_ok());
    }

    #[test]
    fn an_unknown_object_is_named() {
        let emulator = emulator();
        let unknown = apply(&emulator, json!({ "disableToken": "0_nosuch00" })).unwrap_err();
        assert!(unknown.to_string().contains("0_nosuch00"));
    }

    #[test]
    fn an_invalid_command_is_an_error() {
        for text in [
            r#"{"nosuch": 1}"#,
            r#"{"injectFault": "nosuch"}"#,
            r#"{"advanceClock": -1}"#,
            "[]",
            r#"{"clearFaults": 1}"#,
            "\"nosuch\"",
        ] {
            assert!(serde_json::from_str::<Command>(text).is_err(), "{text}");
        }
    }
}
