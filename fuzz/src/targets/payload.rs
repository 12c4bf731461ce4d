//! Bodies of responses.

use std::fmt::Debug;

use kaltura_types::payload::{self, PayloadError};
use kaltura_types::{AppToken, AppTokenList, BareKs, SessionInfo, UploadToken, WidgetSession};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A byte order mark, which serde_json does not accept.
const MARK: &str = "\u{feff}";

/// What responses are made of.
pub const WORDS: [&str; 29] = [
    MARK,
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\u0063ode",
    "\\\"",
    "\"code\":",
    "\"message\":",
    "\"objectType\":",
    "\"KalturaAPIException\"",
    "\"args\":",
    "\"result\":",
    "\"executionTime\":1",
    "\"error\":",
    "\"ks\":",
    "\"expiry\":",
    "\"partnerId\":",
    "\"userId\":",
    "\"privileges\":",
    "\"objects\":",
    "\"totalCount\":",
    "null",
    "true",
    "-1",
    "1e3",
];

/// The bytes as each kind of result. Decoding without a tree of values has the same outcome as decoding from one.
pub fn decode(data: &[u8]) {
    decode_as::<Value>(data);
    decode_as::<WidgetSession>(data);
    decode_as::<SessionInfo>(data);
    decode_as::<AppToken>(data);
    decode_as::<AppTokenList>(data);
    decode_as::<UploadToken>(data);
    decode_as::<BareKs>(data);
    decode_as::<()>(data);
}

fn decode_as<T: DeserializeOwned + Debug>(data: &[u8]) {
    let decoded = payload::decode::<T>(data);
    match serde_json::from_slice::<Value>(data.strip_prefix(MARK.as_bytes()).unwrap_or(data)) {
        Ok(value) => {
            let from_tree = payload::decode_value::<T>(value);
            assert_eq!(format!("{decoded:?}"), format!("{from_tree:?}"));
        }
        // What a type skips may be deeper or larger than a tree of values allows.
        Err(_) => assert!(!matches!(decoded, Err(PayloadError::Api(_)))),
    }
    if let Err(error) = decoded {
        assert!(!error.to_string().is_empty());
    }
}
