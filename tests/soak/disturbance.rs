//! What goes wrong, chosen at random from a seed.

use std::ops::RangeInclusive;
use std::time::Duration;

use kaltura_emulator::Fault;

/// Which calls a fault strikes.
const ACTIONS: [&str; 3] = ["media.list", "appToken.startSession", "session.startWidgetSession"];

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Disturbance {
    /// Some of the responses to an action are replaced.
    Fault { fault: Fault, action: &'static str, probability: f64 },
    /// The token cannot be used for a time.
    TokenDisabled,
    /// The account is blocked for a time.
    PartnerBlocked,
    /// All sessions end at the server.
    SessionsEnded,
    /// Redis does not answer for a time.
    RedisStopped,
    /// Redis ends, and is started again, empty.
    RedisKilled,
    /// The files of the store are deleted.
    FilesDeleted,
    /// A worker is killed, and another one started.
    WorkerKilled(usize),
}

impl Disturbance {
    /// Whether a call may fail while it lasts, with an error of this kind.
    pub(crate) fn explains(&self, kind: &str) -> bool {
        // An error of the login has the kind of the login's error within.
        let kind = kind.strip_prefix("NoSession(").unwrap_or(kind);
        let starts_with = |kinds: &[&str]| kinds.iter().any(|expected| kind.starts_with(expected));
        match self {
            Self::Fault { .. } => starts_with(&[
                "Transport",
                "Unavailable",
                "TimedOut",
                "LoginTimedOut",
                "NotKaltura",
                "ServerFailed",
                "RateLimited",
                "NoResult",
                "SourceUnavailable",
            ]),
            Self::TokenDisabled => starts_with(&["TokenNotActive", "RevokedEarly", "TokenGroupEnded"]),
            Self::PartnerBlocked => starts_with(&["PartnerBlocked", "KsRefused", "RevokedEarly"]),
            // A session that is refused within seconds of its login is no use: the manager says so. If they end twice
            // within these seconds, it says that they are refused as logged out.
            Self::SessionsEnded => starts_with(&["RevokedEarly", "KsRefused", "TokenGroupEnded"]),
            // A store that fails costs logins, and no call.
            Self::RedisStopped | Self::RedisKilled | Self::FilesDeleted | Self::WorkerKilled(_) => false,
        }
    }

    /// Whether it can cost a login that no expiry explains.
    pub(crate) fn costs_logins(&self) -> bool {
        !matches!(self, Self::Fault { action: "media.list", .. })
    }
}

/// Random numbers that follow from a seed (SplitMix64).
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or_default()
    }

    pub(crate) fn duration(&mut self, milliseconds: RangeInclusive<u64>) -> Duration {
        let span = milliseconds.end() - milliseconds.start() + 1;
        Duration::from_millis(milliseconds.start() + self.next() % span)
    }

    /// What goes wrong next.
    pub(crate) fn disturbance(&mut self, workers: usize) -> Disturbance {
        match self.below(16) {
            0 => Disturbance::TokenDisabled,
            1 => Disturbance::PartnerBlocked,
            2 => Disturbance::SessionsEnded,
            3 => Disturbance::RedisStopped,
            4 => Disturbance::RedisKilled,
            5 => Disturbance::FilesDeleted,
            6 => Disturbance::WorkerKilled(self.below(workers)),
            _ => {
                let fault = match self.below(13) {
                    0 => Fault::Status(500),
                    1 => Fault::Status(502),
                    2 => Fault::Status(503),
                    3 => Fault::Status(429),
                    4 => Fault::Reset,
                    5 => Fault::Slow(Duration::from_millis(super::REQUEST_TIMEOUT_MS * 2)),
                    6 => Fault::CutBody,
                    7 => Fault::TruncatedBody,
                    8 => Fault::EmptyBody,
                    9 => Fault::HtmlPage(200),
                    10 => Fault::PlainString("maintenance".to_owned()),
                    11 => Fault::Xml,
                    _ => Fault::ClockSkew(3_600),
                };
                let probability = [0.1, 0.5, 1.0][self.below(3)];
                Disturbance::Fault { fault, action: ACTIONS[self.below(ACTIONS.len())], probability }
            }
        }
    }
}
