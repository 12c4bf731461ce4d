//! A whole client in one call.

use kaltura_auth::AppTokenLogin;
use kaltura_client::Client;

use crate::builder::BuildError;
use crate::runtime::TokioRuntime;
use crate::transport::ReqwestTransport;

/// A client that logs in with an app token, on reqwest and tokio.
///
/// For another transport, another policy or an observer see [`Client::builder`].
///
/// ```no_run
/// use kaltura_auth::types::{HashType, PartnerId};
/// use kaltura_auth::{AppTokenCredentials, AppTokenLogin, ServiceUrl};
/// use kaltura_client::RawAction;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let token = AppTokenCredentials::new(PartnerId::new(1234567), "0_7jh3eu10", "the value", HashType::Sha256);
/// let client = kaltura_http::client(AppTokenLogin::new(ServiceUrl::US, token))?;
///
/// let media = client.call(&RawAction::new("media", "list")).await?;
/// println!("{} entries", media["totalCount"]);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`BuildError`] if the HTTP client can not be made, as without any certificates in the system.
pub fn client(login: AppTokenLogin) -> Result<Client, BuildError> {
    let transport = ReqwestTransport::builder().build()?;
    Ok(Client::builder(login, transport, TokioRuntime::new()).build())
}

/// A client that logs in with an app token, on reqwest, for programs without an async runtime.
///
/// For another transport, another policy or an observer see [`kaltura_client::blocking::Client::builder`](kaltura_client::blocking::Client::builder).
///
/// # Errors
///
/// As [`client`].
#[cfg(feature = "blocking")]
pub fn blocking_client(login: AppTokenLogin) -> Result<kaltura_client::blocking::Client, BuildError> {
    let transport = ReqwestTransport::builder().build_blocking()?;
    Ok(kaltura_client::blocking::Client::builder(login, transport, crate::clock::SystemClock::new()).build())
}
