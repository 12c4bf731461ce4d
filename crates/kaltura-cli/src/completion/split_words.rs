//! The words of a line, as they were before bash took them apart.

use std::ffi::OsString;

/// The words of a line.
pub(super) struct Words {
    /// All up to the cursor. The last one is to be completed.
    pub(super) all: Vec<OsString>,
    /// What of the last word the shell takes for words before it, and so must not get back.
    pub(super) not_replaced: usize,
}

impl Words {
    pub(super) const fn whole(all: Vec<OsString>) -> Self {
        Self { all, not_replaced: 0 }
    }

    /// Bash makes three words of `--profile=work`, and of `sview:*`.
    pub(super) fn rejoined(parts: Vec<OsString>) -> Self {
        let mut words = Self::whole(Vec::with_capacity(parts.len()));
        let mut goes_on = false;
        for part in parts {
            let divides = is_divider(&part);
            words.not_replaced = 0;
            match words.all.last_mut() {
                Some(word) if divides || goes_on => {
                    words.not_replaced = word.len();
                    word.push(part);
                }
                _ => words.all.push(part),
            }
            goes_on = divides;
        }
        words
    }
}

fn is_divider(part: &OsString) -> bool {
    !part.is_empty() && part.as_encoded_bytes().iter().all(|byte| b"=:@".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejoined(parts: &[&str]) -> (Vec<String>, usize) {
        let words = Words::rejoined(parts.iter().map(OsString::from).collect());
        (words.all.into_iter().map(|word| word.into_string().unwrap()).collect(), words.not_replaced)
    }

    #[test]
    fn what_was_one_word_is_one_again() {
        assert_eq!(
            rejoined(&["kaltura", "--profile", "=", "wo"]),
            (vec!["kaltura".into(), "--profile=wo".into()], 10)
        );
        assert_eq!(
            rejoined(&["x", "a", ":", "b", ":", "c", ""]),
            (vec!["x".into(), "a:b:c".into(), "".into()], 0)
        );
        assert_eq!(rejoined(&["x", "key", ":=@", "f"]), (vec!["x".into(), "key:=@f".into()], 6));
        assert_eq!(rejoined(&["x", "--profile", "wo"]).1, 0);
    }
}
