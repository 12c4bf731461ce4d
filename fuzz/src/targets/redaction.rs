//! Redaction: no decoder finds the secret in what is left.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use kaltura_types::{ApiError, redact as redact_text, redact_server_text};

/// What texts with secrets are made of.
pub const WORDS: [&str; 20] = [
    "=", "%", "\\u", "\\", "&#", ";", "&amp;", "<wbr>", "=\r\n", " ", "djJ8", "ks=", "\"", "+", "/", "-",
    "_", "0x", ":", "\u{ad}",
];

/// What is put in the place of a redacted part before the rest is searched: no decoder removes it.
const GAP: &str = "\u{2588}";

/// The first bytes select the secret and its spelling, the rest is the text around it.
pub fn redact(data: &[u8]) {
    let Some((&[length, spelling, ..], rest)) =
        data.split_first_chunk::<2>().map(|(head, rest)| (&head[..], rest))
    else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    // Secrets of letters, digits and what the values of this API contain besides.
    let length = 8 + usize::from(length % 40);
    let secret: String = text.chars().filter(|c| is_of_a_secret(*c)).take(length).collect();
    if secret.len() < 8 || "(redacted)".contains(&secret.to_ascii_lowercase()) || is_monotonous(&secret) {
        return;
    }
    let around = text.chars().filter(|c| !is_of_a_secret(*c) || c.is_ascii_uppercase()).collect::<String>();
    let middle = around.chars().count() / 2;
    let before: String = around.chars().take(middle).collect();
    let after: String = around.chars().skip(middle).collect();
    let spelled = spell(&secret, spelling);
    // An escape that begins before the secret would swallow its first characters.
    let text = format!("{before} token={spelled} {after}");

    let secrets = [secret.as_str()];
    check(&secret, &text, &redact_text(&text, &secrets));
    let shown = redact_server_text(&text, &secrets);
    check(&secret, &text, &shown);
    assert!(shown.chars().count() <= 211, "little of a server's text is shown");
    assert!(!shown.contains(char::is_control));

    let error = ApiError::new("CODE", &text, [("NAME", text.as_str())]).redacted(&secrets);
    // It shows the beginning of a long message.
    assert_unreadable(&secret, &format!("{error} {error:?}"));
}

fn is_of_a_secret(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || "+/:|".contains(c)
}

/// One character repeated is found in many texts by chance.
fn is_monotonous(secret: &str) -> bool {
    let mut bytes: Vec<u8> = secret.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len() < 4
}

/// The spellings that the documentation of `redact` promises to find.
fn spell(secret: &str, spelling: u8) -> String {
    let each = |to: &dyn Fn(u8) -> String| secret.bytes().map(to).collect::<String>();
    let split = |by: &str| secret.chars().map(String::from).collect::<Vec<_>>().join(by);
    let special = |to: &dyn Fn(u8) -> String| {
        let one =
            |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { to(byte) };
        secret.bytes().map(one).collect::<String>()
    };
    match spelling % 30 {
        0 => secret.to_owned(),
        1 => secret.to_ascii_uppercase(),
        2 => split(" "),
        3 => split("\n"),
        4 => split("=\r\n"),
        5 => split("\u{ad}"),
        6 => split("\u{200b}"),
        7 => split("<wbr>"),
        8 => each(&|byte| format!("%{byte:02X}")),
        9 => each(&|byte| format!("%{byte:02x}")),
        10 => special(&|byte| format!("%{byte:02X}")),
        11 => each(&|byte| format!("%25{byte:02X}")),
        12 => each(&|byte| format!("\\u{byte:04x}")),
        13 => each(&|byte| format!("\\u00{byte:02X}")),
        14 => special(&|byte| format!("\\u{byte:04x}")),
        15 => each(&|byte| format!("&#{byte};")),
        16 => each(&|byte| format!("&#x{byte:x};")),
        17 => special(&|byte| format!("&#{byte};")),
        18 => secret.replace('/', "\\/"),
        19 => STANDARD.encode(secret),
        20 => STANDARD_NO_PAD.encode(format!("x{secret}")),
        21 => URL_SAFE.encode(format!("xy{secret}")),
        22 => URL_SAFE_NO_PAD.encode(format!("{secret}yz")),
        23 => hex::encode(secret),
        24 => hex::encode_upper(secret),
        25 => each(&|byte| format!("{byte:02x}:")),
        26 => each(&|byte| format!("\\x{byte:02x}")),
        27 => STANDARD.encode(format!("before {secret} after")),
        28 => STANDARD.encode(secret).replace('=', "%3D").replace('+', "%2B").replace('/', "%2F"),
        _ => secret[..secret.len() / 2].to_owned() + "\r\n  " + &secret[secret.len() / 2..],
    }
}

/// No decoder finds the secret in what is shown.
fn check(secret: &str, text: &str, shown: &str) {
    assert!(shown.contains("(redacted)") || shown.ends_with('…'), "nothing was found in {text:?}: {shown:?}");
    assert_unreadable(secret, shown);
}

/// Panics if one of the decoders finds the secret in the text.
pub(super) fn assert_unreadable(secret: &str, shown: &str) {
    let secret = secret.to_ascii_lowercase();
    let rest = shown.replace("(redacted)", GAP).to_ascii_lowercase();
    let cased = shown.replace("(redacted)", GAP);
    let joined: String = rest.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let percent = percent_encoding::percent_decode_str(&rest).decode_utf8_lossy().into_owned();
    let unescaped = unescaped(&rest);
    for readable in [&rest, &joined, &percent, &unescaped] {
        assert!(!readable.contains(&secret), "{secret:?} is readable in {shown:?}");
    }
    let hex: String = joined.chars().filter(|c| !":-,".contains(*c)).collect();
    assert!(!hex.contains(&hex::encode(&secret)), "{secret:?} is readable in hex in {shown:?}");
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    for word in cased.split(|c| !is_base64(c)).filter(|word| word.len() >= 8) {
        let word = word.replace('-', "+").replace('_', "/");
        for start in 0..4 {
            let part = word.get(start..).unwrap_or_default();
            let part = &part[..part.len() / 4 * 4];
            let decoded = STANDARD_NO_PAD.decode(part).unwrap_or_default();
            let decoded = String::from_utf8_lossy(&decoded).to_ascii_lowercase();
            assert!(!decoded.contains(&secret), "{secret:?} is readable in Base64 in {shown:?}");
        }
    }
}

/// Without the escapes of JSON, and the numeric entities of HTML.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let number = |from: &str, base| u32::from_str_radix(from, base).ok().and_then(char::from_u32);
        let entity =
            rest.strip_prefix("&#").and_then(|entity| entity.split_once(';')).and_then(|(digits, after)| {
                let character = match digits.strip_prefix('x') {
                    Some(digits) => number(digits, 16),
                    None => number(digits, 10),
                };
                Some((character?, after))
            });
        let json = || {
            let digits = rest.strip_prefix("\\u")?;
            Some((number(digits.get(..4)?, 16)?, &digits[4..]))
        };
        let slash = || rest.strip_prefix("\\/").map(|after| ('/', after));
        let (character, after) =
            entity.or_else(json).or_else(slash).unwrap_or((first, &rest[first.len_utf8()..]));
        plain.push(character);
        rest = after;
    }
    plain
}
