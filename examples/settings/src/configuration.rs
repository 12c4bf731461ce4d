//! The configuration of a program: a TOML file, or environment variables.

use kaltura::types::AppTokenId;
use kaltura::{
    AppTokenCredentials, AppTokenLogin, AppTokenValue, HashType, PartnerId, ServiceUrl, SessionRequest,
};
use serde::{Deserialize, Serialize};

/// The file. The secret is not in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub service_url: ServiceUrl,
    pub partner_id: PartnerId,
    pub app_token_id: AppTokenId,
    pub hash_type: HashType,
    #[serde(default)]
    pub session: SessionRequest,
}

impl Settings {
    /// The login that the file describes.
    pub fn login(self, value: AppTokenValue) -> AppTokenLogin {
        let token = AppTokenCredentials::new(self.partner_id, self.app_token_id, value, self.hash_type);
        AppTokenLogin::new(self.service_url, token).request(self.session)
    }
}

/// The user of the session that the environment variables describe.
pub fn user_of_environment() -> anyhow::Result<Option<String>> {
    let client = kaltura::blocking::client(kaltura::from_env()?)?;
    Ok(client.session()?.user_id().map(|user| user.as_str().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use kaltura::emulator::Emulator;
    use kaltura::{Lifetime, SessionType};

    use super::*;

    const FILE: &str = r#"
        service_url = "https://www.kaltura.com"
        partner_id = 1234567
        app_token_id = "0_7jh3eu10"
        hash_type = "SHA256"

        [session]
        user_id = "nightly-import"
        session_type = "user"
        lifetime = "1h30m"
        privileges = "sview:0_abcdefgh,appid:importer"
    "#;

    #[test]
    fn a_file_describes_a_login() {
        let settings: Settings = toml::from_str(FILE).unwrap();
        let value = AppTokenValue::new("3f786850e387550fdab836ed7e6dc881");
        let token =
            AppTokenCredentials::new(PartnerId::new(1234567), "0_7jh3eu10", value.clone(), HashType::Sha256);
        let request = SessionRequest::new()
            .user_id("nightly-import")
            .session_type(SessionType::User)
            .lifetime(Lifetime::minutes(90))
            .privileges("sview:0_abcdefgh,appid:importer".parse().unwrap());
        assert_eq!(settings.login(value), AppTokenLogin::new(ServiceUrl::US, token).request(request));
    }

    #[test]
    fn settings_can_be_written_and_read_again() {
        let settings: Settings = toml::from_str(FILE).unwrap();
        let written = toml::to_string(&settings).unwrap();
        assert_eq!(toml::from_str::<Settings>(&written).unwrap(), settings, "{written}");
    }

    #[test]
    fn a_wrong_value_is_an_error_at_its_place() {
        for (right, wrong) in [
            ("https://www.kaltura.com", "http://www.kaltura.com"),
            ("1234567", "\"acme\""),
            ("0_7jh3eu10", ""),
            ("SHA256", "SHA3"),
            ("\"user\"", "\"owner\""),
            ("1h30m", "soon"),
            ("sview:0_abcdefgh", "a[b]"),
            ("lifetime", "life_time"),
            ("hash_type", "hashtype"),
        ] {
            let file = FILE.replacen(right, wrong, 1);
            assert_ne!(file, FILE);
            let error = toml::from_str::<Settings>(&file).unwrap_err();
            let (line, _) = FILE.lines().enumerate().find(|(_, line)| line.contains(right)).unwrap();
            let place = format!("line {}, ", line + 1);
            assert!(error.to_string().contains(&place), "{error}");
        }
    }

    const CHILD: &str = "OUTSIDE_TEST_CHILD";

    /// A process cannot change its own variables safely, so this one starts itself again.
    #[test]
    fn variables_describe_a_login() {
        const NAME: &str = "configuration::tests::variables_describe_a_login";
        if env::var_os(CHILD).is_some() {
            assert_eq!(user_of_environment().unwrap().as_deref(), Some("nightly-import"));
            return;
        }
        let server = Emulator::new().serve_blocking().unwrap();
        let token = server.emulator().app_token().credentials();
        let variables = [
            ("KALTURA_SERVICE_URL", server.url().to_string()),
            ("KALTURA_PARTNER_ID", token.partner_id().to_string()),
            ("KALTURA_APP_TOKEN_ID", token.id().as_str().to_owned()),
            ("KALTURA_APP_TOKEN", token.value().expose().to_owned()),
            ("KALTURA_APP_TOKEN_HASH_TYPE", token.hash_type().to_string()),
            ("KALTURA_USER", "nightly-import".to_owned()),
        ];
        let run = |variables: &[(&str, String)]| {
            let mut child = Command::new(env::current_exe().unwrap());
            child.args(["--exact", NAME, "--nocapture"]).env_clear().env(CHILD, "1");
            child.envs(variables.iter().map(|(name, value)| (name, value))).output().unwrap()
        };
        let output = run(&variables);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(server.emulator().calls().count("appToken.startSession"), 1);

        let output = run(&variables[..2]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        for missing in ["KALTURA_APP_TOKEN_ID", "KALTURA_APP_TOKEN", "KALTURA_APP_TOKEN_HASH_TYPE"] {
            assert!(error.contains(missing), "{error}");
        }
    }
}
