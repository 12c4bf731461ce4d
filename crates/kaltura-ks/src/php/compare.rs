//! How PHP 8 compares a text, which may be absent, with a whole number.

use std::cmp::Ordering;

/// The order of `text` and `number` under PHP's `<=>`.
///
/// A numeric text is compared as a number; any other text is compared, as a text, with the number's
/// digits; an absent one is `false`, as is the number 0.
pub(crate) fn compare(text: Option<&str>, number: i64) -> Ordering {
    let Some(text) = text else {
        return false.cmp(&(number != 0));
    };
    match Numeric::read(text) {
        Some(Numeric::Integer(value)) => value.cmp(&number),
        #[expect(clippy::cast_precision_loss, reason = "PHP converts the integer in the same way")]
        Some(Numeric::Float(value)) => value.partial_cmp(&(number as f64)).unwrap_or(Ordering::Less),
        None => text.as_bytes().cmp(number.to_string().as_bytes()),
    }
}

enum Numeric {
    Integer(i64),
    Float(f64),
}

impl Numeric {
    /// Reads a text that PHP calls numeric: a decimal number, with blanks around it.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            if let Ok(value) = text.parse() {
                return Some(Self::Integer(value));
            }
        } else if !is_decimal(unsigned) {
            return None;
        }
        text.parse().ok().map(Self::Float)
    }
}

/// `1.5`, `1.`, `.5`, each with or without an exponent. Rust alone would also take `inf` and `nan`.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_is_right = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    !(whole.is_empty() && fraction.is_empty())
        && all_digits(whole)
        && all_digits(fraction)
        && exponent_is_right
}

#[cfg(test)]
mod tests {
    use super::*;

    // Each row is what PHP 8.2 gave for the text against -5, 0, 1, 5, 1000 and 1795496955.
    #[test]
    fn as_php_compares() {
        for (text, signs) in [
            (Some("5"), ">>>=<<"),
            (Some("5 "), ">>>=<<"),
            (Some(" 5"), ">>>=<<"),
            (Some("\x0b5"), ">>>=<<"),
            (Some("+5"), ">>>=<<"),
            (Some("5."), ">>>=<<"),
            (Some(".5"), ">><<<<"),
            (Some("5x"), ">>>>>>"),
            (Some("5\0"), ">>>>>>"),
            (Some(""), "<<<<<<"),
            (Some(" "), "<<<<<<"),
            (Some("-"), "<<<<<<"),
            (Some("x"), ">>>>>>"),
            (Some("inf"), ">>>>>>"),
            (Some("0x1A"), ">><<<<"),
            (Some("1e3"), ">>>>=<"),
            (Some("1e+2"), ">>>><<"),
            (Some("1e"), ">>><>>"),
            (Some("1e400"), ">>>>>>"),
            (Some("1.5e3 "), ">>>>><"),
            (Some("-5"), "=<<<<<"),
            (Some(" -0"), ">=<<<<"),
            (Some("00"), ">=<<<<"),
            (Some("0.0"), ">=<<<<"),
            (Some("99999999999999999999"), ">>>>>>"),
            (None, "<=<<<<"),
        ] {
            let numbers = [-5, 0, 1, 5, 1000, 1_795_496_955];
            let found: String = numbers
                .map(|number| match compare(text, number) {
                    Ordering::Less => '<',
                    Ordering::Equal => '=',
                    Ordering::Greater => '>',
                })
                .iter()
                .collect();
            assert_eq!(found, signs, "{text:?}");
        }
    }

    #[test]
    fn a_whole_number_beyond_64_bits_is_compared_as_a_float() {
        assert_eq!(compare(Some("9223372036854775807"), i64::MAX), Ordering::Equal);
        assert_eq!(compare(Some("9223372036854775808"), i64::MAX), Ordering::Equal);
        assert_eq!(compare(Some("9223372036854775806"), i64::MAX), Ordering::Less);
    }
}
