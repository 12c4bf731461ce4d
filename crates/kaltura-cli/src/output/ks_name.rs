//! How a KS is told from others without showing it.

use kaltura_auth::KsLabel;
use kaltura_types::Ks;

/// What a KS is called for people: `version 2, fingerprint 56ffe41d`.
pub(crate) fn ks_name(ks: &Ks) -> String {
    let label = KsLabel::new(ks);
    match label.header() {
        Some(header) => format!("version {}, fingerprint {}", header.version().number(), label.fingerprint()),
        None => format!("of no known form, fingerprint {}", label.fingerprint()),
    }
}
