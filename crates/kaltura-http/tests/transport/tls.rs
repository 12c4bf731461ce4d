//! Which servers the transport trusts, and when it sends its client certificate.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaltura_auth::{Transport, TransportErrorKind};
use kaltura_client::diagnosis::ConnectionFault;
use kaltura_http::{BuildError, ReqwestTransport, ReqwestTransportBuilder};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::raw_server::{RawServer, ok};
use crate::{CANARY, assert_error, builder, custom_client, error_text, request};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn certificate_params(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> Authority {
    let mut params = certificate_params(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server for `127.0.0.1` with a certificate from an authority.
struct TlsServer {
    raw: RawServer,
    /// The certificate that each client sent.
    client_certificates: Arc<Mutex<Vec<Option<CertificateDer<'static>>>>>,
}

impl TlsServer {
    fn start(authority: &Authority, client_authority: Option<&Authority>) -> Self {
        let response = ok("Connection: close\r\n", "\"over tls\"");
        Self::responding(authority, client_authority, response)
    }

    fn responding(authority: &Authority, client_authority: Option<&Authority>, response: Vec<u8>) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = certificate_params("server", &["127.0.0.1"]).signed_by(&key, authority).unwrap();
        Self::with_certificate(certificate.der(), &key, client_authority, response)
    }

    /// A server whose certificate is its own root.
    fn self_signed(params: CertificateParams) -> (Self, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let response = ok("Connection: close\r\n", "\"over tls\"");
        (Self::with_certificate(certificate.der(), &key, None, response), certificate.pem())
    }

    fn with_certificate(
        certificate: &CertificateDer<'static>,
        key: &KeyPair,
        client_authority: Option<&Authority>,
        response: Vec<u8>,
    ) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = match client_authority {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = Arc::new(config.with_single_cert(vec![certificate.clone()], key).unwrap());

        let client_certificates = Arc::new(Mutex::new(Vec::new()));
        let server_log = Arc::clone(&client_certificates);
        let raw = RawServer::start(move |connection| {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            respond_once(StreamOwned::new(session, connection.into_stream()), &server_log, &response);
        });
        Self { raw, client_certificates }
    }

    fn url(&self) -> String {
        self.raw.url().replace("http://", "https://")
    }
}

fn respond_once(
    stream: StreamOwned<ServerConnection, TcpStream>,
    client_certificates: &Mutex<Vec<Option<CertificateDer<'static>>>>,
    response: &[u8],
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
    client_certificates.lock().unwrap().push(certificate);
    let _ = stream.get_mut().write_all(response);
    let _ = stream.read_to_end(&mut Vec::new());
}

async fn assert_trusted(server: &TlsServer, builder: ReqwestTransportBuilder) {
    let response = builder.build().unwrap().send(request(&server.url())).await.unwrap();
    assert_eq!(response.body(), b"\"over tls\"");
}

async fn assert_not_trusted(server: &TlsServer, builder: ReqwestTransportBuilder) {
    let error = builder.build().unwrap().send(request(&server.url())).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    assert!(server.client_certificates.lock().unwrap().is_empty());
}

#[tokio::test]
async fn server_is_trusted_by_its_root_certificate() {
    let (trusted, other) = (authority("trusted"), authority("other"));
    let server = TlsServer::start(&trusted, None);
    assert_not_trusted(&server, builder()).await;
    assert_not_trusted(&server, builder().add_root_certificates_pem(other.pem())).await;
    assert_not_trusted(&server, builder().add_root_certificates_pem(other.pem()).disable_system_roots())
        .await;

    assert_trusted(&server, builder().add_root_certificates_pem(trusted.pem())).await;
    assert_trusted(&server, builder().add_root_certificates_pem(trusted.pem()).disable_system_roots()).await;
    let both = other.pem() + &trusted.pem();
    assert_trusted(&server, builder().add_root_certificates_pem(both).disable_system_roots()).await;
    let one_by_one =
        builder().add_root_certificates_pem(trusted.pem()).add_root_certificates_pem(other.pem());
    assert_trusted(&server, one_by_one).await;
}

#[tokio::test]
async fn certificate_for_another_name_is_not_trusted() {
    let trusted = authority("trusted");
    let server = TlsServer::start(&trusted, None);
    let url = server.url().replace("127.0.0.1", "localhost");
    let transport = builder().add_root_certificates_pem(trusted.pem()).build().unwrap();
    let error = transport.send(request(&url)).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
}

/// The certificate of a server, as `openssl req -x509` makes it: an authority and a server in one.
fn as_openssl_makes_it() -> CertificateParams {
    let mut params = certificate_params("server", &["127.0.0.1"]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_if_it_is_given() {
    for params in [certificate_params("server", &["127.0.0.1"]), as_openssl_makes_it()] {
        let (server, pem) = TlsServer::self_signed(params);
        assert_not_trusted(&server, builder()).await;
        let (_, other) = TlsServer::self_signed(as_openssl_makes_it());
        assert_not_trusted(&server, builder().add_root_certificates_pem(other)).await;
        assert_trusted(&server, builder().add_root_certificates_pem(&pem)).await;
        assert_trusted(&server, builder().add_root_certificates_pem(&pem).disable_system_roots()).await;
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_for_its_name_and_time_only() {
    let mut other_name = as_openssl_makes_it();
    other_name.subject_alt_names.clear();
    let (server, pem) = TlsServer::self_signed(other_name);
    assert_not_trusted(&server, builder().add_root_certificates_pem(pem)).await;

    let mut expired = as_openssl_makes_it();
    expired.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let (server, pem) = TlsServer::self_signed(expired);
    assert_not_trusted(&server, builder().add_root_certificates_pem(pem)).await;
}

/// This test in a process of its own, whose environment selects the root certificates.
#[cfg(all(unix, not(target_vendor = "apple"), not(feature = "native-tls")))]
fn with_root_certificates(file: &str) -> String {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "tls::root_certificates_of_the_environment", "--ignored", "--nocapture"]);
    let output = command.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
#[cfg(all(unix, not(target_vendor = "apple"), not(feature = "native-tls")))]
fn without_root_certificates_only_https_fails() {
    for file in ["", "/dev/null", "/no/such/file"] {
        let text = with_root_certificates(file);
        for name in ["ca-certificates", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            assert!(text.contains(name), "{file}: {text}");
        }
    }
}

#[tokio::test]
#[ignore = "`without_root_certificates_only_https_fails` runs it without certificates"]
async fn root_certificates_of_the_environment() {
    let plain = RawServer::responding_once(ok("", "null"));
    let (tls, pem) = TlsServer::self_signed(as_openssl_makes_it());
    let transport = builder().build().unwrap();
    assert_eq!(transport.send(request(&plain.url())).await.unwrap().body(), b"null");
    let error = transport.send(request(&tls.url())).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    println!("{}", error_text(&error));
    assert_trusted(&tls, builder().add_root_certificates_pem(pem)).await;
}

#[tokio::test]
async fn client_certificate_is_sent_on_request() {
    let (trusted, clients) = (authority("trusted"), authority("clients"));
    let server = TlsServer::start(&trusted, Some(&clients));
    let key = KeyPair::generate().unwrap();
    let certificate = certificate_params("client", &[]).signed_by(&key, &clients).unwrap();
    let builder = builder().add_root_certificates_pem(trusted.pem());

    let error = builder.build().unwrap().send(request(&server.url())).await.unwrap_err();
    let text = error_text(&error);
    // With TLS 1.3 the server rejects only after the client has begun to send.
    assert!(matches!(error.kind(), TransportErrorKind::Connect | TransportErrorKind::Io), "{text}");
    assert!(server.client_certificates.lock().unwrap().is_empty());

    assert_trusted(&server, builder.client_certificate_pem(certificate.pem(), key.serialize_pem())).await;
    assert_eq!(*server.client_certificates.lock().unwrap(), [Some(certificate.der().clone())]);
}

#[test]
fn invalid_certificate_is_named_by_the_error() {
    let pem = authority("trusted").pem();
    let truncated = &pem[..pem.len() / 2];
    for roots in ["", "no certificate", truncated] {
        let outcome = builder().add_root_certificates_pem(roots).build();
        assert!(matches!(outcome, Err(BuildError::InvalidRootCertificate)), "{roots}: {outcome:?}");
    }
    assert!(matches!(builder().disable_system_roots().build(), Err(BuildError::NoRootCertificates)));

    for (certificate, key) in [(pem.as_str(), "hush"), ("", ""), (pem.as_str(), truncated)] {
        let builder = builder().client_certificate_pem(certificate, key);
        let outcome = builder.build();
        assert!(matches!(outcome, Err(BuildError::InvalidClientCertificate(_))), "{outcome:?}");
        assert!(!format!("{builder:?} {outcome:?}").contains("hush"));
    }
}

/// The certificate of a server, and how the client is configured.
#[cfg(not(feature = "native-tls"))]
struct Rejected {
    name: &'static str,
    params: fn(&mut CertificateParams),
    host: &'static str,
    is_trusted: bool,
    fault: ConnectionFault,
    remedy: &'static str,
}

/// Each defect of a certificate from an authority has its own fault, which says what to do.
#[cfg(not(feature = "native-tls"))]
#[tokio::test]
async fn each_defect_of_a_certificate_is_named_by_the_fault() {
    use rcgen::SanType;

    let nothing: fn(&mut CertificateParams) = |_| {};
    let name_only: fn(&mut CertificateParams) = |params| {
        // As the common name, and as a name instead of an address.
        params.distinguished_name.push(DnType::CommonName, "127.0.0.1");
        params.subject_alt_names = vec![SanType::DnsName("127.0.0.1".try_into().unwrap())];
    };
    let rejected = |name, params, fault, remedy| Rejected {
        name,
        params,
        host: "127.0.0.1",
        is_trusted: true,
        fault,
        remedy,
    };
    let other_host = ConnectionFault::CertificateForOtherHost;
    for case in [
        rejected(
            "expired",
            |params| params.not_after = rcgen::date_time_ymd(2001, 1, 1),
            ConnectionFault::CertificateExpired,
            "clock of this machine",
        ),
        rejected(
            "not valid yet",
            |params| params.not_before = rcgen::date_time_ymd(2999, 1, 1),
            ConnectionFault::CertificateNotYetValid,
            "clock of this machine",
        ),
        rejected(
            "an authority",
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            ConnectionFault::UnknownIssuer,
            "add_root_certificates_pem",
        ),
        rejected("only as a name", name_only, other_host, "one of those in the certificate"),
        rejected("no name", |params| params.subject_alt_names.clear(), other_host, "one of those"),
        rejected(
            "another address",
            |params| params.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 2].into())],
            other_host,
            "one of those in the certificate",
        ),
        Rejected { host: "localhost", ..rejected("another host", nothing, other_host, "one of those") },
        Rejected {
            is_trusted: false,
            ..rejected("unknown issuer", nothing, ConnectionFault::UnknownIssuer, "add_root_certificates_pem")
        },
    ] {
        let (ours, others) = (authority("ours"), authority("others"));
        let mut params = certificate_params("server", &["127.0.0.1"]);
        (case.params)(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &ours).unwrap();
        let response = ok("Connection: close\r\n", "\"over tls\"");
        let server = TlsServer::with_certificate(certificate.der(), &key, None, response);
        let roots = if case.is_trusted { &ours } else { &others };
        let transport =
            builder().add_root_certificates_pem(roots.pem()).disable_system_roots().build().unwrap();
        let url = server.url().replace("127.0.0.1", case.host);
        let error = transport.send(request(&url)).await.unwrap_err();
        assert_error(&error, TransportErrorKind::Connect, false);
        let fault = ConnectionFault::of(&error);
        assert_eq!(fault, case.fault, "{}: {}", case.name, error_text(&error));
        assert!(fault.remedy().contains(case.remedy), "{}: {}", case.name, fault.remedy());
        assert!(server.client_certificates.lock().unwrap().is_empty(), "{}", case.name);
    }
}

#[tokio::test]
async fn a_wrong_client_certificate_is_an_error_that_shows_no_key() {
    let (trusted, clients, others) = (authority("trusted"), authority("clients"), authority("others"));
    let server = TlsServer::start(&trusted, Some(&clients));
    let key = KeyPair::generate().unwrap();
    let certificate = certificate_params("client", &[]).signed_by(&key, &others).unwrap();
    let builder = builder()
        .add_root_certificates_pem(trusted.pem())
        .client_certificate_pem(certificate.pem(), key.serialize_pem());
    let error = builder.build().unwrap().send(request(&server.url())).await.unwrap_err();
    let text = error_text(&error) + &format!("{builder:?}");
    assert!(matches!(error.kind(), TransportErrorKind::Connect | TransportErrorKind::Io), "{text}");
    let line = key.serialize_pem().lines().nth(1).unwrap().to_owned();
    assert!(!text.contains(&line[..20]), "{text}");
    assert!(server.client_certificates.lock().unwrap().is_empty());
}

/// One record of TLS, with its content.
fn read_record(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let mut content = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut content).unwrap();
    content
}

/// The versions in the extension `supported_versions` of a `ClientHello`.
fn offered_versions(hello: &[u8]) -> Vec<u16> {
    let number = |at: usize| usize::from(u16::from_be_bytes([hello[at], hello[at + 1]]));
    // The type and the length, the version, the random number, the session id.
    let mut at = 4 + 2 + 32;
    at += 1 + usize::from(hello[at]);
    // The ciphers, the compression methods, the length of the extensions.
    at += 2 + number(at);
    at += 1 + usize::from(hello[at]) + 2;
    while at < hello.len() {
        let (kind, length) = (number(at), number(at + 2));
        if kind == 43 {
            let versions = &hello[at + 5..at + 4 + length];
            return versions.chunks(2).map(|version| u16::from_be_bytes([version[0], version[1]])).collect();
        }
        at += 4 + length;
    }
    vec![u16::from_be_bytes([hello[4], hello[5]])]
}

#[tokio::test]
async fn an_old_version_of_tls_is_neither_offered_nor_accepted() {
    let hello = Arc::new(Mutex::new(Vec::new()));
    // An alert `protocol_version`, and a `ServerHello` of TLS 1.1.
    let alert: &[u8] = b"\x15\x03\x02\x00\x02\x02\x46";
    let mut tls_1_1 = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02".to_vec();
    tls_1_1.extend([7; 32]);
    tls_1_1.extend(b"\x00\xc0\x13\x00");
    for answer in [alert.to_vec(), tls_1_1] {
        let received = Arc::clone(&hello);
        let server = RawServer::start(move |connection| {
            let mut stream = connection.into_stream();
            *received.lock().unwrap() = read_record(&mut stream);
            let _ = stream.write_all(&answer);
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let url = server.url().replace("http://", "https://");
        let error = builder().build().unwrap().send(request(&url)).await.unwrap_err();
        assert_error(&error, TransportErrorKind::Connect, false);
        let offered = offered_versions(&hello.lock().unwrap());
        let known: Vec<u16> = offered.into_iter().filter(|version| version >> 8 == 3).collect();
        assert!(!known.is_empty() && known.iter().all(|version| *version >= 0x0303), "{known:x?}");
    }
}

/// A proxy that connects every host to one server, if the password is right.
fn tunnelling_proxy(server: std::net::SocketAddr) -> RawServer {
    /// `user:right` in Base64.
    const RIGHT: &str = "Basic dXNlcjpyaWdodA==";
    RawServer::start(move |mut connection| {
        let Some(request) = connection.read_request() else { return };
        if request.header("proxy-authorization") != [RIGHT] {
            let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                Proxy-Authenticate: Basic realm=\"proxy\"\r\nContent-Length: 0\r\n\r\n";
            return connection.write(refusal.as_bytes());
        }
        connection.write(b"HTTP/1.1 200 Connection established\r\n\r\n");
        let mut client = connection.into_stream();
        let mut server = TcpStream::connect(server).unwrap();
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from_client, &mut to_server);
        });
        let _ = std::io::copy(&mut server, &mut client);
    })
}

