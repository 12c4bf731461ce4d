use std::sync::Mutex;

use kaltura_types::{ApiError, Ks, PartnerId, PayloadError, UnexpectedBody, UnixTime};

use super::*;
use crate::Session;
use crate::error::{LoginStep, ManagerError, UnusableSession};
use crate::manager::backoff::NextBackoff;
use crate::manager::{Event, Policy};
use crate::runtime::moment::Deadline;
use crate::source::{Need, Reporter};
use crate::store::StoreErrorKind;
use crate::transport::{TransportError, TransportErrorKind};
use crate::wire::WireResponse;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A moment on clocks that are an hour apart.
fn moment(since_start: Duration) -> Moment {
    Moment { monotonic: since_start, wall: since_start + seconds(3600) }
}

/// A process whose clocks and random numbers the test sets, and the troubles that it has reported.
struct Process {
    now: Mutex<Duration>,
    random: Mutex<u64>,
    troubles: Mutex<Vec<StoreErrorKind>>,
}

impl Process {
    fn new() -> Self {
        let process = Self { now: Mutex::default(), random: Mutex::default(), troubles: Mutex::default() };
        process.set_random(0.5);
        process
    }

    fn advance(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }

    /// The next random numbers, in `[0, 1)`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "53 bits fit")]
    fn set_random(&self, random: f64) {
        *self.random.lock().unwrap() = ((random * (1_u64 << 53) as f64) as u64) << 11;
    }

    /// A manager that holds nothing, and gives up after 30 s.
    fn cold(&self) -> AcquireContext<'_> {
        let next_backoff = NextBackoff::new(Policy::default(), 2, 0.0);
        let need = Need { held: None, min_left: Duration::ZERO, renewal: None, next_backoff };
        AcquireContext { clock: self, reporter: self, login_timeout: seconds(30), need }
    }

    /// A manager that holds session 1 with 100 s left, and can wait for so long with its renewal.
    fn renewing(&self, can_wait: Duration) -> AcquireContext<'_> {
        let mut context = self.cold();
        context.need.held = Some(SessionId::from_bits(1));
        context.need.min_left = seconds(100);
        context.need.renewal = Some(Deadline::after(Moment::read(self), can_wait));
        context
    }
}

impl Clock for Process {
    fn unix_time(&self) -> Duration {
        moment(self.monotonic()).wall
    }

