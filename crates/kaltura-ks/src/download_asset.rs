//! The rule that makes sessions for downloads repeatable.

use kaltura_types::UnixTime;

use crate::fields::KsFields;
use crate::php::random::server_random;

/// The expiry is rounded up to a multiple of this, in seconds.
const STEP: i64 = 300;

impl KsFields {
    /// The expiry and the random bytes with which the server issues a KS of these fields, when it has drawn
    /// `random`.
    ///
    /// If the text `downloadasset` occurs anywhere in the privileges, the expiry is rounded up to a multiple
    /// of 300 seconds, and the random bytes follow from the expiry: the same request gives the same KS, so
    /// that download URLs can be cached. Otherwise nothing changes (wire contract, section 6.5).
    ///
    /// ```
    /// # use kaltura_ks::{KsFields, server_random};
    /// # use kaltura_types::{PartnerId, SessionType, UnixTime};
    /// let fields = KsFields::new(PartnerId::new(1), SessionType::User, UnixTime::from_seconds(1_795_496_955));
    /// assert_eq!(fields.clone().as_issued_with([7; 16]), (fields.clone(), [7; 16]));
    ///
    /// let (issued, random) = fields.privileges("downloadasset:1").as_issued_with([7; 16]);
    /// assert_eq!(issued.expiry(), UnixTime::from_seconds(1_795_497_000));
    /// assert_eq!(random, server_random(1_795_497_000));
    /// ```
    #[must_use]
    pub fn as_issued_with(mut self, random: [u8; 16]) -> (Self, [u8; 16]) {
        if !self.privileges.as_deref().is_some_and(|text| text.contains("downloadasset")) {
            return (self, random);
        }
        let expiry = self.expiry.as_seconds();
        let past_the_step = expiry.rem_euclid(STEP);
        if past_the_step != 0 {
            self.expiry = UnixTime::from_seconds(expiry.saturating_add(STEP - past_the_step));
        }
        let random = server_random(self.expiry.as_seconds());
        (self, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_types::{PartnerId, SessionType};

    fn issued(expiry: i64, privileges: &str) -> i64 {
        let expiry = UnixTime::from_seconds(expiry);
        let fields = KsFields::new(PartnerId::new(1), SessionType::User, expiry).privileges(privileges);
        fields.as_issued_with([0; 16]).0.expiry().as_seconds()
    }

    #[test]
    fn the_expiry_is_rounded_up() {
        for (expiry, rounded) in
            [(300, 300), (301, 600), (599, 600), (0, 0), (-1, 0), (-300, -300), (-301, -300)]
        {
            assert_eq!(issued(expiry, "downloadasset:1"), rounded, "{expiry}");
        }
        assert_eq!(issued(i64::MAX, "downloadasset"), i64::MAX);
    }

    #[test]
    fn the_text_counts_wherever_it_stands() {
        assert_eq!(issued(1, "sview:*,xdownloadassets"), 300);
        assert_eq!(issued(1, "download:asset"), 1);
    }
}
