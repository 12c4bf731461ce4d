//! The suite finds what is wrong with a transport, and nothing that is not.

mod raw_client;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use async_trait::async_trait;
use futures_executor::block_on;
use kaltura_auth::{
    BlockingTransport, Transport, TransportError, TransportErrorKind, WireRequest, WireResponse,
    blocking_transport_fn, transport_fn,
};

use self::raw_client::{Fault, RawClient};
use super::*;
use crate::mock::Gate;

/// A transport of the other kind, on a thread for each request.
struct OnThreads(Arc<RawClient>);

#[async_trait]
impl Transport for OnThreads {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let done = Gate::closed();
        let sending = thread::spawn({
            let (client, done) = (Arc::clone(&self.0), done.clone());
            move || {
                let outcome = client.send(request);
                done.open();
                outcome
            }
        });
        done.pass().await;
        sending.join().unwrap()
    }
}

fn kept(report: &Report) -> usize {
    report.verdicts().filter(|(_, verdict)| **verdict == Verdict::Kept).count()
}

fn broken(report: &Report) -> Vec<Rule> {
    report.broken().collect()
}

#[test]
fn a_good_transport_keeps_every_rule() {
    let report = check_blocking(&RawClient::default());
    report.assert();
    let not_applicable = Verdict::NotApplicable("a blocking transport has no futures".into());
    assert_eq!(report.verdict(Rule::Dropped), &not_applicable);
    assert_eq!(kept(&report), Rule::ALL.len() - 1, "{report}");
}

#[test]
fn a_good_async_transport_keeps_every_rule() {
    let report = block_on(check(&OnThreads(Arc::default())));
    report.assert();
    assert_eq!(kept(&report), Rule::ALL.len(), "{report}");
}

#[test]
fn each_fault_is_found_by_its_own_rules() {
    use Rule::*;
    let cases: &[(Fault, &[Rule])] = &[
        (Fault::SendsGet, &[Method]),
        (Fault::SendsTheBodyAsText, &[RequestBody]),
        (Fault::TrimsTheBody, &[RequestBody]),
        (Fault::AddsACharset, &[ContentType]),
        (Fault::KnowsOneContentType, &[OtherContentType]),
        (Fault::SendsNoHeaders, &[RequestHeaders]),
        (Fault::SendsHeadersTwice, &[RequestHeaders]),
        (Fault::RepeatsWhatBroke, &[SentOnce]),
        (Fault::TakesAStatusForAnError, &[Status]),
        (Fault::KeepsNoHeaders, &[ResponseHeaders]),
        (Fault::ReadsTheAnswerAsText, &[ResponseBody]),
        (Fault::DoesNotDecompress, &[Decompression, SizeDecompressed]),
        (Fault::CountsCompressedBytes, &[SizeDecompressed]),
        (Fault::FollowsRedirects, &[Redirect]),
        (Fault::AllowsOneByteLess, &[SizeAllowed]),
        (Fault::AllowsAnySize, &[SizeDeclared, SizeUndeclared, SizeDecompressed]),
        (Fault::BelievesTheDeclaredSize, &[SizeUndeclared]),
        (Fault::ReadsAllBeforeItCounts, &[SizeDeclared, SizeUndeclared]),
        (Fault::IsHasty, &[TimeAllowed]),
        (Fault::HasAllTime, &[TimeWithoutAnswer, TimeOfTheWhole]),
        (Fault::LimitsEachRead, &[TimeOfTheWhole]),
        (Fault::TakesARefusalForABreak, &[Refused]),
        (Fault::TakesARefusalForSent, &[Refused]),
        (Fault::TakesNothingForAnAnswer, &[NoAnswer]),
        (Fault::TakesHalfForAnAnswer, &[HalfAnswer]),
        (Fault::TakesAnythingForHttp, &[NotHttp]),
        (Fault::TakesABreakForATimeout, &[NoAnswer, HalfAnswer, NotHttp]),
        (Fault::PromisesThatNothingWasSent, &[MaybeSent]),
        (Fault::ShowsTheRequest, &[NoSecrets]),
        (Fault::ShowsTheUrl, &[NoSecrets]),
        (Fault::ShowsTheAnswerAsBytes, &[NoSecrets]),
        (Fault::SendsOneAtATime, &[Parallel]),
        (Fault::IsDeadAfterARefusal, &[Parallel, Recovery]),
    ];
    // Most of a run is waiting.
    for some in cases.chunks(17) {
        thread::scope(|scope| {
            for (fault, rules) in some {
                scope.spawn(move || {
                    let report = check_blocking(&RawClient::with(*fault));
                    assert_eq!(broken(&report), *rules, "{fault:?}\n{report}");
                });
            }
        });
    }
}

#[test]
fn what_does_not_ask_for_gzip_is_not_judged_by_it() {
    let report = check_blocking(&RawClient::with(Fault::DoesNotAskForGzip));
    report.assert();
    for rule in [Rule::Decompression, Rule::SizeDecompressed] {
        assert_eq!(report.verdict(rule), &Verdict::NotApplicable("it does not ask for gzip".into()));
    }
}

/// Gives the answer of a request that was given up to the next one.
struct MixesUpAfterADrop {
    inner: OnThreads,
    left_over: Arc<AtomicBool>,
}

struct LeavesOver<'a>(&'a AtomicBool, bool);

impl Drop for LeavesOver<'_> {
    fn drop(&mut self) {
        self.0.fetch_or(!self.1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Transport for MixesUpAfterADrop {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        if self.left_over.swap(false, Ordering::SeqCst) {
            return Ok(WireResponse::new(200, "the late answer"));
        }
        let mut unless_done = LeavesOver(&self.left_over, false);
        let outcome = self.inner.send(request).await;
        unless_done.1 = true;
        outcome
    }
}

#[test]
fn an_answer_left_over_by_a_drop_is_found() {
    let mixes_up = MixesUpAfterADrop { inner: OnThreads(Arc::default()), left_over: Arc::default() };
    let report = block_on(check(&mixes_up));
    assert_eq!(broken(&report), [Rule::Dropped], "{report}");
}

#[test]
fn a_future_that_blocks_its_thread_is_found() {
    let client = Arc::new(RawClient::default());
    let blocks = transport_fn(move |request| {
        let client = Arc::clone(&client);
        async move { client.send(request) }
    });
    let report = block_on(check(&blocks));
    assert_eq!(broken(&report), [Rule::Parallel], "{report}");
    assert!(matches!(report.verdict(Rule::Dropped), Verdict::NotApplicable(_)));
}

#[test]
fn a_transport_that_never_sends_does_not_hang_the_suite() {
    for kind in [TransportErrorKind::TooLarge, TransportErrorKind::Timeout, TransportErrorKind::Io] {
        let dead = blocking_transport_fn(move |_| Err(TransportError::new(kind, "dead")));
        let report = check_blocking(&dead);
        assert!(broken(&report).contains(&Rule::Method));
        assert!(report.to_string().contains("dead"), "{report}");
    }
}

#[test]
fn the_check_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let transport: Arc<dyn Transport> = Arc::new(OnThreads(Arc::default()));
    is_send(&check(&transport));
    is_send(&check(&*transport));
}
