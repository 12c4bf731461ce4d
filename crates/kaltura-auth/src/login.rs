//! The login with an app token: its parameters, the state machine, and two drivers that send its requests.

mod app_token_login;
mod detect_hash_type;
mod flow;
mod variables;

pub use self::app_token_login::{AppTokenLogin, CLIENT_TAG};
pub use self::detect_hash_type::DetectedHashType;
pub use self::flow::{AppTokenFlow, FlowStep};
pub use self::variables::InvalidVariables;

pub(crate) use self::app_token_login::DEFAULT_TIMEOUT;

use self::detect_hash_type::{Detection, DetectionStep};
use crate::error::Error;
use crate::session::Session;
use crate::transport::{BlockingTransport, Transport};

impl AppTokenLogin {
    /// Logs in. Sends two requests, and two more if the server's response cache returned an invalid widget session.
    ///
    /// Dropping the future cancels the login; at worst the server has started a session that is not used.
    ///
    /// # Errors
    ///
    /// [`Error`]; [`Error::hint`] says what to do.
    pub async fn run<T: Transport + ?Sized>(&self, transport: &T) -> Result<Session, Error> {
        let mut step = AppTokenFlow::start(self);
        loop {
            match step {
                FlowStep::Send(request, flow) => step = flow.receive(transport.send(request).await)?,
                FlowStep::Done(session) => return Ok(session),
            }
        }
    }

    /// Logs in and blocks the thread meanwhile. Otherwise like [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_blocking<T: BlockingTransport + ?Sized>(&self, transport: &T) -> Result<Session, Error> {
        let mut step = AppTokenFlow::start(self);
        loop {
            match step {
                FlowStep::Send(request, flow) => step = flow.receive(transport.send(request))?,
                FlowStep::Done(session) => return Ok(session),
            }
        }
    }

    /// Logs in and, if the hash type of the credentials is wrong, detects the right one.
    ///
    /// Only if the server refuses the hash (`INVALID_APP_TOKEN_HASH`), each of the other hash types is tried once, on
    /// the same widget session: at most three more requests. Servers limit the rate of refused logins, so store the
    /// detected hash type instead of calling this for each login.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run). If no hash type is accepted, the error of the first attempt.
    pub async fn detect_hash_type<T: Transport + ?Sized>(
        &self,
        transport: &T,
    ) -> Result<DetectedHashType, Error> {
        let mut step = Detection::start(self);
        loop {
            match step {
                DetectionStep::Send(request, detection) => {
                    step = detection.receive(transport.send(request).await)?;
                }
                DetectionStep::Done(detected) => return Ok(detected),
            }
        }
    }

    /// Like [`detect_hash_type`](Self::detect_hash_type), and blocks the thread meanwhile.
    ///
    /// # Errors
    ///
    /// As [`detect_hash_type`](Self::detect_hash_type).
    pub fn detect_hash_type_blocking<T: BlockingTransport + ?Sized>(
        &self,
        transport: &T,
    ) -> Result<DetectedHashType, Error> {
        let mut step = Detection::start(self);
        loop {
            match step {
                DetectionStep::Send(request, detection) => {
                    step = detection.receive(transport.send(request))?;
                }
                DetectionStep::Done(detected) => return Ok(detected),
            }
        }
    }
}
