//! A Kaltura in the process: it checks real hashes, issues and opens real KS strings, and answers with the
//! real codes and messages.
//!
//! ```
//! use kaltura_auth::{AppTokenLogin, ServiceUrl};
//! use kaltura_emulator::Emulator;
//! use kaltura_types::ErrorCode;
//!
//! let emulator = Emulator::new();
//! let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
//!
//! let session = login.run_blocking(&emulator)?;
//! assert_eq!(emulator.calls().count("appToken.startSession"), 1);
//!
//! emulator.disable_token(emulator.app_token().id())?;
//! let error = login.run_blocking(&emulator).unwrap_err();
//! assert_eq!(error.api_error().unwrap().code(), &ErrorCode::AppTokenNotActive);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | make one, with partners and tokens of your own | [`Emulator::new`], [`Emulator::builder`], [`Seed`] |
//! | move time | [`Emulator::clock`] |
//! | end sessions, disable tokens, block users behind a client's back | [`Emulator::end_session`] and its neighbours |
//! | see what was called | [`Emulator::calls`] |
//! | let things go wrong | [`Emulator::inject`], [`Fault`], [`FaultRule`] |
//! | behave like the live service, with a cache and limits | [`Emulator::set_response_cache`], [`RateLimit`] |
//!
//! It has these actions:
//!
//! | service | actions |
//! |---|---|
//! | `session` | `start`, `startWidgetSession`, `get`, `end`, `impersonate`, `impersonateByKs` |
//! | `appToken` | `startSession`, `add`, `get`, `list`, `update`, `delete` |
//! | `user` | `get`, `delete` |
//! | `system` | `ping`, `getTime` |
//! | `media` | `get`, `list` |
//! | `baseEntry` | `get`, `list` |
//!
//! Several of them may go in one request (`multirequest`). Answers are JSON, XML, PHP's serialize or JSONP. Lists of
//! entries heed filters by id, time, status and type, orders by time, and the pager; other filters, such as
//! `nameLike`, let everything through.
//!
//! What it leaves out: the browser-cache headers of `kalsig`, a partner's access control by address, and every
//! action that has nothing to do with sessions or app tokens, but for the few that a session can prove itself on.
//!
//! It speaks HTTP without a network: [`Emulator`] is a transport of `kaltura-auth`, and [`Emulator::handle`]
//! answers a request of the crate `http`. What it does is described in the project's wire contract, whose
//! sections these docs cite.

mod actions;
mod answer;
mod builder;
mod call;
mod calls;
mod changes;
mod clock;
mod control;
mod dispatch;
mod fast_path;
mod faults;
mod ks_check;
mod language;
mod modes;
mod multirequest;
mod paging;
mod php_json;
mod random;
mod rate_limit;
mod reply;
mod request;
mod response;
mod response_cache;
mod response_profile;
mod seed;
#[cfg(feature = "server")]
pub mod server;
mod services;
mod state;
#[cfg(test)]
mod test_client;
mod token;
mod transport;
mod unknown_object;
mod world;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaltura_types::{AdminSecret, PartnerId, UserSecret};

pub use self::builder::{BuildError, EmulatorBuilder};
pub use self::calls::{Calls, RecordedCall};
pub use self::clock::Clock;
pub use self::control::Command;
pub use self::faults::{Fault, FaultRule, InvalidFaultRule};
pub use self::rate_limit::{InvalidRateLimit, RateLimit};
pub use self::reply::{Breakage, Reply};
pub use self::seed::{
    AppTokenSeed, EntrySeed, InvalidSeed, PartnerSeed, PartnerStatus, RoleSeed, Seed, UserSeed, UserStatus,
    WidgetSeed,
};
pub use self::token::EmulatedAppToken;
pub use self::unknown_object::UnknownObject;

use self::world::World;

/// An emulated Kaltura server. A clone is the same server.
///
/// [`new`](Self::new) has one partner with random secrets, its default widget, one active app token and a few
/// videos; [`builder`](Self::builder) makes others.
#[derive(Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    clock: Clock,
    partner: PartnerId,
    admin_secret: AdminSecret,
    user_secret: UserSecret,
    app_token: EmulatedAppToken,
}

impl Emulator {
    /// An emulator for most tests.
    ///
    /// # Panics
    ///
    /// If the system has no random bytes to give.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without random bytes cannot go on")]
    pub fn new() -> Self {
        Self::builder().build().expect("the system gives random bytes")
    }

    /// Begins an emulator with partners, app tokens and habits of your own.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The first partner.
    #[must_use]
    pub fn partner_id(&self) -> PartnerId {
        self.shared.partner
    }

    /// The admin secret of the first partner, with which its KSs are signed.
    #[must_use]
    pub fn admin_secret(&self) -> &AdminSecret {
        &self.shared.admin_secret
    }

    /// The user secret of the first partner.
    #[must_use]
    pub fn user_secret(&self) -> &UserSecret {
        &self.shared.user_secret
    }

    /// An app token of the first partner to log in with: one that is active, with SHA-256 if there is one.
    #[must_use]
    pub fn app_token(&self) -> &EmulatedAppToken {
        &self.shared.app_token
    }

    /// The server's clock, for moving it.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock.clone()
    }

    /// The calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.world().calls.clone()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.world().calls = Calls::default();
    }

    /// This server as a transport: itself.
    #[must_use]
    pub fn transport(&self) -> Self {
        self.clone()
    }

    /// Answers a request of the client with this address, as [`respond`](Self::respond) does it, but without
    /// delay and without breakage.
    #[must_use]
    pub fn handle(&self, request: &http::Request<Bytes>, client: IpAddr) -> http::Response<Bytes> {
        self.respond(request, client).response
    }

    /// Answers a request of the client with this address, and says what happens to the answer on its way. Who
    /// carries the answer, waits and breaks off as the reply says.
    #[must_use]
    pub fn respond(&self, request: &http::Request<Bytes>, client: IpAddr) -> Reply {
        self.world().respond(request, client, &self.shared.clock)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        // Should a call have panicked, the next test step shall still see what there is.
        self.shared.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Emulator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("partner", &self.shared.partner)
            .field("clock", &self.shared.clock)
            .finish_non_exhaustive()
    }
}
