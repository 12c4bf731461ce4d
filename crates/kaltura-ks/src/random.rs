//! Random bytes from the operating system.

/// 16 random bytes for a version 2 KS, from the operating system's cryptographic source.
///
/// Only with the feature `getrandom`, which is on by default. Where there is no such source, as on bare
/// WebAssembly, the caller brings the bytes.
///
/// # Errors
///
/// [`RandomUnavailable`] if the system gives none.
///
/// ```
/// assert_ne!(kaltura_ks::fresh_random()?, kaltura_ks::fresh_random()?);
/// # Ok::<(), kaltura_ks::RandomUnavailable>(())
/// ```
pub fn fresh_random() -> Result<[u8; 16], RandomUnavailable> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(RandomUnavailable)?;
    Ok(bytes)
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes; check its random device, or bring the bytes yourself")]
pub struct RandomUnavailable(#[source] getrandom::Error);
