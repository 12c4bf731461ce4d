//! Commands that come as JSON, for tests in other languages: what a Rust test does by methods.
//!
//! Each command is an object of one member, or the bare name of one that needs no more.
//!
//! ```
//! # use kaltura_emulator::{Command, Emulator};
//! let emulator = Emulator::new();
//! let commands: Vec<Command> = serde_json::from_str(
//!     r#"[{"advanceClock": 3600}, {"injectFault": "status:503@appToken.startSession#1"}]"#,
//! )?;
//! for command in commands {
//!     emulator.obey(command)?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use kaltura_types::{AppTokenId, Ks, UnixTime, UserId};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::Emulator;
use super::faults::FaultRule;
use super::rate_limit::RateLimit;
use super::unknown_object::UnknownObject;

/// One thing that a test does to the server.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Command {
    /// Moves the clock forward by so many seconds.
    AdvanceClock(u64),
    /// Sets the clock to a Unix time.
    SetClock(UnixTime),
    /// Stops the clock, or lets it run on.
    FreezeClock(bool),
    /// Lets the header `Date` be wrong by so many seconds.
    SkewDate(i64),
    /// Lets something go wrong: a rule as the command line takes it.
    InjectFault(FaultRule),
    /// Lets nothing go wrong any more.
    ClearFaults,
    /// Lets each answer take a time from this range, in milliseconds; `null` for none.
    SetLatency(Option<(u64, u64)>),
    /// Replaces the rate limits: rules as the command line takes them.
    SetRateLimits(Vec<RateLimit>),
    /// Switches the response cache.
    SetResponseCache(bool),
    /// Whether calls without a KS have a partner to be made for.
    KeepAnonymousPartner(bool),
    /// Disables an app token of the first partner.
    DisableToken(AppTokenId),
    /// Enables it again.
    EnableToken(AppTokenId),
    /// Deletes it, with its sessions.
    DeleteToken(AppTokenId),
    /// Ends a session, with all of its group.
    EndSession(Ks),
    /// Blocks the first partner, or unblocks it.
    BlockPartner(bool),
    /// Blocks a user of the first partner.
    BlockUser(UserId),
    /// Unblocks him.
    UnblockUser(UserId),
    /// Forgets the calls so far.
    ForgetCalls,
}

/// Reads it from the text that the command line takes.
impl<'de> Deserialize<'de> for FaultRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Reads it from the text that the command line takes.
impl<'de> Deserialize<'de> for RateLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Emulator {
    /// Does what a command says.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if it names something that is not there.
    pub fn obey(&self, command: Command) -> Result<(), UnknownObject> {
        match command {
            Command::AdvanceClock(seconds) => self.clock().advance(Duration::from_secs(seconds)),
            Command::SetClock(time) => self.clock().set(time),
            Command::FreezeClock(true) => self.clock().freeze(),
            Command::FreezeClock(false) => self.clock().resume(),
            Command::SkewDate(seconds) => self.clock().skew_date(seconds),
            Command::InjectFault(rule) => self.inject(rule),
            Command::ClearFaults => self.clear_faults(),
            Command::SetLatency(range) => {
                let range = range.map(|(least, most)| least.min(most)..=most);
                self.set_latency(range.map(|range| {
                    Duration::from_millis(*range.start())..=Duration::from_millis(*range.end())
                }));
            }
            Command::SetRateLimits(limits) => self.set_rate_limits(limits),
            Command::SetResponseCache(is_on) => self.set_response_cache(is_on),
            Command::KeepAnonymousPartner(is_there) => self.keep_anonymous_partner(is_there),
            Command::DisableToken(id) => self.disable_token(&id)?,
            Command::EnableToken(id) => self.enable_token(&id)?,
            Command::DeleteToken(id) => self.delete_token(&id)?,
            Command::EndSession(ks) => self.end_session(&ks)?,
            Command::BlockPartner(true) => self.block_partner(),
            Command::BlockPartner(false) => self.unblock_partner(),
            Command::BlockUser(user) => self.block_user(&user),
            Command::UnblockUser(user) => self.unblock_user(&user),
            Command::ForgetCalls => self.forget_calls(),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kaltura_auth::{AppTokenLogin, ErrorKind, ServiceUrl};
    use serde_json::{Value, json};

    use super::*;

    fn obey(emulator: &Emulator, command: Value) -> Result<(), UnknownObject> {
        emulator.obey(serde_json::from_value(command).expect("a command"))
    }

    #[test]
    fn commands_change_what_the_server_answers() {
        let emulator = Emulator::new();
        let token = emulator.app_token().clone();
        let login = AppTokenLogin::new(ServiceUrl::US, token.credentials());
        let kind = || login.run_blocking(&emulator).err().map(|error| error.kind());

        obey(&emulator, json!({ "disableToken": token.id() })).unwrap();
        assert_eq!(kind(), Some(ErrorKind::TokenNotActive));
        obey(&emulator, json!({ "enableToken": token.id() })).unwrap();
        assert_eq!(kind(), None);
        obey(&emulator, json!({ "injectFault": "status:503@appToken.startSession#1" })).unwrap();
        assert_eq!(kind(), Some(ErrorKind::Unavailable));
        obey(&emulator, json!({ "injectFault": "status:503@appToken.startSession" })).unwrap();
        obey(&emulator, json!("clearFaults")).unwrap();
        obey(&emulator, json!({ "setRateLimits": ["appToken.startSession:1/60"] })).unwrap();
        assert_eq!(kind(), None);
        assert_eq!(kind(), Some(ErrorKind::RateLimited));
        obey(&emulator, json!({ "advanceClock": 61 })).unwrap();
        assert_eq!(kind(), None);
        obey(&emulator, json!({ "setRateLimits": [] })).unwrap();
        obey(&emulator, json!({ "deleteToken": token.id() })).unwrap();
        assert_eq!(kind(), Some(ErrorKind::TokenNotFound));
    }

    #[test]
    fn the_clock_obeys() {
        let emulator = Emulator::new();
        obey(&emulator, json!({ "freezeClock": true })).unwrap();
        obey(&emulator, json!({ "setClock": 1_795_493_350 })).unwrap();
        obey(&emulator, json!({ "advanceClock": 10 })).unwrap();
        assert_eq!(emulator.clock().now(), UnixTime::from_seconds(1_795_493_360));
    }

    #[test]
    fn what_is_not_there_is_told() {
        let emulator = Emulator::new();
        let unknown = obey(&emulator, json!({ "disableToken": "0_nosuch00" })).unwrap_err();
        assert!(unknown.to_string().contains("0_nosuch00"));
    }

    #[test]
    fn what_is_no_command_is_told() {
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
