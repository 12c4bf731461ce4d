//! What `kaltura --help` tells behind the commands and the options.

use crate::error;

/// The environment variables, in the order in which one comes upon them.
pub(crate) const ENVIRONMENT: &str = "\
Environment variables, which go before the profile; an option goes before its variable:
  KALTURA_SERVICE_URL          where the API is
  KALTURA_REGION               or the region of it: us, de, eu, sg, ca or ap
  KALTURA_PARTNER_ID           the account
  KALTURA_APP_TOKEN_ID         the id of the app token
  KALTURA_APP_TOKEN_HASH_TYPE  its hash type: MD5, SHA1, SHA256 or SHA512
  KALTURA_APP_TOKEN            its value, a secret
  KALTURA_USER                 for whom sessions are
  KALTURA_SESSION_TYPE         their type: user or admin
  KALTURA_LIFETIME             how long they live
  KALTURA_PRIVILEGES           what they may do
  KALTURA_WIDGET_ID            the widget that a login begins with
  KALTURA_KS                   a session for calls, a secret
  KALTURA_ADMIN_SECRET         the admin secret of the account
  KALTURA_PROFILE              the profile
  KALTURA_CONFIG_DIR           the folder of the profiles
  KALTURA_CACHE_DIR            the folder of the session cache
  HTTPS_PROXY, NO_PROXY        by which proxy servers are reached, and which are without one
  NO_COLOR, CLICOLOR=0         no colours, and no line that moves while a request takes long
  CLICOLOR_FORCE=1             colours also where no terminal is
  CI                           no line that moves";

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
