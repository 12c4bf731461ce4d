//! The login: whether the server accepts the app token.

use std::sync::{Mutex, PoisonError};

use kaltura_auth::{
    AppTokenLogin, DetectedHashType, Session, Transport, TransportError, WireRequest, WireResponse,
    async_trait,
};
use kaltura_types::HashType;

use super::check::{Finding, Outcome};
use super::connection::FirstAnswer;
use super::settings_check::Known;
use crate::error::{ExitCode, Failure};

/// Finishes the login that the first answer began. With `detect`, each of the other hash types is tried once if
/// the hash is refused.
pub(super) async fn look(
    answer: &FirstAnswer,
    login: &AppTokenLogin,
    known: &Known,
    detect: bool,
) -> Outcome<Session> {
    let transport = AfterFirstAnswer::new(answer);
    let outcome = if detect {
        login
            .detect_hash_type(&transport)
            .await
            .map(|DetectedHashType { session, hash_type, .. }| (session, hash_type))
    } else {
        login.run(&transport).await.map(|session| (session, login.credentials().hash_type()))
    };
    match outcome {
        Ok((session, hash_type)) => Outcome::found(accepted(hash_type, known), session),
        Err(error) if detect => Outcome::nothing(Finding::of(&Failure::after_detection(error))),
        Err(error) => Outcome::nothing(Finding::of(&Failure::from(error))),
    }
}

fn accepted(hash_type: HashType, known: &Known) -> Finding {
    let message = format!("the app token is accepted with the hash type {hash_type}");
    match known.hash_type {
        Some(set) if set == hash_type => Finding::ok(message),
        Some(set) => {
            let refusal = format!("the hash type {set} is refused, but {hash_type} is accepted");
            // As it is set, no login works.
            let finding = Finding::failed(ExitCode::Authentication, refusal, where_to_put(hash_type, known));
            Finding { code: Some("INVALID_APP_TOKEN_HASH".to_owned()), ..finding }
        }
        None => Finding::warning(message, where_to_put(hash_type, known)),
    }
}

pub(super) fn where_to_put(hash_type: HashType, known: &Known) -> String {
    let profile =
        known.profile.as_ref().map_or_else(|| "a profile".to_owned(), |name| format!("the profile {name}"));
    format!(
        "Say so: --hash-type {hash_type}, KALTURA_APP_TOKEN_HASH_TYPE={hash_type}, or hash_type = \
         \"{hash_type}\" in {profile}."
    )
}

/// Gives the answer that is there already to the first request, and sends the others. So the server is asked for
/// one widget session.
struct AfterFirstAnswer<'a> {
    transport: &'a dyn Transport,
    first: Mutex<Option<WireResponse>>,
}

impl<'a> AfterFirstAnswer<'a> {
    fn new(answer: &'a FirstAnswer) -> Self {
        Self { transport: &*answer.transport, first: Mutex::new(Some(answer.response.clone())) }
    }
}

#[async_trait]
impl Transport for AfterFirstAnswer<'_> {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match first {
            Some(answer) => Ok(answer),
            None => self.transport.send(request).await,
        }
    }
}
