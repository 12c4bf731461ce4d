//! The app tokens of an account, without async.

use kaltura_auth::Session;
use kaltura_types::{
    AddAppToken, AppToken, AppTokenDraft, AppTokenFilter, AppTokenId, AppTokenList, DeleteAppToken,
    EndSession, GetAppToken, HashType, ListAppTokens, Pager, UpdateAppToken,
};

use super::Client;
use crate::app_tokens::rotation::Rotation;
use crate::app_tokens::{RotatedToken, RotationError, all_tokens, validate_draft, verify};
use crate::error::Error;
use crate::options::CallOptions;

/// The app tokens of an account. Blocks the calling thread. Otherwise it works like the async
/// [`AppTokens`](crate::app_tokens::AppTokens).
///
/// ```
/// # use kaltura_client::{Error, blocking}; use kaltura_types::{AppTokenDraft, AppTokenFilter};
/// # fn example(client: &blocking::Client) -> Result<(), Error> {
/// let token = client.app_tokens().add(AppTokenDraft::new().session_user_id("importer"))?;
/// for token in client.app_tokens().list(AppTokenFilter::new()) {
///     println!("{}", token?.id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AppTokens {
    client: Client,
}

impl AppTokens {
    pub(super) const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Creates an app token. See [`AppTokens::add`](crate::app_tokens::AppTokens::add).
    ///
    /// # Errors
    ///
    /// [`Error`] of the kind [`InvalidCall`](crate::ErrorKind::InvalidCall) if the draft is invalid
    /// ([`AppTokenDraft::validate`]); then nothing is sent. Otherwise as [`Client::call`].
    pub fn add(&self, draft: AppTokenDraft) -> Result<AppToken, Error> {
        let draft = validate_draft("add", draft.hash_type_if_unset(HashType::Sha256))?;
        self.client.call(&AddAppToken::new(draft))
    }

    /// Reads one app token, including its value, even if it is disabled or expired. A deleted one is not found.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub fn get(&self, id: &AppTokenId) -> Result<AppToken, Error> {
        self.client.call(&GetAppToken::new(id.clone()))
    }

    /// Changes the fields that the draft sets, and no others. The status cannot be changed (wire contract, section 3).
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn update(&self, id: &AppTokenId, draft: AppTokenDraft) -> Result<AppToken, Error> {
        let draft = validate_draft("update", draft)?;
        self.client.call(&UpdateAppToken::new(id.clone(), draft))
    }

    /// Deletes an app token permanently. **All its sessions end at once**: further calls with them are refused with
    /// `LOGOUT` (wire contract, section 4.8).
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub fn delete(&self, id: &AppTokenId) -> Result<(), Error> {
        self.client.call(&DeleteAppToken::new(id.clone()))
    }

    /// One page of app tokens, with the total count. See [`AppTokens::page`](crate::app_tokens::AppTokens::page).
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub fn page(&self, filter: AppTokenFilter, pager: Pager) -> Result<AppTokenList, Error> {
        let list = ListAppTokens::new().filter(filter).pager(pager);
        self.client.call(&list)
    }

    /// All app tokens that match the filter, oldest first. The iterator ends after the first error. See
    /// [`AppTokens::list`](crate::app_tokens::AppTokens::list).
    pub fn list(&self, filter: AppTokenFilter) -> impl Iterator<Item = Result<AppToken, Error>> + 'static {
        self.client.pages(all_tokens(filter)).objects()
    }

    /// Verifies an app token: logs in with it, and checks that the server accepts the session. See
    /// [`AppTokens::verify`](crate::app_tokens::AppTokens::verify).
    ///
    /// # Errors
    ///
    /// [`Error`]: why the token does not work.
    pub fn verify(&self, token: &AppToken) -> Result<Session, Error> {
        let session = self.log_in(token)?;
        let (action, options) = (verify::action(token.partner_id), verify::options_with(&session));
        verify::check(self.client.call_with(&action, &options))?;
        Ok(session)
    }

    /// Rotates an app token: creates a new token with the same settings and verifies it. See
    /// [`AppTokens::rotate`](crate::app_tokens::AppTokens::rotate).
    ///
    /// # Errors
    ///
    /// [`RotationError`], with the step that failed, and the new token if it was created. The old token is never
    /// changed.
    pub fn rotate(&self, id: &AppTokenId) -> Result<RotatedToken, RotationError> {
        self.rotate_with(id, AppTokenDraft::new())
    }

    /// Like [`rotate`](Self::rotate), but changes some settings of the new token, such as its expiry.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub fn rotate_with(
        &self,
        id: &AppTokenId,
        changes: AppTokenDraft,
    ) -> Result<RotatedToken, RotationError> {
        let rotation = Rotation::new(id);
        let old = rotation.read(self.get(id))?;
        let draft = rotation.draft(&old, changes)?;
        let new_token = rotation.created(self.client.call(&AddAppToken::new(draft)))?;
        let session = self.verify(&new_token);
        rotation.verified(new_token, session)
    }

    /// Ends all sessions of an app token, **including all future ones**. First read
    /// [`AppTokens::end_all_sessions_of_token`](crate::app_tokens::AppTokens::end_all_sessions_of_token).
    ///
    /// # Errors
    ///
    /// As [`Client::call`]. A token that is disabled or expired starts no session, so its sessions cannot be ended
    /// this way: delete it.
    pub fn end_all_sessions_of_token(&self, id: &AppTokenId) -> Result<(), Error> {
        let token = self.get(id)?;
        let session = self.log_in(&token)?;
        let options = CallOptions::new().ks(session.ks().clone());
        verify::check_ended(self.client.call_with(&EndSession::whole_group(), &options))
    }

    fn log_in(&self, token: &AppToken) -> Result<Session, Error> {
        let login = verify::login(token, self.client.config())?;
        login.run_blocking(self.client.transport()).map_err(verify::login_failed)
    }
}
