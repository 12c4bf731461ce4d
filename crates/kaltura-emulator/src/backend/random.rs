//! The emulator's random numbers: from the system, or from a seed for repeatable runs.

use std::fmt;

use sha1::{Digest as _, Sha1};

#[cfg(feature = "getrandom")]
use crate::builder::BuildError;

/// A stream of bytes: SHA-1 of a seed and a counter. It is unpredictable with a seed from the system, and the same in
/// each run with a given seed.
pub(crate) struct Random {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 20],
    /// How many bytes of the block are left. They are taken from its end.
    left: usize,
}

/// Shows nothing: the seed reveals the secrets.
impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Random").finish_non_exhaustive()
    }
}

impl Random {
    #[cfg(feature = "getrandom")]
    pub(crate) fn from_system() -> Result<Self, BuildError> {
        let mut seed = [0; 32];
        for half in seed.chunks_exact_mut(16) {
            half.copy_from_slice(&kaltura_ks::random_bytes().map_err(BuildError::NoRandomBytes)?);
        }
        Ok(Self::from_bytes(seed))
    }

    pub(crate) fn from_seed(number: u64) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        Self::from_bytes(seed)
    }

    pub(crate) const fn from_bytes(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0, block: [0; 20], left: 0 }
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            if self.left == 0 {
                let counter = self.counter.to_be_bytes();
                self.block = Sha1::new().chain_update(self.seed).chain_update(counter).finalize().into();
                self.counter += 1;
                self.left = self.block.len();
            }
            self.left -= 1;
            *byte = self.block[self.left];
        }
        bytes
    }

    pub(crate) fn number(&mut self) -> u64 {
        u64::from_be_bytes(self.bytes())
    }

    /// A number from 0 up to, but not including, `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.number() % end }
    }

    /// Whether an event of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a probability needs no more than 53 bits")]
        let drawn = (self.number() >> 11) as f64 / (1_u64 << 53) as f64;
        drawn < probability
    }

    /// Lower-case hex digits of this many bytes.
    pub(crate) fn hex<const N: usize>(&mut self) -> String {
        hex::encode(self.bytes::<N>())
    }

    /// The id of a new object: data center 0 and eight digits or lower-case letters (wire contract,
    /// section 3).
    pub(crate) fn object_id(&mut self) -> String {
        const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let name = self.bytes::<8>().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        name.iter().fold(String::from("0_"), |mut id, letter| {
            id.push(*letter);
            id
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_the_system_does_not() {
        let drawn = |mut random: Random| (random.object_id(), random.hex::<16>(), random.number());
        assert_eq!(drawn(Random::from_seed(7)), drawn(Random::from_seed(7)));
        assert_ne!(drawn(Random::from_seed(7)), drawn(Random::from_seed(8)));
        #[cfg(feature = "getrandom")]
        assert_ne!(drawn(Random::from_system().unwrap()), drawn(Random::from_system().unwrap()));
    }

    #[test]
    fn events_happen_with_their_probability() {
        let mut random = Random::from_seed(1);
        let hits = (0..10_000).filter(|_| random.happens(0.25)).count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
        assert!(!(0..1_000).any(|_| random.happens(0.0)));
        assert!((0..1_000).all(|_| random.happens(1.0)));
    }
}
