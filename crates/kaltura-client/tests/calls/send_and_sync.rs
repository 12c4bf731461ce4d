//! All public types are `Send` and `Sync`, and all futures are `Send`.

use kaltura_client::app_tokens::{AppTokens, RotatedToken, RotationError, RotationStep};
use kaltura_client::diagnosis::{Diagnosis, Finding, Problem, ReadAction, Report};
use kaltura_client::multirequest::{
    Handle, InvalidMultirequest, Reference, UnresolvedReason, UnresolvedReference,
};
use kaltura_client::types::{AppTokenDraft, AppTokenFilter, AppTokenId, Pager};
use kaltura_client::{
    CallError, CallOptions, Client, ClientBuilder, Error, ErrorKind, Multirequest, MultirequestResults,
    RawAction, RetryPolicy, Subrequest, blocking,
};

use crate::fixture::{Fixture, list};

fn is_send_and_sync<T: Send + Sync>() {}

/// A result type that is neither.
type NotSend = std::rc::Rc<u8>;

#[test]
fn all_types_are_send_and_sync() {
    is_send_and_sync::<kaltura_client::Listing>();
    is_send_and_sync::<kaltura_client::Upload<()>>();
    is_send_and_sync::<kaltura_client::UploadError>();
    is_send_and_sync::<kaltura_client::UploadProgress>();
    is_send_and_sync::<AppTokens>();
    is_send_and_sync::<InvalidMultirequest>();
    is_send_and_sync::<blocking::AppTokens>();
    is_send_and_sync::<blocking::Client>();
    is_send_and_sync::<blocking::ClientBuilder>();
    is_send_and_sync::<CallError>();
    is_send_and_sync::<CallOptions>();
    is_send_and_sync::<Client>();
    is_send_and_sync::<ClientBuilder>();
    is_send_and_sync::<Error>();
    is_send_and_sync::<ErrorKind>();
    is_send_and_sync::<Diagnosis>();
    is_send_and_sync::<Finding>();
    is_send_and_sync::<Problem>();
    is_send_and_sync::<ReadAction>();
    is_send_and_sync::<Report>();
    is_send_and_sync::<Handle<NotSend>>();
    is_send_and_sync::<Multirequest>();
    is_send_and_sync::<MultirequestResults>();
    is_send_and_sync::<RawAction<NotSend>>();
    is_send_and_sync::<Reference>();
    is_send_and_sync::<RetryPolicy>();
    is_send_and_sync::<RotatedToken>();
    is_send_and_sync::<RotationError>();
    is_send_and_sync::<RotationStep>();
    is_send_and_sync::<Subrequest<NotSend>>();
    is_send_and_sync::<UnresolvedReason>();
    is_send_and_sync::<UnresolvedReference>();
}

#[test]
fn all_futures_are_send() {
    fn is_send<T: Send>(_: T) {}
    let (fixture, action, options) = (Fixture::new([]), list(), CallOptions::new());
    let (client, tokens) = (&fixture.client, fixture.client.app_tokens());
    let id = AppTokenId::new("0_abcdefgh");
    is_send(client.call(&action));
    is_send(client.call_with(&action, &options));
    is_send(client.multirequest(Multirequest::new()));
    is_send(client.multirequest_with(Multirequest::new(), &options));
    is_send(client.pages(&action));
    is_send(client.pages(&action).objects());
    is_send(client.upload(futures_util::io::empty(), 0).send());
    is_send(client.session());
    is_send(client.session_valid_for(std::time::Duration::ZERO));
    is_send(client.prefetch());
    is_send(client.run_refresh_loop());
    is_send(client.verify_session());
    is_send(tokens.add(AppTokenDraft::new()));
    is_send(tokens.get(&id));
    is_send(tokens.update(&id, AppTokenDraft::new()));
    is_send(tokens.delete(&id));
    is_send(tokens.page(AppTokenFilter::new(), Pager::page(1)));
    is_send(tokens.list(AppTokenFilter::new()));
    is_send(tokens.rotate(&id));
    is_send(tokens.rotate_with(&id, AppTokenDraft::new()));
    is_send(tokens.end_all_sessions_of_token(&id));
    let diagnosis = Diagnosis::of_server(kaltura_client::auth::ServiceUrl::US);
    is_send(diagnosis.run_with(fixture.server.clone(), fixture.clock.clone(), |_| {}));
}
