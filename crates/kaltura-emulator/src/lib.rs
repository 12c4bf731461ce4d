//! An emulated Kaltura server in the process: it checks real hashes, issues and opens real KS strings, and
//! responds with the real error codes and messages.
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
//! | create one, with partners and tokens of your own | [`Emulator::new`], [`Emulator::builder`], [`Seed`] |
//! | move time | [`Emulator::clock`] |
//! | end sessions, disable tokens, block users without the client's knowledge | [`Emulator::end_session`] and the methods beside it |
//! | see what was called and uploaded | [`Emulator::calls`], [`Emulator::uploaded`] |
//! | set how uploads and their conversion behave | [`EmulatorBuilder::conversion_time`] and the methods after it |
//! | give other actions a fixed result | [`EmulatorBuilder::stub`], [`Stub`] |
//! | log each call | [`EmulatorBuilder::on_call`] |
//! | inject faults | [`Emulator::inject`], [`Fault`], [`FaultRule`] |
//! | behave like the live service, with a cache and limits | [`Emulator::set_response_cache`], [`RateLimit`] |
//! | serve clients that speak HTTP | the module `server` (feature `server`) |
//!
//! It has these actions:
//!
//! | service | actions |
//! |---|---|
//! | `session` | `start`, `startWidgetSession`, `get`, `end`, `impersonate`, `impersonateByKs` |
//! | `appToken` | `startSession`, `add`, `get`, `list`, `update`, `delete` |
//! | `user` | `get`, `delete` |
//! | `system` | `ping`, `getTime` |
//! | `media` | `get`, `list`, `count`, `add`, `addContent`, `addFromUploadedFile`, `update`, `delete` |
//! | `baseEntry` | `get`, `list`, `count`, `add`, `addContent`, `update`, `delete` |
//! | `uploadToken` | `add`, `get`, `list`, `upload`, `delete` |
//!
//! One request may contain several of them (`multirequest`). Responses are JSON, XML, PHP's serialize or JSONP.
//! Lists of entries apply filters by id, user, reference id, time, status and type, orders by time and name, and the
//! pager. Other filters, such as `nameLike`, match every entry: [`EmulatorBuilder::on_notice`],
//! [`RecordedCall::ignored_filters`] and the header `X-Kaltura-Emulator: filter not emulated: media.list nameLike` tell.
//!
//! As on the server, a USER session lists only the entries of its user, unless it has the privilege `list:*`, and a
//! list shows only entries that are ready, unless the filter asks for others.
//!
//! Of uploads and entries (wire contract, section 10) the emulator has states, ownership, roles and errors. Each
//! partner has one conversion profile, 1001, and one access control profile, 2001. `addContent` accepts the resource
//! `KalturaUploadedFileTokenResource` alone. A converted entry has no duration: files are not read.
//!
//! Not emulated: the browser-cache headers of `kalsig`, a partner's access control by address, and every other
//! action. A call of another action has the header `X-Kaltura-Emulator: not emulated: SERVICE.ACTION` in its
//! response, and [`RecordedCall::is_emulated`] is `false`. A [`Stub`] gives such an action a fixed result.
//!
//! [`Emulator`] works without a network: it is a transport of `kaltura-auth`, and [`Emulator::handle`] responds
//! to a request of the crate `http`. Its behaviour is described in the project's wire contract, whose sections
//! these docs cite.
//!
//! # Features
//!
//! - `getrandom` (default): random secrets and ids from the operating system. Without it, give
//!   [`EmulatorBuilder::random_seed`] or [`EmulatorBuilder::random_bytes`].
//! - `server`: the emulator as an HTTP server on loopback.

mod backend;
mod builder;
mod calls;
mod control;
mod dispatch;
mod emulator;
mod faults;
mod notices;
mod request;
mod response;
mod response_cache;
#[cfg(feature = "server")]
pub mod server;
mod services;
#[cfg(test)]
mod test_client;
mod transport;

pub use self::backend::clock::Clock;
pub use self::backend::seed::{
    AppTokenSeed, EntrySeed, InvalidSeed, PartnerSeed, PartnerStatus, RoleSeed, Seed, UserSeed, UserStatus,
    WidgetSeed,
};
pub use self::builder::{BuildError, EmulatorBuilder};
pub use self::calls::{Calls, RecordedCall};
pub use self::control::{Command, Created};
pub use self::dispatch::rate_limit::{InvalidRateLimit, RateLimit};
pub use self::emulator::{EmulatedAppToken, Emulator, UnknownObject};
pub use self::faults::{Fault, FaultRule, InvalidFaultRule, InvalidLatencyRange, LatencyRange};
pub use self::notices::Notice;
pub use self::services::stub::{InvalidStub, RequiredSession, Stub};
pub use self::transport::{Breakage, Reply};
