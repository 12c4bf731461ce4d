//! The app tokens of an account: create, find, update, delete and rotate them.

pub(crate) mod rotation;
pub(crate) mod verify;

use futures_util::stream::Stream;
use kaltura_auth::{MaybeSend, Session};
use kaltura_types::{
    AddAppToken, AppToken, AppTokenDraft, AppTokenFilter, AppTokenId, AppTokenList, AppTokenOrder,
    DeleteAppToken, EndSession, GetAppToken, HashType, ListAppTokens, Pager, UpdateAppToken,
};

pub use self::rotation::{RotatedToken, RotationError, RotationStep};

use self::rotation::Rotation;
use crate::client::Client;
use crate::error::{ActionName, CallError, Error};
use crate::options::CallOptions;

/// The app tokens of an account. All methods need an ADMIN session, or a role that permits them (wire contract,
/// section 4).
///
/// ```
/// # use kaltura_client::{Client, Error}; use kaltura_types::{AppTokenDraft, Lifetime, Privileges};
/// # async fn example(client: &Client) -> Result<(), Error> {
/// let draft = AppTokenDraft::new()
///     .description("nightly import")
///     .session_user_id("importer")
///     .session_duration(Lifetime::hours(1))
///     .session_privileges(&Privileges::parse("list:*"));
/// let token = client.app_tokens().add(draft).await?;
/// println!("created {}; its value is in `token.token`", token.id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AppTokens {
    client: Client,
}

impl AppTokens {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Creates an app token. Its hash type is SHA-256, unless the draft sets another one; the server's own default
    /// would be SHA-1.
    ///
    /// Set a user ([`AppTokenDraft::session_user_id`]) if the account has never had an anonymous user: otherwise the
    /// server refuses with `INVALID_FIELD_VALUE` (wire contract, section 3).
    ///
    /// # Errors
    ///
    /// [`Error`] of the kind [`InvalidCall`](crate::ErrorKind::InvalidCall) if the draft is invalid
    /// ([`AppTokenDraft::validate`]); then nothing is sent. Otherwise as [`Client::call`].
    pub async fn add(&self, draft: AppTokenDraft) -> Result<AppToken, Error> {
        let draft = validate_draft("add", draft.hash_type_if_unset(HashType::Sha256))?;
        self.client.call(&AddAppToken::new(draft)).await
    }

