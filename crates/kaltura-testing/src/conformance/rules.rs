//! How each rule is checked.

pub(super) mod broken_answers;
pub(super) mod concurrency;
pub(super) mod errors;
pub(super) mod received;
pub(super) mod sent;
pub(super) mod size;
pub(super) mod time;
