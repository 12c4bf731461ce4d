//! The words of the Kaltura API around sessions and app tokens.
//!
//! Pure data: no input or output, no clock, no randomness, no cryptography, no async. What the server says
//! and accepts is described in the project's wire contract, whose sections these docs cite.
//!
//! | module | what it holds |
//! |---|---|
//! | [`ids`] | partner, widget, app token and user ids |
//! | [`secret`] | token value, user secret, admin secret: shared, wiped, never shown |
//! | [`ks`] | the KS as an opaque string |
//! | [`time`] | Unix time and lifetimes, two types |
//! | [`open`] | sets that the server may extend |
//! | [`session`], [`app_token`] | objects and actions of the two services |
//! | [`privileges`] | the grammar of privileges, and what a login grants |
//! | [`action`] | a call as a value |
//! | [`api_error`], [`payload`] | judging an answer |
//! | [`redact`](mod@redact) | taking secrets out of texts that others wrote |
//! | [`secret_names`] | which parameters and members hold secrets |

pub mod action;
pub mod api_error;
pub mod app_token;
pub mod hash_type;
pub mod ids;
pub mod ks;
pub mod open;
pub mod payload;
pub mod privileges;
pub mod redact;
pub mod secret;
pub mod secret_names;
pub mod session;
pub mod time;

pub use action::{Action, Parameters};
pub use api_error::{ApiError, ErrorCode, KsRefusal};
pub use app_token::{
    AddAppToken, AppToken, AppTokenDraft, AppTokenFilter, AppTokenList, AppTokenOrder, AppTokenStatus,
    DeleteAppToken, DraftMistake, GetAppToken, ListAppTokens, Pager, Seconds, StartAppTokenSession,
    UpdateAppToken,
};
pub use hash_type::{HashType, UnknownHashType};
pub use ids::{AppTokenId, InvalidPartnerId, PartnerId, UserId, WidgetId};
pub use ks::{Ks, KsBody, KsEnvelope, KsHeader, KsVersion, MalformedKs};
pub use open::{Coded, Open, Scalar};
pub use payload::{PayloadError, UnexpectedBody};
pub use privileges::{InvalidPrivilege, Privilege, Privileges, PrivilegesBuilder, is_server_privilege};
pub use redact::redact;
pub use secret::{AdminSecret, AppTokenValue, UserSecret};
pub use secret_names::names_a_secret;
pub use session::{
    BareKs, EndSession, GetSession, Impersonate, PartnerSecret, SessionInfo, SessionRequest, SessionType,
    StartSession, StartWidgetSession, WidgetSession,
};
pub use time::{InvalidLifetime, Lifetime, UnixTime};
