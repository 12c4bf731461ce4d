//! The error of naming what is not there.

use kaltura_types::{AppTokenId, PartnerId};

/// Something that the emulator does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownObject {
    /// A partner.
    #[error("the emulator has no partner {0}; add it to the builder")]
    Partner(PartnerId),
    /// An app token of the first partner.
    #[error("the emulator's first partner has no app token {0}, or it is deleted")]
    AppToken(AppTokenId),
    /// A KS.
    #[error("the text is no KS of a partner of this emulator")]
    Ks,
}