    /// Reads one app token, including its value, even if it is disabled or expired. A deleted one is not found.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn get(&self, id: &AppTokenId) -> Result<AppToken, Error> {
        self.client.call(&GetAppToken::new(id.clone())).await
    }

    /// Changes the fields that the draft sets, and no others. The status cannot be changed (wire contract, section 3).
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn update(&self, id: &AppTokenId, draft: AppTokenDraft) -> Result<AppToken, Error> {
        let draft = validate_draft("update", draft)?;
        self.client.call(&UpdateAppToken::new(id.clone(), draft)).await
    }

    /// Deletes an app token permanently. **All its sessions end at once**: further calls with them are refused with
    /// `LOGOUT` (wire contract, section 4.8).
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn delete(&self, id: &AppTokenId) -> Result<(), Error> {
        self.client.call(&DeleteAppToken::new(id.clone())).await
    }

    /// One page of app tokens, with the total count. Deleted tokens are never listed.
    ///
    /// The server has no default order: set one in the filter, or pages may overlap.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn page(&self, filter: AppTokenFilter, pager: Pager) -> Result<AppTokenList, Error> {
        let list = ListAppTokens::new().filter(filter).pager(pager);
        self.client.call(&list).await
    }

    /// All app tokens that match the filter, oldest first; an order in the filter is ignored. Each page is requested
    /// when it is needed. The stream ends after the first error.
    ///
    /// Tokens may be created and deleted during the listing: each token that exists from start to end is listed
    /// exactly once. One exception: if more than 500 tokens were created within one second and some of them are deleted
    /// during the listing, others of that second may be missed.
    ///
    /// ```
    /// # use futures_util::TryStreamExt; use kaltura_client::{Client, Error}; use kaltura_types::AppTokenFilter;
    /// # async fn example(client: &Client) -> Result<(), Error> {
    /// let mut tokens = client.app_tokens().list(AppTokenFilter::new());
    /// while let Some(token) = tokens.try_next().await? {
    ///     println!("{}", token.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(
        &self,
        filter: AppTokenFilter,
    ) -> impl Stream<Item = Result<AppToken, Error>> + Unpin + MaybeSend + 'static {
        self.client.pages(all_tokens(filter)).objects()
    }

    /// Verifies an app token: logs in with it, and checks that the server accepts the session. The session lives for at
    /// most five minutes.
    ///
    /// A successful login alone does not prove this: after the sessions of a token were ended, the server still issues
    /// sessions of it, and refuses them at once (wire contract, section 4.4).
    ///
    /// # Errors
    ///
    /// [`Error`]: why the token does not work.
    pub async fn verify(&self, token: &AppToken) -> Result<Session, Error> {
        let session = self.log_in(token).await?;
        let (action, options) = (verify::action(token.partner_id), verify::options_with(&session));
        verify::check(self.client.call_with(&action, &options).await)?;
        Ok(session)
    }

    /// Rotates an app token: creates a new token with the same settings and another value, and verifies it. The old
    /// token and its sessions remain valid.
    ///
    /// Deploy the new token wherever the old one is used; then [`delete`](Self::delete) the old one.
    ///
    /// ```
    /// # use kaltura_auth::AppTokenCredentials;
    /// # use kaltura_client::{Client, app_tokens::RotationError}; use kaltura_types::AppTokenId;
    /// # async fn store_in_vault(_: &AppTokenCredentials) {}
    /// # async fn example(client: &Client, id: &AppTokenId) -> Result<(), Box<dyn std::error::Error>> {
    /// let tokens = client.app_tokens();
    /// let rotated = tokens.rotate(id).await?;
    /// store_in_vault(rotated.credentials()).await;
    ///
    /// // When the old token is no longer used:
    /// tokens.delete(rotated.old_id()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotationError`], with the step that failed, and the new token if it was created. The old token is never
    /// changed. If the future is dropped, a new token may remain: [`list`](Self::list) returns it last.
    pub async fn rotate(&self, id: &AppTokenId) -> Result<RotatedToken, RotationError> {
        self.rotate_with(id, AppTokenDraft::new()).await
    }

    /// Like [`rotate`](Self::rotate), but changes some settings of the new token, such as its expiry.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub async fn rotate_with(
        &self,
        id: &AppTokenId,
        changes: AppTokenDraft,
    ) -> Result<RotatedToken, RotationError> {
        let rotation = Rotation::new(id);
        let old = rotation.read(self.get(id).await)?;
        let draft = rotation.draft(&old, changes)?;
        let new_token = rotation.created(self.client.call(&AddAppToken::new(draft)).await)?;
        let session = self.verify(&new_token).await;
        rotation.verified(new_token, session)
    }

    /// Ends all sessions of an app token, **including all future ones**: logs in with the token and sends `session.end`
    /// (wire contract, section 4.4).
    ///
    /// From then on every session of the token is refused with `LOGOUT`. Logins with the token still succeed, but each
    /// new session is refused at its first use. This cannot be undone. Some servers forget it after a day, so
    /// [`delete`](Self::delete) the token as well. Do not call this to log out: drop the session instead.
    ///
    /// Succeeds also if the sessions were already ended.
    ///
    /// # Errors
    ///
    /// As [`Client::call`]. A token that is disabled or expired starts no session, so its sessions cannot be ended
    /// this way: delete it.
    pub async fn end_all_sessions_of_token(&self, id: &AppTokenId) -> Result<(), Error> {
        let token = self.get(id).await?;
        let session = self.log_in(&token).await?;
        let options = CallOptions::new().ks(session.ks().clone());
        verify::check_ended(self.client.call_with(&EndSession::whole_group(), &options).await)
    }

    async fn log_in(&self, token: &AppToken) -> Result<Session, Error> {
        let login = verify::login(token, self.client.config())?;
        login.run(self.client.transport()).await.map_err(verify::login_failed)
    }
}

/// The list of all app tokens, the oldest first: by creation time, so that none is missed.
pub(crate) fn all_tokens(filter: AppTokenFilter) -> ListAppTokens {
    ListAppTokens::new().filter(filter.order_by(AppTokenOrder::OldestFirst))
}

/// Refuses a draft that the server would misread.
pub(crate) fn validate_draft(action: &str, draft: AppTokenDraft) -> Result<AppTokenDraft, Error> {
    match draft.validate().err() {
        Some(invalid) => Err(Error::call(ActionName::new("appToken", action), CallError::Draft(invalid))),
        None => Ok(draft),
    }
}
