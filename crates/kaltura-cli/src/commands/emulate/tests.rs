//! Texts of options.

use super::*;

#[test]
fn an_address_has_a_port() {
    assert_eq!(parse_address("localhost:80"), Ok(([127, 0, 0, 1], 80).into()));
    assert_eq!(parse_address("[::1]:0").unwrap().port(), 0);
    for text in ["", "8080", "127.0.0.1", "localhost", "localhost:", "example.com:80", "127.0.0.1:70000"] {
        assert_eq!(parse_address(text), Err(InvalidAddress), "{text}");
    }
}
