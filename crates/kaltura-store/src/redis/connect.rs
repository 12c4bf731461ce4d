//! Opening a connection: TCP, TLS, Unix socket, and the question to the Sentinels.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ProtocolVersion, RedisConnectionInfo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::error::CommandError;
use super::url::{Endpoint, RedisCredentials, RedisUrl, Target};

/// Opens connections to the server of a URL.
#[derive(Clone)]
pub(super) struct Connector {
    url: RedisUrl,
    /// For the Sentinels, which have users of their own.
    sentinel_credentials: Option<RedisCredentials>,
    tls: Option<TlsConnector>,
}

/// A connection, and the future that reads and writes on it.
pub(super) type Opened = (MultiplexedConnection, Driver);
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Connector {
    pub(super) fn new(
        url: RedisUrl,
        sentinel_credentials: Option<RedisCredentials>,
        roots: &[Vec<u8>],
    ) -> Result<Self, InvalidTls> {
        let tls = if url.tls { Some(tls_connector(roots)?) } else { None };
        Ok(Self { url, sentinel_credentials, tls })
    }

    pub(super) const fn url(&self) -> &RedisUrl {
        &self.url
    }

    /// Opens a connection to the server.
    pub(super) async fn open(&self, config: &AsyncConnectionConfig) -> Result<Opened, CommandError> {
        match &self.url.target {
            Target::Tcp(endpoint) => self.open_tcp(endpoint, config.clone()).await,
            #[cfg(unix)]
            Target::Unix(path) => {
                let stream = tokio::net::UnixStream::connect(path).await.map_err(not_connected)?;
                self.set_up(stream, config.clone()).await
            }
            #[cfg(not(unix))]
            Target::Unix(_) => Err(not_connected(io::ErrorKind::Unsupported.into())),
            Target::Sentinel { sentinels, master } => self.open_master(sentinels, master, config).await,
        }
    }

    async fn open_tcp(
        &self,
        endpoint: &Endpoint,
        config: AsyncConnectionConfig,
    ) -> Result<Opened, CommandError> {
        self.set_up(self.connect(endpoint).await.map_err(not_connected)?, config).await
    }

    async fn set_up<S>(&self, stream: S, config: AsyncConnectionConfig) -> Result<Opened, CommandError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let info = login_info(self.url.credentials.as_ref())
            .set_db(i64::from(self.url.database))
            .set_protocol(ProtocolVersion::RESP3);
        set_up(&info, stream, config).await
    }

    async fn connect(&self, endpoint: &Endpoint) -> io::Result<Stream> {
        let tcp = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
        // A command is one small packet, whose response is waited for.
        tcp.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(tcp)) };
        let name = ServerName::try_from(endpoint.host.clone())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        Ok(Box::new(tls.connect(name, tcp).await?))
    }

    /// Asks all Sentinels at once, and takes the first server with which a connection succeeds: one of them may name
    /// the server that has just failed.
    async fn open_master(
        &self,
        sentinels: &[Endpoint],
        master: &str,
        config: &AsyncConnectionConfig,
    ) -> Result<Opened, CommandError> {
        let mut answers: FuturesUnordered<_> =
            sentinels.iter().map(|sentinel| self.ask_sentinel(sentinel, master)).collect();
        let (mut tried, mut failure) = (Vec::new(), None);
        while let Some(answer) = answers.next().await {
            let endpoint = match answer {
                Ok(Some(endpoint)) if !tried.contains(&endpoint) => endpoint,
                Ok(_) => continue,
                Err(error) => {
                    failure.get_or_insert(error);
                    continue;
                }
            };
            if !self.url.may_connect(&endpoint) {
                failure = Some(CommandError::PlaintextMaster);
                continue;
            }
            match self.open_tcp(&endpoint, config.clone()).await {
                Ok(opened) => return Ok(opened),
                Err(error) => failure = Some(error),
            }
            tried.push(endpoint);
        }
        Err(failure.unwrap_or(CommandError::MasterNotFound))
    }

    /// The server that a Sentinel names. `None` if it does not know the master.
    async fn ask_sentinel(
        &self,
        sentinel: &Endpoint,
        master: &str,
    ) -> Result<Option<Endpoint>, CommandError> {
        let stream = self.connect(sentinel).await.map_err(not_connected)?;
        let info = login_info(self.sentinel_credentials.as_ref());
        let (mut connection, driver) = set_up(&info, stream, bare_config()).await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(master);
        let answer = pin!(question.query_async::<Option<(String, u16)>>(&mut connection));
        match select(answer, driver).await {
            Either::Left((answer, _)) => Ok(answer?.map(|(host, port)| Endpoint::new(host, port))),
            Either::Right(_) => Err(CommandError::Disconnected(None)),
        }
    }
}

/// A connection without the client's time limits: they do not count while it connects, and the store has its own.
pub(super) fn bare_config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None)
}

fn login_info(credentials: Option<&RedisCredentials>) -> RedisConnectionInfo {
    // `CLIENT SETINFO` would be one more right that a user needs.
    let mut info = RedisConnectionInfo::default().set_skip_set_lib_name();
    if let Some(credentials) = credentials {
        info = info.set_password(credentials.password.as_str());
        if let Some(user) = &credentials.user {
            info = info.set_username(user);
        }
    }
    info
}

async fn set_up<S>(
    info: &RedisConnectionInfo,
    stream: S,
    config: AsyncConnectionConfig,
) -> Result<Opened, CommandError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (connection, driver) = MultiplexedConnection::new_with_config(info, stream, config).await?;
    Ok((connection, Box::pin(driver)))
}

fn not_connected(error: io::Error) -> CommandError {
    CommandError::Connect(Arc::new(error))
}

trait AsyncStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> AsyncStream for S {}
type Stream = Box<dyn AsyncStream>;

/// TLS with the provider of `kaltura-http`, whatever the program has installed, and the system's roots.
fn tls_connector(roots: &[Vec<u8>]) -> Result<TlsConnector, InvalidTls> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut extra = Vec::new();
    for pem in roots {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        match certificates {
            Ok(certificates) if !certificates.is_empty() => extra.extend(certificates),
            _ => return Err(InvalidTls::RootCertificate),
        }
    }
    let verifier =
        Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map_err(InvalidTls::Verifier)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(InvalidTls::Verifier)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Why TLS cannot be used.
#[derive(Debug)]
pub(super) enum InvalidTls {
    RootCertificate,
    Verifier(rustls::Error),
}
