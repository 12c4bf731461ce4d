//! The names of settings: on the command line, in the environment and in a profile.

/// What one setting is called on the command line, in the environment and in a profile.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) option: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) entry: &'static str,
}

impl Setting {
    pub(crate) const SERVICE_URL: Self = Self::new("--service-url", "KALTURA_SERVICE_URL", "service_url");
    pub(crate) const REGION: Self = Self::new("--region", "KALTURA_REGION", "region");
    pub(crate) const PARTNER_ID: Self = Self::new("--partner-id", "KALTURA_PARTNER_ID", "partner_id");
    pub(crate) const APP_TOKEN_ID: Self = Self::new("--app-token-id", "KALTURA_APP_TOKEN_ID", "app_token_id");
    pub(crate) const HASH_TYPE: Self = Self::new("--hash-type", "KALTURA_APP_TOKEN_HASH_TYPE", "hash_type");
    pub(crate) const USER: Self = Self::new("--user", "KALTURA_USER", "user");
    pub(crate) const SESSION_TYPE: Self = Self::new("--type", "KALTURA_SESSION_TYPE", "type");
    pub(crate) const LIFETIME: Self = Self::new("--lifetime", "KALTURA_LIFETIME", "lifetime");
    pub(crate) const PRIVILEGES: Self = Self::new("--privileges", "KALTURA_PRIVILEGES", "privileges");
    pub(crate) const WIDGET_ID: Self = Self::new("--widget-id", "KALTURA_WIDGET_ID", "widget_id");

    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [&'static Self; 10] = [
        &Self::SERVICE_URL,
        &Self::REGION,
        &Self::PARTNER_ID,
        &Self::APP_TOKEN_ID,
        &Self::HASH_TYPE,
        &Self::USER,
        &Self::SESSION_TYPE,
        &Self::LIFETIME,
        &Self::PRIVILEGES,
        &Self::WIDGET_ID,
    ];

    const fn new(option: &'static str, variable: &'static str, entry: &'static str) -> Self {
        Self { option, variable, entry }
    }
}

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
