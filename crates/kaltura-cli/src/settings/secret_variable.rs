//! The environment variables that hold secrets.

/// The names of the variables that hold secrets. A profile may name others besides:
/// [`Profile::secret_variables`](crate::profile::Profile::secret_variables).
pub(crate) struct SecretVariable;

impl SecretVariable {
    /// The value of the app token.
    pub(crate) const APP_TOKEN: &str = "KALTURA_APP_TOKEN";
    /// The admin secret of the account.
    pub(crate) const ADMIN_SECRET: &str = "KALTURA_ADMIN_SECRET";
    /// A session.
    pub(crate) const KS: &str = "KALTURA_KS";

    pub(crate) const ALL: [&str; 3] = [Self::APP_TOKEN, Self::ADMIN_SECRET, Self::KS];
}
