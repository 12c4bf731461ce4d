//! The suite passes correct transports, and reports exactly the rules that a faulty one breaks.

mod raw_client;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use async_trait::async_trait;
use futures_executor::block_on;
use kaltura_auth::{
    Transport, TransportError, TransportErrorKind, WireRequest, WireResponse,
    blocking::Transport as BlockingTransport, blocking::transport_fn as blocking_transport_fn, transport_fn,
};

use self::raw_client::{Fault, RawClient};
use super::*;
use crate::mock::Latch;

/// The async form of [`RawClient`], with one thread per request.
struct Threaded(Arc<RawClient>);

#[async_trait]
impl Transport for Threaded {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let done = Latch::new();
        let thread = thread::spawn({
            let (client, done) = (Arc::clone(&self.0), done.clone());
            move || {
                let result = client.send(request);
                done.open();
                result
            }
        });
        done.wait().await;
        thread.join().unwrap()
    }
}

fn passed(report: &Report) -> usize {
    report.outcomes().filter(|(_, outcome)| **outcome == Outcome::Passed).count()
}

fn failed(report: &Report) -> Vec<Rule> {
    report.failed().collect()
}

#[test]
fn a_correct_blocking_transport_passes() {
    let report = check_blocking(&RawClient::default());
    report.assert_passed();
    let not_applicable = Outcome::NotApplicable("a blocking transport has no futures".into());
    assert_eq!(report.outcome(Rule::DroppedFuture), &not_applicable);
    assert_eq!(passed(&report), Rule::ALL.len() - 1, "{report}");
}

#[test]
fn a_correct_async_transport_passes() {
    let report = block_on(check(&Threaded(Arc::default())));
    report.assert_passed();
    assert_eq!(passed(&report), Rule::ALL.len(), "{report}");
}

#[test]
fn each_fault_fails_exactly_its_rules() {
    use Rule::*;
    let cases: &[(Fault, &[Rule])] = &[
        (Fault::SendsGet, &[Method]),
        (Fault::SendsBodyAsText, &[RequestBody]),
        (Fault::TrimsBody, &[RequestBody]),
        (Fault::AddsCharset, &[ContentType]),
        (Fault::IgnoresContentType, &[OtherContentType]),
        (Fault::SendsNoHeaders, &[RequestHeaders]),
        (Fault::SendsHeadersTwice, &[RequestHeaders]),
        (Fault::RetriesAfterIoError, &[SentOnce]),
        (Fault::ReturnsErrorForStatus, &[Status]),
        (Fault::DropsHeaders, &[ResponseHeaders]),
        (Fault::DecodesBodyAsText, &[ResponseBody]),
        (Fault::DoesNotDecompress, &[Decompression, DecompressedSize]),
        (Fault::CountsCompressedBytes, &[DecompressedSize]),
        (Fault::FollowsRedirects, &[Redirect]),
        (Fault::LimitsToOneByteLess, &[SizeWithinLimit]),
        (Fault::IgnoresSizeLimit, &[DeclaredSize, UndeclaredSize, DecompressedSize]),
        (Fault::ChecksDeclaredSizeOnly, &[UndeclaredSize]),
        (Fault::ReadsAllBeforeSizeCheck, &[DeclaredSize, UndeclaredSize]),
        (Fault::UsesShortTimeout, &[SlowResponse]),
        (Fault::IgnoresTimeout, &[Timeout, TotalTimeout]),
        (Fault::AppliesTimeoutToEachRead, &[TotalTimeout]),
        (Fault::ReportsRefusedAsIo, &[ConnectionRefused]),
        (Fault::ReportsRefusedAsSent, &[ConnectionRefused]),
        (Fault::AcceptsEmptyResponse, &[NoResponse]),
        (Fault::AcceptsTruncatedResponse, &[TruncatedResponse]),
        (Fault::AcceptsInvalidHttp, &[NotHttp]),
        (Fault::ReportsIoAsTimeout, &[NoResponse, TruncatedResponse, NotHttp]),
        (Fault::ReportsNothingSent, &[MaybeSent]),
        (Fault::RevealsRequestBody, &[NoSecrets]),
        (Fault::RevealsUrl, &[NoSecrets]),
        (Fault::RevealsResponseBytes, &[NoSecrets]),
        (Fault::SendsOneRequestAtATime, &[Concurrency]),
        (Fault::FailsAfterRefused, &[Concurrency, Recovery]),
    ];
    // Runs mostly wait, so they run in parallel.
    for chunk in cases.chunks(17) {
        thread::scope(|scope| {
            for (fault, rules) in chunk {
                scope.spawn(move || {
                    let report = check_blocking(&RawClient::with(*fault));
                    assert_eq!(failed(&report), *rules, "{fault:?}\n{report}");
                });
            }
        });
    }
}

#[test]
fn gzip_rules_do_not_apply_without_gzip() {
    let report = check_blocking(&RawClient::with(Fault::DoesNotAcceptGzip));
    report.assert_passed();
    for rule in [Rule::Decompression, Rule::DecompressedSize] {
        assert_eq!(
            report.outcome(rule),
            &Outcome::NotApplicable("the transport does not accept gzip".into())
        );
    }
}

/// Returns the response of a dropped request to the next request.
struct MixesUpAfterDrop {
    inner: Threaded,
    dropped: Arc<AtomicBool>,
}

/// Sets the flag when it is dropped, unless `finished`.
struct DropGuard<'a> {
    dropped: &'a AtomicBool,
    finished: bool,
}

impl Drop for DropGuard<'_> {
    fn drop(&mut self) {
        self.dropped.fetch_or(!self.finished, Ordering::SeqCst);
    }
}

#[async_trait]
impl Transport for MixesUpAfterDrop {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        if self.dropped.swap(false, Ordering::SeqCst) {
            return Ok(WireResponse::new(200, "late response"));
        }
        let mut guard = DropGuard { dropped: &self.dropped, finished: false };
        let result = self.inner.send(request).await;
        guard.finished = true;
        result
    }
}

#[test]
fn a_response_of_a_dropped_request_is_detected() {
    let mixes_up = MixesUpAfterDrop { inner: Threaded(Arc::default()), dropped: Arc::default() };
    let report = block_on(check(&mixes_up));
    assert_eq!(failed(&report), [Rule::DroppedFuture], "{report}");
}

#[test]
fn a_future_that_blocks_its_thread_is_detected() {
    let client = Arc::new(RawClient::default());
    let blocks = transport_fn(move |request| {
        let client = Arc::clone(&client);
        async move { client.send(request) }
    });
    let report = block_on(check(&blocks));
    assert_eq!(failed(&report), [Rule::Concurrency], "{report}");
    assert!(matches!(report.outcome(Rule::DroppedFuture), Outcome::NotApplicable(_)));
}

#[test]
fn a_transport_that_sends_nothing_does_not_hang_the_suite() {
    for kind in [TransportErrorKind::TooLarge, TransportErrorKind::Timeout, TransportErrorKind::Io] {
        let dead = blocking_transport_fn(move |_| Err(TransportError::new(kind, "dead")));
        let report = check_blocking(&dead);
        assert!(failed(&report).contains(&Rule::Method));
        assert!(report.to_string().contains("dead"), "{report}");
    }
}

#[test]
fn the_future_of_a_check_is_send() {
    fn is_send<T: Send>(_: &T) {}
    let transport: Arc<dyn Transport> = Arc::new(Threaded(Arc::default()));
    is_send(&check(&transport));
    is_send(&check(&*transport));
}
