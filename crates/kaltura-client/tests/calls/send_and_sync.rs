//! Everything can go to another thread.

use kaltura_client::app_tokens::{AppTokens, BlockingAppTokens, RotatedToken, RotationError, RotationStep};
use kaltura_client::multirequest::{BatchMistake, Handle, Reference, VoidReason, VoidReference};
use kaltura_client::types::{AppTokenDraft, AppTokenFilter, AppTokenId, Pager};
use kaltura_client::{
    AsyncParts, BlockingClient, BlockingClientBuilder, BlockingParts, CallError, CallOptions, Client,
    ClientBuilder, Error, ErrorKind, Multirequest, MultirequestResults, RawAction, RetryPolicy, Subrequest,
};

use crate::scene::{Scene, list};

fn is_send_and_sync<T: Send + Sync>() {}

/// Of a type that is neither, which a result may hold.
type Neither = std::rc::Rc<u8>;

#[test]
fn all_types_are_send_and_sync() {
    is_send_and_sync::<AppTokens>();
    is_send_and_sync::<AsyncParts>();
    is_send_and_sync::<BatchMistake>();
    is_send_and_sync::<BlockingAppTokens>();
    is_send_and_sync::<BlockingClient>();
    is_send_and_sync::<BlockingClientBuilder>();
    is_send_and_sync::<BlockingParts>();
    is_send_and_sync::<CallError>();
    is_send_and_sync::<CallOptions>();
    is_send_and_sync::<Client>();
    is_send_and_sync::<ClientBuilder>();
    is_send_and_sync::<Error>();
    is_send_and_sync::<ErrorKind>();
    is_send_and_sync::<Handle<Neither>>();
    is_send_and_sync::<Multirequest>();
    is_send_and_sync::<MultirequestResults>();
    is_send_and_sync::<RawAction<Neither>>();
    is_send_and_sync::<Reference>();
    is_send_and_sync::<RetryPolicy>();
    is_send_and_sync::<RotatedToken>();
    is_send_and_sync::<RotationError>();
    is_send_and_sync::<RotationStep>();
    is_send_and_sync::<Subrequest<Neither>>();
    is_send_and_sync::<VoidReason>();
    is_send_and_sync::<VoidReference>();
}

#[test]
fn all_futures_are_send() {
    fn is_send<T: Send>(_: T) {}
    let (scene, action, options) = (Scene::new([]), list(), CallOptions::new());
    let (client, tokens) = (&scene.client, scene.client.app_tokens());
    let id = AppTokenId::new("0_abcdefgh");
    is_send(client.call(&action));
    is_send(client.call_with(&action, &options));
    is_send(client.multirequest(Multirequest::new()));
    is_send(client.multirequest_with(Multirequest::new(), &options));
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
}