#[tokio::test]
async fn tls_goes_through_a_proxy_that_sees_neither_the_request_nor_a_wrong_host() {
    let trusted = authority("trusted");
    let key = KeyPair::generate().unwrap();
    let certificate = certificate_params("server", &["server.invalid"]).signed_by(&key, &trusted).unwrap();
    let response = ok("Connection: close\r\n", "\"over tls\"");
    let server = TlsServer::with_certificate(certificate.der(), &key, None, response);
    let proxy = tunnelling_proxy(server.raw.address());
    let builder = builder()
        .add_root_certificates_pem(trusted.pem())
        .proxy(proxy.url())
        .proxy_basic_auth("user", "right");
    let transport = builder.build().unwrap();
    let response = transport.send(request("https://server.invalid")).await.unwrap();
    assert_eq!(response.body(), b"\"over tls\"");
    // The certificate is that of the server, not of the proxy.
    let error = transport.send(request("https://other.invalid")).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    for received in proxy.requests() {
        assert!(received.head.starts_with("CONNECT ") && !received.head.contains(CANARY), "{received:?}");
    }

    let wrong = builder.proxy_basic_auth("user", CANARY);
    let error = wrong.build().unwrap().send(request("https://server.invalid")).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
    let fault = ConnectionFault::of(&error);
    assert_eq!(fault, ConnectionFault::Proxy, "{}", error_text(&error));
    assert!(fault.remedy().contains("password of the proxy"));
    assert!(!format!("{wrong:?}").contains(CANARY));
}

