//! The end of the terminal, or of the connection to it: `SIGHUP`.

/// Waits for it.
pub(super) struct Hangup(#[cfg(target_os = "linux")] Option<tokio::signal::unix::Signal>);

#[cfg(target_os = "linux")]
impl Hangup {
    /// Begins to listen, unless this process shall outlive its terminal, as with `nohup`.
    pub(super) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self(if is_ignored() { None } else { signal(SignalKind::hangup()).ok() })
    }

    /// Waits until it has come.
    pub(super) async fn arrival(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
}

/// Whether it was to be ignored when this process began. What can not be known is taken so.
#[cfg(target_os = "linux")]
fn is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 != 0)
}

/// Elsewhere nobody tells whether it is to be ignored, which listening to it would undo.
#[cfg(not(target_os = "linux"))]
impl Hangup {
    pub(super) fn listen() -> Self {
        Self()
    }

    pub(super) async fn arrival(&mut self) {
        std::future::pending().await
    }
}
