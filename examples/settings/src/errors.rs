//! Errors of a program: one type of its own by thiserror, and anyhow where the type does not matter.

use std::path::PathBuf;

use kaltura::blocking::Client;
use kaltura::types::{AppTokenId, PartnerId};
use kaltura::{AppTokenCredentials, AppTokenLogin, ErrorKind, HashType, RawAction, ServiceUrl};

/// Why the program failed.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("the token cannot be read from {path}")]
    Token { path: PathBuf, source: std::io::Error },
    #[error("invalid service URL")]
    ServiceUrl(#[from] kaltura::auth::InvalidServiceUrl),
    #[error("no HTTP client")]
    HttpClient(#[from] kaltura::http::BuildError),
    #[error("the call failed")]
    Call(#[from] kaltura::Error),
}

/// Counts the media of an account.
pub fn count_media(service_url: &str, id: AppTokenId, token_file: PathBuf) -> Result<u64, ProgramError> {
    let value = std::fs::read_to_string(&token_file)
        .map_err(|source| ProgramError::Token { path: token_file, source })?;
    let credentials =
        AppTokenCredentials::new(PartnerId::new(1234567), id, value.trim_end(), HashType::Sha256);
    let client =
        kaltura::blocking::client(AppTokenLogin::new(service_url.parse::<ServiceUrl>()?, credentials))?;
    client.session()?;
    let count = client.call(&RawAction::new("media", "count").output::<u64>())?;
    Ok(count)
}

/// The name of an entry; `None` if there is no such entry.
pub fn entry_name(client: &Client, id: &str) -> anyhow::Result<Option<String>> {
    let session = client.session()?;
    println!("session until {:?}", session.expires_at());
    match client.call(&RawAction::new("media", "get").param("entryId", id)) {
        Ok(entry) => Ok(entry["name"].as_str().map(str::to_owned)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use kaltura::emulator::{Emulator, Fault, FaultRule};

    use super::*;
    use crate::fixture;

    #[test]
    fn each_error_converts_with_a_question_mark() {
        let count =
            |url: &str| count_media(url, AppTokenId::new("0_7jh3eu10"), PathBuf::from("no such file"));
        let error = count("https://kaltura.invalid").unwrap_err();
        assert!(matches!(error, ProgramError::Token { .. }), "{error:?}");

        let file = std::env::temp_dir().join(format!("kaltura-outside-{}", std::process::id()));
        std::fs::write(&file, "3f786850e387550fdab836ed7e6dc881\n").unwrap();
        let server = Emulator::new().serve_blocking().unwrap();
        let count = |url: &str| count_media(url, AppTokenId::new("0_7jh3eu10"), file.clone());
        let error = count("ftp://kaltura.invalid").unwrap_err();
        assert!(matches!(error, ProgramError::ServiceUrl(_)), "{error:?}");
        let error = count(&server.url().to_string()).unwrap_err();
        std::fs::remove_file(&file).unwrap();
        let ProgramError::Call(call) = &error else { panic!("{error:?}") };
        assert!(matches!(call.kind(), ErrorKind::NoSession(_)), "{error:?}");
        assert!(error.source().is_some());
    }

    #[test]
    fn an_error_in_anyhow_can_be_found_again() {
        let server = Emulator::new().serve_blocking().unwrap();
        let client = kaltura::blocking::client(fixture::login(&server)).unwrap();
        assert_eq!(entry_name(&client, "0_missing1").unwrap(), None);

        server.emulator().inject(FaultRule::new(Fault::HtmlPage(403)).on("media.get"));
        let error = entry_name(&client, "0_missing1").unwrap_err();
        let call = error.downcast_ref::<kaltura::Error>().unwrap();
        assert_eq!((call.service(), call.action()), ("media", "get"));
        assert!(!format!("{error:#}").is_empty());
    }
}
