//! Points in time that the processes of one machine can compare, whatever happens to the wall clock.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kaltura_auth::store::StoreTime;
use serde::{Deserialize, Serialize};

/// One reading of the clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timestamp {
    /// Since the machine was started, the time in which it was suspended included. Nothing where the system does not
    /// tell, or does not tell one start from another.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    boot: Option<SinceBoot>,
    /// Since 1970-01-01 00:00 UTC.
    wall_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SinceBoot {
    /// The same until the machine is restarted.
    id: String,
    ms: u64,
}

impl Timestamp {
    /// The time since `earlier`: by the boot clock if the machine was not restarted meanwhile, else by the wall clock.
    /// Nothing if `earlier` is in the future: then that clock was set back, and does not tell.
    pub(super) fn since(&self, earlier: &Self) -> Option<Duration> {
        let milliseconds = match (&self.boot, &earlier.boot) {
            (Some(now), Some(earlier)) if now.id == earlier.id => now.ms.checked_sub(earlier.ms),
            _ => self.wall_ms.checked_sub(earlier.wall_ms),
        };
        milliseconds.map(Duration::from_millis)
    }

    /// The time by the clock of the store: the boot clock where there is one.
    pub(super) fn store_time(&self) -> StoreTime {
        StoreTime::from_millis(self.boot.as_ref().map_or(self.wall_ms, |boot| boot.ms))
    }
}

/// What tells the time.
pub(super) trait Clock: Send + Sync + fmt::Debug {
    fn now(&self) -> Timestamp;
}

/// The clocks of the system.
#[derive(Debug, Default)]
pub(super) struct SystemClock {
    boot_id: OnceLock<Option<String>>,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the clock of the store, which no caller provides")]
    fn now(&self) -> Timestamp {
        let id = self.boot_id.get_or_init(boot::id).clone();
        Timestamp {
            boot: id.and_then(|id| Some(SinceBoot { id, ms: boot::milliseconds()? })),
            wall_ms: milliseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod boot {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    /// Containers of one machine have the same one, and the same clock.
    pub(super) fn id() -> Option<String> {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let id = text.trim();
        (!id.is_empty()).then(|| id.to_owned())
    }

    pub(super) fn milliseconds() -> Option<u64> {
        Duration::try_from(clock_gettime(ClockId::Boottime)).ok().map(super::milliseconds)
    }
}

/// Other systems have such a clock, but do not tell one start from another in a way that safe code can read.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod boot {
    pub(super) fn id() -> Option<String> {
        None
    }

    pub(super) fn milliseconds() -> Option<u64> {
        None
    }
}

/// A clock that a test moves.
#[cfg(test)]
#[derive(Debug)]
pub(super) struct TestClock(pub(super) std::sync::Mutex<Timestamp>);

#[cfg(test)]
impl TestClock {
    pub(super) fn new() -> Self {
        Self(std::sync::Mutex::new(at(Some("one"), 1_000_000, 1_000_000_000)))
    }

    /// Both clocks go on.
    pub(super) fn advance(&self, time: Duration) {
        let mut now = self.0.lock().unwrap();
        now.wall_ms += milliseconds(time);
        if let Some(boot) = &mut now.boot {
            boot.ms += milliseconds(time);
        }
    }

    /// Somebody sets the wall clock.
    pub(super) fn set_wall(&self, change_ms: i64) {
        let mut now = self.0.lock().unwrap();
        now.wall_ms = now.wall_ms.checked_add_signed(change_ms).unwrap();
    }

    /// The machine starts again.
    pub(super) fn restart(&self) {
        let mut now = self.0.lock().unwrap();
        now.boot = Some(SinceBoot { id: "two".to_owned(), ms: 5 });
    }
}

#[cfg(test)]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().clone()
    }
}

#[cfg(test)]
pub(super) fn at(boot_id: Option<&str>, boot_ms: u64, wall_ms: u64) -> Timestamp {
    Timestamp { boot: boot_id.map(|id| SinceBoot { id: id.to_owned(), ms: boot_ms }), wall_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_clock_counts_until_a_restart_and_then_the_wall_clock() {
        let earlier = at(Some("one"), 1_000, 50_000);
        for (now, expected) in [
            (at(Some("one"), 3_000, 10), Some(2_000)),
            (at(Some("one"), 999, 90_000), None),
            (at(Some("two"), 9_000_000, 51_000), Some(1_000)),
            (at(None, 0, 51_500), Some(1_500)),
            (at(Some("two"), 9_000_000, 49_999), None),
        ] {
            assert_eq!(now.since(&earlier), expected.map(Duration::from_millis), "{now:?}");
        }
        assert_eq!(at(None, 0, 7).since(&at(None, 0, 7)), Some(Duration::ZERO));
    }

    #[test]
    fn the_clocks_of_the_system_go_on() {
        let clock = SystemClock::default();
        let (one, other) = (clock.now(), SystemClock::default().now());
        assert!(other.since(&one).is_some_and(|time| time < Duration::from_secs(60)));
        assert_eq!(one.boot.is_some(), cfg!(any(target_os = "linux", target_os = "android")));
        #[cfg(target_os = "linux")]
        {
            let file = |path| std::fs::read_to_string(path).unwrap();
            let SinceBoot { id, ms } = one.boot.clone().unwrap();
            assert_eq!(file("/proc/sys/kernel/random/boot_id"), format!("{id}\n"));
            let uptime = file("/proc/uptime").split('.').next().unwrap().parse().unwrap();
            assert!(Duration::from_millis(ms).as_secs().abs_diff(uptime) < 60, "{ms} ms, {uptime} s");
        }
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), one);
    }
}
