//! The ways to a server: database, Unix socket, TLS, Sentinel.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use kaltura_auth::blocking::SessionStore;
use kaltura_auth::store::{Ask, StoreErrorKind, Taken};
use kaltura_store::redis::{InvalidRedisStore, RedisStore, RedisUrl};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::server::{Server, is_installed, server_or_skip};
use super::{MINUTE, key, lease, record, session};

fn store(url: &str) -> RedisStore {
    RedisStore::new(url.parse().unwrap()).unwrap()
}

#[test]
fn the_database_of_the_url_is_used() {
    let server = server_or_skip!();
    let _ = lease(&store(&format!("redis://127.0.0.1:{}/3", server.port())), 1);
    let keyspace: String = server.command("INFO keyspace");
    assert!(keyspace.contains("db3:keys=1") && !keyspace.contains("db0"), "{keyspace}");
    let error = store(&format!("redis://127.0.0.1:{}/99", server.port())).time().unwrap_err();
    assert!(error.to_string().contains("/99"), "{error}");
}

#[test]
fn a_unix_socket_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("redis.sock");
    let socket = socket.to_str().unwrap();
    let _server = server_or_skip!("--unixsocket", socket, "--requirepass", "hush");
    let _ = lease(&store(&format!("unix://{socket}?pass=hush&db=1")), 1);
    let error = store("unix:///no/such.sock").time().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("unix:///no/such.sock"), "{error}");
}

#[test]
fn nothing_is_sent_before_the_first_use() {
    let server = server_or_skip!();
    let connections = || -> u64 {
        let info: String = server.command("INFO stats");
        let line = info.lines().find(|line| line.starts_with("total_connections_received:")).unwrap();
        line.rsplit(':').next().unwrap().trim().parse().unwrap()
    };
    let before = connections();
    let store = server.store();
    assert_eq!(connections(), before + 1);
    let clones = [store.clone(), store];
    thread::scope(|scope| {
        for store in clones.iter().cycle().take(16) {
            scope.spawn(|| store.time().unwrap());
        }
    });
    // One for all, and one for each question here.
    assert_eq!(connections(), before + 3);
}

/// A certificate authority, and the certificate of a server for these names, as files.
fn certificates(folder: &Path, names: &[&str]) -> String {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let server_key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&server_key, &authority).unwrap();
    fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("server.key"), server_key.serialize_pem()).unwrap();
    authority.pem()
}

#[test]
fn tls_is_used_and_only_a_trusted_certificate_of_the_host_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let authority = certificates(folder.path(), &["localhost"]);
    let (certificate, key_file, ca) = (file("server.pem"), file("server.key"), file("ca.pem"));
    let server = server_or_skip!(
        "--port",
        "0",
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key_file,
        "--tls-ca-cert-file",
        &ca,
        "--tls-auth-clients",
        "no",
    );
    let url = |host: &str| -> RedisUrl { format!("rediss://{host}:{}", server.port()).parse().unwrap() };
    let trusting =
        |host| RedisStore::builder(url(host)).root_certificates_pem(authority.as_bytes()).build().unwrap();
    assert!(matches!(trusting("localhost").take(&key(), &Ask::new(1)), Ok(Taken::Lease(_))));

    for refused in [trusting("127.0.0.1"), RedisStore::new(url("localhost")).unwrap()] {
        let error = refused.time().unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("certificate"), "{cause}");
    }
    let invalid = RedisStore::builder(url("localhost")).root_certificates_pem(b"no certificate").build();
    assert!(matches!(invalid, Err(InvalidRedisStore::RootCertificate)));
}

/// A master, a replica, and Sentinels that watch them.
struct Sentinels {
    master: Server,
    replica: Server,
    sentinels: Vec<Server>,
    _folders: Vec<tempfile::TempDir>,
}