    fn monotonic(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn random(&self) -> u64 {
        *self.random.lock().unwrap()
    }
}

impl Reporter for Process {
    fn report(&self, event: Event) {
        if let Event::StoreTrouble { error } = event {
            self.troubles.lock().unwrap().push(error.kind());
        }
    }
}

fn record(id: u128, lifetime: Duration, expires_at: StoreTime) -> Record {
    let session = Session::new(PartnerId::new(7), Ks::new("djJ8N3xhYmM")).to_stored_exposing_ks();
    Record::new(SessionId::from_bits(id), session, lifetime, expires_at)
}

/// A session of 120 s with so much left.
fn session(id: u128, left: Duration) -> Result<Taken, StoreError> {
    Ok(Taken::Session { record: record(id, seconds(120), StoreTime::from_millis(200_000)), left })
}

fn store_error(kind: StoreErrorKind) -> StoreError {
    StoreError::new(kind, "no")
}

const fn held(left: Duration) -> Result<Taken, StoreError> {
    Ok(Taken::Held { left })
}

/// A step in words that a test can compare.
fn described(step: Step) -> String {
    match step {
        Step::Retry(pause) => format!("retry after {pause:?}"),
        Step::Wait(at_most) => format!("wait {at_most:?}"),
        Step::LogIn(lease) => format!("log in, lease: {}", lease.is_some()),
        Step::Done(Acquired::Adopted(issued)) => format!("adopted with {:?}", issued.lifetime()),
        Step::Done(Acquired::KeepHeld { retry_in }) => format!("keep for {retry_in:?}"),
        Step::Done(Acquired::BackingOff { failures, left, .. }) => {
            format!("failure {failures}, back off for {left:?}")
        }
        Step::Done(other) => format!("{other:?}"),
    }
}

#[test]
fn a_random_number_is_in_the_unit_interval() {
    assert!(unit_interval(0).abs() < f64::EPSILON);
    assert!((unit_interval(1 << 63) - 0.5).abs() < f64::EPSILON);
    assert!((0.999..1.0).contains(&unit_interval(u64::MAX)));
}

#[test]
fn a_stored_session_is_adopted_if_it_is_credible_and_better_than_the_one_held() {
    let process = Process::new();
    for (context, id, left, expected) in [
        (process.cold(), 1, seconds(120), "adopted with 120s"),
        (process.cold(), 1, millis(1), "adopted with 1ms"),
        (process.cold(), 1, seconds(121), "wait 150ms"),
        (process.cold(), 1, Duration::ZERO, "wait 150ms"),
        (process.renewing(seconds(60)), 2, seconds(101), "adopted with 101s"),
        (process.renewing(seconds(60)), 2, seconds(100), "wait 150ms"),
        (process.renewing(seconds(60)), 1, seconds(101), "wait 150ms"),
    ] {
        let mut sharing = Sharing::new(&context, None);
        sharing.next_poll = LONGEST_POLL;
        let step = sharing.on_taken(session(id, left), moment(Duration::ZERO));
        assert_eq!(described(step), expected, "{id} {left:?}");
    }
}

#[test]
fn the_widget_ks_of_another_process_is_used_for_as_long_as_the_store_says() {
    let (process, cache) = (Process::new(), WidgetKsCache::default());
    let context = process.cold();
    let widget = StoredWidgetKs::new(Ks::new("widget"), StoreTime::from_millis(170_000));
    // It ends at 200 s and has 40 s left: the store shows 160 s, and the widget KS has 10 s left.
    let record =
        record(1, seconds(120), StoreTime::from_millis(200_000)).with_widget_ks(Some(widget.clone()));
    let taken = Taken::Session { record, left: seconds(40) };
    Sharing::new(&context, Some(&cache)).on_taken(Ok(taken), moment(seconds(3)));
    assert_eq!(cache.get(moment(seconds(5))), Some((widget.ks().clone(), seconds(8))));
}

#[test]
fn a_backoff_lasts_a_tenth_longer_at_most_a_second_and_no_longer_than_backoffs_last() {
    let process = Process::new();
    let context = process.cold();
    let error = Error::from_source(std::io::Error::other("no"), true);
    for (left, random, expected) in [
        (seconds(4), 0.0, "failure 3, back off for 4s"),
        (seconds(4), 0.5, "failure 3, back off for 4.2s"),
        (seconds(100), 0.5, "failure 3, back off for 100.5s"),
        // The longest of the policy is a quarter of an hour.
        (seconds(90_000), 0.5, "failure 3, back off for 900.5s"),
    ] {
        process.set_random(random);
        let taken = Taken::Backoff { failure: StoredFailure::new(&error, 3), left };
        let step = Sharing::new(&context, None).on_taken(Ok(taken), moment(Duration::ZERO));
        assert_eq!(described(step), expected);
    }
}

#[test]
fn a_renewal_does_not_wait_for_the_login_of_another_process() {
    let process = Process::new();
    let context = process.renewing(seconds(60));
    for (left, random, expected) in [
        (seconds(4), 0.5, "keep for 375ms"),
        (seconds(4), 0.0, "keep for 250ms"),
        (seconds(80), 0.5, "keep for 750ms"),
        (Duration::MAX, 0.5, "keep for 750ms"),
        (millis(8), 0.5, "keep for 25ms"),
    ] {
        process.set_random(random);
        let step = Sharing::new(&context, None).on_taken(held(left), moment(Duration::ZERO));
        assert_eq!(described(step), expected, "{left:?}");
    }
}

#[test]
fn a_cold_process_waits_longer_each_time_and_logs_in_alone_after_half_of_the_login_timeout() {
    let process = Process::new();
    let context = process.cold();
    let mut sharing = Sharing::new(&context, None);
    let mut wait = |left| described(sharing.on_taken(held(left), moment(Duration::ZERO)));
    for expected in ["wait 18.75ms", "wait 37.5ms", "wait 75ms", "wait 150ms", "wait 150ms"] {
        assert_eq!(wait(seconds(2)), expected);
    }
    assert_eq!(wait(millis(10)), "wait 15ms", "just after the end of the lease");
    process.set_random(0.0);
    assert_eq!(wait(Duration::MAX), "wait 100ms");
    process.advance(millis(14_999));
    assert_eq!(wait(seconds(2)), "wait 100ms");
    process.advance(millis(1));
    assert_eq!(wait(seconds(2)), "log in, lease: false");
}

#[test]
fn a_store_is_asked_three_times_and_a_cold_process_then_logs_in_alone() {
    let process = Process::new();
    let context = process.cold();
    let mut sharing = Sharing::new(&context, None);
    let unavailable = || Err(store_error(StoreErrorKind::Unavailable));
    let mut ask = |taken| described(sharing.on_taken(taken, moment(Duration::ZERO)));
    // An answer starts the count anew.
    assert_eq!(ask(unavailable()), "retry after 100ms");
    assert_eq!(ask(unavailable()), "retry after 100ms");
    assert_eq!(ask(held(seconds(2))), "wait 18.75ms");
    process.set_random(0.0);
    assert_eq!(ask(unavailable()), "retry after 50ms");
    process.set_random(0.75);
    assert_eq!(ask(unavailable()), "retry after 125ms");
    assert!(process.troubles.lock().unwrap().is_empty());
    assert_eq!(ask(unavailable()), "log in, lease: false");
    assert_eq!(ask(unavailable()), "log in, lease: false");
    assert_eq!(*process.troubles.lock().unwrap(), [StoreErrorKind::Unavailable], "once for each attempt");

    let denied = Err(store_error(StoreErrorKind::Denied));
    let step = Sharing::new(&context, None).on_taken(denied, moment(Duration::ZERO));
    assert_eq!(described(step), "log in, lease: false", "asking again does not help");
}

#[test]
fn a_renewal_without_the_store_is_put_off_until_it_cannot_wait() {
    let process = Process::new();
    for (can_wait, expected) in [
        (seconds(40), "keep for 7.5s"),
        (seconds(400), "keep for 45s"),
        (millis(60), "keep for 25ms"),
        (millis(10), "keep for 10ms"),
        (Duration::ZERO, "log in, lease: false"),
    ] {
        let context = process.renewing(can_wait);
        let denied = Err(store_error(StoreErrorKind::Denied));
        let step = Sharing::new(&context, None).on_taken(denied, moment(Duration::ZERO));
        assert_eq!(described(step), expected, "{can_wait:?}");
    }
}

#[test]
fn the_store_is_told_of_a_login_three_times_within_a_second() {
    let process = Process::new();
    let (cold, renewing) = (process.cold(), process.renewing(seconds(60)));
    let (timed_out, denied) = (store_error(StoreErrorKind::TimedOut), store_error(StoreErrorKind::Denied));
    let sharing = Sharing::new(&cold, None);
    let now = || Moment::read(&process);
    let since = now();
    assert_eq!(sharing.pause_after(&timed_out, 1, since), Some(millis(100)));
    assert_eq!(sharing.pause_after(&timed_out, 2, since), Some(millis(100)));
    assert_eq!(sharing.pause_after(&timed_out, 3, since), None);
    assert_eq!(sharing.pause_after(&timed_out, 4, since), None);
    assert_eq!(sharing.pause_after(&denied, 1, since), None);
    process.advance(millis(999));
    assert_eq!(sharing.pause_after(&timed_out, 1, since), Some(millis(100)));
    process.advance(millis(1));
    assert_eq!(sharing.pause_after(&timed_out, 1, since), None);
    process.advance(millis(1));
    assert_eq!(sharing.pause_after(&timed_out, 1, since), None);
    assert_eq!(Sharing::new(&renewing, None).pause_after(&timed_out, 1, since), Some(millis(100)));

    let mut sharing = Sharing::new(&cold, None);
    sharing.on_taken(Err(denied), now());
    assert_eq!(sharing.pause_after(&timed_out, 1, now()), None, "it has failed for good");
}

#[test]
fn the_question_names_the_session_that_is_held_and_replaced() {
    let process = Process::new();
    let context = process.renewing(seconds(60));
    let sharing = Sharing::new(&context, None);
    assert_eq!(sharing.replaces(), Some(SessionId::from_bits(1)));
    assert_eq!((sharing.ask().held(), sharing.ask().min_left()), (sharing.replaces(), seconds(100)));
}

/// The error of a response to the login.
fn refused(error: impl Into<PayloadError>, status: u16) -> Error {
    let response = WireResponse::new(status, "");
    Error::response(LoginStep::StartSession, error.into(), &response, None, &["id".to_owned()], &[])
}

#[test]
fn only_what_the_server_says_to_all_is_stored_as_a_failure() {
    let process = Process::new();
    let context = process.cold();
    let sharing = Sharing::new(&context, None);
    let response = WireResponse::new(200, "");
    let unusable = |error| Error::unusable(LoginStep::StartSession, error, &response, &[]);
    for (error, is_stored) in [
        (refused(ApiError::new("INVALID_APP_TOKEN_HASH", "", [("", "")]), 200), true),
        (refused(ApiError::new("INVALID_KS", "", [("KSID", "EXPIRED")]), 200), true),
        (refused(UnexpectedBody::Html, 503), true),
        (unusable(UnusableSession::ExpiredOnArrival { seconds_ago: 1 }), true),
        (
            unusable(UnusableSession::OtherPartner {
                expected: PartnerId::new(7),
                actual: PartnerId::new(8),
            }),
            true,
        ),
        // Of this machine, or of what is between it and the server.
        (refused(ApiError::new("INVALID_KS", "", [("KSID", "EXCEEDED_RESTRICTED_IP")]), 200), false),
        (refused(ApiError::new("MISSING_MANDATORY_PARAMETER", "", [("PARAM_NAME", "id")]), 200), false),
        (refused(UnexpectedBody::Html, 404), false),
        (
            Error::transport(
                LoginStep::StartSession,
                TransportError::new(TransportErrorKind::Connect, "refused"),
            ),
            false,
        ),
        (Error::manager(ManagerError::GroupEnded), false),
    ] {
        let text = format!("{error:?}");
        match sharing.after_login(&Err(error), None) {
            Ending::Fail { failure, backoff } => {
                assert!(is_stored, "{text}");
                assert_eq!(failure.failures(), 3);
                assert!(backoff >= seconds(2), "{text}: {backoff:?}");
            }
            Ending::Release => assert!(!is_stored, "{text}"),
            Ending::Publish(_) => panic!("{text}"),
        }
    }
}

/// A session that was requested at this moment for so many seconds. Without them its end is not known.
fn issued(sent_at: Moment, lifetime: Option<u32>) -> IssuedSession {
    let granted_at = UnixTime::from_seconds(1_000_000);
    let mut session = Session::new(PartnerId::new(7), Ks::new("djJ8N3xhYmM")).with_server_time(granted_at);
    if let Some(lifetime) = lifetime {
        session = session.with_expiry(granted_at.plus_seconds(i64::from(lifetime)));
    }
    IssuedSession::new(Arc::new(session), sent_at, None)
}

#[test]
fn a_session_is_stored_with_its_end_and_the_widget_ks_by_the_clock_of_the_store() {
    let (process, cache) = (Process::new(), WidgetKsCache::default());
    let context = process.cold();
    process.advance(seconds(10));
    let lease = Lease::new(5, StoreTime::from_millis(500_000), seconds(2));
    let Step::LogIn(Some(held)) =
        Sharing::new(&context, None).on_taken(Ok(Taken::Lease(lease)), moment(Duration::ZERO))
    else {
        panic!("the lease is free");
    };
    process.advance(seconds(4));
    cache.adopt(&Ks::new("widget"), Moment::read(&process), seconds(50));
    let sharing = Sharing::new(&context, Some(&cache));
    let clock = Some(StoreClock::of_lease(&held));
    let result = checked(Ok(issued(moment(seconds(13)), Some(60))), &process);
    assert!(Sharing::needs_time(None, &result) && !Sharing::needs_time(Some(&held), &result));
    assert!(!Sharing::needs_time(None, &Err(Error::interrupted())));
    assert!(matches!(sharing.after_login(&result, None), Ending::Release), "without the store's time");
    let Ending::Publish(record) = sharing.after_login(&result, clock) else { panic!("it is not stored") };
    assert_eq!(record.lifetime(), seconds(60));
    // The store showed 500 s at 10 s: 503 s when the login was sent, 504 s now.
    assert_eq!(record.expires_at(), StoreTime::from_millis(563_000));
    assert_eq!(Some(record.id()), result.unwrap().session().id());
    let widget = StoredWidgetKs::new(Ks::new("widget"), StoreTime::from_millis(554_000));
    assert_eq!(record.widget_ks(), Some(&widget));

    let endless = checked(Ok(issued(moment(seconds(13)), None)), &process);
    assert!(matches!(sharing.after_login(&endless, clock), Ending::Release));
}

#[test]
fn trouble_of_a_lease_is_reported_and_the_login_goes_on() {
    let process = Process::new();
    let context = process.cold();
    let lease = Lease::new(5, StoreTime::from_millis(0), seconds(2));
    let lease = lease.with_trouble(store_error(StoreErrorKind::Corrupt));
    let step = Sharing::new(&context, None).on_taken(Ok(Taken::Lease(lease)), moment(Duration::ZERO));
    assert_eq!(described(step), "log in, lease: true");
    assert_eq!(*process.troubles.lock().unwrap(), [StoreErrorKind::Corrupt]);
}

#[test]
fn the_time_of_the_store_is_never_later_than_it_really_was() {
    let read_at = Moment { monotonic: seconds(100), wall: seconds(1_000) };
    let clock = StoreClock::new(StoreTime::from_millis(50_000), read_at);
    for (monotonic, wall, expected) in [
        (100, 1_000, 50_000),
        (103, 1_003, 53_000),
        // The wall clock of this machine was set: that of later does not count.
        (103, 2_000, 53_000),
        (97, 997, 47_000),
        // Before, the machine was suspended, or one of the clocks was set.
        (97, 990, 40_000),
        (97, 2_000, 47_000),
    ] {
        let moment = Moment { monotonic: seconds(monotonic), wall: seconds(wall) };
        assert_eq!(clock.at(moment), StoreTime::from_millis(expected), "{moment:?}");
    }
}

#[test]
fn a_session_that_has_expired_is_an_error_and_each_other_has_an_id() {
    let process = Process::new();
    let expired = checked(Ok(issued(moment(Duration::ZERO), Some(0))), &process).unwrap_err();
    assert_eq!(expired.kind(), ErrorKind::ExpiredOnArrival);
    let named = checked(Ok(issued(moment(Duration::ZERO), Some(1))), &process).unwrap();
    let id = named.session().id();
    assert!(id.is_some());
    process.set_random(0.25);
    assert_eq!(checked(Ok(named), &process).unwrap().session().id(), id, "it keeps its id");
}
