//! What can be set, and what is refused.

use kaltura_auth::Transport;
use kaltura_http::BuildError;

use crate::{CANARY, builder, request};

#[test]
fn what_can_not_be_used_is_named() {
    assert!(builder().build().is_ok());
    assert!(matches!(builder().user_agent("a\nb").build(), Err(BuildError::UserAgent)));
    assert!(matches!(builder().proxy("ftp://example.com").build(), Err(BuildError::Proxy)));
    assert!(matches!(builder().proxy_credentials("user", "pass").build(), Err(BuildError::Proxy)));
    assert!(builder().proxy("ftp://example.com").no_proxy().build().is_ok());
}

#[test]
fn debug_shows_no_credentials() {
    let good =
        builder().proxy(format!("http://{CANARY}:{CANARY}@example.com:1/")).proxy_credentials(CANARY, CANARY);
    let shown = format!("{good:?} {:?}", good.build().unwrap());
    assert!(!shown.contains(CANARY), "{shown}");
    assert!(shown.contains("example.com"), "{shown}");

    let odd = builder().proxy(format!("odd://{CANARY}:{CANARY}@example.com"));
    let shown = format!("{odd:?} {:?}", odd.build().unwrap_err());
    assert!(!shown.contains(CANARY), "{shown}");
}

#[test]
fn all_of_it_goes_between_threads() {
    fn crosses<T: Send + Sync>(_: &T) {}
    fn moves<T: Send>(_: T) {}
    let builder = builder();
    crosses(&builder);
    let transport = builder.build().unwrap();
    crosses(&transport);
    moves(transport.send(request("https://example.com")));
    crosses(&BuildError::UserAgent);
}
