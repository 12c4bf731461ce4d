//! What `kaltura --help` tells behind the commands and the options.

use crate::error;

/// The environment variables, in the order in which one comes upon them.
pub(crate) const ENVIRONMENT: &str = "\
Environment variables (options override them, and they override the profile):
  KALTURA_SERVICE_URL          the server
  KALTURA_REGION               or its region: us, de, eu, sg, ca or ap
  KALTURA_PARTNER_ID           the partner id (account number)
  KALTURA_APP_TOKEN_ID         the id of the app token
  KALTURA_APP_TOKEN_HASH_TYPE  its hash type: MD5, SHA1, SHA256 or SHA512
  KALTURA_APP_TOKEN            its value (secret)
  KALTURA_USER                 the user of sessions
  KALTURA_SESSION_TYPE         their type: user or admin
  KALTURA_LIFETIME             their maximum lifetime
  KALTURA_PRIVILEGES           privileges to request
  KALTURA_WIDGET_ID            the widget that logins begin with
  KALTURA_KS                   a session for calls (secret)
  KALTURA_ADMIN_SECRET         the admin secret of the account
  KALTURA_CA_FILE              a PEM file with certificates to trust
  KALTURA_PROFILE              the profile to use
  KALTURA_CONFIG_DIR           the directory of profiles
  KALTURA_CACHE_DIR            the directory of cached sessions
  KALTURA_STORE                a directory, Redis or Valkey to share sessions through
  KALTURA_STORE_FILE           a file with the URL of that Redis or Valkey
  HTTPS_PROXY, NO_PROXY        the proxy, and hosts to reach without it
  NO_COLOR, CLICOLOR=0         no colors and no spinner
  CLICOLOR_FORCE=1             colors without a terminal, too
  CI                           no spinner";

/// All of it.
pub(crate) fn after_all() -> String {
    format!("{ENVIRONMENT}\n\n{}", error::EXIT_CODES)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The variables that the sources name, outside of their tests.
    fn named_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named_in(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let program = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for piece in program.split('"') {
                if piece.strip_prefix("KALTURA_").is_some_and(is_name) {
                    found.insert(piece.to_owned());
                }
            }
        }
    }

    fn is_name(text: &str) -> bool {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    }

    #[test]
    fn the_help_lists_the_variables_that_there_are() {
        let mut read = BTreeSet::new();
        named_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut read);
        // The end of a text for a shell.
        assert!(read.remove("KALTURA_REQUEST"));
        let listed: BTreeSet<String> = ENVIRONMENT
            .split_whitespace()
            .filter(|word| word.strip_prefix("KALTURA_").is_some_and(is_name))
            .map(str::to_owned)
            .collect();
        assert_eq!(listed, read);
    }
}
