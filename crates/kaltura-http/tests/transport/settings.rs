//! Which settings are valid, and what a builder shows.

use kaltura_auth::Transport;
use kaltura_http::BuildError;

use crate::{CANARY, builder, request};

#[test]
fn invalid_setting_is_named_by_the_error() {
    assert!(builder().build().is_ok());
    assert!(matches!(builder().user_agent("a\nb").build(), Err(BuildError::InvalidUserAgent)));
    assert!(matches!(builder().proxy("ftp://example.com").build(), Err(BuildError::InvalidProxy)));
    assert!(matches!(builder().proxy_basic_auth("user", "pass").build(), Err(BuildError::InvalidProxy)));
    assert!(builder().proxy("ftp://example.com").no_proxy().build().is_ok());
}

#[test]
fn debug_shows_no_credentials() {
    let valid =
        builder().proxy(format!("http://{CANARY}:{CANARY}@example.com:1/")).proxy_basic_auth(CANARY, CANARY);
    let text = format!("{valid:?} {:?}", valid.build().unwrap());
    assert!(!text.contains(CANARY), "{text}");
    assert!(text.contains("example.com"), "{text}");

    let invalid = builder().proxy(format!("invalid://{CANARY}:{CANARY}@example.com"));
    let text = format!("{invalid:?} {:?}", invalid.build().unwrap_err());
    assert!(!text.contains(CANARY), "{text}");
}

#[test]
fn public_types_are_send_and_sync() {
    fn assert_send_sync<T: Send + Sync>(_: &T) {}
    fn assert_send<T: Send>(_: T) {}
    let builder = builder();
    assert_send_sync(&builder);
    let transport = builder.build().unwrap();
    assert_send_sync(&transport);
    assert_send(transport.send(request("https://example.com")));
    assert_send_sync(&BuildError::InvalidUserAgent);
}
