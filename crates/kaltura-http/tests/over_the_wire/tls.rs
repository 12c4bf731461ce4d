//! Whom the transport trusts, and whom it shows its certificate.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_auth::{Transport, TransportErrorKind};
use kaltura_http::{BuildError, ReqwestTransport, ReqwestTransportBuilder};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::raw_server::{RawServer, ok};
use crate::{CANARY, assert_error, builder, foreign_client, request, shown};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> Authority {
    let mut params = named(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server for `127.0.0.1` with a certificate of this authority.
struct TlsServer {
    raw: RawServer,
    /// The certificate that each client showed.
    shown_to_it: Arc<Mutex<Vec<Option<CertificateDer<'static>>>>>,
}

impl TlsServer {
    fn start(authority: &Authority, wants_certificates_of: Option<&Authority>) -> Self {
        let answer = ok("Connection: close\r\n", "\"in secret\"");
        Self::answering(authority, wants_certificates_of, answer)
    }

    fn answering(authority: &Authority, wants_certificates_of: Option<&Authority>, answer: Vec<u8>) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = named("server", &["127.0.0.1"]).signed_by(&key, authority).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = match wants_certificates_of {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap());

        let shown_to_it = Arc::new(Mutex::new(Vec::new()));
        let all_shown = Arc::clone(&shown_to_it);
        let raw = RawServer::start(move |connection| {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            answer_once(StreamOwned::new(session, connection.into_stream()), &all_shown, &answer);
        });
        Self { raw, shown_to_it }
    }

    fn url(&self) -> String {
        self.raw.url().replace("http://", "https://")
    }
}

fn answer_once(
    stream: StreamOwned<ServerConnection, TcpStream>,
    shown_to_it: &Mutex<Vec<Option<CertificateDer<'static>>>>,
    answer: &[u8],
) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        match stream.read_line(&mut head) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    let certificate = stream.get_ref().conn.peer_certificates().map(|chain| chain[0].clone().into_owned());
    shown_to_it.lock().unwrap().push(certificate);
    let _ = stream.get_mut().write_all(answer);
    let _ = stream.read_to_end(&mut Vec::new());
}

async fn assert_answers(server: &TlsServer, builder: ReqwestTransportBuilder) {
    let answer = builder.build().unwrap().send(request(&server.url())).await.unwrap();
    assert_eq!(answer.body(), b"\"in secret\"");
}

async fn assert_refuses(server: &TlsServer, builder: ReqwestTransportBuilder) {
    let error = builder.build().unwrap().send(request(&server.url())).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    assert!(server.shown_to_it.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_is_trusted_by_its_root_certificate() {
    let (ours, others) = (authority("ours"), authority("others"));
    let server = TlsServer::start(&ours, None);
    assert_refuses(&server, builder()).await;
    assert_refuses(&server, builder().root_certificate_pem(others.pem())).await;
    assert_refuses(&server, builder().root_certificate_pem(others.pem()).only_these_roots()).await;

    assert_answers(&server, builder().root_certificate_pem(ours.pem())).await;
    assert_answers(&server, builder().root_certificate_pem(ours.pem()).only_these_roots()).await;
    let both = others.pem() + &ours.pem();
    assert_answers(&server, builder().root_certificate_pem(both).only_these_roots()).await;
    let one_by_one = builder().root_certificate_pem(ours.pem()).root_certificate_pem(others.pem());
    assert_answers(&server, one_by_one).await;
}

#[tokio::test]
async fn a_server_with_a_certificate_for_another_name_is_not_trusted() {
    let ours = authority("ours");
    let server = TlsServer::start(&ours, None);
    let url = server.url().replace("127.0.0.1", "localhost");
    let transport = builder().root_certificate_pem(ours.pem()).build().unwrap();
    let error = transport.send(request(&url)).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
}

#[tokio::test]
async fn a_server_that_asks_is_shown_the_client_certificate() {
    let (ours, clients) = (authority("ours"), authority("clients"));
    let server = TlsServer::start(&ours, Some(&clients));
    let key = KeyPair::generate().unwrap();
    let certificate = named("client", &[]).signed_by(&key, &clients).unwrap();
    let builder = builder().root_certificate_pem(ours.pem());

    let without = builder.build().unwrap().send(request(&server.url())).await.unwrap_err();
    let text = shown(&without);
    // With TLS 1.3 the server refuses only after the client has begun to send.
    assert!(matches!(without.kind(), TransportErrorKind::Connect | TransportErrorKind::Io), "{text}");
    assert!(server.shown_to_it.lock().unwrap().is_empty());

    assert_answers(&server, builder.client_certificate_pem(certificate.pem(), key.serialize_pem())).await;
    assert_eq!(*server.shown_to_it.lock().unwrap(), [Some(certificate.der().clone())]);
}

#[test]
fn certificates_that_can_not_be_read_are_named() {
    let pem = authority("ours").pem();
    let cut = &pem[..pem.len() / 2];
    for roots in ["", "no certificate", cut] {
        let outcome = builder().root_certificate_pem(roots).build();
        assert!(matches!(outcome, Err(BuildError::RootCertificate)), "{roots}: {outcome:?}");
    }
    assert!(matches!(builder().only_these_roots().build(), Err(BuildError::NoRootCertificate)));

    for (certificate, key) in [(pem.as_str(), "hush"), ("", ""), (pem.as_str(), cut)] {
        let builder = builder().client_certificate_pem(certificate, key);
        let outcome = builder.build();
        assert!(matches!(outcome, Err(BuildError::ClientCertificate(_))), "{outcome:?}");
        assert!(!format!("{builder:?} {outcome:?}").contains("hush"));
    }
}

#[tokio::test]
async fn nothing_is_sent_until_tls_stands() {
    let silent = RawServer::start(|mut connection| connection.hold());
    let no_tls = RawServer::answering_once("HTTP/1.1 400 Bad Request\r\n\r\n");
    let secure = |server: &RawServer| server.url().replace("http://", "https://");
    let short = Duration::from_millis(100);
    for transport in [
        builder().connect_timeout(short).build().unwrap(),
        builder().connect_timeout(None).timeout(short).build().unwrap(),
    ] {
        let sending = transport.send(request(&secure(&silent)));
        let error = tokio::time::timeout(100 * short, sending).await.unwrap().unwrap_err();
        assert_error(&error, TransportErrorKind::Timeout, false);
    }
    let error = builder().build().unwrap().send(request(&secure(&no_tls))).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
}

#[tokio::test]
async fn a_redirect_out_of_tls_shows_no_url() {
    let ours = authority("ours");
    let location = format!("Location: http://127.0.0.1:1/?note={CANARY}\r\n");
    let redirect = format!("HTTP/1.1 302 Found\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n");
    let server = TlsServer::answering(&ours, None, redirect.into_bytes());
    let root = reqwest::Certificate::from_pem(ours.pem().as_bytes()).unwrap();
    let client = foreign_client().https_only(true).tls_certs_merge([root]).build().unwrap();
    let error = ReqwestTransport::new(client).send(request(&server.url())).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Other, true);
}
