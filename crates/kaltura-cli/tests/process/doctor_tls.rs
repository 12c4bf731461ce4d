//! `kaltura doctor` against servers with TLS, whose certificates this machine trusts or not.
//!
//! The roots of the machine are replaced by those in `SSL_CERT_FILE`, which the system's own would else be.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::doctor::{at, command_at};
use crate::support::invocation::{Finished, Kaltura};
use crate::support::odd_server::whole;
use crate::support::server::text_of;

/// A certificate for this host, and which of the two authorities the machine trusts.
struct Server {
    host: &'static str,
    is_trusted: bool,
    change: fn(&mut CertificateParams),
}

const GOOD: Server = Server { host: "127.0.0.1", is_trusted: true, change: |_| {} };

impl Server {
    /// Starts it, and examines the way to it.
    fn examined(&self) -> Finished {
        let home = tempfile::tempdir().unwrap();
        let (ours, others) = (authority("ours"), authority("others"));
        let roots: PathBuf = home.path().join("roots.pem");
        std::fs::write(&roots, if self.is_trusted { ours.pem() } else { others.pem() }).unwrap();
        let url = self.start(&ours);
        let doctor = at(&url, home.path()).arguments(["--json"]).env("SSL_CERT_FILE", roots);
        doctor.run_process()
    }

    fn start(&self, authority: &CertifiedIssuer<'static, KeyPair>) -> String {
        let mut params = CertificateParams::new(vec![self.host.to_owned()]).unwrap();
        (self.change)(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        serve(&certificate, &key)
    }
}

/// Serves with this certificate.
fn serve(certificate: &Certificate, key: &KeyPair) -> String {
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(session, stream.unwrap());
            // A client that does not trust the certificate closes the connection.
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(&whole("200 OK", "", "<html>in secret"));
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    url
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

#[test]
fn a_certificate_that_is_trusted_is_no_matter() {
    let finished = GOOD.examined().ends_with(7);
    let connection = finished.check("connection");
    assert_eq!(connection["verdict"], "ok");
    assert!(
        connection["message"].as_str().unwrap().contains(", TLS: the server responded with HTTP 200"),
        "{connection}"
    );
    finished.blames("api", "an HTML page", "Check the service URL");
}

/// A CA, and a self-signed certificate as `openssl req -x509` makes it, are trusted by option, variable and profile.
#[test]
fn certificates_in_a_file_are_trusted() {
    let home = tempfile::tempdir().unwrap();
    let (ours, others) = (authority("ours"), authority("others"));
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let leaf = params.self_signed(&key).unwrap();
    let roots = home.path().join("roots.pem");
    std::fs::write(&roots, others.pem()).unwrap();
    let config = home.path().join("config");
    std::fs::create_dir(&config).unwrap();
    for (name, url, pem) in
        [("ca.pem", GOOD.start(&ours), ours.pem()), ("leaf.pem", serve(&leaf, &key), leaf.pem())]
    {
        std::fs::write(config.join(name), pem).unwrap();
        std::fs::write(config.join("config.toml"), format!("[profiles.work]\nca_file = '{name}'\n")).unwrap();
        let file = config.join(name);
        let doctor = || {
            at(&url, home.path())
                .arguments(["--json"])
                .env("SSL_CERT_FILE", &roots)
                .env("KALTURA_CONFIG_DIR", &config)
        };
        let login = command_at("login", &url, home.path()).env("SSL_CERT_FILE", &roots).run_process();
        login.fails_with(6).saying("(--ca-file, KALTURA_CA_FILE,");
        let verdict = |doctor: Kaltura| doctor.run_process().verdict("connection");
        assert_eq!(verdict(doctor()), "failed", "{name}");
        assert_eq!(verdict(doctor().arguments(["--ca-file", text_of(&file)])), "ok", "{name}");
        assert_eq!(verdict(doctor().env("KALTURA_CA_FILE", &file)), "ok", "{name}");
        assert_eq!(verdict(doctor().arguments(["--profile", "work"])), "ok", "{name}");
    }
}

#[test]
fn each_fault_of_a_certificate_has_its_remedy() {
    for (server, said, remedy) in [
        (
            Server { is_trusted: false, ..GOOD },
            "certificate not trusted (unknown issuer)",
            "root certificate",
        ),
        (
            Server { host: "example.com", ..GOOD },
            "certificate for another host",
            "one of those in the certificate",
        ),
        (
            Server { change: |params| params.not_after = date_time_ymd(2020, 1, 1), ..GOOD },
            "certificate expired",
            "Check the clock of this machine",
        ),
        (
            Server { change: |params| params.not_before = date_time_ymd(3000, 1, 1), ..GOOD },
            "certificate not valid yet",
            "Check the clock of this machine",
        ),
    ] {
        let finished = server.examined().ends_with(6);
        assert_eq!(finished.check("connection")["class"], "network");
        finished.blames("connection", said, remedy);
    }
}
