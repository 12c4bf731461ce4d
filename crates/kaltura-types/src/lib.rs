//! Types of the Kaltura API for sessions and app tokens.
//!
//! Data only: no input or output, no clock, no randomness, no cryptography, no async. The protocol is described in
//! the [wire contract](wire_contract), whose sections this documentation cites.
//!
//! | module | content |
//! |---|---|
//! | [`ids`] | ids of partners, widgets, app tokens and users |
//! | [`secret`] | app token value, user secret, admin secret: shared, zeroised, redacted |
//! | [`ks`] | the KS: an opaque string, with a header that can be read |
//! | [`time`] | Unix times and lifetimes, two types |
//! | [`duration`] | durations as text, for configurations and command lines |
//! | [`open`] | enumerations that the server may extend |
//! | [`hash_type`] | the hash function of an app token |
//! | [`session`], [`app_token`] | objects and actions of the two services; the session request |
//! | [`upload_token`] | objects and actions of the service `uploadToken` |
//! | [`privileges`] | parsing and building privileges, and what a login grants |
//! | [`action`] | a call of the API as a value |
//! | [`api_error`] | errors of the API: codes and their classes |
//! | [`payload`] | decoding the body of a response |
//! | [`redact`](mod@redact) | removing secrets from foreign texts |
//! | [`wire_contract`] | the protocol, as it was measured on a real server |

pub mod action;
pub mod api_error;
pub mod app_token;
pub mod duration;
pub mod hash_type;
pub mod ids;
pub mod ks;
pub mod open;
pub mod payload;
pub mod privileges;
pub mod redact;
pub mod secret;
pub mod session;
pub mod time;
pub mod upload_token;
pub mod wire_contract;

pub use action::{Action, FilePart, ListAction, Parameters, is_repeatable_by_name};
pub use api_error::{ApiError, ErrorClass, ErrorCode, KsRefusal};
pub use app_token::{
    AddAppToken, AppToken, AppTokenDraft, AppTokenFilter, AppTokenList, AppTokenOrder, AppTokenStatus,
    AppTokenWarning, DeleteAppToken, GetAppToken, InvalidDraft, ListAppTokens, Pager, Seconds,
    StartAppTokenSession, UpdateAppToken,
};
pub use duration::InvalidDuration;
pub use hash_type::{HashType, UnknownHashType};
pub use ids::{AppTokenId, InvalidPartnerId, PartnerId, UserId, WidgetId};
pub use ks::{Ks, KsBody, KsEnvelope, KsHeader, KsIssue, KsVersion, MalformedKs};
pub use open::{ApiEnum, Open, Scalar};
pub use payload::{PayloadError, UnexpectedBody};
pub use privileges::{
    InvalidPrivilege, Privilege, PrivilegeWarning, Privileges, PrivilegesBuilder, is_server_privilege,
};
pub use redact::{is_secret_name, redact, redact_server_text};
pub use secret::{AdminSecret, AppTokenValue, UserSecret};
pub use session::{
    BareKs, EndSession, GetSession, Impersonate, PartnerSecret, SessionInfo, SessionRequest, SessionType,
    StartSession, StartWidgetSession, UnknownSessionType, WidgetSession,
};
pub use time::{InvalidLifetime, Lifetime, TimeOutOfRange, UnixTime};
pub use upload_token::{
    AddUploadToken, DeleteUploadToken, GetUploadToken, UploadChunk, UploadToken, UploadTokenId,
    UploadTokenStatus,
};
