//! Which parameters and members hold secrets, by their names.

/// What the API calls its secrets, in lower case.
const NAMES: [&str; 5] = ["ks", "session", "otp", "hashkey", "tokenhash"];

/// How the names of secrets end, in lower case: `adminSecret`, `refreshToken`, `newPassword`.
const ENDS: [&str; 8] =
    ["secret", "token", "password", "passphrase", "privatekey", "secretkey", "apikey", "accesskey"];

/// Whether a text of this name is a secret: the KS, a one-time password, the `hashKey` that sets a password, and
/// whatever ends like a secret, a token, a password or a key, in the singular or the plural.
///
/// Case does not matter, nor do `_` and `-`. Only texts and numbers are secrets by their names: `appToken` may also
/// name an object, whose members have names of their own, and `useToken` a switch.
///
/// ```
/// # use kaltura_types::names_a_secret;
/// assert!(names_a_secret("ks") && names_a_secret("zoomClientSecret") && names_a_secret("PRIVATE_KEY"));
/// assert!(!names_a_secret("appTokenId") && !names_a_secret("secretive"));
/// ```
#[must_use]
pub fn names_a_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect();
    let singular = name.strip_suffix('s').unwrap_or(&name);
    NAMES.contains(&name.as_str()) || ENDS.iter().any(|end| name.ends_with(end) || singular.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "ks",
            "session",
            "otp",
            "hashKey",
            "tokenHash",
            "secret",
            "adminSecret",
            "userSecret",
            "token",
            "refreshToken",
            "password",
            "oldPassword",
            "newPassword",
            "passPhrase",
            "privateKey",
            "private_key",
            "s3-secret-key",
            "apiKey",
            "accessKey",
            "TOKENS",
        ] {
            assert!(names_a_secret(name), "{name}");
        }
    }

    #[test]
    fn other_names_are_no_secrets() {
        for name in [
            "",
            "s",
            "id",
            "name",
            "tokenId",
            "uploadTokenId",
            "hashType",
            "sessionType",
            "tasks",
            "publicKey",
        ] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
