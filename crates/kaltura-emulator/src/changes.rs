//! What happens on the server behind a client's back.

use kaltura_types::{AppTokenId, AppTokenStatus, Ks, UserId};

use super::seed::{AppTokenSeed, PartnerStatus, UserStatus};
use super::token::EmulatedAppToken;
use super::unknown_object::UnknownObject;
use super::{Emulator, ks_check};

/// Changes that no action of the API makes, or that others make through it.
impl Emulator {
    /// Adds an app token.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if the seed names a partner that is not there.
    pub fn add_app_token(&self, seed: AppTokenSeed) -> Result<EmulatedAppToken, UnknownObject> {
        let partner = seed.partner_id.unwrap_or(self.shared.partner);
        let mut world = self.world();
        if !world.state.partners.contains_key(&partner) {
            return Err(UnknownObject::Partner(partner));
        }
        let token = world.state.store_app_token(seed, partner, self.shared.clock.now());
        Ok(EmulatedAppToken::of(&token))
    }

    /// Disables an app token of the first partner: it gives no sessions any more. No action of the API can
    /// do that, but Kaltura's own staff can.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if there is no such token.
    pub fn disable_token(&self, id: &AppTokenId) -> Result<(), UnknownObject> {
        self.set_token_status(id, AppTokenStatus::Disabled)
    }

    /// Enables a disabled app token of the first partner.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if there is no such token.
    pub fn enable_token(&self, id: &AppTokenId) -> Result<(), UnknownObject> {
        self.set_token_status(id, AppTokenStatus::Active)
    }

    /// Deletes an app token of the first partner, and ends its sessions, as `appToken.delete` does.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if there is no such token.
    pub fn delete_token(&self, id: &AppTokenId) -> Result<(), UnknownObject> {
        if self.world().state.delete_app_token(self.shared.partner, id.as_str()) {
            Ok(())
        } else {
            Err(UnknownObject::AppToken(id.clone()))
        }
    }

    /// Ends a session and its group, as `session.end` does: with a session of an app token, all sessions of
    /// that token end, also those that are still to be started (wire contract, section 4.4).
    ///
    /// ```
    /// # use kaltura_auth::{AppTokenLogin, ServiceUrl}; use kaltura_emulator::Emulator;
    /// # let emulator = Emulator::new();
    /// let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
    /// let session = login.run_blocking(&emulator)?;
    /// emulator.end_session(session.ks())?;
    /// // From now on each call with it, and with its successors, is INVALID_KS with the reason LOGOUT.
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownObject`] if the text is no KS of a partner here.
    pub fn end_session(&self, ks: &Ks) -> Result<(), UnknownObject> {
        let mut world = self.world();
        let opened = ks_check::open(&world.state, ks).map_err(|_| UnknownObject::Ks)?;
        world.state.end_session(&opened);
        Ok(())
    }

    /// Blocks the first partner: every use of its sessions is answered with
    /// `SERVICE_FORBIDDEN_CONTENT_BLOCKED`.
    pub fn block_partner(&self) {
        self.set_partner_status(PartnerStatus::Blocked);
    }

    /// Lets the first partner use the API again.
    pub fn unblock_partner(&self) {
        self.set_partner_status(PartnerStatus::Active);
    }

    /// Blocks a user of the first partner, who is made if there is none: its sessions are answered with
    /// `USER_BLOCKED`.
    pub fn block_user(&self, user: &UserId) {
        self.set_user_status(user, UserStatus::Blocked);
    }

    /// Lets a user of the first partner use its sessions again; makes the user if there is none.
    pub fn unblock_user(&self, user: &UserId) {
        self.set_user_status(user, UserStatus::Active);
    }

    fn set_token_status(&self, id: &AppTokenId, status: AppTokenStatus) -> Result<(), UnknownObject> {
        let mut world = self.world();
        let token = world.state.app_token_mut(self.shared.partner, id.as_str());
        token.ok_or_else(|| UnknownObject::AppToken(id.clone()))?.status = status;
        Ok(())
    }

    fn set_partner_status(&self, status: PartnerStatus) {
        if let Some(partner) = self.world().state.partners.get_mut(&self.shared.partner) {
            partner.status = status;
        }
    }

    fn set_user_status(&self, user: &UserId, status: UserStatus) {
        let now = self.shared.clock.now();
        let mut world = self.world();
        match world.state.user_mut(self.shared.partner, user.as_str()) {
            Some(user) => user.status = status,
            None => world.state.add_user(self.shared.partner, user.as_str(), status, now),
        }
    }
}
