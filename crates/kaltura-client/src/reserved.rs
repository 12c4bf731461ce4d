//! Parameters that only the client sets.

use kaltura_types::Parameters;

/// The parameters that only the client sets: it says with each call what is called, that the answer is to be JSON,
/// and who calls ([`ClientBuilder::client_tag`](crate::ClientBuilder::client_tag)).
///
/// Set by somebody else they would be lost, or the answer could not be read. A call with one of them is not sent: it
/// is an error of the kind [`InvalidCall`](crate::ErrorKind::InvalidCall).
pub const RESERVED_PARAMETERS: [&str; 4] = ["service", "action", "format", "clientTag"];

/// One of them that is among these parameters.
pub(crate) fn reserved_among(parameters: &Parameters) -> Option<&'static str> {
    RESERVED_PARAMETERS.into_iter().find(|name| parameters.contains_key(*name))
}