impl Sentinels {
    fn start(count: usize, options: &[&str]) -> Self {
        let master = Server::start(&[&["--repl-diskless-sync-delay", "0"][..], options].concat());
        let of = format!("127.0.0.1 {}", master.port());
        let replica = Server::start(&[&["--replicaof", &of][..], options].concat());
        let (mut sentinels, mut folders) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let folder = tempfile::tempdir().unwrap();
            let configuration = folder.path().join("sentinel.conf");
            let quorum = count / 2 + 1;
            let text = format!(
                "sentinel monitor main 127.0.0.1 {} {quorum}\nsentinel down-after-milliseconds main 300\n\
                 sentinel failover-timeout main 2000\n",
                master.port()
            );
            fs::write(&configuration, text).unwrap();
            sentinels.push(Server::start(&[configuration.to_str().unwrap(), "--sentinel"]));
            folders.push(folder);
        }
        let this = Self { master, replica, sentinels, _folders: folders };
        this.wait_until_ready();
        this
    }

    /// Until the replica has the data, and each Sentinel knows it and the other Sentinels.
    fn wait_until_ready(&self) {
        let start = Instant::now();
        let others = self.sentinels.len() - 1;
        let ready = |sentinel: &Server| {
            let replicas: Vec<redis::Value> = sentinel.command("SENTINEL REPLICAS main");
            let sentinels: Vec<redis::Value> = sentinel.command("SENTINEL SENTINELS main");
            replicas.len() == 1 && sentinels.len() == others
        };
        let synchronized = || {
            let info: String = self.replica.command("INFO replication");
            info.contains("master_link_status:up")
        };
        while !(synchronized() && self.sentinels.iter().all(ready)) {
            assert!(start.elapsed() < MINUTE, "the Sentinels do not find each other");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn store(&self) -> RedisStore {
        let hosts: Vec<_> =
            self.sentinels.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
        store(&format!("redis+sentinel://{}/main", hosts.join(",")))
    }
}

#[test]
fn a_failover_of_sentinel_is_followed() {
    if !is_installed("redis-server") {
        return;
    }
    let mut servers = Sentinels::start(3, &[]);
    let store = servers.store();
    let lease = lease(&store, 1);
    store.publish(&key(), Some(&lease), &record(1, lease.taken_at(), MINUTE), None).unwrap();
    let replicas: i64 = servers.master.command("WAIT 1 60000");
    assert_eq!(replicas, 1);
    servers.master.kill();
    let start = Instant::now();
    // The session was replicated.
    loop {
        match store.take(&key(), &Ask::new(2)) {
            Ok(Taken::Session { .. }) => break,
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(
                matches!(error.kind(), StoreErrorKind::Unavailable | StoreErrorKind::TimedOut),
                "{error}"
            ),
        }
        assert!(start.elapsed() < MINUTE, "the failover is not followed");
        thread::sleep(Duration::from_millis(50));
    }
    // And the new master accepts writes.
    let start = Instant::now();
    while store.publish(&key(), None, &record(2, store.time().unwrap(), MINUTE * 2), None).is_err() {
        assert!(start.elapsed() < MINUTE);
    }
    assert_eq!(session(&servers.replica.store()).0.id(), session(&store).0.id());
}

#[test]
fn a_sentinel_that_is_down_or_does_not_know_the_master_is_passed_over() {
    if !is_installed("redis-server") {
        return;
    }
    let servers = Sentinels::start(1, &[]);
    let port = servers.sentinels[0].port();
    let closed = super::server::free_port();
    let _ = lease(&store(&format!("redis+sentinel://127.0.0.1:{closed},127.0.0.1:{port}/main")), 1);
    let error = store(&format!("redis+sentinel://127.0.0.1:{port}/other")).time().unwrap_err();
    assert!(error.to_string().contains("no Sentinel knows the master"), "{error}");
    let error = store(&format!("redis+sentinel://127.0.0.1:{closed}/main")).time().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}

#[test]
fn a_sentinel_with_a_password_is_logged_in_to() {
    if !is_installed("redis-server") {
        return;
    }
    let servers = Sentinels::start(1, &[]);
    let sentinel = &servers.sentinels[0];
    let _: String = sentinel.words(&["ACL", "SETUSER", "default", ">hush"]);
    let url: RedisUrl = format!("redis+sentinel://127.0.0.1:{}/main", sentinel.port()).parse().unwrap();
    let error = RedisStore::new(url.clone()).unwrap().time().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
    let with_password = RedisStore::builder(url).sentinel_credentials(None, "hush").build().unwrap();
    let _ = lease(&with_password, 1);
}
