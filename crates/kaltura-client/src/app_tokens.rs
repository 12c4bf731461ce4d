//! The app tokens of an account: making, finding, changing and replacing them.

mod blocking;
pub(crate) mod proof;
mod rotation;
mod twin;
mod walk;

use futures_util::stream::{self, Stream, TryStreamExt as _};
use kaltura_auth::{AppTokenLogin, MaybeSend, Session};
use kaltura_types::{
    AddAppToken, AppToken, AppTokenDraft, AppTokenFilter, AppTokenId, AppTokenList, DeleteAppToken,
    EndSession, GetAppToken, HashType, ListAppTokens, Pager, UpdateAppToken,
};

pub use self::blocking::BlockingAppTokens;
pub use self::rotation::{RotatedToken, RotationError, RotationStep};

use self::rotation::Rotation;
use self::walk::Walk;
use crate::client::Client;
use crate::error::Error;
use crate::options::CallOptions;

/// The app tokens of an account. All of it needs an ADMIN session, or a role that may do it (wire contract,
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
/// println!("{} was made; its value is in `token.token`", token.id);
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

    /// Makes an app token. Its proof is hashed with SHA-256, unless the draft says otherwise; the server's own
    /// default would be SHA-1.
    ///
    /// Name a user ([`AppTokenDraft::session_user_id`]) if the account has never had an anonymous one: otherwise
    /// the server refuses with `INVALID_FIELD_VALUE` (wire contract, section 3).
    ///
    /// # Errors
    ///
    /// [`Error`] of the kind [`InvalidCall`](crate::ErrorKind::InvalidCall) if the draft has a
    /// [mistake](AppTokenDraft::mistake), without asking the server; otherwise as [`Client::call`].
    pub async fn add(&self, draft: AppTokenDraft) -> Result<AppToken, Error> {
        let draft = twin::checked("add", draft.hash_type_if_unset(HashType::Sha256))?;
        self.client.call(&AddAppToken::new(draft)).await
    }

    /// One app token, its value included, be it disabled or over. A deleted one is not found.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn get(&self, id: &AppTokenId) -> Result<AppToken, Error> {
        self.client.call_with(&GetAppToken::new(id.clone()), &reading()).await
    }

    /// Changes what the draft mentions, and nothing else. The status can not be changed (wire contract, section 3).
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn update(&self, id: &AppTokenId, draft: AppTokenDraft) -> Result<AppToken, Error> {
        let draft = twin::checked("update", draft)?;
        self.client.call(&UpdateAppToken::new(id.clone(), draft)).await
    }

    /// Deletes an app token for good. **All its sessions end at once**: whoever uses one is refused with `LOGOUT`
    /// (wire contract, section 4.8).
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn delete(&self, id: &AppTokenId) -> Result<(), Error> {
        self.client.call(&DeleteAppToken::new(id.clone())).await
    }

    /// One page of app tokens, and how many there are in all. Deleted ones are never listed.
    ///
    /// The server has no order of its own: say one in the filter, or pages may overlap.
    ///
    /// # Errors
    ///
    /// As [`Client::call`].
    pub async fn page(&self, filter: AppTokenFilter, pager: Pager) -> Result<AppTokenList, Error> {
        let list = ListAppTokens::new().filter(filter).pager(pager);
        self.client.call_with(&list, &reading()).await
    }

    /// All app tokens that the filter lets through, the oldest first, whatever order the filter says. Each page is
    /// asked for when it is needed. The first error ends it.
    ///
    /// Tokens may be made and deleted meanwhile: each that is there from beginning to end is listed, and none twice.
    /// Only if more than 500 were made within one second, and some of those are deleted, others of that second may
    /// be missed.
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
        let client = self.client.clone();
        let pages = stream::try_unfold(Walk::new(filter), move |mut walk| {
            let client = client.clone();
            async move {
                let Some(next) = walk.next_page() else { return Ok(None) };
                let page = client.call_with(&next, &reading()).await?;
                let tokens = walk.take(page);
                Ok::<_, Error>(Some((stream::iter(tokens.into_iter().map(Ok)), walk)))
            }
        });
        Box::pin(pages.try_flatten())
    }

    /// Logs in with an app token and shows the session to the server, which accepts it if this is `Ok`. The session
    /// lives for five minutes at most.
    ///
    /// A login alone proves nothing: the server grants sessions of a token whose sessions were ended, and refuses
    /// them at once (wire contract, section 4.4).
    ///
    /// # Errors
    ///
    /// [`Error`] that tells why the token does not work.
    pub async fn prove(&self, token: &AppToken) -> Result<Session, Error> {
        let session = self.log_in(token).await?;
        let shown = self.client.call_with(&proof::of(token.partner_id), &proof::with(&session)).await;
        proof::judge(shown).map(|()| session)
    }

    /// Makes a twin of an app token, with the same settings and another value, and proves that it works. The old
    /// one stays as it is, and so do its sessions.
    ///
    /// Hand the twin to all who use the old one; when they all do, [`delete`](Self::delete) the old one.
    ///
    /// ```
    /// # use kaltura_auth::AppTokenCredentials;
    /// # use kaltura_client::{Client, app_tokens::RotationError}; use kaltura_types::AppTokenId;
    /// # async fn put_into_the_vault(_: &AppTokenCredentials) {}
    /// # async fn example(client: &Client, id: &AppTokenId) -> Result<(), Box<dyn std::error::Error>> {
    /// let tokens = client.app_tokens();
    /// let rotated = tokens.rotate(id).await?;
    /// put_into_the_vault(rotated.credentials()).await;
    ///
    /// // A day later:
    /// tokens.delete(rotated.old_id()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RotationError`], with the step that failed and the twin, if it was made already. The old token is never
    /// touched. If the future is dropped on the way, a twin may stay behind: [`list`](Self::list) shows it as the
    /// newest one.
    pub async fn rotate(&self, id: &AppTokenId) -> Result<RotatedToken, RotationError> {
        self.rotate_with(id, AppTokenDraft::new()).await
    }

    /// Like [`rotate`](Self::rotate), with some settings other than those of the old token, such as another expiry.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub async fn rotate_with(
        &self,
        id: &AppTokenId,
        changes: AppTokenDraft,
    ) -> Result<RotatedToken, RotationError> {
        let rotation = Rotation::of(id);
        let old = rotation.read(self.get(id).await)?;
        let draft = rotation.draft(&old, changes)?;
        let twin = rotation.made(self.client.call(&AddAppToken::new(draft)).await)?;
        rotation.finish(&twin, self.prove(&twin).await)
    }

    /// Ends all sessions of an app token, **those still to be started included**: logs in with the token and sends
    /// `session.end` (wire contract, section 4.4).
    ///
    /// Each session of the token, wherever it is used, is refused with `LOGOUT` from now on. Logins with the token
    /// still answer with success, and each new session is refused at its first use. There is no way back; some
    /// servers forget it after a day, so [`delete`](Self::delete) the token too. To log out, do not call this:
    /// forget the session.
    ///
    /// It is `Ok` too if they were ended before.
    ///
    /// # Errors
    ///
    /// As [`Client::call`]. A token that is disabled or over starts no session, so it can not end them: delete it.
    pub async fn end_all_sessions_of_token(&self, id: &AppTokenId) -> Result<(), Error> {
        let token = self.get(id).await?;
        let session = self.log_in(&token).await?;
        let options = CallOptions::new().ks(session.ks().clone());
        proof::ended(self.client.call_with(&EndSession::whole_group(), &options).await)
    }

    async fn log_in(&self, token: &AppToken) -> Result<Session, Error> {
        let made_by = self.client.made_by();
        let login: AppTokenLogin = twin::login(token, &made_by.settings)?;
        login.run(&made_by.parts.transport).await.map_err(twin::login_failed)
    }
}

/// Reading twice does no harm.
const fn reading() -> CallOptions {
    CallOptions::new().repeatable()
}
