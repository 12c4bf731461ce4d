//! Why a batch is not sent.

/// A mistake in a batch, told before anything is sent. Calls are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchMistake {
    /// A call names no service or no action. The server would stop there in silence.
    #[error("call {number} names no service or no action")]
    Nameless {
        /// Which call.
        number: usize,
    },
    /// A reference is to a result of another batch.
    #[error("`{place}` of call {number} refers to a result of another multirequest")]
    ForeignReference {
        /// Which call.
        number: usize,
        /// Where in it.
        place: String,
    },
    /// A reference is to go where nothing can be: the way leads through a text or a number.
    #[error("call {number} has no place `{place}` for a reference")]
    NoSuchPlace {
        /// Which call.
        number: usize,
        /// Where in it.
        place: String,
    },
    /// A reference names a member that can be no member: only letters, digits and `_` make a name.
    #[error("`{place}` of call {number} refers to a member that can not be one")]
    NoName {
        /// Which call.
        number: usize,
        /// Where in it.
        place: String,
    },
    /// A reference is to the member `code` or `message` of a result. If that result is an error, the server fails
    /// at it and all results are lost (wire contract, section 8).
    #[error(
        "`{place}` of call {number} refers to `code` or `message`, at which the server fails if that result is an error"
    )]
    FatalMember {
        /// Which call.
        number: usize,
        /// Where in it.
        place: String,
    },
    /// A call has a parameter that only the client sets ([`RESERVED_PARAMETERS`](crate::RESERVED_PARAMETERS)).
    #[error("the parameter `{parameter}` of call {number} is set by the client alone")]
    ReservedParameter {
        /// Which call.
        number: usize,
        /// Which parameter.
        parameter: &'static str,
    },
    /// A text reads like `{1:result:id}`, and the server would replace it. Send that call by itself.
    #[error("a text in `{parameter}` of call {number} reads as a reference, and the server would replace it")]
    ReadsAsReference {
        /// Which call.
        number: usize,
        /// In which parameter.
        parameter: String,
    },
}
