//! The random numbers of PHP after `srand`: a Mersenne Twister, the same on every machine.

/// Words of state between a word and the one that it is mixed with.
const DISTANCE: usize = 397;
/// As many words of state as 16 results look at.
const WORDS: usize = DISTANCE + 16;

/// The 16 bytes that a PHP server draws as `rand(0, 255)` after `srand(seed)`.
///
/// They are not random to anyone who knows the seed. The server uses them for sessions with the privilege
/// `downloadasset`, with the expiry as the seed, so that the same request gives the same KS (wire
/// contract, section 6.5); [`KsFields::as_issued_with`](crate::KsFields::as_issued_with) applies that rule.
///
/// ```
/// assert_eq!(kaltura_ks::server_random(1001)[..4], [0x6d, 0x89, 0xbd, 0x1e]);
/// ```
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "PHP seeds with the low 32 bits, and draws the low 8")]
pub fn server_random(seed: i64) -> [u8; 16] {
    let mut state = [0_u32; WORDS];
    state[0] = seed as u32;
    for index in 1..WORDS {
        let previous = state[index - 1];
        state[index] = (previous ^ (previous >> 30)).wrapping_mul(1_812_433_253).wrapping_add(index as u32);
    }
    std::array::from_fn(|index| {
        let mixed = (state[index] & 0x8000_0000) | (state[index + 1] & 0x7fff_ffff);
        let twist = if mixed & 1 == 0 { 0 } else { 0x9908_b0df };
        temper(state[index + DISTANCE] ^ (mixed >> 1) ^ twist) as u8
    })
}

const fn temper(word: u32) -> u32 {
    let word = word ^ (word >> 11);
    let word = word ^ ((word << 7) & 0x9d2c_5680);
    let word = word ^ ((word << 15) & 0xefc6_0000);
    word ^ (word >> 18)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_32_bits_are_the_seed() {
        assert_eq!(server_random(5 + (1 << 32)), server_random(5));
        assert_eq!(server_random(-1), server_random(0xffff_ffff));
        assert_ne!(server_random(5), server_random(6));
    }
}
