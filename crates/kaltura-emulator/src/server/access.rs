//! What a client must know of a server.

use kaltura_types::{AppTokenId, HashType, PartnerId};
use serde::Serialize;

use super::Server;

/// What a client must know to use a server, with secrets. As JSON, it is the first line of `kaltura emulate`.
///
/// ```
/// # use kaltura_emulator::Emulator;
/// let server = Emulator::new().serve_blocking()?;
/// let json = serde_json::to_value(server.access())?;
/// assert_eq!(json["appToken"]["hashType"], "SHA256");
/// let variables = server.access().variables();
/// assert_eq!(variables[0], ("KALTURA_SERVICE_URL", server.url().to_string()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access<'a> {
    url: &'a str,
    partner_id: PartnerId,
    admin_secret: &'a str,
    user_secret: &'a str,
    app_token: AppTokenAccess<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control_token: Option<&'a str>,
    /// The address of the page for people, with its token.
    #[serde(skip_serializing_if = "Option::is_none")]
    ui: Option<&'a str>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct AppTokenAccess<'a> {
    id: &'a AppTokenId,
    token: &'a str,
    hash_type: HashType,
}

impl std::fmt::Debug for Access<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access")
            .field("url", &self.url)
            .field("partner_id", &self.partner_id)
            .finish_non_exhaustive()
    }
}

impl<'a> Access<'a> {
    pub(super) fn to(server: &'a Server) -> Self {
        let emulator = server.emulator();
        let token = emulator.app_token();
        Self {
            url: server.url().as_str(),
            partner_id: emulator.partner_id(),
            admin_secret: emulator.admin_secret().expose(),
            user_secret: emulator.user_secret().expose(),
            app_token: AppTokenAccess {
                id: token.id(),
                token: token.value().expose(),
                hash_type: token.hash_type(),
            },
            control_token: server.control_token(),
            ui: server.ui_url(),
        }
    }

    /// The environment variables that `kaltura` and the library's programs read, and
    /// `KALTURA_EMULATOR_CONTROL_TOKEN` if there is a control token.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("KALTURA_SERVICE_URL", self.url.to_owned()),
            ("KALTURA_PARTNER_ID", self.partner_id.to_string()),
            ("KALTURA_APP_TOKEN_ID", self.app_token.id.as_str().to_owned()),
            ("KALTURA_APP_TOKEN", self.app_token.token.to_owned()),
            ("KALTURA_APP_TOKEN_HASH_TYPE", self.app_token.hash_type.as_str().to_owned()),
            ("KALTURA_ADMIN_SECRET", self.admin_secret.to_owned()),
        ];
        variables
            .extend(self.control_token.map(|token| ("KALTURA_EMULATOR_CONTROL_TOKEN", token.to_owned())));
        variables
    }
}
