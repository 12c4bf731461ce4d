//! How a KS is told from others without showing it.

use kaltura_ks::{Fingerprint, KsHeader};
use kaltura_types::Ks;

/// What a KS is called for people: `version 2, fingerprint 148d7104`.
pub(crate) fn ks_name(ks: &Ks) -> String {
    match KsHeader::read(ks) {
        Ok(header) => format!("version {}, fingerprint {}", header.version().number(), header.fingerprint()),
        Err(_) => format!("of no known form, fingerprint {}", Fingerprint::of(ks)),
    }
}
