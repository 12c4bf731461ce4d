//! Detects the hash type of an app token; a state machine like the login itself.

use std::sync::Arc;

use kaltura_types::HashType;

use super::app_token_login::AppTokenLogin;
use super::flow::{AppTokenFlow, FlowStep};
use crate::error::{Error, ErrorKind};
use crate::session::Session;
use crate::transport::TransportError;
use crate::wire::{WireRequest, WireResponse};

/// The hash type that the server accepted, and the session that it granted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DetectedHashType {
    /// The hash type of the app token. Store it and use it for later logins.
    pub hash_type: HashType,
    /// The session that the successful attempt has started.
    pub session: Session,
}

pub(super) enum DetectionStep {
    Send(WireRequest, Detection),
    Done(DetectedHashType),
}

pub(super) struct Detection {
    login: Arc<AppTokenLogin>,
    hash_type: HashType,
    untried: Vec<HashType>,
    first_refusal: Option<Error>,
    flow: AppTokenFlow,
}

impl Detection {
    /// Starts with the hash type of the credentials. The others follow, the most likely one first.
    pub(super) fn start(login: &AppTokenLogin) -> DetectionStep {
        let hash_type = login.credentials.hash_type();
        let untried = HashType::ALL.into_iter().rev().filter(|other| *other != hash_type).collect();
        Self::step(Arc::new(login.clone()), hash_type, untried, None, AppTokenFlow::start(login))
    }

    pub(super) fn receive(
        self,
        result: Result<WireResponse, TransportError>,
    ) -> Result<DetectionStep, Error> {
        let Self { login, hash_type, mut untried, first_refusal, flow } = self;
        let widget_ks = flow.widget_ks().cloned();
        match (flow.receive(result), widget_ks) {
            (Ok(step), _) => Ok(Self::step(login, hash_type, untried, first_refusal, step)),
            (Err(refusal), Some(widget_ks)) if refusal.kind() == ErrorKind::InvalidTokenHash => {
                let first_refusal = first_refusal.unwrap_or(refusal);
                let Some(next) = untried.pop() else { return Err(first_refusal) };
                let attempt = AppTokenLogin::clone(&login).with_hash_type(next);
                Ok(Self::step(
                    login,
                    next,
                    untried,
                    Some(first_refusal),
                    AppTokenFlow::resume(&attempt, widget_ks),
                ))
            }
            (Err(error), _) => Err(error),
        }
    }

    fn step(
        login: Arc<AppTokenLogin>,
        hash_type: HashType,
        untried: Vec<HashType>,
        first_refusal: Option<Error>,
        step: FlowStep,
    ) -> DetectionStep {
        match step {
            FlowStep::Send(request, flow) => {
                DetectionStep::Send(request, Self { login, hash_type, untried, first_refusal, flow })
            }
            FlowStep::Done(session) => DetectionStep::Done(DetectedHashType { hash_type, session }),
        }
    }
}
