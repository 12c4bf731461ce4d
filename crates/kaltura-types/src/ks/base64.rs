//! Base64 as PHP decodes it when asked to be strict.

use ::base64::Engine as _;
use ::base64::alphabet;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Digits only: padding was judged before. PHP does not look at the bits that are left over.
const DIGITS: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes both alphabets. Blanks, tabs and line ends are skipped wherever they stand, padding may be
/// missing; wrong padding, digits after it and other characters are refused (wire contract, section 6.2).
pub(super) fn decode_strictly(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'=' => padding += 1,
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ if padding > 0 => return None,
            b'-' => digits.push(b'+'),
            b'_' => digits.push(b'/'),
            digit => digits.push(digit),
        }
    }
    let padding_is_right = padding == 0 || (padding <= 2 && (digits.len() + padding).is_multiple_of(4));
    if !padding_is_right {
        return None;
    }
    DIGITS.decode(digits.as_slice()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected values are what PHP 8.2's base64_decode($text, true) gave.
    #[test]
    fn padding_may_be_missing_but_not_wrong() {
        for (text, bytes) in [
            ("QQ", Some("A")),
            ("QQ==", Some("A")),
            ("QQ=", None),
            ("QQ===", None),
            ("QUI", Some("AB")),
            ("QUI=", Some("AB")),
            ("QUI==", None),
            ("QUJD", Some("ABC")),
            ("QUJD=", None),
            ("QUJD====", None),
            ("Q", None),
            ("Q===", None),
            ("=", None),
            ("==", None),
            ("====", None),
            ("=QQ", None),
            ("QQ==QQ", None),
            ("Q=Q=", None),
            ("", Some("")),
        ] {
            assert_eq!(
                decode_strictly(text).as_deref().map(Vec::as_slice),
                bytes.map(str::as_bytes),
                "{text}"
            );
        }
    }

    #[test]
    fn blanks_are_skipped_and_nothing_else() {
        for blank in 0..=127_u8 {
            let skipped = decode_strictly(&format!("QUJD{}REVG", char::from(blank)));
            let is_skipped = skipped.is_some_and(|bytes| bytes.as_slice() == b"ABCDEF");
            assert_eq!(is_skipped, b" \t\n\r".contains(&blank), "byte {blank}");
        }
        assert_eq!(decode_strictly("QQ= =").unwrap().as_slice(), b"A");
        assert!(decode_strictly("QUJDé").is_none());
    }

    #[test]
    fn leftover_bits_do_not_matter() {
        assert_eq!(decode_strictly("QR==").unwrap().as_slice(), b"A");
    }

    #[test]
    fn both_alphabets_are_read() {
        assert_eq!(decode_strictly("-_+/"), decode_strictly("+/-_"));
        assert_eq!(decode_strictly("-_-_").unwrap().as_slice(), [0xfb, 0xff, 0xbf]);
    }
}
