//! An app token is replaced while services use it, without a call that fails.
//!
//! The token is in a file. The services read it for each login; `rotate` replaces it:
//!
//! 1. create a token like the old one, and log in with it,
//! 2. replace the file,
//! 3. wait until no service can still have a session of the old token, which is the longest lifetime of a session,
//! 4. delete the old token. That ends its sessions.
//!
//! ```sh
//! kaltura emulate &     # or an account: set the variables that it prints
//! cargo run -p token-rotation --bin rotate -- --create token.json
//! cargo run -p token-rotation --bin service token.json &
//! cargo run -p token-rotation --bin rotate token.json
//! ```

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use kaltura::auth::source::CredentialsSource;
use kaltura::types::HashType;
use kaltura::{AppTokenCredentials, LoginError, PartnerId, async_trait};
use serde::{Deserialize, Serialize};

/// How long a session of the services lives, in seconds: so long must the old token be kept.
pub const SESSION_SECONDS: u32 = 3600;

/// The file with the app token.
#[derive(Clone, Debug)]
pub struct TokenFile(pub PathBuf);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    partner_id: PartnerId,
    id: String,
    value: String,
    hash_type: HashType,
}

impl TokenFile {
    pub fn read(&self) -> Result<AppTokenCredentials, Box<dyn Error + Send + Sync>> {
        let Contents { partner_id, id, value, hash_type } = serde_json::from_slice(&fs::read(&self.0)?)?;
        Ok(AppTokenCredentials::new(partner_id, id, value, hash_type))
    }

    /// Replaces the file at once: a service reads the old token or the new one, and never half of one.
    pub fn write(&self, token: &AppTokenCredentials) -> io::Result<()> {
        let new = self.0.with_extension("new");
        let contents = Contents {
            partner_id: token.partner_id(),
            id: token.id().to_string(),
            value: token.value().expose().to_owned(),
            hash_type: token.hash_type(),
        };
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(serde_json::to_string(&contents)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(new, &self.0)
    }
}

#[async_trait]
impl CredentialsSource for TokenFile {
    async fn credentials(&self) -> Result<AppTokenCredentials, LoginError> {
        // `true`: the next login may find the file in order, so the client tries again after a while.
        self.read().map_err(|error| LoginError::from_source(error, true))
    }
}
