//! Building the transport, beside building a client of reqwest: until the first request, and with one over https.

use std::hint::black_box;
use std::sync::Arc;
use std::thread;

use kaltura_auth::{Transport, WireRequest};
use kaltura_http::ReqwestTransport;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::Work;

pub(crate) fn build() -> Work {
    Box::new(|| drop(black_box(ReqwestTransport::builder().build().unwrap())))
}

pub(crate) fn build_baseline() -> Work {
    Box::new(|| drop(black_box(bare())))
}

fn bare() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The URL of a server whose certificate is not trusted: to find that out, a client must read all that are.
fn untrusted_server() -> String {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = own.signing_key.into();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.cert.into()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let runtime = runtime();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // It fails: the client does not trust the certificate.
                drop(acceptor.accept(stream).await);
            }
        });
    });
    url
}

pub(crate) fn first_https() -> Work {
    let (runtime, url) = (runtime(), untrusted_server());
    Box::new(move || {
        let transport = ReqwestTransport::builder().build().unwrap();
        let request = WireRequest::new(url.clone(), "system", "ping", "{}");
        runtime.block_on(transport.send(request)).unwrap_err();
    })
}

pub(crate) fn first_https_baseline() -> Work {
    let (runtime, url) = (runtime(), untrusted_server());
    Box::new(move || {
        runtime.block_on(bare().post(&url).body("{}").send()).unwrap_err();
    })
}
