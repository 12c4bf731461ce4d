//! Random changes of inputs.

use fastrand::Rng;

/// The longest input, in bytes. Long inputs are the subject of `kaltura-growth`.
const MAX_LENGTH: usize = 8 << 10;

/// An input like one of these: changed in one to eight places, by bits, bytes, words, and parts of others.
#[must_use]
pub fn mutated(inputs: &[Vec<u8>], words: &[&str], random: &mut Rng) -> Vec<u8> {
    let mut input = random.choice(inputs).cloned().unwrap_or_default();
    for _ in 0..random.usize(1..=8) {
        change(&mut input, inputs, words, random);
    }
    input.truncate(MAX_LENGTH);
    input
}

fn change(input: &mut Vec<u8>, inputs: &[Vec<u8>], words: &[&str], random: &mut Rng) {
    let at = random.usize(..=input.len());
    match random.u8(..11) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.u8(..8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.u8(..);
            }
        }
        2 => insert(input, at, &[random.u8(..)]),
        3 => insert(input, at, &[random.u8(b' '..=b'~')]),
        4 | 5 => insert(input, at, random.choice(words).copied().unwrap_or_default().as_bytes()),
        6 => drop(input.drain(part(input, at, random))),
        7 => {
            let copied = input[part(input, at, random)].to_vec();
            let to = random.usize(..=input.len());
            insert(input, to, &copied);
        }
        // A long run, or many of the same.
        8 => {
            let copied = input[at..input.len().min(at + random.usize(1..=8))].repeat(random.usize(1..=64));
            insert(input, at, &copied);
        }
        9 => {
            let other = random.choice(inputs).map_or(&[][..], Vec::as_slice);
            let copied = &other[part(other, random.usize(..=other.len()), random)];
            insert(input, at, copied);
        }
        _ => {
            let number: &[u8] = match random.u8(..6) {
                0 => b"0",
                1 => b"-1",
                2 => b"9223372036854775807",
                3 => b"9223372036854775808",
                4 => b"1e999",
                _ => b"00",
            };
            insert(input, at, number);
        }
    }
}

/// A range that begins here, short more often than long.
fn part(input: &[u8], at: usize, random: &mut Rng) -> std::ops::Range<usize> {
    let longest = 1 << random.u32(..10);
    at..input.len().min(at + random.usize(..=longest))
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let inputs = [b"one=1".to_vec(), Vec::new()];
        let made = |seed| {
            let mut random = Rng::with_seed(seed);
            (0..500).map(|_| mutated(&inputs, &["word"], &mut random)).collect::<Vec<_>>()
        };
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
        assert!(made(7).iter().any(|input| input.len() > 100));
        assert!(made(7).iter().all(|input| input.len() <= MAX_LENGTH));
    }
}
