//! The app tokens of an account, for threads.

use std::iter;

use kaltura_auth::{AppTokenLogin, Session};
use kaltura_types::{
    AddAppToken, AppToken, AppTokenDraft, AppTokenFilter, AppTokenId, AppTokenList, DeleteAppToken,
    EndSession, GetAppToken, HashType, ListAppTokens, Pager, UpdateAppToken,
};

use super::rotation::Rotation;
use super::walk::Walk;
use super::{RotatedToken, RotationError, proof, reading, twin};
use crate::blocking::BlockingClient;
use crate::error::Error;
use crate::options::CallOptions;

/// The app tokens of an account, holding the thread meanwhile. Otherwise it is like
/// [`AppTokens`](super::AppTokens).
///
/// ```
/// # use kaltura_client::{BlockingClient, Error}; use kaltura_types::{AppTokenDraft, AppTokenFilter};
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let token = client.app_tokens().add(AppTokenDraft::new().session_user_id("importer"))?;
/// for token in client.app_tokens().list(AppTokenFilter::new()) {
///     println!("{}", token?.id);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BlockingAppTokens {
    client: BlockingClient,
}

impl BlockingAppTokens {
    pub(crate) const fn new(client: BlockingClient) -> Self {
        Self { client }
    }

    /// Makes an app token. See [`AppTokens::add`](super::AppTokens::add).
    ///
    /// # Errors
    ///
    /// [`Error`] of the kind [`InvalidCall`](crate::ErrorKind::InvalidCall) if the draft has a
    /// [mistake](AppTokenDraft::mistake), without asking the server; otherwise as [`BlockingClient::call`].
    pub fn add(&self, draft: AppTokenDraft) -> Result<AppToken, Error> {
        let draft = twin::checked("add", draft.hash_type_if_unset(HashType::Sha256))?;
        self.client.call(&AddAppToken::new(draft))
    }

    /// One app token, its value included, be it disabled or over. A deleted one is not found.
    ///
    /// # Errors
    ///
    /// As [`BlockingClient::call`].
    pub fn get(&self, id: &AppTokenId) -> Result<AppToken, Error> {
        self.client.call_with(&GetAppToken::new(id.clone()), &reading())
    }

    /// Changes what the draft mentions, and nothing else. The status can not be changed (wire contract, section 3).
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn update(&self, id: &AppTokenId, draft: AppTokenDraft) -> Result<AppToken, Error> {
        let draft = twin::checked("update", draft)?;
        self.client.call(&UpdateAppToken::new(id.clone(), draft))
    }

    /// Deletes an app token for good. **All its sessions end at once**: whoever uses one is refused with `LOGOUT`
    /// (wire contract, section 4.8).
    ///
    /// # Errors
    ///
    /// As [`BlockingClient::call`].
    pub fn delete(&self, id: &AppTokenId) -> Result<(), Error> {
        self.client.call(&DeleteAppToken::new(id.clone()))
    }

    /// One page of app tokens, and how many there are in all. See [`AppTokens::page`](super::AppTokens::page).
    ///
    /// # Errors
    ///
    /// As [`BlockingClient::call`].
    pub fn page(&self, filter: AppTokenFilter, pager: Pager) -> Result<AppTokenList, Error> {
        let list = ListAppTokens::new().filter(filter).pager(pager);
        self.client.call_with(&list, &reading())
    }

    /// All app tokens that the filter lets through, the oldest first. See
    /// [`AppTokens::list`](super::AppTokens::list). The first error ends it.
    pub fn list(&self, filter: AppTokenFilter) -> impl Iterator<Item = Result<AppToken, Error>> + 'static {
        let client = self.client.clone();
        let mut walk = Some(Walk::new(filter));
        let pages = iter::from_fn(move || {
            let next = walk.as_ref()?.next_page()?;
            match client.call_with(&next, &reading()) {
                Ok(page) => walk.as_mut().map(|walk| Ok(walk.take(page))),
                Err(error) => {
                    walk = None;
                    Some(Err(error))
                }
            }
        });
        pages.flat_map(|page| match page {
            Ok(tokens) => tokens.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }

    /// Logs in with an app token and shows the session to the server, which accepts it if this is `Ok`. See
    /// [`AppTokens::prove`](super::AppTokens::prove).
    ///
    /// # Errors
    ///
    /// [`Error`] that tells why the token does not work.
    pub fn prove(&self, token: &AppToken) -> Result<Session, Error> {
        let session = self.log_in(token)?;
        let shown = self.client.call_with(&proof::of(token.partner_id), &proof::with(&session));
        proof::judge(shown).map(|()| session)
    }

    /// Makes a twin of an app token and proves that it works. See [`AppTokens::rotate`](super::AppTokens::rotate).
    ///
    /// # Errors
    ///
    /// [`RotationError`], with the step that failed and the twin, if it was made already. The old token is never
    /// touched.
    pub fn rotate(&self, id: &AppTokenId) -> Result<RotatedToken, RotationError> {
        self.rotate_with(id, AppTokenDraft::new())
    }

    /// Like [`rotate`](Self::rotate), with some settings other than those of the old token, such as another expiry.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub fn rotate_with(
        &self,
        id: &AppTokenId,
        changes: AppTokenDraft,
    ) -> Result<RotatedToken, RotationError> {
        let rotation = Rotation::of(id);
        let old = rotation.read(self.get(id))?;
        let draft = rotation.draft(&old, changes)?;
        let twin = rotation.made(self.client.call(&AddAppToken::new(draft)))?;
        rotation.finish(&twin, self.prove(&twin))
    }

    /// Ends all sessions of an app token, **those still to be started included**. Read
    /// [`AppTokens::end_all_sessions_of_token`](super::AppTokens::end_all_sessions_of_token) before.
    ///
    /// # Errors
    ///
    /// As [`BlockingClient::call`]. A token that is disabled or over starts no session, so it can not end them:
    /// delete it.
    pub fn end_all_sessions_of_token(&self, id: &AppTokenId) -> Result<(), Error> {
        let token = self.get(id)?;
        let session = self.log_in(&token)?;
        let options = CallOptions::new().ks(session.ks().clone());
        proof::ended(self.client.call_with(&EndSession::whole_group(), &options))
    }

    fn log_in(&self, token: &AppToken) -> Result<Session, Error> {
        let made_by = self.client.made_by();
        let login: AppTokenLogin = twin::login(token, &made_by.settings)?;
        login.run_blocking(&made_by.parts.transport).map_err(twin::login_failed)
    }
}
