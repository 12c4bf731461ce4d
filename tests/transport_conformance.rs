//! The transports of `kaltura-http` conform to the transport contract.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use kaltura_http::{ReqwestTransport, blocking};
use kaltura_testing::conformance::{self, Outcome, Rule};

#[tokio::test]
async fn reqwest_on_one_thread() {
    let report = conformance::check(&ReqwestTransport::builder().build().unwrap()).await;
    report.assert_passed();
    assert_eq!(report.outcome(Rule::Decompression), &Outcome::Passed, "{report}");
    assert_eq!(report.outcome(Rule::FreshConnection), &Outcome::Passed, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reqwest_on_several_threads() {
    conformance::check(&ReqwestTransport::builder().build().unwrap()).await.assert_passed();
}

#[test]
fn reqwest_without_a_runtime() {
    let transport: blocking::ReqwestTransport = ReqwestTransport::builder().build_blocking().unwrap();
    conformance::check_blocking(&transport).assert_passed();
}
