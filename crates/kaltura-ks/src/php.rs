//! The rules of PHP that the format of a KS rests on (wire contract, sections 5.2 and 6.2).
//!
//! The server reads a KS with functions of PHP. What they skip, mangle or forgive is part of the format:
//! a reader that is stricter or laxer sees another session than the server does.

pub(crate) mod compare;
pub(crate) mod query;
pub(crate) mod random;
