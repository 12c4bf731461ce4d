//! The names of settings: on the command line, in the environment and in a profile.

/// What one setting is called on the command line, in the environment and in a profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) option: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) entry: &'static str,
    /// The member of the answer of `kaltura profile show`.
    pub(crate) member: &'static str,
}

impl Setting {
    pub(crate) const SERVICE_URL: Self =
        Self::new("--service-url", "KALTURA_SERVICE_URL", "service_url", "serviceUrl");
    pub(crate) const REGION: Self = Self::new("--region", "KALTURA_REGION", "region", "region");
    pub(crate) const PARTNER_ID: Self =
        Self::new("--partner-id", "KALTURA_PARTNER_ID", "partner_id", "partnerId");
    pub(crate) const APP_TOKEN_ID: Self =
        Self::new("--app-token-id", "KALTURA_APP_TOKEN_ID", "app_token_id", "appTokenId");
    pub(crate) const HASH_TYPE: Self =
        Self::new("--hash-type", "KALTURA_APP_TOKEN_HASH_TYPE", "hash_type", "hashType");
    pub(crate) const USER: Self = Self::new("--user", "KALTURA_USER", "user", "userId");
    pub(crate) const SESSION_TYPE: Self = Self::new("--type", "KALTURA_SESSION_TYPE", "type", "sessionType");
    pub(crate) const LIFETIME: Self = Self::new("--lifetime", "KALTURA_LIFETIME", "lifetime", "lifetime");
    pub(crate) const PRIVILEGES: Self =
        Self::new("--privileges", "KALTURA_PRIVILEGES", "privileges", "privileges");
    pub(crate) const WIDGET_ID: Self = Self::new("--widget-id", "KALTURA_WIDGET_ID", "widget_id", "widgetId");
    pub(crate) const STORE: Self = Self::new("--store", "KALTURA_STORE", "store", "store");
    pub(crate) const STORE_FILE: Self =
        Self::new("--store-file", "KALTURA_STORE_FILE", "store_file", "storeFile");
    pub(crate) const CA_FILE: Self = Self::new("--ca-file", "KALTURA_CA_FILE", "ca_file", "caFile");

    /// All of them, in the order in which they are shown.
    pub(crate) const ALL: [&'static Self; 13] = [
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
        &Self::STORE,
        &Self::STORE_FILE,
        &Self::CA_FILE,
    ];

    const fn new(
        option: &'static str,
        variable: &'static str,
        entry: &'static str,
        member: &'static str,
    ) -> Self {
        Self { option, variable, entry, member }
    }
}

/// The names of the variables that hold secrets. A profile may name others besides:
/// [`Profile::secret_variables`](crate::profile::Profile::secret_variables).
pub(crate) struct SecretVariable;

impl SecretVariable {
    pub(crate) const APP_TOKEN: &str = "KALTURA_APP_TOKEN";
    pub(crate) const ADMIN_SECRET: &str = "KALTURA_ADMIN_SECRET";
    pub(crate) const KS: &str = "KALTURA_KS";

    pub(crate) const ALL: [&str; 3] = [Self::APP_TOKEN, Self::ADMIN_SECRET, Self::KS];
}
