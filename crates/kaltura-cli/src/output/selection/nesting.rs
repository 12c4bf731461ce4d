//! How deep a text nests. What reads it goes as deep as the text.

/// How deep a filter, or a text with JSON, may nest where there is much room. `jq` allows as much.
pub(super) const MOST: usize = 10_000;

/// Whether a text nests deeper than this. Brackets in quotes count too, and do no harm where they are closed.
pub(super) fn is_deeper(most: usize, text: &[u8]) -> bool {
    let mut depth = 0_usize;
    text.iter().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > most
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_brackets_are_counted() {
        assert!(!is_deeper(MOST, "[".repeat(MOST).as_bytes()));
        assert!(is_deeper(MOST, "[({".repeat(MOST / 3 + 1).as_bytes()));
        assert!(!is_deeper(MOST, "[] )".repeat(2 * MOST).as_bytes()));
    }
}