#[tokio::test]
async fn nothing_is_sent_before_the_handshake() {
    let silent = RawServer::start(|mut connection| connection.wait_for_close());
    let no_tls = RawServer::responding_once("HTTP/1.1 400 Bad Request\r\n\r\n");
    let https_url = |server: &RawServer| server.url().replace("http://", "https://");
    let short_timeout = Duration::from_millis(100);
    for transport in [
        builder().connect_timeout(short_timeout).build().unwrap(),
        builder().connect_timeout(None).timeout(short_timeout).build().unwrap(),
    ] {
        let sending = transport.send(request(&https_url(&silent)));
        let error = tokio::time::timeout(100 * short_timeout, sending).await.unwrap().unwrap_err();
        assert_error(&error, TransportErrorKind::Timeout, false);
    }
    let error = builder().build().unwrap().send(request(&https_url(&no_tls))).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Connect, false);
}

#[tokio::test]
async fn error_of_a_redirect_to_http_shows_no_url() {
    let trusted = authority("trusted");
    let location = format!("Location: http://127.0.0.1:1/?note={CANARY}\r\n");
    let redirect = format!("HTTP/1.1 302 Found\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n");
    let server = TlsServer::responding(&trusted, None, redirect.into_bytes());
    let root = reqwest::Certificate::from_pem(trusted.pem().as_bytes()).unwrap();
    let client = custom_client().https_only(true).tls_certs_merge([root]).build().unwrap();
    let error = ReqwestTransport::new(client).send(request(&server.url())).await.unwrap_err();
    assert_error(&error, TransportErrorKind::Other, true);
}
